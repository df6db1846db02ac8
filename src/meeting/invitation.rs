//! What somebody with an account says to somebody without: come into this room, until this time.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{MeetingRequest, RoomName, Tenant};

/// An invitation into one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Tells it from all others; logs may hold it, and nobody can make a link of it.
    pub id: String,
    /// The room.
    pub room: RoomName,
    /// The tenant, if the room is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// The name of whoever invites.
    pub by: String,
    /// When it ends.
    #[serde(with = "time::serde::timestamp")]
    pub expires: OffsetDateTime,
}

impl Invitation {
    /// The wish to join that it stands for.
    #[must_use]
    pub fn request(&self) -> MeetingRequest {
        MeetingRequest::to(self.room.clone(), self.tenant.clone())
    }
}
