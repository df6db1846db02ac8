//! Keys of the test provider, made once a process and never written down.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::provider::{Inner, Provider};

pub struct Key {
    pub kid: &'static str,
    pub algorithm: Algorithm,
    pub signing: EncodingKey,
    pub jwk: Value,
}

pub static FIRST: LazyLock<Key> = LazyLock::new(|| rsa("first", Algorithm::RS256));
pub static SECOND: LazyLock<Key> = LazyLock::new(|| rsa("second", Algorithm::RS256));

/// Keys for other algorithms.
pub static PSS: LazyLock<Key> = LazyLock::new(|| rsa("pss", Algorithm::PS256));
pub static ELLIPTIC: LazyLock<Key> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    published(
        "elliptic",
        Algorithm::ES256,
        EncodingKey::from_ec_der(der.as_ref()),
    )
});
pub static EDWARDS: LazyLock<Key> = LazyLock::new(|| {
    let der = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    published(
        "edwards",
        Algorithm::EdDSA,
        EncodingKey::from_ed_der(der.as_ref()),
    )
});

/// A key of 1024 bits, under the name of the first one.
pub static WEAK: LazyLock<Value> = LazyLock::new(|| {
    let whole = FIRST.jwk.get("n").and_then(Value::as_str).unwrap();
    let whole = URL_SAFE_NO_PAD.decode(whole).unwrap();
    let mut jwk = FIRST.jwk.clone();
    let half = URL_SAFE_NO_PAD.encode(whole.get(..128).unwrap());
    jwk.as_object_mut().unwrap().insert("n".into(), half.into());
    jwk
});

fn rsa(kid: &'static str, algorithm: Algorithm) -> Key {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    // jsonwebtoken signs with the inner PKCS#1 key: in PKCS#8 of RSA-2048 it begins after 26 bytes (RFC 5208, 5).
    let signing = EncodingKey::from_rsa_der(der.as_ref().get(26..).unwrap());
    published(kid, algorithm, signing)
}

fn published(kid: &'static str, algorithm: Algorithm, signing: EncodingKey) -> Key {
    let jwk = Jwk::from_encoding_key(&signing, algorithm).unwrap();
    let mut jwk = serde_json::to_value(jwk).unwrap();
    jwk.as_object_mut().unwrap().extend([
        ("kid".to_owned(), json!(kid)),
        ("use".to_owned(), json!("sig")),
    ]);
    Key {
        kid,
        algorithm,
        signing,
        jwk,
    }
}

impl Inner {
    /// The key that signs and is published.
    pub(super) fn key(&self) -> &'static Key {
        match self.key {
            Some(key) => key,
            None if self.rotated => &SECOND,
            None => &FIRST,
        }
    }
}

impl Provider {
    /// The key that it publishes, unless told otherwise.
    pub fn published_key(&self) -> Value {
        self.inner().key().jwk.clone()
    }

    /// Publishes and signs with this key from now on, and says so.
    pub fn signs_with(&self, key: &'static Key) {
        self.inner().key = Some(key);
        self.says(
            "id_token_signing_alg_values_supported",
            json!([format!("{:?}", key.algorithm)]),
        );
    }
}
