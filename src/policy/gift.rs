//! What a rule gives when it applies.

use std::collections::BTreeSet;

use time::Duration;

use super::fault::RuleFault;
use super::{Feature, Role, RoomPassword};

/// What a rule gives. The gifts of all rules that apply add up.
#[derive(Debug, Clone, Default)]
pub struct Gift {
    /// A role.
    pub role: Option<Role>,
    /// Features; `None` says nothing of them, which for a moderator means all.
    pub features: Option<BTreeSet<Feature>>,
    /// The name in the meeting is the token's and cannot be changed.
    pub name_readonly: bool,
    /// Passes the lobby.
    pub lobby_bypass: bool,
    /// Passes the room's password.
    pub security_bypass: bool,
    /// Not shown in recordings.
    pub hidden_from_recorder: bool,
    /// Waits in the lobby.
    pub user_lobby: bool,
    /// Switches the room's lobby on.
    pub room_lobby: bool,
    /// The password that the room gets; counts for a moderator alone.
    pub room_password: Option<RoomPassword>,
    /// `context.group`.
    pub group: Option<String>,
    /// The token's life.
    pub lifetime: Option<Duration>,
    /// The token opens every room.
    pub any_room: bool,
    /// May invite guests without an account; counts for a moderator alone.
    pub may_invite: bool,
}

impl Gift {
    /// All that is wrong with the gift by itself.
    #[must_use]
    pub fn faults(&self) -> Vec<RuleFault> {
        let mut faults = Vec::new();
        if self.is_nothing() {
            faults.push(RuleFault::NoEffect);
        }
        if self.room_password.is_some()
            && matches!(self.role, Some(Role::Participant | Role::Visitor))
        {
            faults.push(RuleFault::PasswordWithoutModerator);
        }
        if self.may_invite && matches!(self.role, Some(Role::Participant | Role::Visitor)) {
            faults.push(RuleFault::InvitingWithoutModerator);
        }
        if self.user_lobby && self.lobby_bypass {
            faults.push(RuleFault::LobbyBothWays("`lobby_bypass`"));
        }
        if self.user_lobby && self.role == Some(Role::Moderator) {
            faults.push(RuleFault::LobbyBothWays("a moderator"));
        }
        faults
    }

    fn is_nothing(&self) -> bool {
        let flag = self.name_readonly
            || self.lobby_bypass
            || self.security_bypass
            || self.hidden_from_recorder
            || self.user_lobby
            || self.room_lobby
            || self.any_room
            || self.may_invite;
        self.role.is_none()
            && self.features.as_ref().is_none_or(BTreeSet::is_empty)
            && !flag
            && self.room_password.is_none()
            && self.group.is_none()
            && self.lifetime.is_none()
    }
}
