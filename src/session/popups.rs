//! What Jitsi's inline sign-in keeps between popup and call: one-time codes, and families of refresh tokens.
//!
//! A code works once, for a minute. A refresh token works once as well and is answered with the next of its family;
//! whoever comes with a spent one may have stolen it, so that ends the family (RFC 9700, 4.14.2).

use aws_lc_rs::digest;
use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::SignedInNow;
use super::tickets::{Purpose, TicketError, Tickets};
use crate::identity::Person;
use crate::meeting::{MeetingRequest, Popup};

/// How long a code may wait to be redeemed.
pub const CODE_LIFETIME: Duration = Duration::seconds(60);

/// Who signed in, for which room, and what the popup wants to find in the ID token.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// Who.
    pub person: Person,
    /// Where.
    pub request: MeetingRequest,
    /// The popup's nonce.
    pub nonce: String,
    /// The session that the browser has here.
    #[serde(default)]
    pub session: Option<String>,
    #[serde(with = "time::serde::timestamp")]
    begun_at: OffsetDateTime,
}

impl SignIn {
    /// When it began.
    #[must_use]
    pub fn begun_at(&self) -> OffsetDateTime {
        self.begun_at
    }
}

#[derive(Serialize, Deserialize)]
struct Code {
    sign_in: SignIn,
    code_challenge: String,
}

#[derive(Serialize, Deserialize)]
struct RefreshToken {
    family: String,
}

/// A family of refresh tokens, of which one is alive.
pub struct Family {
    id: String,
    /// What its tokens stand for.
    pub sign_in: SignIn,
}

/// Codes and refresh tokens of inline sign-ins.
#[derive(Clone)]
pub struct Popups {
    tickets: Tickets,
    /// How long after the sign-in tokens may be refreshed; nothing: never.
    refresh_for: Option<Duration>,
}

/// Why there is nothing for a code or a refresh token.
#[derive(Debug, thiserror::Error)]
pub enum PopupError {
    /// No such code: made up, spent, or older than a minute.
    #[error("the code is unknown, was used before, or is older than a minute")]
    UnknownCode,
    /// The verifier does not fit the challenge.
    #[error("the code_verifier does not fit the code_challenge")]
    WrongVerifier,
    /// No such refresh token, or its sign-in is too long ago.
    #[error("the refresh token is unknown or has expired")]
    UnknownRefreshToken,
    /// The provider has signed the person out since.
    #[error("the person has signed out since")]
    SignedOut,
    /// A spent refresh token.
    #[error("the refresh token was used before; whoever has the next one is signed out as well")]
    Reused,
    /// The store.
    #[error(transparent)]
    Store(#[from] TicketError),
    /// No random numbers.
    #[error("the system gave no random numbers")]
    Random,
}

impl Popups {
    /// `refresh_for`: how long after a sign-in its tokens may be refreshed; nothing: never.
    #[must_use]
    pub fn new(tickets: Tickets, refresh_for: Option<Duration>) -> Self {
        Self {
            tickets,
            refresh_for,
        }
    }

    /// A one-time code for a person who may join.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn issue_code(
        &self,
        who: SignedInNow<'_>,
        request: &MeetingRequest,
        popup: &Popup,
        now: OffsetDateTime,
        random: &(dyn SecureRandom + Sync),
    ) -> Result<String, PopupError> {
        let code = random_text(random)?;
        let content = Code {
            sign_in: SignIn {
                person: who.person.clone(),
                request: request.clone().without_overrides(),
                nonce: popup.nonce.clone(),
                session: who.session.map(str::to_owned),
                begun_at: now,
            },
            code_challenge: popup.code_challenge.clone(),
        };
        self.tickets
            .put(Purpose::Code, &code, &content, CODE_LIFETIME)
            .await?;
        Ok(code)
    }

    /// Spends a code, whoever brings it and whatever comes of it.
    ///
    /// # Errors
    /// When there is no such code, or the verifier is not its own.
    pub async fn redeem(
        &self,
        code: &str,
        code_verifier: &str,
        now: OffsetDateTime,
    ) -> Result<SignIn, PopupError> {
        let found: Option<Code> = self.tickets.take(Purpose::Code, code).await?;
        let live = |code: &Code| now - code.sign_in.begun_at < CODE_LIFETIME;
        let code = found.filter(live).ok_or(PopupError::UnknownCode)?;
        let digest = digest::digest(&digest::SHA256, code_verifier.as_bytes());
        if URL_SAFE_NO_PAD.encode(digest) != code.code_challenge {
            return Err(PopupError::WrongVerifier);
        }
        Ok(code.sign_in)
    }

    /// The first refresh token of a new family; nothing where tokens are not refreshed.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn found_family(
        &self,
        sign_in: &SignIn,
        now: OffsetDateTime,
        random: &(dyn SecureRandom + Sync),
    ) -> Result<Option<String>, PopupError> {
        let Some(left) = self.left(sign_in, now) else {
            return Ok(None);
        };
        let id = random_text(random)?;
        let kept = async {
            let put = self.tickets.put(Purpose::Family, &id, sign_in, left);
            Ok(put.await?)
        };
        let ((), token) = tokio::try_join!(kept, self.new_token(&id, left, random))?;
        Ok(Some(token))
    }

    /// The family of a refresh token, for which policy is to be asked again. The token is good until it is
    /// [spent](Self::spend): what fails before may be tried again.
    ///
    /// # Errors
    /// When the token is unknown, expired or spent; a spent one ends its family.
    pub async fn family_of(&self, token: &str, now: OffsetDateTime) -> Result<Family, PopupError> {
        let (id, _) = token
            .split_once('.')
            .ok_or(PopupError::UnknownRefreshToken)?;
        let live: Option<RefreshToken> = self.tickets.get(Purpose::RefreshToken, token).await?;
        if live.is_none_or(|token| token.family != id) {
            return Err(self.reused(id).await?);
        }
        let sign_in: Option<SignIn> = self.tickets.get(Purpose::Family, id).await?;
        let sign_in = sign_in
            .filter(|sign_in| self.left(sign_in, now).is_some())
            .ok_or(PopupError::UnknownRefreshToken)?;
        Ok(Family {
            id: id.to_owned(),
            sign_in,
        })
    }

    /// Spends a refresh token: of several who come with it at once, one does.
    ///
    /// # Errors
    /// When it was spent in the meantime, which ends its family.
    pub async fn spend(&self, token: &str, family: &Family) -> Result<(), PopupError> {
        let live: Option<RefreshToken> = self.tickets.take(Purpose::RefreshToken, token).await?;
        match live {
            Some(_) => Ok(()),
            None => Err(self.reused(&family.id).await?),
        }
    }

    /// The next refresh token of a family.
    ///
    /// # Errors
    /// When it cannot be kept, or the family has ended in the meantime.
    pub async fn next_token(
        &self,
        family: &Family,
        now: OffsetDateTime,
        random: &(dyn SecureRandom + Sync),
    ) -> Result<Option<String>, PopupError> {
        let Family { id, sign_in } = family;
        let Some(left) = self.left(sign_in, now) else {
            return Ok(None);
        };
        // Never written back once it has ended.
        let replaced = self.tickets.replace(Purpose::Family, id, sign_in, left);
        if !replaced.await? {
            return Err(PopupError::Reused);
        }
        self.new_token(id, left, random).await.map(Some)
    }

    async fn new_token(
        &self,
        family: &str,
        left: Duration,
        random: &(dyn SecureRandom + Sync),
    ) -> Result<String, PopupError> {
        let token = format!("{family}.{}", random_text(random)?);
        let content = RefreshToken {
            family: family.to_owned(),
        };
        let put = self
            .tickets
            .put(Purpose::RefreshToken, &token, &content, left);
        put.await?;
        Ok(token)
    }

    /// Whoever comes with a spent token may have stolen it: its family ends.
    async fn reused(&self, family: &str) -> Result<PopupError, PopupError> {
        let ended: Option<SignIn> = self.tickets.take(Purpose::Family, family).await?;
        Ok(match ended {
            Some(_) => PopupError::Reused,
            None => PopupError::UnknownRefreshToken,
        })
    }

    /// Ends a family: none of its tokens works any more.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn end(&self, family: &Family) -> Result<(), PopupError> {
        let _: Option<SignIn> = self.tickets.take(Purpose::Family, &family.id).await?;
        Ok(())
    }

    /// How long a sign-in's tokens may still be refreshed.
    fn left(&self, sign_in: &SignIn, now: OffsetDateTime) -> Option<Duration> {
        let left = self.refresh_for? - (now - sign_in.begun_at);
        left.is_positive().then_some(left)
    }
}

fn random_text(random: &dyn SecureRandom) -> Result<String, PopupError> {
    let mut bytes = [0; 32];
    random.fill(&mut bytes).map_err(|_| PopupError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
