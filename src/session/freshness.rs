//! A session that outlives what the provider last said of its person: when to ask anew, and who asks.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tower_sessions::session::{Error, Id};

use super::{Sessions, SignedIn};
use crate::identity::Person;

/// What a session keeps to ask the provider anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refresh {
    /// The refresh token, sealed.
    pub sealed: String,
    /// When the provider was asked last.
    #[serde(with = "time::serde::timestamp")]
    pub asked_at: OffsetDateTime,
}

impl Sessions {
    /// What to ask the provider anew with, where that is due.
    #[must_use]
    pub fn refresh_is_due<'a>(
        &self,
        signed_in: &'a SignedIn,
        now: OffsetDateTime,
    ) -> Option<&'a Refresh> {
        let refresh = signed_in.refresh.as_ref()?;
        (now - refresh.asked_at >= self.limits.refresh_groups_after).then_some(refresh)
    }

    /// From when on the provider is asked anew; nothing where it cannot be.
    #[must_use]
    pub fn refresh_due_at(&self, signed_in: &SignedIn) -> Option<OffsetDateTime> {
        let asked_at = signed_in.refresh.as_ref()?.asked_at;
        asked_at.checked_add(self.limits.refresh_groups_after)
    }

    /// Whether this request is the one that asks the provider anew: one for each time that a session is due, among all
    /// replicas, and at most one every so often where nothing comes of it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn may_refresh(
        &self,
        id: &str,
        refresh: &Refresh,
        pause: Duration,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let turn = format!("{id} {}", refresh.asked_at.unix_timestamp());
        let ledger = &self.ledger;
        Ok(ledger.first_use("refresh", &turn, now + pause, now).await?)
    }

    /// Remembers what the provider says anew of the person of a session, who has now been seen, unless the session has
    /// ended. One that was not used for too long stays so.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn renew(
        &self,
        id: &str,
        person: Arc<Person>,
        refresh: Refresh,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let Ok(id) = id.parse::<Id>() else {
            return Ok(());
        };
        let Some(kept) = self.read(&id).await? else {
            return Ok(());
        };
        let mut signed_in = SignedIn::clone(&kept);
        signed_in.person = person;
        signed_in.refresh = Some(refresh);
        if !self.is_idle(&kept, now) {
            signed_in.seen_at = now;
        }
        self.save(&id, signed_in, now).await
    }
}
