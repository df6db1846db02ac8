//! The ID tokens of the test provider: good ones, and each way of being bad.

use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::keys::{FIRST, Key, SECOND};
use super::provider::{CLIENT_ID, CLIENT_SECRET, Inner, Provider};

/// The ID token of a login that was asked for so, with this access token.
pub(super) fn id_token(
    provider: &Provider,
    inner: &Inner,
    login: &Map<String, Value>,
    access_token: &str,
) -> String {
    let now = provider.clock.now_unix();
    // OpenID Connect Core, 3.1.3.6: by the hash of the token's own algorithm; Ed25519 hashes with SHA-512.
    let hash_algorithm = match inner.key().algorithm {
        Algorithm::EdDSA => &digest::SHA512,
        _ => &digest::SHA256,
    };
    let hash = digest::digest(hash_algorithm, access_token.as_bytes());
    let half = hash.as_ref().len() / 2;
    let asked = |name: &str| login.get(name).and_then(Value::as_str);
    let nonce = asked("nonce").unwrap_or_default();
    let mut claims = json!({
        "iss": provider.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce,
        "at_hash": URL_SAFE_NO_PAD.encode(&hash.as_ref()[..half]),
    });
    let members = claims.as_object_mut().unwrap();
    members.extend(inner.person.as_object().cloned().unwrap_or_default());
    if inner.obliges {
        // The first of those that are asked for, in whichever way.
        if let Some(acr) = asked("acr_values").and_then(|all| all.split(' ').next()) {
            members.insert("acr".to_owned(), acr.into());
        }
        if let Some(claims) = asked("claims") {
            let claims: Value = serde_json::from_str(claims).unwrap();
            for (name, wish) in claims["id_token"].as_object().unwrap() {
                let value = wish.get("value").unwrap_or(&wish["values"][0]);
                members.insert(name.clone(), json!([value]));
            }
        }
        if asked("max_age").is_some() {
            members.insert("auth_time".to_owned(), now.into());
        }
    }
    let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
    match inner.fault {
        Some(Fault::WrongNonce) => drop(set("nonce", "another".into())),
        Some(Fault::NoNonce) => drop(members.remove("nonce")),
        Some(Fault::NoAtHash) => drop(members.remove("at_hash")),
        Some(Fault::WrongIssuer) => drop(set("iss", "https://other.example".into())),
        Some(Fault::WrongAudience) => drop(set("aud", json!(["somebody-else"]))),
        Some(Fault::ExtraAudience) => drop(set("aud", json!([CLIENT_ID, "somebody-else"]))),
        Some(Fault::ForeignAzp) => drop(set("azp", "somebody-else".into())),
        Some(Fault::Expired) => drop(set("exp", (now - 61).into())),
        Some(Fault::IssuedInFuture) => drop(set("iat", (now + 62).into())),
        Some(Fault::NoSubject) => drop(set("sub", "".into())),
        Some(Fault::NumericSubject) => drop(set("sub", 7.into())),
        Some(Fault::WrongAtHash) => drop(set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA".into())),
        _ => {}
    }
    sign(inner, &claims)
}

/// Makes a token of the claims of a good one.
pub type Forger = Arc<dyn Fn(&Value) -> String + Send + Sync>;

impl Provider {
    /// Gives out what this makes of the claims of each good token, until `is_honest`.
    pub fn forges(&self, forger: impl Fn(&Value) -> String + Send + Sync + 'static) {
        self.inner().forger = Some(Arc::new(forger));
    }

    /// Publishes this as its keys, until `is_honest`.
    pub fn publishes(&self, key_set: String) {
        self.inner().key_set = Some(key_set);
    }

    pub fn is_honest(&self) {
        let mut inner = self.inner();
        inner.forger = None;
        inner.key_set = None;
    }
}

/// A token of these two texts, whatever they are, signed by this key.
pub fn signed(header: &str, payload: &str, key: &Key) -> String {
    let message = message(header, payload);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key.signing, key.algorithm);
    format!("{message}.{}", signature.unwrap())
}

/// The same, signed by a text that both sides may know.
pub fn keyed(header: &str, payload: &str, secret: &[u8], algorithm: Algorithm) -> String {
    let message = message(header, payload);
    let key = EncodingKey::from_secret(secret);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// What is signed of a token.
pub fn message(header: &str, payload: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}", part(header), part(payload))
}

pub(super) fn sign(inner: &Inner, claims: &Value) -> String {
    if let Some(forger) = &inner.forger {
        return forger(claims);
    }
    let published = inner.key();
    let header = Header {
        kid: Some(published.kid.to_owned()),
        ..Header::new(published.algorithm)
    };
    let by_hand = |header: Value| {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", part(&header), part(claims))
    };
    let symmetric = |secret: &[u8]| {
        encode(
            &Header::default(),
            claims,
            &EncodingKey::from_secret(secret),
        )
        .unwrap()
    };
    match inner.fault {
        Some(Fault::AlgNone) => by_hand(json!({ "alg": "none" })) + ".",
        Some(Fault::ConfusedAlgorithm) => symmetric(published.jwk.to_string().as_bytes()),
        Some(Fault::ClientSecretAlgorithm) => symmetric(CLIENT_SECRET.as_bytes()),
        Some(Fault::Critical) => {
            let message = by_hand(json!({ "alg": "RS256", "kid": published.kid, "crit": ["exp"] }));
            let signature = jsonwebtoken::crypto::sign(
                message.as_bytes(),
                &published.signing,
                Algorithm::RS256,
            )
            .unwrap();
            format!("{message}.{signature}")
        }
        Some(Fault::WrongKey) => encode(&header, claims, &SECOND.signing).unwrap(),
        Some(Fault::NoKid | Fault::NoKidAndOneKey) => {
            encode(&Header::new(Algorithm::RS256), claims, &FIRST.signing).unwrap()
        }
        Some(Fault::UnknownKey) => {
            let header = Header {
                kid: Some("unheard-of".to_owned()),
                ..header
            };
            encode(&header, claims, &SECOND.signing).unwrap()
        }
        Some(Fault::Encrypted) => "a.b.c.d.e".to_owned(),
        _ => encode(&header, claims, &published.signing).unwrap(),
    }
}
