//! The proof for Jitsi: [`Minter::mint`] turns a person, a meeting and a grant into a signed JWT.
//!
//! Knows nothing of HTTP or of policy's rules.

pub mod claims;
pub mod id_token;
pub mod keyring;
pub mod reading;

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::{Duration, OffsetDateTime};

use self::claims::{TokenClaims, TokenContent};
use self::keyring::{Keyring, SigningError};
use crate::identity::Person;
use crate::meeting::MeetingRequest;
use crate::meeting::jaas::AppId;
use crate::policy::Grant;

/// The longest token, in bytes: it has to fit into the 8 KB request line that nginx accepts, with room to spare.
const LONGEST_TOKEN: usize = 7000;
/// From here on the log warns.
const LONG_TOKEN: usize = 5000;

/// Mints the tokens of one Jitsi.
#[derive(Debug)]
pub struct Minter {
    /// What the token says of itself.
    pub identity: TokenIdentity,
    /// What else it holds.
    pub content: TokenContent,
    /// The life of a token for which no rule says otherwise.
    pub lifetime: Duration,
    /// How far `nbf` lies in the past, for clocks that differ: Prosody allows no leeway at all.
    pub not_before_leeway: Duration,
    /// The keys.
    pub keyring: Keyring,
}

/// What makes a token one for this Jitsi.
#[derive(Debug, Clone)]
pub struct TokenIdentity {
    /// `iss`: one of Prosody's accepted issuers, by default its `app_id`.
    pub app_id: String,
    /// `aud`: one of Prosody's accepted audiences.
    pub audience: String,
    /// `sub` for a room without a tenant: Prosody's XMPP domain, where domain verification is on.
    pub xmpp_domain: String,
    /// `context.group`, where no rule gives another.
    pub group: Option<String>,
    /// Write the tenant into the room claim, for a Prosody that does not look at `sub`.
    pub bind_tenant: bool,
}

/// What docker-jitsi-meet calls the members' domain where nothing is set.
pub const USUAL_XMPP_DOMAIN: &str = "meet.jitsi";

impl Default for TokenIdentity {
    /// What docker-jitsi-meet expects where nothing is set.
    fn default() -> Self {
        Self {
            app_id: "jitsi".to_owned(),
            audience: "jitsi".to_owned(),
            xmpp_domain: USUAL_XMPP_DOMAIN.to_owned(),
            group: None,
            bind_tenant: false,
        }
    }
}

impl TokenIdentity {
    /// What JaaS expects (developer.8x8.com, "The Jitsi JSON Web Token").
    #[must_use]
    pub fn of_jaas(app_id: &AppId) -> Self {
        Self {
            app_id: "chat".to_owned(),
            xmpp_domain: app_id.to_string(),
            ..Self::default()
        }
    }
}

/// A token, and what may be told of it.
pub struct Minted {
    /// The signed token: a secret of the person's. Never logged.
    pub jwt: String,
    /// Its identifier, which logs may hold.
    pub jti: String,
    /// When it ends.
    pub expires: OffsetDateTime,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The keys cannot sign.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// No random number was to be had.
    #[error("the system gave no random numbers")]
    Random,
    /// Longer than Jitsi's web server would accept.
    #[error(
        "the token has {0} bytes; more than {LONGEST_TOKEN} do not fit into a URL that proxies accept"
    )]
    TooLong(usize),
}

impl Minter {
    /// Mints a token that opens exactly what was granted.
    ///
    /// # Errors
    /// When it cannot be signed or would be too long.
    pub fn mint(
        &self,
        person: &Person,
        request: &MeetingRequest,
        grant: &Grant,
        now: OffsetDateTime,
        random: &dyn SecureRandom,
    ) -> Result<Minted, MintError> {
        let jti = new_jti(random)?;
        let expires = self.end_of(grant, now);
        let claims = self.claims(person, request, grant, now, &jti);
        let jwt = self.keyring.sign(&claims, now)?;
        if jwt.len() > LONGEST_TOKEN {
            return Err(MintError::TooLong(jwt.len()));
        }
        if jwt.len() > LONG_TOKEN {
            tracing::warn!(
                token.bytes = jwt.len(),
                user.id = person.id,
                "a token is close to what proxies accept in a URL (8 KB)"
            );
        }
        Ok(Minted { jwt, jti, expires })
    }

    /// What a token holds that is minted now.
    #[must_use]
    pub fn claims(
        &self,
        person: &Person,
        request: &MeetingRequest,
        grant: &Grant,
        now: OffsetDateTime,
        jti: &str,
    ) -> TokenClaims {
        let validity = claims::Validity {
            issued: now,
            not_before: now - self.not_before_leeway,
            expires: self.end_of(grant, now),
        };
        let (identity, content) = (&self.identity, &self.content);
        TokenClaims::new(identity, content, person, request, grant, &validity, jti)
    }

    fn end_of(&self, grant: &Grant, now: OffsetDateTime) -> OffsetDateTime {
        now + grant.lifetime.unwrap_or(self.lifetime)
    }
}

/// An identifier that nobody can guess, and that nothing else has.
///
/// # Errors
/// When no random number was to be had.
pub fn new_jti(random: &dyn SecureRandom) -> Result<String, MintError> {
    let mut bytes = [0; 16];
    random.fill(&mut bytes).map_err(|_| MintError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
