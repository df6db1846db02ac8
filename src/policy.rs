//! What may they do? A [`Policy`] of rules turns a person and a meeting into a [`Decision`].
//!
//! Takes a [`Person`](crate::identity::Person) and a [`MeetingRequest`](crate::meeting::MeetingRequest); gives a [`Grant`]
//! or a [`Denied`], each with the rules that caused it. Knows nothing of HTTP, JWTs, or where groups came from.
//!
//! The order of rules never matters: grants add up, the highest role wins, a deny beats all.

pub mod conditions;
pub mod decide;
pub mod email_domain;
pub mod entrance;
pub mod explain;
pub mod fault;
pub mod feature;
pub mod gift;
mod index;
pub mod room_password;
pub mod rule;
pub mod rules;
pub mod step_up;
pub mod who;

use std::collections::BTreeSet;

use serde::Serialize;
use time::Duration;

use self::entrance::Entrances;

use self::rule::Effect;
use crate::meeting::RoomName;
use crate::pattern::Pattern;

pub use self::decide::decide;
pub use self::feature::Feature;
pub use self::room_password::RoomPassword;
pub use self::rule::Rule;
pub use self::rules::Rules;
pub use self::step_up::{Demand, StepUp};

/// Everything that decides about rights.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What becomes of a person whom no rule gives a role.
    pub default: Fallback,
    /// What everybody may do wherever a rule speaks of features at all.
    pub everyday_features: BTreeSet<Feature>,
    /// Every token names its features, because the other side wants it so (JaaS).
    pub always_name_features: bool,
    /// Whose people may come into which meetings, whatever rules say.
    pub entrances: Entrances,
    /// The rules, in no order.
    pub rules: Rules,
}

impl Policy {
    /// The claims that rules look at, by the name that each stands under at the top.
    #[must_use]
    pub fn claims_looked_at(&self) -> BTreeSet<String> {
        let claims = self.rules.iter().flat_map(|rule| &rule.conditions.claims);
        claims.map(|(path, _)| path.top().to_owned()).collect()
    }

    /// Whether any rule lets anybody invite guests.
    #[must_use]
    pub fn lets_invite(&self) -> bool {
        let invites = |rule: &Rule| matches!(&rule.effect, Effect::Give(gift) if gift.may_invite);
        self.rules.iter().any(invites)
    }

    /// The rooms that rules name in full, without a wildcard or placeholder, sorted.
    #[must_use]
    pub fn named_rooms(&self) -> BTreeSet<RoomName> {
        let patterns = self.rules.iter().flat_map(|rule| &rule.conditions.rooms);
        patterns
            .filter_map(Pattern::literal)
            .filter_map(|name| RoomName::parse(name).ok())
            .collect()
    }
}

/// What becomes of a person whom no rule gives a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// Refused.
    Deny,
    /// Let in as a participant.
    Participant,
}

/// A role in the meeting; the higher one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Listens and watches, by `context.user.role`; has no more rights than a participant.
    Visitor,
    /// Takes part.
    Participant,
    /// Runs the meeting.
    Moderator,
}

impl Role {
    /// The role's name, as rules and logs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Participant => "participant",
            Self::Moderator => "moderator",
        }
    }
}

/// What policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Come in.
    Granted(Grant),
    /// Stay out.
    Denied(Denied),
}

/// Rights in one meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// `None`: the token says nothing of features, and Jitsi's own defaults hold.
    pub features: Option<BTreeSet<Feature>>,
    /// The name in the meeting is the token's and cannot be changed; `features` are then never `None`.
    pub name_readonly: bool,
    /// Passes the lobby.
    pub lobby_bypass: bool,
    /// Passes the room's password.
    pub security_bypass: bool,
    /// Not shown in recordings.
    pub hidden_from_recorder: bool,
    /// Waits in the lobby; never together with what passes it.
    pub user_lobby: bool,
    /// Switches the room's lobby on.
    pub room_lobby: bool,
    /// The room's password; in a moderator's hands alone.
    pub room_password: Option<RoomPassword>,
    /// The group that Jitsi counts this person's use for; `None`: the configured one.
    pub group: Option<String>,
    /// The token's life; `None`: the configured one.
    pub lifetime: Option<Duration>,
    /// The token opens every room.
    pub any_room: bool,
    /// May invite guests; never given to others than moderators.
    pub may_invite: bool,
    /// The names of the rules that gave something, sorted.
    pub rules: Vec<String>,
}

impl Grant {
    /// A role, and nothing else.
    #[must_use]
    pub fn of(role: Role, lifetime: Option<Duration>) -> Self {
        Self {
            role,
            features: None,
            name_readonly: false,
            lobby_bypass: false,
            security_bypass: false,
            hidden_from_recorder: false,
            user_lobby: false,
            room_lobby: false,
            room_password: None,
            group: None,
            lifetime,
            any_room: false,
            may_invite: false,
            rules: Vec::new(),
        }
    }

    /// What it holds beside role and features, by the names that rules give it.
    #[must_use]
    pub fn further_rights(&self) -> Vec<&'static str> {
        let all = [
            (self.name_readonly, "name_readonly"),
            (self.lobby_bypass, "lobby_bypass"),
            (self.security_bypass, "security_bypass"),
            (self.hidden_from_recorder, "hidden_from_recorder"),
            (self.user_lobby, "user_lobby"),
            (self.room_lobby, "room_lobby"),
            (self.room_password.is_some(), "room_password"),
            (self.any_room, "any_room"),
            (self.may_invite, "may_invite"),
        ];
        let given = all.into_iter().filter(|(given, _)| *given);
        given.map(|(_, name)| name).collect()
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Why.
    pub cause: DeniedCause,
    /// The names of the rules that refused, sorted; none when simply no rule gave a role.
    pub rules: Vec<String>,
}

/// Why somebody is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeniedCause {
    /// Rules deny, with these messages, sorted.
    Rule(BTreeSet<String>),
    /// Rules ask for a stronger or a more recent sign-in.
    StepUp(StepUp),
    /// No rule gives a role, and the default is to deny.
    NoRule,
    /// The meeting is for people of other providers.
    Provider,
}
