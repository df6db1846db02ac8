//! Counts how often a browser was sent into a room lately, in an encrypted cookie of its own and nothing on the server.
//!
//! Jitsi that refuses a token sends people straight back here, with a live session they go straight back there, and so
//! on for ever. The count tells when to stop.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::pending::{Purpose, Seals};
use crate::meeting::MeetingRequest;

/// How long a visit counts.
pub const COUNTED_FOR: Duration = Duration::MINUTE;
/// So many visits to one room in that time, and the next wish for it is no longer a person's.
const MOST_VISITS: usize = 3;
/// The most visits that are remembered, of all rooms together; the oldest give way. It bounds the cookie.
const MOST_REMEMBERED: usize = 16;
/// How much of a room's digest is kept, in bytes.
const DIGEST_LENGTH: usize = 9;

/// The visits of one browser, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits(Vec<(String, i64)>);

impl Visits {
    /// What the cookie holds that still counts; nothing for a cookie that is not ours.
    #[must_use]
    pub fn read(seals: &Seals, cookie: Option<&str>, now: OffsetDateTime) -> Self {
        let mut visits: Self = cookie
            .and_then(|sealed| seals.open(Purpose::Visits, sealed))
            .unwrap_or_default();
        let now = now.unix_timestamp();
        visits
            .0
            .retain(|(_, at)| (0..COUNTED_FOR.whole_seconds()).contains(&(now - at)));
        visits
    }

    /// The cookie's value; `None` when it cannot be sealed, which costs no more than the count.
    #[must_use]
    pub fn seal(&self, seals: &Seals) -> Option<String> {
        seals.seal(Purpose::Visits, self).ok()
    }

    /// Whether this wish comes from Jitsi sending the browser round in circles: it has been sent into the room three
    /// times within the minute, and is back for the third time.
    #[must_use]
    pub fn go_in_circles(&self, request: &MeetingRequest) -> bool {
        // Most browsers have been sent nowhere, or once.
        if self.0.len() < MOST_VISITS {
            return false;
        }
        let room = digest_of(request);
        self.0.iter().filter(|(r, _)| *r == room).count() >= MOST_VISITS
    }

    /// Whether the browser was sent into the room within the minute.
    #[must_use]
    pub fn include(&self, request: &MeetingRequest) -> bool {
        let room = digest_of(request);
        self.0.iter().any(|(visited, _)| *visited == room)
    }

    /// One more visit.
    #[must_use]
    pub fn and(mut self, request: &MeetingRequest, now: OffsetDateTime) -> Self {
        self.0.push((digest_of(request), now.unix_timestamp()));
        let surplus = self.0.len().saturating_sub(MOST_REMEMBERED);
        self.0.drain(..surplus);
        self
    }

    /// One visit less than stops people, so that the next attempt is let through, and no more than that one.
    #[must_use]
    pub fn but_once_more(mut self, request: &MeetingRequest) -> Self {
        let room = digest_of(request);
        let mut kept = 0;
        self.0.reverse();
        self.0.retain(|(r, _)| {
            kept += usize::from(*r == room);
            *r != room || kept < MOST_VISITS
        });
        self.0.reverse();
        self
    }
}

/// Room and tenant, short, whatever their length.
fn digest_of(request: &MeetingRequest) -> String {
    let tenant = request.tenant.as_ref().map_or("", |tenant| tenant.as_str());
    // No room and no tenant has a slash in it.
    let both = format!("{tenant}/{}", request.room);
    let digest = digest::digest(&digest::SHA256, both.as_bytes());
    let kept = digest.as_ref().get(..DIGEST_LENGTH);
    URL_SAFE_NO_PAD.encode(kept.unwrap_or_default())
}
