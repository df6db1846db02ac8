//! Keys follow one another without a restart and without a token refused.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration as RealTime;

use jitsi_oidc_bridge::clock::Clock as _;
use jitsi_oidc_bridge::token::keyring::Keyring;
use jitsi_oidc_bridge::token::keyring::live::{LiveKeys, Looked};
use jitsi_oidc_bridge::token::keyring::rsa::hex_sha256;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::header::CACHE_CONTROL;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::support::keyring::KeyFolder;
use super::support::{Bridge, Browser, Landed, Provider, sara};

/// The test clock begins on 2036-07-18 at 13:20:00 UTC.
pub const TWO_KEYS: &str = r#"
[[keys]]
kid = "blue"
file = "1.pem"
retire_at = 2036-07-18T16:20:00Z
[[keys]]
kid = "green"
file = "2.pem"
not_before = 2036-07-18T16:20:00+02:00
"#;

async fn bridge_with(folder: &KeyFolder) -> (Bridge, Provider) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, &folder.settings("RS256")).await;
    (bridge, provider)
}

async fn join(bridge: &Bridge) -> Landed {
    Browser::new().go(&bridge.at("/room/standup")).await
}

/// The name of the key that signs.
async fn signer(bridge: &Bridge) -> String {
    let landed = join(bridge).await;
    let token = landed
        .token()
        .unwrap_or_else(|| panic!("no token in {landed:?}"));
    decode_header(&token).unwrap().kid.unwrap()
}

/// The names of the published keys.
async fn published(bridge: &Bridge) -> Vec<String> {
    let landed = Browser::new()
        .hop(&bridge.at("/.well-known/jwks.json"))
        .await;
    let set: Value = serde_json::from_str(&landed.body).unwrap();
    let keys = set["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// The status of a key's own address.
async fn asap(bridge: &Bridge, kid: &str) -> u16 {
    let path = format!("/asap/{}.pem", hex_sha256(kid.as_bytes()));
    Browser::new().hop(&bridge.at(&path)).await.status
}

fn live(bridge: &Bridge) -> Arc<LiveKeys> {
    match &bridge.keyring {
        Keyring::Keys(live) => live.clone(),
        Keyring::SharedSecret(..) => panic!("a shared secret"),
    }
}

#[tokio::test]
async fn a_key_is_published_then_signs_then_verifies_then_is_gone() {
    let folder = KeyFolder::with(TWO_KEYS);
    let (bridge, _provider) = bridge_with(&folder).await;
    // 13:20: the new one is known before it signs.
    assert_eq!(published(&bridge).await, ["blue", "green"]);
    assert_eq!(signer(&bridge).await, "blue");
    assert_eq!(
        (asap(&bridge, "blue").await, asap(&bridge, "green").await),
        (200, 200)
    );

    bridge
        .clock
        .advance(Duration::minutes(60) - Duration::SECOND);
    assert_eq!(signer(&bridge).await, "blue");
    // 14:20, which is 16:20+02:00.
    bridge.clock.advance(Duration::SECOND);
    assert_eq!(signer(&bridge).await, "green");
    assert_eq!(published(&bridge).await, ["blue", "green"]);

    bridge.clock.advance(Duration::hours(2) - Duration::SECOND);
    assert_eq!(published(&bridge).await, ["blue", "green"]);
    // 16:20: the old one retires.
    bridge.clock.advance(Duration::SECOND);
    assert_eq!(published(&bridge).await, ["green"]);
    assert_eq!(
        (asap(&bridge, "blue").await, asap(&bridge, "green").await),
        (404, 200)
    );
    assert_eq!(signer(&bridge).await, "green");
}

#[tokio::test]
async fn without_a_key_that_can_sign_nobody_gets_a_token_and_the_log_says_why() {
    let folder = KeyFolder::with(
        "[[keys]]\nkid = \"blue\"\nfile = \"1.pem\"\nretire_at = 2036-07-18T16:20:00Z\n",
    );
    let (bridge, _provider) = bridge_with(&folder).await;
    assert_eq!(signer(&bridge).await, "blue");
    assert_eq!(bridge.tokens_minted(), 1);
    bridge.clock.advance(Duration::hours(3));
    let landed = join(&bridge).await;
    assert_eq!(landed.status, 500, "{landed:?}");
    assert!(!landed.holds_a_token(), "{landed:?}");
    assert!(
        landed.body.contains("Something went wrong here"),
        "{landed:?}"
    );
    assert_eq!(
        bridge.last_cause(),
        "no key of the keyring can sign now (\"blue\" retired since 2036-07-18T16:20:00Z): make one with `jitsi-oidc-bridge keys generate`"
    );
    assert_eq!(bridge.tokens_minted(), 1);
    assert_eq!(published(&bridge).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_changed_keyring_counts_without_a_restart() {
    let folder = KeyFolder::with("[[keys]]\nkid = \"blue\"\nfile = \"1.pem\"\n");
    let (bridge, _provider) = bridge_with(&folder).await;
    assert_eq!(signer(&bridge).await, "blue");
    folder.write("[[keys]]\nkid = \"green\"\nfile = \"2.pem\"\n");
    let seen = async { while published(&bridge).await != ["green"] {} };
    let in_time = tokio::time::timeout(RealTime::from_mins(1), seen).await;
    assert!(
        in_time.is_ok(),
        "the running bridge never read the keyring again"
    );
    assert_eq!(signer(&bridge).await, "green");
    assert_eq!(asap(&bridge, "blue").await, 404);
}

#[tokio::test]
async fn a_keyring_that_has_become_bad_keeps_the_one_before_in_use() {
    let good = "[[keys]]\nkid = \"blue\"\nfile = \"1.pem\"\n";
    let folder = KeyFolder::with(good);
    let (bridge, _provider) = bridge_with(&folder).await;
    for bad in [
        "[[keys]\n",
        "",
        "[[keys]]\nkid = \"green\"\nfile = \"nowhere.pem\"\n",
        "[[keys]]\nkid = \"green\"\nfile = \"2.pem\"\nretire_at = 2030-01-01T00:00:00Z\n",
        "[[keys]]\nkid = \"green\"\nfile = \"2.pem\"\nnot_before = 2037-01-01T00:00:00Z\n",
    ] {
        folder.write(bad);
        assert_eq!(live(&bridge).look(bridge.clock.now()), Looked::Bad, "{bad}");
        assert_eq!(published(&bridge).await, ["blue"], "{bad}");
        assert_eq!(signer(&bridge).await, "blue", "{bad}");
    }
    std::fs::remove_file(folder.keyring()).unwrap();
    assert_eq!(live(&bridge).look(bridge.clock.now()), Looked::Bad);
    assert_eq!(signer(&bridge).await, "blue");
    folder.write("[[keys]]\nkid = \"green\"\nfile = \"2.pem\"\n");
    live(&bridge).look(bridge.clock.now());
    assert_eq!(signer(&bridge).await, "green");
}

#[tokio::test]
async fn a_keyring_that_has_become_bad_does_not_make_a_running_bridge_ill() {
    let folder = KeyFolder::with("[[keys]]\nkid = \"blue\"\nfile = \"1.pem\"\n");
    let (bridge, _provider) = bridge_with(&folder).await;
    folder.write("");
    let listen = bridge.origin().replace("http://", "");
    folder.put(
        "bridge.toml",
        &format!("server.listen = {listen:?}\n{}", folder.settings("RS256")),
    );
    let file = folder.path().join("bridge.toml");
    let check = move |command: &'static [&'static str]| {
        let file = file.clone();
        tokio::task::spawn_blocking(move || {
            let mut bin = Command::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"));
            bin.args(command).arg(&file).output().unwrap().status.code()
        })
    };
    // Whoever watches over the bridge would start it anew otherwise, and it could not start.
    assert_eq!(check(&["healthcheck", "--config"]).await.unwrap(), Some(0));
    assert_eq!(check(&["config", "check"]).await.unwrap(), Some(1));
}

/// Verifies as Prosody does, and more strictly: it knows the keys of its last refresh and no other.
struct Verifier {
    keys: BTreeMap<String, DecodingKey>,
    refresh_at: OffsetDateTime,
    refreshes: usize,
}

impl Verifier {
    async fn refresh(&mut self, bridge: &Bridge, now: OffsetDateTime) {
        let url = bridge.at("/.well-known/jwks.json");
        let answer = Browser::new().client.get(url).send().await.unwrap();
        let said = answer.headers()[CACHE_CONTROL].to_str().unwrap();
        let (_, max_age) = said.rsplit_once("max-age=").unwrap();
        // jitsi-meet, resources/prosody-plugins/token/util.lib.lua: 60 seconds before they are too old.
        self.refresh_at = now + Duration::seconds(max_age.parse::<i64>().unwrap() - 60);
        let set: JwkSet = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        self.keys = set
            .keys
            .iter()
            .map(|jwk| {
                let kid = jwk.common.key_id.clone().unwrap();
                (kid, DecodingKey::from_jwk(jwk).unwrap())
            })
            .collect();
        self.refreshes += 1;
    }

    /// Whether somebody with this token is let in now.
    async fn accepts(&mut self, token: &str, bridge: &Bridge, now: OffsetDateTime) -> bool {
        if now >= self.refresh_at {
            self.refresh(bridge, now).await;
        }
        let kid = decode_header(token).unwrap().kid.unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.set_audience(&["jitsi"]);
        let Some(key) = self.keys.get(&kid) else {
            return false;
        };
        let claims = decode::<Value>(token, key, &validation).unwrap().claims;
        claims["exp"].as_i64().unwrap() > now.unix_timestamp()
    }
}

/// How a rotation went.
struct Rotation {
    /// The numbers of tokens that were refused when they were new, or shortly before their end.
    refused: Vec<usize>,
    /// How many tokens the old key signed, and the new one.
    signed: (usize, usize),
    refreshes: usize,
    minted: usize,
    published: Vec<String>,
    new_kid: String,
}

/// Mints so many tokens at a running bridge, one each 144 seconds; a new key is made when there are 110: between two times
/// at which the verifier asks.
async fn rotation(tokens: usize, publish_ahead: Duration) -> Rotation {
    const STEP: Duration = Duration::seconds(144);
    let folder = KeyFolder::new();
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let begun = provider.clock.now();
    let old_kid = folder.generate(begun).unwrap().kid;
    let bridge = Bridge::start(&provider, &folder.settings("RS256")).await;
    let mut verifier = Verifier {
        keys: BTreeMap::new(),
        refresh_at: begun,
        refreshes: 0,
    };
    let (mut new_kid, mut refused) = (String::new(), Vec::new());
    let mut minted: Vec<(OffsetDateTime, String)> = Vec::new();
    let mut browser = Browser::new();
    for number in 0..tokens {
        let now = bridge.clock.now();
        if number == 110 {
            new_kid = folder.generate_with(None, publish_ahead, now).unwrap().kid;
            live(&bridge).look(now);
        }
        let landed = browser.go(&bridge.at("/room/standup")).await;
        let token = landed
            .token()
            .unwrap_or_else(|| panic!("no token in {landed:?}"));
        let mut accepted = verifier.accepts(&token, &bridge, now).await;
        minted.push((now + Duration::hours(3) - STEP, token));
        // Somebody comes back with a token shortly before it ends.
        if let Some((_, token)) = minted.iter().rfind(|(at, _)| *at <= now) {
            accepted &= verifier.accepts(token, &bridge, now).await;
        }
        if !accepted {
            refused.push(number);
        }
        bridge.clock.advance(STEP);
    }
    let signed_by = |name: &str| {
        let by = |token: &String| decode_header(token).unwrap().kid.unwrap() == name;
        minted.iter().filter(|(_, token)| by(token)).count()
    };
    Rotation {
        signed: (signed_by(&old_kid), signed_by(&new_kid)),
        refused,
        refreshes: verifier.refreshes,
        minted: bridge.tokens_minted(),
        published: published(&bridge).await,
        new_kid,
    }
}

#[tokio::test]
async fn of_a_thousand_tokens_across_a_rotation_none_is_refused() {
    // Forty hours in all: from before the new key is made until after the old one is gone.
    let run = rotation(1000, Duration::hours(2)).await;
    assert_eq!(run.refused, [] as [usize; 0]);
    assert_eq!(run.minted, 1000);
    // The new key signs two hours and a second after it was made: 50 tokens later.
    assert_eq!(run.signed, (161, 839));
    // Asked for every 59 minutes, that is, with the next token after them: the 25th.
    assert_eq!(run.refreshes, 40);
    assert_eq!(run.published, [run.new_kid], "the old key is gone");
}

#[tokio::test]
async fn a_key_that_signs_before_it_can_be_known_is_what_gets_people_refused() {
    // The same with too short a time: what the test above would see, if it were so.
    let run = rotation(150, Duration::minutes(5)).await;
    assert_eq!(run.minted, 150);
    // From the third token after the key was made until the verifier asks again.
    assert_eq!(run.refused, (113..125).collect::<Vec<_>>());
}
