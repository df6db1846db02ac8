//! Logout-token validation, numbered as in OpenID Connect Back-Channel Logout 1.0, 2.6.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::claims::{Claims, shown};
use super::id_token::{IdTokenError, LONGEST_SUBJECT, audience, issuer, seconds, text, times};
use super::keys::{SignatureError, Signed};
use super::provider::{Known, Provider, ProviderError};
use super::sid::{LONGEST_SID, sid};

/// The event that makes a token a logout token (2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// The greatest age of a logout token. Providers send it when the logout happens and let it live two minutes (4); the
/// rest is for one that tries again.
const GREATEST_AGE: Duration = Duration::minutes(10);

/// Whose sessions end, and the token's own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutToken {
    /// The issuer.
    pub issuer: String,
    /// The person; all their sessions, where `sid` is absent.
    pub subject: Option<String>,
    /// The one session at the provider.
    pub sid: Option<String>,
    /// The token's identifier: the same one never counts twice.
    pub jti: String,
    /// From when on the token would be refused for its age anyway.
    pub refused_from: OffsetDateTime,
}

/// Why a logout token is not believed.
#[derive(Debug, thiserror::Error)]
pub enum LogoutTokenError {
    /// The signature, the algorithm or the form; issuer, audience and times, as in ID tokens.
    #[error("the logout token is refused: {0}")]
    Token(#[from] IdTokenError),
    /// The keys to check it with are not to be had.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The header says that it is another kind of token.
    #[error("the logout token is refused: its type (typ) is {0}, not logout+jwt")]
    Type(String),
    /// Issued long ago.
    #[error(
        "the logout token is refused: issued too long ago (iat {0}); compare the clocks of both servers"
    )]
    Old(f64),
    /// It names nobody.
    #[error("the logout token is refused: it names neither a subject (sub) nor a session (sid)")]
    Nobody,
    /// `sub` is there and no usable text.
    #[error(
        "the logout token is refused: its subject (sub) is empty, no text, or longer than {LONGEST_SUBJECT} bytes"
    )]
    Subject,
    /// `sid` is there and no usable text.
    #[error(
        "the logout token is refused: its session (sid) is empty, no text, or longer than {LONGEST_SID} bytes"
    )]
    Session,
    /// `events` does not say that it is a logout.
    #[error("the logout token is refused: its events hold no back-channel logout")]
    Event,
    /// An ID token, or what could pass for one.
    #[error("the logout token is refused: it has a nonce, as only ID tokens have")]
    Nonce,
    /// `jti` is absent, empty or no text.
    #[error("the logout token is refused: it has no identifier (jti)")]
    NoIdentifier,
}

impl From<SignatureError> for LogoutTokenError {
    fn from(error: SignatureError) -> Self {
        Self::Token(error.into())
    }
}

/// The issuer that a token names, by which alone nothing of it is believed: it says whose keys are to verify it.
#[must_use]
pub fn claimed_issuer(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    text(&claims, "iss").map(str::to_owned)
}

/// Validates a logout token, learning the provider once more when what is known of it may be out of date. Whether the
/// token's `jti` was there before (8) is for the caller to ask.
///
/// # Errors
/// Each check's own.
pub async fn validate(
    provider: &Provider,
    token: &str,
    now: OffsetDateTime,
) -> Result<LogoutToken, LogoutTokenError> {
    // 1 (encryption) ends in `SignatureError::Encrypted`. 2 and 3: the signature and its algorithm, as in ID tokens.
    let known = provider.current().await?;
    let verify = |known: &Known| known.verify(&provider.settings, token);
    let stale = SignatureError::may_be_stale;
    let (_, mut signed) = provider
        .checked::<_, _, LogoutTokenError>(known, verify, stale)
        .await?;
    of_type(&signed)?;
    let settings = &provider.settings;
    if settings.endless_logout_tokens && !signed.claims.contains_key("exp") {
        // It ends when it is too old, as every other one does too.
        let issued = signed.claims.get("iat").and_then(Value::as_f64);
        let end = issued.map(|issued| issued + GREATEST_AGE.as_seconds_f64());
        signed
            .claims
            .extend(end.map(|end| ("exp".to_owned(), end.into())));
    }
    let claims = &signed.claims;
    // 4: issuer, audience and times as in ID tokens; and recent.
    issuer(claims, &settings.issuers)?;
    audience(claims, &settings.client_id, &settings.trusted_audiences)?;
    times(claims, settings.clock_leeway, now)?;
    let refused_from = recent(claims, settings.clock_leeway, now)?;
    let (subject, sid) = somebody(claims)?;
    event(claims)?;
    // 7: no nonce, whatever it holds.
    if claims.contains_key("nonce") {
        return Err(LogoutTokenError::Nonce);
    }
    // 8: without an identifier nobody could tell whether it was there before.
    let jti = text(claims, "jti").filter(|jti| !jti.is_empty());
    Ok(LogoutToken {
        issuer: text(claims, "iss").unwrap_or_default().to_owned(),
        subject: subject.map(str::to_owned),
        sid: sid.map(str::to_owned),
        jti: jti.ok_or(LogoutTokenError::NoIdentifier)?.to_owned(),
        refused_from,
    })
}

/// 2.4: `logout+jwt` is recommended; many providers write `JWT` or nothing. Another type is another token.
fn of_type(signed: &Signed) -> Result<(), LogoutTokenError> {
    let typ = match &signed.typ {
        None => return Ok(()),
        Some(Value::String(typ)) => typ.to_ascii_lowercase(),
        Some(other) => return Err(LogoutTokenError::Type(shown(&other.to_string()))),
    };
    match typ.strip_prefix("application/").unwrap_or(&typ) {
        "logout+jwt" | "jwt" => Ok(()),
        _ => Err(LogoutTokenError::Type(shown(&typ))),
    }
}

/// 4: not too old; gives the time from which on it is.
fn recent(
    claims: &Claims,
    leeway: Duration,
    now: OffsetDateTime,
) -> Result<OffsetDateTime, LogoutTokenError> {
    let time = |name: &str| claims.get(name).and_then(Value::as_f64).unwrap_or_default();
    let (issued, expires, leeway) = (time("iat"), time("exp"), leeway.as_seconds_f64());
    let too_old_from = issued + GREATEST_AGE.as_seconds_f64() + leeway;
    let left = too_old_from.min(expires + leeway) - seconds(now);
    if too_old_from <= seconds(now) {
        return Err(LogoutTokenError::Old(issued));
    }
    // A second more, since times may have fractions.
    Ok(now + Duration::saturating_seconds_f64(left) + Duration::SECOND)
}

/// 5: a subject, a session, or both.
fn somebody(claims: &Claims) -> Result<(Option<&str>, Option<&str>), LogoutTokenError> {
    let subject = match claims.get("sub") {
        None => None,
        Some(Value::String(sub)) if !sub.is_empty() && sub.len() <= LONGEST_SUBJECT => {
            Some(sub.as_str())
        }
        Some(_) => return Err(LogoutTokenError::Subject),
    };
    let session = match (claims.contains_key("sid"), sid(claims)) {
        (true, None) => return Err(LogoutTokenError::Session),
        (_, session) => session,
    };
    if subject.is_none() && session.is_none() {
        return Err(LogoutTokenError::Nobody);
    }
    Ok((subject, session))
}

/// 6: `events` is an object with the member of a logout, an object as well.
fn event(claims: &Claims) -> Result<(), LogoutTokenError> {
    let event = claims.get("events").and_then(|events| events.get(EVENT));
    match event {
        Some(Value::Object(_)) => Ok(()),
        _ => Err(LogoutTokenError::Event),
    }
}
