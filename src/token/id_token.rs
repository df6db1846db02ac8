//! The ID token that an inline sign-in gets beside the Jitsi token: it carries the popup's nonce back, and names the
//! person when they sign out.
//!
//! Its key is one that nobody else has: Prosody must never take such a token for one of its own.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::keyring::SigningError;

/// Signs ID tokens.
pub struct IdTokens {
    issuer: String,
    client_id: String,
    key: EncodingKey,
}

/// The claims (OpenID Connect Core, 2), as few as Jitsi looks at.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    nonce: String,
    iat: i64,
    exp: i64,
}

impl IdTokens {
    /// `issuer` is the bridge's own address, `client_id` Jitsi's, `key` at least 32 bytes.
    #[must_use]
    pub fn new(issuer: String, client_id: String, key: &[u8]) -> Self {
        Self {
            issuer,
            client_id,
            key: EncodingKey::from_secret(key),
        }
    }

    /// An ID token for a person's stable id.
    ///
    /// # Errors
    /// When the library fails, which no claims of ours can cause.
    pub fn sign(
        &self,
        person_id: &str,
        nonce: &str,
        issued: OffsetDateTime,
        expires: OffsetDateTime,
    ) -> Result<String, SigningError> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.client_id.clone(),
            sub: person_id.to_owned(),
            nonce: nonce.to_owned(),
            iat: issued.unix_timestamp(),
            exp: expires.unix_timestamp(),
        };
        Ok(encode(&Header::new(Algorithm::HS256), &claims, &self.key)?)
    }
}
