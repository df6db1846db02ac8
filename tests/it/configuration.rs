//! A configuration is good, or everything that is wrong with it is said at once: which key, where it was written, and
//! how to mend it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use jitsi_oidc_bridge::config::{Loaded, Signing, Sources, load};
use proptest::prelude::*;
use secrecy::SecretString;
use serde::Deserialize;

/// As short as it gets.
const GOOD: &str = r#"
[server]
public_url = "https://meet.example.org/sso"
[jitsi]
url = "https://meet.example.org"
[token]
secret = "0123456789abcdef0123456789abcdef"
[provider]
issuer = "https://id.example.org/realms/staff"
client_id = "bridge"
client_secret = "client-secret"
[policy]
default = "participant"
"#;

/// What is said of a configuration: its problems, else its warnings, else nothing.
fn said(text: &str, environment: &[(&str, &str)]) -> String {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let file = Some(("bridge.toml".to_owned(), text.to_owned()));
    match load(&Sources { file, environment }) {
        Ok(loaded) => loaded.warnings.to_string(),
        Err(problems) => problems.to_string(),
    }
}

/// The good configuration with a line changed (or, where `from` is empty, with lines at its end).
fn broken(from: &str, to: &str) -> String {
    if from.is_empty() {
        return format!("{GOOD}{to}");
    }
    assert!(GOOD.contains(from), "{from:?} is not in the good one");
    GOOD.replace(from, to)
}

/// What is broken, how, and with which variables.
#[derive(Deserialize)]
struct Case {
    what: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// One fault each.
fn cases() -> Vec<Case> {
    let mut file: BTreeMap<String, Vec<Case>> =
        toml::from_str(include_str!("../data/broken-configurations.toml")).unwrap();
    file.remove("case").unwrap()
}

impl Case {
    fn said(&self) -> String {
        let variables: Vec<(&str, &str)> = self
            .variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        said(&broken(&self.from, &self.to), &variables)
    }
}

#[test]
fn every_fault_has_a_message_that_says_where_it_is_and_how_to_mend_it() {
    let cases = cases();
    assert!(cases.len() >= 25);
    let mut all = String::new();
    for case in &cases {
        let (what, said) = (&case.what, case.said());
        assert!(!said.is_empty(), "{what}: nothing was said");
        writeln!(all, "# {what}\n{said}\n").unwrap();
    }
    insta::assert_snapshot!("messages", all);
}

#[test]
fn all_faults_are_told_at_once() {
    let said = said(
        "[server]\npublic_url = \"ftp://x\"\nlisten = 1\n[jitsi]\nurl = true\n[log]\nlevel = \"loud\"\n[nonsense]\n",
        &[("BRIDGE_SESSION__LIFETIME", "long")],
    );
    for key in [
        "server.public_url (bridge.toml:2)",
        "server.listen (bridge.toml:3)",
        "jitsi.url (bridge.toml:5)",
        "log.level (bridge.toml:7)",
        "nonsense (bridge.toml:8)",
        "session.lifetime (BRIDGE_SESSION__LIFETIME)",
        "token.secret",
        "provider.issuer",
        "provider.client_id",
        "policy.rules",
    ] {
        assert!(said.contains(key), "{key} is not told of in:\n{said}");
    }
}

#[test]
fn of_two_variables_for_one_thing_it_never_is_their_order_that_decides() {
    for (around, within) in [
        (("BRIDGE_LOG", "{ level = \"warn\" }"), "BRIDGE_LOG__LEVEL"),
        (("BRIDGE_LOG", "no table"), "BRIDGE_LOG__LEVEL"),
        (
            ("BRIDGE_PROVIDER", "{ issuer = \"https://a.example\" }"),
            "BRIDGE_PROVIDER__CLAIMS__GROUPS",
        ),
    ] {
        let within = (within, "debug");
        let said = [[around, within], [within, around]].map(|both| said(GOOD, &both));
        assert_eq!(said[0], said[1]);
        let whole = format!("({}): {} sets all of", within.0, around.0);
        assert!(said[0].contains(&whole), "{}", said[0]);
    }
}

#[test]
fn a_variable_of_ours_that_is_no_text_is_told_of_with_all_the_rest() {
    let latin1 = OsStr::from_bytes(b"caf\xe9");
    let output = Command::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"))
        .args(["config", "check"])
        .env_clear()
        .envs([
            ("BRIDGE_PAGES__NAME", latin1),
            ("JITSI_SUB", latin1),
            ("SOMEBODY_ELSES", latin1),
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    for name in ["BRIDGE_PAGES__NAME", "JITSI_SUB"] {
        assert!(said.contains(&format!("  - {name}: not UTF-8")), "{said}");
    }
    assert!(said.contains("provider.client_id: missing"), "{said}");
    assert!(!said.contains("SOMEBODY_ELSES"), "{said}");
}

#[test]
fn nothing_is_said_of_a_good_configuration() {
    assert_eq!(said(GOOD, &[]), "");
}

#[test]
fn the_environment_goes_above_the_file_and_other_variables_count_for_nothing() {
    let file = Some(("bridge.toml".to_owned(), GOOD.to_owned()));
    let environment = [
        ("BRIDGE_PROVIDER__CLIENT_ID", "another"),
        ("BRIDGE_PROVIDER__SCOPES", "openid, groups"),
        (
            "BRIDGE_PROVIDER__CLAIMS__GROUPS",
            "[\"roles\", \"https://example.org/groups\"]",
        ),
        ("BRIDGE_SESSION__ENABLED", "0"),
        ("CLIENT_ID", "not ours"),
        ("JITSI_URL", "https://not-ours.example"),
    ];
    let environment = environment
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let config = load(&Sources { file, environment }).unwrap().config;
    assert_eq!(config.providers[0].settings.client_id, "another");
    assert_eq!(
        config.providers[0].settings.request.scopes,
        ["openid", "groups"]
    );
    assert_eq!(config.providers[0].settings.claims.groups.len(), 2);
    assert!(!config.session.enabled);
    assert_eq!(config.jitsi.url.as_str(), "https://meet.example.org/");
}

#[track_caller]
fn secret_of(loaded: &Loaded) -> &SecretString {
    match &loaded.config.token.signing {
        Signing::SharedSecret { secret, .. } => secret,
        Signing::Keys(_) => panic!("a keyring"),
    }
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own_whose_last_line_end_does_not_count() {
    use secrecy::ExposeSecret as _;
    let path = std::env::temp_dir().join(format!("bridge-test-secret-{}", std::process::id()));
    std::fs::write(&path, "0123456789abcdef0123456789abcdeX\r\n").unwrap();
    let text = broken(
        "secret = \"0123456789abcdef0123456789abcdef\"",
        &format!("secret_file = {:?}", path.to_str().unwrap()),
    );
    let loaded = load(&Sources {
        file: Some(("bridge.toml".to_owned(), text)),
        environment: Vec::new(),
    });
    std::fs::remove_file(&path).unwrap();
    let loaded = loaded.unwrap();
    assert!(loaded.warnings.is_empty());
    assert_eq!(
        secret_of(&loaded).expose_secret(),
        "0123456789abcdef0123456789abcdeX"
    );
}

#[test]
fn a_secret_in_a_variable_goes_above_the_files_own_in_either_form() {
    use secrecy::ExposeSecret as _;
    let by_file = broken(
        "secret = \"0123456789abcdef0123456789abcdef\"",
        "secret_file = \"/nowhere\"",
    );
    let environment = [("BRIDGE_TOKEN__SECRET", "fedcba9876543210fedcba9876543210")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let loaded = load(&Sources {
        file: Some(("bridge.toml".to_owned(), by_file)),
        environment: environment.to_vec(),
    });
    let loaded = loaded.unwrap();
    let secret = secret_of(&loaded);
    assert_eq!(secret.expose_secret(), "fedcba9876543210fedcba9876543210");
}

#[test]
fn a_container_listens_everywhere_unless_told_otherwise() {
    let listen = |variables: &[(&str, &str)], file: &str| {
        let environment = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let file = Some(("bridge.toml".to_owned(), file.to_owned()));
        let loaded = load(&Sources {
            file,
            environment: environment.collect(),
        });
        loaded.unwrap().config.server.listen.to_string()
    };
    let image = ("BRIDGE_DEFAULT_IP", "0.0.0.0");
    assert_eq!(listen(&[], GOOD), "127.0.0.1:8080");
    assert_eq!(listen(&[image], GOOD), "0.0.0.0:8080");
    let written = broken("[server]", "[server]\nlisten = \"127.0.0.1:9000\"");
    assert_eq!(listen(&[image], &written), "127.0.0.1:9000");
    assert_eq!(
        listen(&[image, ("BRIDGE_SERVER__LISTEN", "[::]:1")], &written),
        "[::]:1"
    );
}

#[test]
fn no_secret_is_ever_shown() {
    for case in cases() {
        let (what, said) = (&case.what, case.said());
        assert!(
            !said.contains("client-secret")
                && !said.contains("s3cret")
                && !said.contains("0123456789abcdef")
                && !said.contains("4711"),
            "{what}: {said}"
        );
    }
    let file = Some(("bridge.toml".to_owned(), GOOD.to_owned()));
    let loaded = load(&Sources {
        file,
        environment: Vec::new(),
    })
    .unwrap();
    let shown = format!("{loaded:?}");
    assert!(
        !shown.contains("client-secret") && !shown.contains("0123456789abcdef"),
        "{shown}"
    );
}

#[test]
fn the_documented_configuration_names_every_key_and_no_other() {
    let documented = include_str!("../../config/bridge.toml");
    // Every key switched on, but alternatives to one that is on already.
    let mut section = String::new();
    let mut keys = BTreeSet::new();
    for line in documented.lines() {
        let line = line.strip_prefix("# ").unwrap_or(line);
        if let Some(name) = line.strip_prefix('[') {
            section = name
                .trim_start_matches('[')
                .split(']')
                .next()
                .unwrap()
                .to_owned();
        } else if let Some((key, _)) = line.split_once(" = ")
            && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        {
            keys.insert(if section.is_empty() {
                key.to_owned()
            } else {
                format!("{section}.{key}")
            });
        }
    }
    let text = format!("{GOOD}[[policy.rules]]\nname = \"a\"\nrole = \"moderator\"\n");
    let file = Some(("bridge.toml".to_owned(), text));
    let loaded = load(&Sources {
        file,
        environment: Vec::new(),
    })
    .unwrap();
    let several = GOOD.replace("[provider]", "[providers.partners]");
    let file = Some(("bridge.toml".to_owned(), several));
    let several = load(&Sources {
        file,
        environment: Vec::new(),
    })
    .unwrap();
    // The keys that each of several has as the only one has them.
    let of_each = several.keys().into_iter().filter(|key| {
        let own = key.strip_prefix("providers.partners.");
        own.is_some_and(|own| !loaded.keys().contains(&format!("provider.{own}")))
    });
    let sections = [
        "providers",
        "server",
        "jitsi",
        "jitsi.apps",
        "token",
        "provider",
        "provider.claims",
        "provider.groups_endpoint",
        "session",
        "inline",
        "invitations",
        "limits",
        "pages",
        "log",
        "metrics",
        "traces",
        "audit",
        "policy",
        "policy.rules",
    ];
    let known: BTreeSet<String> = loaded
        .keys()
        .iter()
        .cloned()
        .chain(of_each)
        .map(|key| key.replace("policy.rules[1]", "policy.rules"))
        .filter(|key| !sections.contains(&key.as_str()))
        .collect();
    let missing: Vec<_> = known.difference(&keys).collect();
    let unknown: Vec<_> = keys.difference(&known).collect();
    assert!(missing.is_empty(), "not documented: {missing:?}");
    assert!(
        unknown.is_empty(),
        "documented, but no such key: {unknown:?}"
    );
}

#[test]
fn the_documented_configuration_is_good_once_its_secrets_are_there() {
    let text = include_str!("../../config/bridge.toml")
        .replace(
            "secret_file = \"/run/secrets/jwt_app_secret\"",
            "secret = \"0123456789abcdef0123456789abcdef\"",
        )
        .replace(
            "client_secret_file = \"/run/secrets/client_secret\"",
            "client_secret = \"x\"",
        );
    assert_eq!(said(&text, &[]), "");
}

#[test]
fn the_compose_files_configuration_is_good_with_the_composes_variables() {
    let variables = [
        ("BRIDGE_CONFIG", "/etc/jitsi-oidc-bridge/bridge.toml"),
        ("BRIDGE_SERVER__PUBLIC_URL", "https://localhost:8443/sso"),
        ("BRIDGE_JITSI__URL", "https://localhost:8443"),
        ("BRIDGE_TOKEN__SECRET", "0123456789abcdef0123456789abcdef"),
        (
            "BRIDGE_PROVIDER__ISSUER",
            "https://localhost:8443/auth/realms/jitsi",
        ),
        ("BRIDGE_PROVIDER__CLIENT_SECRET", "x"),
        ("BRIDGE_SESSION__REDIS_URL", "redis://:x@valkey:6379/0"),
        (
            "BRIDGE_SESSION__COOKIE_KEYS",
            "0123456789abcdef0123456789abcdef",
        ),
    ];
    assert_eq!(
        said(
            include_str!("../../config/compose/bridge/bridge.toml"),
            &variables
        ),
        ""
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_loader_fall_over(text in any::<String>(), value in any::<String>()) {
        said(&text, &[("BRIDGE_POLICY__RULES", value.as_str()), ("BRIDGE_SERVER", value.as_str())]);
        said(&format!("{GOOD}{text}"), &[]);
    }
}

#[test]
fn a_secret_that_is_the_path_of_a_file_is_told_of_without_showing_it() {
    let file = crate::support::command::File::new("forgotten", "0123456789abcdef0123456789abcdef");
    let told = said(
        &GOOD.replace("\"client-secret\"", &format!("{:?}", file.path())),
        &[],
    );
    assert!(
        told.contains("provider.client_secret (bridge.toml:")
            && told.contains("client_secret_file"),
        "{told}"
    );
    assert!(!told.contains(file.path()), "{told}");
    let other = GOOD.replace("\"client-secret\"", "\"/not/here\"");
    assert_eq!(said(&other, &[]), "");
}

#[test]
fn blanks_around_a_secret_in_a_file_are_told_of() {
    for (content, is_told) in [
        ("secret-of-the-client\n", false),
        ("secret-of-the-client \n", true),
        (" secret-of-the-client", true),
    ] {
        let file = crate::support::command::File::new("blanks", content);
        let text = GOOD.replace(
            "client_secret = \"client-secret\"",
            &format!("client_secret_file = {:?}", file.path()),
        );
        let told = said(&text, &[]);
        assert_eq!(
            told.contains("begins or ends with blanks"),
            is_told,
            "{told}"
        );
        assert!(!told.contains("secret-of-the-client"), "{told}");
    }
}

#[test]
fn an_issuer_that_is_the_address_of_its_metadata_is_refused() {
    let told = said(
        &GOOD.replace(
            "/realms/staff\"",
            "/realms/staff/.well-known/openid-configuration\"",
        ),
        &[],
    );
    assert!(
        told.contains("provider.issuer (bridge.toml:")
            && told.contains("leave out /.well-known/openid-configuration"),
        "{told}"
    );
}
