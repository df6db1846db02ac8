//! How long a session lives.

use time::{Duration, OffsetDateTime};

use super::{Sessions, SignedIn};

/// How long a session lives.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// From the sign-in on, whatever happens.
    pub lifetime: Duration,
    /// Without being seen.
    pub idle_timeout: Duration,
    /// How old what the provider said of a person may become, where it can be asked anew.
    pub refresh_groups_after: Duration,
}

impl SignedIn {
    /// When they signed in.
    #[must_use]
    pub fn since(&self) -> OffsetDateTime {
        self.since
    }
}

impl Sessions {
    /// The longest that a session lives.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.limits.lifetime
    }

    /// How long a session lives without being seen.
    #[must_use]
    pub fn idle_timeout(&self) -> Duration {
        self.limits.idle_timeout
    }

    /// When a session ends, whatever happens.
    #[must_use]
    pub fn end_of(&self, signed_in: &SignedIn) -> OffsetDateTime {
        let end = signed_in.since.checked_add(self.limits.lifetime);
        // A time beyond all calendars was written by nobody of ours.
        end.unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}
