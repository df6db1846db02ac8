//! Key sets: no document makes anybody's signature count but those of the keys in it, and no bad key costs a good one.

#![no_main]

use std::sync::LazyLock;

use jitsi_oidc_bridge::identity::keys::{ASYMMETRIC, KeySet};
use jitsi_oidc_bridge_fuzz::bridge::NOW;
use jitsi_oidc_bridge_fuzz::keys::Signer;
use jsonwebtoken::Algorithm;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// The most keys that are looked at.
const MOST_KEYS: usize = 100;

struct World {
    /// None of them is ever published but where the target does so itself.
    keys: [Signer; 3],
    tokens: Vec<String>,
    /// Each under a name that documents use, so that the names alone decide nothing.
    with_known_names: Vec<String>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let keys = [
        Signer::elliptic("of-the-target"),
        Signer::edwards("of-the-target"),
        Signer::rsa("of-the-target"),
    ];
    let claims = json!({ "sub": "s-1", "iat": NOW }).to_string();
    let token = |key: &Signer, kid: &str| {
        let header = json!({ "alg": format!("{:?}", key.algorithm), "kid": kid });
        key.token(&header.to_string(), &claims)
    };
    World {
        tokens: keys.iter().map(|key| token(key, "of-the-target")).collect(),
        with_known_names: keys.iter().map(|key| token(key, "1")).collect(),
        keys,
    }
});

fuzz_target!(|document: &[u8]| {
    let world = &*WORLD;
    let set = match KeySet::parse(document) {
        Ok(set) => set,
        Err(why) => return assert!(!why.to_string().is_empty()),
    };
    assert!(set.len() <= MOST_KEYS);
    for token in world.tokens.iter().chain(&world.with_known_names) {
        let error = set
            .verify(token, &ASYMMETRIC, None)
            .expect_err("nobody published that key");
        assert!(!error.to_string().is_empty());
    }
    let document: Value = serde_json::from_slice(document).expect("it was read as JSON");
    let published = document["keys"].as_array().expect("a list");
    assert!(set.len() <= published.len());
    no_symmetric_key_counts(&set, published);
    for (key, token) in world.keys.iter().zip(&world.tokens) {
        let mut beside = published.clone();
        beside.truncate(MOST_KEYS - 1);
        beside.extend(key.jwk.clone());
        let document = json!({ "keys": beside }).to_string();
        let set = KeySet::parse(document.as_bytes()).expect("a key set");
        let signed = set
            .verify(token, &ASYMMETRIC, None)
            .expect("a bad neighbour costs nothing");
        assert_eq!(signed.algorithm, key.algorithm);
    }
});

/// A secret that stands in a public document signs nothing, even where shared secrets are agreed on.
fn no_symmetric_key_counts(set: &KeySet, published: &[Value]) {
    let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
    for key in published.iter().take(3) {
        for secret in ["k", "n", "x"]
            .into_iter()
            .filter_map(|name| text(key, name))
        {
            let header = json!({ "alg": "HS256", "kid": key.get("kid") });
            let token = Signer::secret(secret.as_bytes()).token(&header.to_string(), "{}");
            let refused = |secret| set.verify(&token, &[Algorithm::HS256], secret).is_err();
            assert!(refused(None));
            assert!(refused(Some("the client's own secret".as_bytes())));
        }
    }
}
