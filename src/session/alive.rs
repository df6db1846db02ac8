//! Whether a session still counts.

use time::OffsetDateTime;
use tower_sessions::session::{Error, Id};

use super::ledger::Tag;
use super::{Sessions, SignedIn};

impl Sessions {
    /// Neither too old, nor unused for too long, nor ended.
    pub(super) async fn is_alive(
        &self,
        id: &Id,
        signed_in: &SignedIn,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        Ok(!self.is_idle(signed_in, now) && self.end_reason(id, signed_in, now).await?.is_none())
    }

    /// Whether nobody was seen for too long: the session opens no meeting any more, and is kept for what hangs on it.
    pub(super) fn is_idle(&self, signed_in: &SignedIn, now: OffsetDateTime) -> bool {
        now - signed_in.seen_at >= self.limits.idle_timeout
    }

    /// Why a session is over, with all that hangs on it, if it is.
    pub(super) async fn end_reason(
        &self,
        id: &Id,
        signed_in: &SignedIn,
        now: OffsetDateTime,
    ) -> Result<Option<&'static str>, Error> {
        if now - signed_in.since >= self.limits.lifetime {
            return Ok(Some("lifetime"));
        }
        let ended = self.is_ended(id, signed_in, now).await?;
        Ok(ended.then_some("revoked"))
    }

    async fn is_ended(
        &self,
        id: &Id,
        signed_in: &SignedIn,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let id = Tag::Session(&id.to_string()).key();
        let (revoked, ended) = tokio::try_join!(
            self.revoked_since(&signed_in.person, signed_in.since, now),
            async { Ok(self.ledger.marked(&id, now).await?) },
        )?;
        Ok(revoked || ended.is_some())
    }
}
