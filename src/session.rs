//! What is remembered after a login: [`SignedIn`], in a store of the operator's choice, behind one cookie; and how it is
//! ended from outside.

mod alive;
pub mod answers;
pub mod choices;
mod ending;
pub mod forms;
pub mod freshness;
pub mod handle;
pub mod hints;
pub mod invitations;
pub mod ledger;
pub mod lifetime;
pub mod logout_state;
pub mod pending;
pub mod popups;
pub mod rates;
pub mod refresh_tokens;
pub mod returns;
pub mod store;
pub mod tickets;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tower_sessions::session::{Error, Id};

use self::freshness::Refresh;
use self::ledger::{Key, Ledger, Tag};
pub use self::lifetime::SessionLimits;
use self::store::Store;
use crate::identity::Person;
use crate::identity::provider_session::{ProviderSession, SignIn};
use crate::observe::metrics::Metrics;

/// How often one may sign in anew in a browser while something hangs on the first sign-in.
const MOST_SUCCESSORS: usize = 16;
/// Being seen is written down only so often, to spare the store.
const SEEN_EVERY: Duration = Duration::MINUTE;

/// Somebody who signed in and has not been away for too long.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who. Shared, as each request of theirs looks at it, and some people are in many groups.
    pub person: Arc<Person>,
    /// By which session at the provider.
    #[serde(default)]
    pub at_provider: ProviderSession,
    /// By what the provider can be asked anew about the person, sealed; nothing where it granted nothing.
    #[serde(default)]
    pub refresh: Option<Refresh>,
    #[serde(with = "time::serde::timestamp")]
    since: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    seen_at: OffsetDateTime,
}

/// Somebody who is signed in as a request is answered.
#[derive(Debug, Clone, Copy)]
pub struct SignedInNow<'a> {
    /// Who.
    pub person: &'a Person,
    /// The id of the session; nothing where none is remembered.
    pub session: Option<&'a str>,
    /// Has just come from a sign-in that a rule asked for.
    pub stepped_up: bool,
}

/// All sessions.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Store,
    ledger: Ledger,
    limits: SessionLimits,
    metrics: Metrics,
}

impl Sessions {
    /// Sessions in a store, with the ledger beside it.
    #[must_use]
    pub fn new(store: Store, ledger: Ledger, limits: SessionLimits) -> Self {
        Self {
            ledger,
            store,
            limits,
            metrics: Metrics::default(),
        }
    }

    /// The same, which are also counted.
    #[must_use]
    pub fn counted(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// Whether the store answers now.
    pub async fn are_ready(&self) -> bool {
        self.store.is_ready().await
    }

    /// A live session, whose person has now been seen. A dead one is removed.
    ///
    /// Asks the store twice: for the session, and for what may have ended it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn recall(
        &self,
        id: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<SignedIn>>, Error> {
        let signed_in = self.recall_for_call(id, now).await?;
        Ok(signed_in.filter(|signed_in| !self.is_idle(signed_in, now)))
    }

    /// The same for a call that hangs on the session, which goes on after nobody has opened a meeting for too long. That
    /// does not bring the session back for anything else.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn recall_for_call(
        &self,
        id: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<SignedIn>>, Error> {
        let Ok(id) = id.parse::<Id>() else {
            return Ok(None);
        };
        let Some(signed_in) = self.read(&id).await? else {
            return Ok(None);
        };
        if let Some(reason) = self.end_reason(&id, &signed_in, now).await? {
            self.store.delete(&id).await?;
            self.metrics.session_ended(reason);
            return Ok(None);
        }
        // Where the provider is about to be asked anew, that writes: a second hand could bring a spent refresh token back.
        if self.refresh_is_due(&signed_in, now).is_none()
            && !self.is_idle(&signed_in, now)
            && now - signed_in.seen_at >= SEEN_EVERY.min(self.limits.idle_timeout / 10)
        {
            let mut seen = SignedIn::clone(&signed_in);
            seen.seen_at = now;
            self.save(&id, seen, now).await?;
        }
        Ok(Some(signed_in))
    }

    /// Remembers a person from now on, and gives the new session's id. Whoever knew the browser's old id knows nothing
    /// of this one, and the old session ends.
    ///
    /// `now` is the time when the provider was asked for the ID token, or before: a logout since then counts.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remember(
        &self,
        old_id: Option<&str>,
        sign_in: &SignIn,
        refresh: Option<Refresh>,
        now: OffsetDateTime,
    ) -> Result<String, Error> {
        let before = match old_id {
            Some(old) => self.end(old, now).await?,
            None => None,
        };
        if let Some(before) = &before {
            let idle = self.is_idle(before, now);
            let reason = if idle { "idle" } else { "replaced" };
            self.metrics.session_ended(reason);
        }
        let signed_in = SignedIn {
            person: sign_in.person.clone(),
            at_provider: sign_in.session.clone(),
            refresh,
            since: now,
            seen_at: now,
        };
        let person = &sign_in.person;
        let end = self.end_of(&signed_in);
        let id = self.store.create(signed_in, end, now).await?.to_string();
        let until = now + self.limits.lifetime;
        let after = match (before, old_id) {
            (Some(before), Some(old)) if is_same(&before.person, person) => {
                Some(Tag::After(old).key())
            }
            _ => None,
        };
        let [all, one] = tags(person).map(|tag| tag.key());
        // At once: a slow store costs one answer, not three.
        tokio::try_join!(
            self.ledger.add(&all, &id, until, now),
            self.ledger.add(&one, &id, until, now),
            self.note_handle(&id, until, now),
            async {
                match &after {
                    Some(after) => self.ledger.add(after, &id, until, now).await,
                    None => Ok(()),
                }
            },
        )?;
        self.metrics.session_started();
        Ok(id)
    }

    /// The session that a sign-in in this browser has by now: this one, or the one that the same person began after it;
    /// nothing when it was ended.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn lives_on_as(
        &self,
        id: &str,
        now: OffsetDateTime,
    ) -> Result<Option<String>, Error> {
        let mut id = id.to_owned();
        for _ in 0..MOST_SUCCESSORS {
            let (gone, ended) = (Tag::Gone(&id).key(), Tag::Session(&id).key());
            let (gone, ended) = tokio::try_join!(
                self.ledger.marked(&gone, now),
                self.ledger.marked(&ended, now)
            )?;
            if gone.is_some() {
                return Ok(None);
            }
            if ended.is_none() {
                return Ok(Some(id));
            }
            match self.ledger.read(&Tag::After(&id).key(), now).await?.pop() {
                Some(next) => id = next,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Whether a logout has ended what a sign-in at `since` began: a session, or whatever else hangs on the sign-in. Asks
    /// nothing but the marks, which are kept for the lifetime of sessions: what lives longer is not covered.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn revoked_since(
        &self,
        person: &Person,
        since: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let [all, one] = tags(person).map(|tag| tag.key());
        let (all, one) =
            tokio::try_join!(self.ledger.marked(&all, now), self.ledger.marked(&one, now))?;
        // Within one second nobody can tell which came first: then the logout counts.
        Ok(all.max(one).is_some_and(|at| at >= since.unix_timestamp()))
    }

    /// Whether a logout token has been used up, on whichever replica that shares the store.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn is_used(
        &self,
        issuer: &str,
        jti: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        Ok(self.ledger.is_used(issuer, jti, now).await?)
    }

    /// Uses a logout token up: after what it meant has ended, so that one that came to nothing may be sent again.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn use_up(
        &self,
        issuer: &str,
        jti: &str,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        Ok(self
            .ledger
            .first_use(issuer, jti, until, now)
            .await
            .map(drop)?)
    }

    /// What a session holds. What an older version wrote and nobody can read any more counts as nothing.
    async fn read(&self, id: &Id) -> Result<Option<Arc<SignedIn>>, Error> {
        match self.store.load(id).await {
            Err(Error::SerdeJson(_)) => Ok(None),
            read => read,
        }
    }

    async fn save(&self, id: &Id, signed_in: SignedIn, now: OffsetDateTime) -> Result<(), Error> {
        let end = self.end_of(&signed_in);
        Ok(self.store.save(id, signed_in, end, now).await?)
    }

    async fn mark(&self, key: &Key, now: OffsetDateTime) -> Result<(), Error> {
        let until = now + self.limits.lifetime;
        Ok(self.ledger.mark(key, now, until).await?)
    }
}

fn is_same(one: &Person, other: &Person) -> bool {
    one.issuer == other.issuer && one.subject == other.subject && one.provider == other.provider
}

/// By what a sign-in can be ended: all of the person's, and its own session at the provider, if that is known.
fn tags(person: &Person) -> [Tag<'_>; 2] {
    let (issuer, subject) = (person.issuer.as_str(), person.subject.as_str());
    let one = match &person.sid {
        Some(sid) => Tag::Sid(issuer, sid),
        None => Tag::WithoutSid(issuer, subject),
    };
    [Tag::Subject(issuer, subject), one]
}

#[cfg(test)]
mod tests;
