//! The secret that Prosody has as `app_secret`: made into a key once, not for each token.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::{SharedSecretAlgorithm, SigningError, compact};

/// Signs by HMAC (RFC 7518, 3.2).
#[derive(Clone)]
pub struct SharedSecret {
    algorithm: SharedSecretAlgorithm,
    key: hmac::Key,
    /// The header of every token, as it stands there.
    header: String,
}

impl SharedSecret {
    /// Signs with this secret.
    #[must_use]
    pub fn new(algorithm: SharedSecretAlgorithm, secret: &SecretString) -> Self {
        let hash = match algorithm {
            SharedSecretAlgorithm::Hs256 => hmac::HMAC_SHA256,
            SharedSecretAlgorithm::Hs384 => hmac::HMAC_SHA384,
            SharedSecretAlgorithm::Hs512 => hmac::HMAC_SHA512,
        };
        Self {
            algorithm,
            key: hmac::Key::new(hash, secret.expose_secret().as_bytes()),
            header: URL_SAFE_NO_PAD
                .encode(format!(r#"{{"typ":"JWT","alg":"{}"}}"#, algorithm.name())),
        }
    }

    /// By which algorithm it signs.
    #[must_use]
    pub fn algorithm(&self) -> SharedSecretAlgorithm {
        self.algorithm
    }

    /// A compact JWT of these claims.
    ///
    /// # Errors
    /// When the claims cannot be written down.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        let message = compact::message(&self.header, claims)?;
        let signature = hmac::sign(&self.key, message.as_bytes());
        Ok(compact::with_signature(message, signature.as_ref()))
    }

    /// Whether this secret made a signature, in base64url, of a message.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &str) -> bool {
        let signature = URL_SAFE_NO_PAD.decode(signature);
        signature.is_ok_and(|signature| hmac::verify(&self.key, message, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const ALL: [(SharedSecretAlgorithm, Algorithm); 3] = [
        (SharedSecretAlgorithm::Hs256, Algorithm::HS256),
        (SharedSecretAlgorithm::Hs384, Algorithm::HS384),
        (SharedSecretAlgorithm::Hs512, Algorithm::HS512),
    ];

    #[test]
    fn a_token_is_what_a_library_for_tokens_writes_byte_by_byte() {
        let claims = json!({ "room": "büro", "exp": 1, "context": { "user": {} } });
        for (ours, theirs) in ALL {
            let secret = SharedSecret::new(ours, &SecretString::from(SECRET));
            let key = EncodingKey::from_secret(SECRET.as_bytes());
            let expected = encode(&Header::new(theirs), &claims, &key).unwrap();
            assert_eq!(secret.sign(&claims).unwrap(), expected);
        }
    }

    #[test]
    fn a_signature_is_taken_in_its_one_spelling_and_from_this_secret_alone() {
        for (algorithm, _) in ALL {
            let secret = SharedSecret::new(algorithm, &SecretString::from(SECRET));
            let token = secret.sign(&json!({})).unwrap();
            let (message, signature) = token.rsplit_once('.').unwrap();
            let good = |signature: &str| secret.signed(message.as_bytes(), signature);
            assert!(good(signature));
            let (start, last) = signature.split_at(signature.len() - 1);
            // Bits that mean nothing are to be zero (RFC 4648, 3.5); HS384 has none, and this is another signature.
            let next = char::from(last.bytes().next().unwrap() + 1);
            for other in [
                format!("{start}{next}"),
                format!("{signature}="),
                format!("{signature}\n"),
                start.to_owned(),
                String::new(),
            ] {
                assert!(!good(&other), "{other:?}");
            }
            let foreign = SharedSecret::new(algorithm, &SecretString::from("another"));
            assert!(!foreign.signed(message.as_bytes(), signature));
            assert!(!secret.signed(b"another", signature));
        }
    }
}
