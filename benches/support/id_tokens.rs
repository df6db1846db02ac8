//! Keys of providers, which sign ID tokens.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::Value;

/// A key under the name of its algorithm.
pub struct Key {
    algorithm: Algorithm,
    signing: EncodingKey,
}

impl Key {
    /// A new key, for ES256 or RS256.
    pub fn new(algorithm: Algorithm) -> Self {
        let signing = match algorithm {
            Algorithm::ES256 => {
                let elliptic = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let key = EcdsaKeyPair::generate_pkcs8(elliptic, &SystemRandom::new());
                EncodingKey::from_ec_der(key.unwrap().as_ref())
            }
            Algorithm::RS256 => {
                let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
                let key: Pkcs8V1Der<'_> = key.as_der().unwrap();
                // The inner PKCS#1 key: in PKCS#8 of RSA-2048 it begins after 26 bytes (RFC 5208, 5).
                EncodingKey::from_rsa_der(key.as_ref().get(26..).unwrap())
            }
            other => panic!("no key for {other:?}"),
        };
        Self { algorithm, signing }
    }

    fn kid(&self) -> String {
        format!("{:?}", self.algorithm)
    }

    /// The public half, as a JSON Web Key.
    pub fn published(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.signing, self.algorithm).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        let members = jwk.as_object_mut().unwrap();
        members.insert("kid".to_owned(), self.kid().into());
        jwk
    }

    /// A token of these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = Header {
            kid: Some(self.kid()),
            ..Header::new(self.algorithm)
        };
        encode(&header, claims, &self.signing).unwrap()
    }
}
