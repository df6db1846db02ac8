//! `context.user`: who it is, and by which convention their role is written.

use serde::Serialize;

use super::convention::{Convention, Flag};
use crate::identity::Person;
use crate::identity::claims::clean;
use crate::policy::{Grant, Role};

#[derive(Debug, Serialize)]
pub struct User {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    affiliation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moderator: Option<Flag>,
    /// `visitor`: Jitsi's client asks to listen and watch. No other role is written here.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    lobby_bypass: bool,
    #[serde(skip_serializing_if = "is_false")]
    security_bypass: bool,
    /// Read by the community's `token_lobby_ondemand`.
    #[serde(skip_serializing_if = "is_false")]
    lobby: bool,
    #[serde(rename = "hidden-from-recorder", skip_serializing_if = "is_false")]
    hidden_from_recorder: bool,
}

impl User {
    pub fn new(convention: Convention, person: &Person, grant: &Grant) -> Self {
        let moderator = grant.role == Role::Moderator;
        Self {
            id: clean(&person.id),
            name: clean(&person.name),
            email: person.email.as_ref().map(|email| clean(&email.address)),
            avatar: person.avatar.as_deref().map(clean),
            affiliation: convention.affiliation(moderator),
            moderator: convention.user(moderator),
            role: (grant.role == Role::Visitor).then_some("visitor"),
            lobby_bypass: grant.lobby_bypass,
            security_bypass: grant.security_bypass,
            lobby: grant.user_lobby,
            hidden_from_recorder: grant.hidden_from_recorder,
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}
