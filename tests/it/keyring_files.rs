//! A keyring is good, or what is wrong with it is said, with file and kid.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jitsi_oidc_bridge::clock::Clock as _;
use jitsi_oidc_bridge::config::{Loaded, Problems, Sources, load};
use jitsi_oidc_bridge::token::keyring::file::{Reading, read};
use jitsi_oidc_bridge::token::keyring::keys::State;
use jitsi_oidc_bridge::token::keyring::rsa::RsaAlgorithm;
use time::{Duration, OffsetDateTime};

use super::support::TestClock;
use super::support::keyring::{KeyFolder, PEM, WEAK, armoured, der, pkcs1};

/// 2036-07-18 13:20:00 UTC.
pub fn now() -> OffsetDateTime {
    TestClock::default().now()
}

fn reading(folder: &KeyFolder) -> Reading {
    read(&folder.keyring(), RsaAlgorithm::Rs256).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Each key and its state.
pub fn states(folder: &KeyFolder, now: OffsetDateTime) -> Vec<(String, State)> {
    let reading = reading(folder);
    let states = reading.keys.states(now);
    states
        .map(|(entry, state)| (entry.key.kid().to_owned(), state))
        .collect()
}

/// What `config check` says of a configuration with this keyring.
fn loaded(folder: &KeyFolder, further: &str) -> Result<Loaded, Problems> {
    let text = format!(
        "{further}\n{}\nserver.public_url = \"https://meet.example.org/sso\"\njitsi.url = \"https://meet.example.org\"\n\
         provider.issuer = \"https://id.example.org\"\nprovider.client_id = \"bridge\"\npolicy.default = \"participant\"\n",
        folder.settings("RS256")
    );
    let sources = Sources {
        file: Some(("bridge.toml".to_owned(), text)),
        environment: Vec::new(),
    };
    load(&sources)?.at(now())
}

#[test]
fn every_fault_of_a_keyring_names_file_and_kid() {
    let elliptic = {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        armoured("PRIVATE KEY", der.as_ref())
    };
    let weak = armoured("RSA PRIVATE KEY", &STANDARD.decode(WEAK).unwrap());
    let whole = der(&PEM[0]);
    let torn = armoured("PRIVATE KEY", &whole[..whole.len() / 2]);
    for (keyring, named) in [
        ("", vec!["keys.toml: no [[keys]] in it", "keys generate"]),
        ("[[keys]\n", vec!["keys.toml:1: "]),
        (
            "[[keys]]\nkid = \"a\"\n",
            vec!["keys.toml:1: ", "missing field `file`"],
        ),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\nretires_at = 1\n",
            vec!["keys.toml:4: ", "retires_at"],
        ),
        (
            "\n[[keys]]\nkid = \"a\"\nfile = \"nowhere.pem\"\n",
            vec![
                "keys.toml:3: key \"a\": its file",
                "nowhere.pem\" cannot be read: No such file",
            ],
        ),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"weak.pem\"\n",
            vec![
                "key \"a\": its file",
                "weak.pem\" holds an RSA key of fewer than 2048 bits",
            ],
        ),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"elliptic.pem\"\n",
            vec!["key \"a\": its file", "elliptic.pem\" holds not an RSA key"],
        ),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"torn.pem\"\n",
            vec!["key \"a\": its file", "torn.pem\" holds "],
        ),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"keys.toml\"\n",
            vec![
                "key \"a\": its file",
                "keys.toml\" holds no private key in PEM",
            ],
        ),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\n[[keys]]\nkid = \"a\"\nfile = \"2.pem\"\n",
            vec!["keys.toml:5: key \"a\": a kid must stand for one key only"],
        ),
        (
            "[[keys]]\nkid = \"a\\u0007\"\nfile = \"1.pem\"\n",
            vec!["keys.toml:2: key \"a\\u{7}\": ", "no control characters"],
        ),
        (
            "[[keys]]\nkid = \"\"\nfile = \"1.pem\"\n",
            vec!["key \"\": a kid must have 1 to 200 bytes"],
        ),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\nnot_before = 2036-12-24T18:00:00\n",
            vec![
                "key \"a\": not_before must be a date and a time with an offset",
                "found 2036-12-24T18:00:00",
            ],
        ),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\nretire_at = 2036-12-24\n",
            vec!["key \"a\": retire_at must be"],
        ),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\nretire_at = \"tomorrow\"\n",
            vec!["keys.toml:4: "],
        ),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\nnot_before = 2036-12-24T18:00:00Z\nretire_at = 2036-12-24T18:00:00Z\n",
            vec!["key \"a\": retire_at is not later than not_before"],
        ),
    ] {
        let folder = KeyFolder::with(keyring);
        folder.put("weak.pem", &weak);
        folder.put("elliptic.pem", &elliptic);
        folder.put("torn.pem", &torn);
        let faults = read(&folder.keyring(), RsaAlgorithm::Rs256)
            .unwrap_err()
            .to_string();
        for part in named {
            assert!(faults.contains(part), "{part:?} is not in {faults:?}");
        }
        // The same stands in the configuration's report, below the key and with the line.
        let problems = loaded(&folder, "").unwrap_err().to_string();
        assert!(
            problems.contains("  - token.keyring (bridge.toml:4): ")
                && problems.contains("keys.toml"),
            "{problems}"
        );
        assert!(!faults.contains(&PEM[0][40..80]), "{faults}");
    }
}

#[test]
fn all_faults_of_a_keyring_are_told_at_once() {
    let folder = KeyFolder::with(
        "[[keys]]\nkid = \"a\"\nfile = \"x\"\n[[keys]]\nkid = \"a\"\nfile = \"y\"\nretire_at = 2036-12-24\n",
    );
    let problems = loaded(&folder, "token.keys_max_age = \"5s\"").unwrap_err();
    let said = problems.to_string();
    assert_eq!(problems.iter().count(), 5, "{said}");
    assert!(
        said.contains("token.keys_max_age (bridge.toml:1): less than \"60s\""),
        "{said}"
    );
}

#[test]
fn keys_come_as_pkcs8_or_pkcs1_from_the_keyrings_folder_or_anywhere() {
    let elsewhere = KeyFolder::new();
    let folder = KeyFolder::with(&format!(
        "[[keys]]\nkid = \"a\"\nfile = \"pkcs1.pem\"\n[[keys]]\nkid = \"b\"\nfile = {:?}\nnot_before = 2036-07-18T15:20:00.5+02:00\n",
        elsewhere.path().join("2.pem")
    ));
    folder.put("pkcs1.pem", &format!("A comment.\n{}", pkcs1()));
    let at = now();
    assert_eq!(
        states(&folder, at),
        [
            ("a".to_owned(), State::Signs),
            (
                "b".to_owned(),
                State::SignsFrom(at + Duration::milliseconds(500))
            ),
        ]
    );
    // The same key, in either form.
    let same = KeyFolder::with("[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\n");
    let body = |folder: &KeyFolder, kid: &str| {
        let name = format!(
            "{}.pem",
            jitsi_oidc_bridge::token::keyring::rsa::hex_sha256(kid.as_bytes())
        );
        reading(folder).keys.asap(&name, at).unwrap().body.clone()
    };
    assert_eq!(body(&folder, "a"), body(&same, "a"));
    assert_ne!(body(&folder, "a"), body(&folder, "b"));
}

#[test]
fn a_key_that_everybody_can_read_is_told_of() {
    let folder = KeyFolder::with("[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\n");
    assert!(loaded(&folder, "").unwrap().warnings.is_empty());
    let pem = folder.path().join("1.pem");
    for (mode, told) in [(0o640, false), (0o644, true), (0o604, true)] {
        std::fs::set_permissions(&pem, Permissions::from_mode(mode)).unwrap();
        let said = loaded(&folder, "").unwrap().warnings.to_string();
        assert_eq!(
            said.contains("key \"a\": everybody on this machine can read its file"),
            told,
            "{mode:o}: {said}"
        );
    }
    assert!(loaded(&folder, "strict = true").is_err());
}

#[test]
fn a_keyring_that_cannot_sign_now_stops_the_start_and_one_that_will_not_is_told_of() {
    let later = "[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\nnot_before = 2036-07-18T13:20:01Z\n";
    let over = "[[keys]]\nkid = \"b\"\nfile = \"2.pem\"\nretire_at = 2036-07-18T13:20:00Z\n";
    let problems = loaded(&KeyFolder::with(&format!("{later}{over}")), "").unwrap_err();
    assert_eq!(
        problems.to_string(),
        "  - token.keyring (bridge.toml:4): no key can sign now (\"a\" signs from 2036-07-18T13:20:01Z, \"b\" retired since 2036-07-18T13:20:00Z): make one with jitsi-oidc-bridge keys generate"
    );

    let signs = "[[keys]]\nkid = \"c\"\nfile = \"3.pem\"\n";
    let too_early = KeyFolder::with(&format!("{signs}{later}"));
    let said = loaded(&too_early, "").unwrap().warnings.to_string();
    assert!(
        said.contains(
            "the key \"a\" signs from 2036-07-18T13:20:01Z, sooner than Prosody may ask for it"
        ),
        "{said}"
    );
    assert!(loaded(&too_early, "strict = true").is_err());

    let in_time = later.replace("13:20:01", "14:20:00");
    let in_time = KeyFolder::with(&format!("{signs}{in_time}"));
    assert!(loaded(&in_time, "").unwrap().warnings.is_empty());
    let said = loaded(&in_time, "token.keys_max_age = \"61min\"")
        .unwrap()
        .warnings;
    assert_eq!(said.iter().count(), 1, "{said}");

    let ends = KeyFolder::with(&over.replace("13:20:00", "13:20:01"));
    let said = loaded(&ends, "").unwrap().warnings.to_string();
    assert!(
        said.contains("no key can sign from 2036-07-18T13:20:01Z on"),
        "{said}"
    );
}

#[test]
fn a_keyring_and_a_secret_exclude_each_other() {
    let folder = KeyFolder::with("[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\n");
    let said = loaded(
        &folder,
        "token.secret = \"0123456789abcdef0123456789abcdef\"",
    )
    .unwrap_err();
    assert_eq!(said.iter().count(), 1, "{said}");
    assert!(
        said.to_string()
            .contains("token.keyring (bridge.toml:4): set together with a secret"),
        "{said}"
    );
}
