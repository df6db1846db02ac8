//! The `state` of a logout: sealed, so that it can be believed when the provider sends the browser back with it.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::pending::{PendingError, Purpose, Seals};

/// How long the provider may take, its questions to the person included.
const LOGOUT_LIFETIME: Duration = Duration::HOUR;

/// Where a sign-out ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignedOut {
    /// On a page that says so.
    Page,
    /// On Jitsi's front page.
    Jitsi,
    /// In Jitsi's hidden frame: on the page that tells Jitsi.
    Frame,
}

#[derive(Serialize, Deserialize)]
struct State {
    end: SignedOut,
    begun_at: i64,
}

impl Seals {
    /// The `state` of a logout that is to end there.
    ///
    /// # Errors
    /// When the cipher fails.
    pub fn begin_logout(
        &self,
        end: SignedOut,
        now: OffsetDateTime,
    ) -> Result<String, PendingError> {
        let begun_at = now.unix_timestamp();
        self.seal(Purpose::Logout, &State { end, begun_at })
    }

    /// Where the logout of this `state` ends; `None` when it is not ours or too old.
    #[must_use]
    pub fn finish_logout(&self, state: &str, now: OffsetDateTime) -> Option<SignedOut> {
        let state: State = self.open(Purpose::Logout, state)?;
        let age = now.unix_timestamp() - state.begun_at;
        (age < LOGOUT_LIFETIME.whole_seconds()).then_some(state.end)
    }
}
