//! What signs tokens: a secret that Prosody has as well, or a keyring of RSA keys whose public halves Prosody fetches.
//!
//! Of a keyring's keys one signs and all verify, so that keys can follow one another without a token refused.

mod compact;
pub mod file;
pub mod generate;
pub mod keys;
pub mod live;
mod new_file;
pub mod published;
pub mod rsa;
mod shared_secret;

use std::sync::Arc;

use jsonwebtoken::{DecodingKey, crypto};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use self::keys::Keys;
use self::live::LiveKeys;
pub use self::shared_secret::SharedSecret;
use super::reading::Reading;

/// What signs the tokens of this Jitsi.
#[derive(Clone)]
pub enum Keyring {
    /// The secret that Prosody has as `app_secret`.
    SharedSecret(Arc<SharedSecret>),
    /// The keys of a file, read again when it changes.
    Keys(Arc<LiveKeys>),
}

/// Who has signed a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// One of these keys.
    ByUs,
    /// Another one, or nobody.
    ByOther,
    /// A key of a name that is none of these.
    UnknownKey,
}

/// Why a token was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The library failed.
    #[error("the token could not be signed: {0}")]
    Library(#[from] jsonwebtoken::errors::Error),
    /// The claims could not be written down.
    #[error("the token could not be written: {0}")]
    Claims(#[from] serde_json::Error),
    /// The key failed.
    #[error("the token could not be signed with the key {0:?}")]
    Key(String),
    /// Every key is retired, or may not sign yet.
    #[error(
        "no key of the keyring can sign now ({0}): make one with `jitsi-oidc-bridge keys generate`"
    )]
    NoKey(String),
}

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
    /// The name in a token's header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

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
        Self::SharedSecret(Arc::new(SharedSecret::new(algorithm, secret)))
    }

    /// A compact JWT of these claims. Its header's `typ` is exactly `JWT`: Prosody refuses any other.
    ///
    /// # Errors
    /// When no key can sign at this time. Otherwise when the library fails, which no claims of ours can cause.
    pub fn sign(
        &self,
        claims: &impl Serialize,
        now: OffsetDateTime,
    ) -> Result<String, SigningError> {
        match self {
            Self::SharedSecret(secret) => secret.sign(claims),
            Self::Keys(live) => live.current().sign(claims, now),
        }
    }

    /// The algorithm's name in a token's header.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::SharedSecret(secret) => secret.algorithm().name(),
            Self::Keys(live) => live.current().algorithm().name(),
        }
    }

    /// Whether one of the keys has signed a token, by the configured algorithm; a retired one counts for none.
    #[must_use]
    pub fn signed(&self, token: &Reading, now: OffsetDateTime) -> Signed {
        let (message, signature) = (token.message.as_bytes(), token.signature.as_str());
        let good = match self {
            Self::SharedSecret(secret) => secret.signed(message, signature),
            Self::Keys(live) => {
                let keys = live.current();
                let kid = token.header.get("kid").and_then(Value::as_str);
                let entry = keys.entries().iter().find(|e| Some(e.key.kid()) == kid);
                let Some(entry) = entry.filter(|entry| !entry.is_retired(now)) else {
                    return Signed::UnknownKey;
                };
                let pem = entry.key.public_pem().ok();
                let key = pem.and_then(|pem| DecodingKey::from_rsa_pem(pem.as_bytes()).ok());
                let algorithm = keys.algorithm().into();
                key.is_some_and(|key| {
                    crypto::verify(signature, message, &key, algorithm).unwrap_or(false)
                })
            }
        };
        if good { Signed::ByUs } else { Signed::ByOther }
    }

    /// The keys of a file; none with a shared secret.
    #[must_use]
    pub fn live(&self) -> Option<&Arc<LiveKeys>> {
        match self {
            Self::SharedSecret(..) => None,
            Self::Keys(live) => Some(live),
        }
    }

    /// The keys whose public halves are published; none with a shared secret.
    #[must_use]
    pub fn published(&self) -> Option<Arc<Keys>> {
        match self {
            Self::SharedSecret(..) => None,
            Self::Keys(live) => Some(live.current()),
        }
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SharedSecret(secret) => f
                .debug_tuple("SharedSecret")
                .field(&secret.algorithm())
                .finish_non_exhaustive(),
            Self::Keys(live) => f.debug_tuple("Keys").field(live).finish(),
        }
    }
}
