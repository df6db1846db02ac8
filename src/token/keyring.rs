//! What signs tokens.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

/// The signing key of this Jitsi.
pub struct Keyring {
    algorithm: Algorithm,
    key: EncodingKey,
}

/// The library could not sign.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed: {0}")]
pub struct SigningError(#[from] jsonwebtoken::errors::Error);

/// The shared-secret algorithms that Prosody's plugin knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedSecretAlgorithm {
    /// HMAC with SHA-256, Prosody's default.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

impl SharedSecretAlgorithm {
    /// The fewest bytes of a secret that cannot be guessed: as many as the hash has (RFC 7518, 3.2).
    #[must_use]
    pub fn least_secret_bytes(self) -> usize {
        match self {
            Self::Hs256 => 32,
            Self::Hs384 => 48,
            Self::Hs512 => 64,
        }
    }
}

impl Keyring {
    /// Signs with the secret that Prosody has as `app_secret`.
    #[must_use]
    pub fn shared_secret(algorithm: SharedSecretAlgorithm, secret: &SecretString) -> Self {
        Self {
            algorithm: match algorithm {
                SharedSecretAlgorithm::Hs256 => Algorithm::HS256,
                SharedSecretAlgorithm::Hs384 => Algorithm::HS384,
                SharedSecretAlgorithm::Hs512 => Algorithm::HS512,
            },
            key: EncodingKey::from_secret(secret.expose_secret().as_bytes()),
        }
    }

    /// A compact JWT of these claims. Its header's `typ` is exactly `JWT`: Prosody refuses any other.
    ///
    /// # Errors
    /// When the library fails, which no claims of ours can cause.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        Ok(encode(&Header::new(self.algorithm), claims, &self.key)?)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
