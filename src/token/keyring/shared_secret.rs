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
