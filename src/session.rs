//! What is remembered after a login: [`SignedIn`], in a store of the operator's choice, behind one cookie.

pub mod pending;
pub mod popups;
pub mod store;
pub mod tickets;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tower_sessions::session::{Error, Id};
use tower_sessions::{Expiry, Session};

use self::store::Store;
use crate::identity::Person;

/// The session's one entry.
const KEY: &str = "signed_in";
/// Being seen is written down only so often, to spare the store.
const SEEN_EVERY: Duration = Duration::MINUTE;

/// Somebody who signed in and has not been away for too long.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    #[serde(with = "time::serde::timestamp")]
    since: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    seen_at: OffsetDateTime,
}

/// How long a session lives.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// From the sign-in on, whatever happens.
    pub lifetime: Duration,
    /// Without being seen.
    pub idle_timeout: Duration,
}

/// All sessions.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Arc<Store>,
    limits: SessionLimits,
}

impl Sessions {
    /// Sessions in a store.
    #[must_use]
    pub fn new(store: Store, limits: SessionLimits) -> Self {
        Self {
            store: Arc::new(store),
            limits,
        }
    }

    /// The longest that a session lives.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.limits.lifetime
    }

    /// Whether the store answers now.
    pub async fn are_ready(&self) -> bool {
        self.store.is_ready().await
    }

    /// The person of a live session, who has now been seen. A dead session is removed.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn recall(&self, id: &str, now: OffsetDateTime) -> Result<Option<Person>, Error> {
        let Ok(id) = id.parse::<Id>() else {
            return Ok(None);
        };
        let session = Session::new(Some(id), self.store.clone(), None);
        let Some(mut signed_in) = session.get::<SignedIn>(KEY).await? else {
            return Ok(None);
        };
        let too_old = now - signed_in.since >= self.limits.lifetime;
        let away_too_long = now - signed_in.seen_at >= self.limits.idle_timeout;
        if too_old || away_too_long {
            session.delete().await?;
            return Ok(None);
        }
        if now - signed_in.seen_at >= SEEN_EVERY.min(self.limits.idle_timeout / 10) {
            signed_in.seen_at = now;
            session.set_expiry(Some(self.end_of(&signed_in)));
            session.insert(KEY, &signed_in).await?;
            session.save().await?;
        }
        Ok(Some(signed_in.person))
    }

    /// Remembers a person from now on, and gives the new session's id. Whoever knew the browser's old id knows nothing
    /// of this one, and the old session ends.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remember(
        &self,
        old_id: Option<&str>,
        person: &Person,
        now: OffsetDateTime,
    ) -> Result<String, Error> {
        if let Some(old) = old_id.and_then(|id| id.parse::<Id>().ok()) {
            Session::new(Some(old), self.store.clone(), None)
                .delete()
                .await?;
        }
        let signed_in = SignedIn {
            person: person.clone(),
            since: now,
            seen_at: now,
        };
        let session = Session::new(None, self.store.clone(), Some(self.end_of(&signed_in)));
        session.insert(KEY, signed_in).await?;
        session.save().await?;
        Ok(session.id().map(|id| id.to_string()).unwrap_or_default())
    }

    fn end_of(&self, signed_in: &SignedIn) -> Expiry {
        let end = signed_in.since.checked_add(self.limits.lifetime);
        // A time beyond all calendars was written by nobody of ours.
        Expiry::AtDateTime(end.unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }
}
