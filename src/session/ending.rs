//! How sessions are ended from outside: one by one, or all that a logout means.

use std::sync::Arc;

use time::OffsetDateTime;
use tower_sessions::session::{Error, Id};

use super::ledger::{Key, Tag};
use super::{Sessions, SignedIn};

impl Sessions {
    /// Ends a session whose person the provider does not know any more, and whatever else hangs on it.
    ///
    /// # Errors
    /// When the store does not answer; the session may then still be alive.
    pub async fn end_gone(&self, id: &str, now: OffsetDateTime) -> Result<(), Error> {
        self.mark(&Tag::Gone(id).key(), now).await?;
        self.end(id, now).await.map(drop)
    }

    /// Ends one session, and gives what it held, even if it had died before.
    ///
    /// # Errors
    /// When the store does not answer; the session may then still be alive.
    pub async fn end(&self, id: &str, now: OffsetDateTime) -> Result<Option<Arc<SignedIn>>, Error> {
        let Ok(id) = id.parse::<Id>() else {
            return Ok(None);
        };
        let Some(signed_in) = self.read(&id).await? else {
            return Ok(None);
        };
        // A request that runs now may write the session back once more: the mark tells that it has ended.
        self.mark(&Tag::Session(&id.to_string()).key(), now).await?;
        self.store.delete(&id).await?;
        Ok(Some(signed_in))
    }

    /// Ends every session that a logout token means (OpenID Connect Back-Channel Logout 1.0, 2.4 and 2.7), on every
    /// replica that shares the store; gives the ids of those that were known.
    ///
    /// With a `sid`, those begun by this session at the provider, and those of the subject of which nobody knows by
    /// which they were begun. Without, all of the subject.
    ///
    /// # Errors
    /// When the store does not answer: the sessions then end as soon as it does, if this process lives to see it.
    pub async fn end_all(
        &self,
        issuer: &str,
        subject: Option<&str>,
        sid: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Vec<String>, Error> {
        let tags = match (sid, subject) {
            (Some(sid), subject) => [
                Some(Tag::Sid(issuer, sid)),
                subject.map(|subject| Tag::WithoutSid(issuer, subject)),
            ],
            (None, subject) => [subject.map(|subject| Tag::Subject(issuer, subject)), None],
        };
        let keys: Vec<Key> = tags.iter().flatten().map(Tag::key).collect();
        // The marks first: from here on the sessions are dead, whatever becomes of the rest.
        for key in &keys {
            if let Err(error) = self.mark(key, now).await {
                // Not every provider says it again.
                for key in &keys {
                    self.ledger.owe_mark(key, now, now + self.limits.lifetime);
                }
                return Err(error);
            }
        }
        let mut ended = Vec::new();
        for key in &keys {
            for id in self.ledger.take(key, now).await? {
                if let Ok(parsed) = id.parse::<Id>() {
                    // Most that have ended before still stand there. What cannot be read is deleted all the same.
                    let was_alive = !matches!(self.store.load(&parsed).await, Ok(None));
                    self.store.delete(&parsed).await?;
                    ended.extend(was_alive.then_some(id));
                }
            }
        }
        Ok(ended)
    }
}
