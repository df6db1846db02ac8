//! The ID token that an inline sign-in gets beside the Jitsi token: it carries the popup's nonce back, and names the
//! person when they sign out.
//!
//! Its key is one that nobody else has: Prosody must never take such a token for one of its own.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::keyring::SigningError;

/// Signs ID tokens.
pub struct IdTokens {
    issuer: String,
    client_id: String,
    key: EncodingKey,
    verifies: DecodingKey,
}

/// Whom an ID token is for.
pub struct Subject<'a> {
    /// The person's stable id.
    pub person_id: &'a str,
    /// The popup's nonce.
    pub nonce: &'a str,
    /// The session here, sealed.
    pub sid: Option<String>,
}

/// The claims (OpenID Connect Core, 2), as few as Jitsi looks at.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    nonce: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
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
            verifies: DecodingKey::from_secret(key),
        }
    }

    /// An ID token for a person.
    ///
    /// # Errors
    /// When the library fails, which no claims of ours can cause.
    pub fn sign(
        &self,
        subject: Subject<'_>,
        issued: OffsetDateTime,
        expires: OffsetDateTime,
    ) -> Result<String, SigningError> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.client_id.clone(),
            sub: subject.person_id.to_owned(),
            nonce: subject.nonce.to_owned(),
            sid: subject.sid,
            iat: issued.unix_timestamp(),
            exp: expires.unix_timestamp(),
        };
        Ok(encode(&Header::new(Algorithm::HS256), &claims, &self.key)?)
    }

    /// The `sid` of an ID token of ours that comes back as `id_token_hint`. Its time may be over (RP-Initiated Logout 1.0, 2).
    #[must_use]
    pub fn sid(&self, id_token: &str) -> Option<String> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.client_id]);
        let token = decode::<Claims>(id_token, &self.verifies, &validation).ok()?;
        token.claims.sid
    }
}
