//! Jitsi's claims as types: what is absent is left out, never null, for a null crashes Prosody's plugins.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use super::TokenIdentity;
use crate::identity::Person;
use crate::identity::claims::clean;
use crate::meeting::MeetingRequest;
use crate::policy::{Feature, Grant, Role};

/// The payload (jitsi-meet, `resources/prosody-plugins/token/util.lib.lua` and `doc` of lib-jitsi-meet's tokens).
#[derive(Debug, Serialize)]
pub struct TokenClaims {
    iss: String,
    aud: String,
    sub: String,
    room: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    /// Read by the community's older `token_moderation`.
    moderator: bool,
    context: Context,
}

#[derive(Debug, Serialize)]
struct Context {
    user: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<BTreeMap<&'static str, bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
}

#[derive(Debug, Serialize)]
struct User {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    /// Both, consistently: `token_affiliation` takes either for a moderator.
    affiliation: &'static str,
    moderator: bool,
    #[serde(skip_serializing_if = "is_false")]
    lobby_bypass: bool,
    #[serde(skip_serializing_if = "is_false")]
    security_bypass: bool,
    #[serde(rename = "hidden-from-recorder", skip_serializing_if = "is_false")]
    hidden_from_recorder: bool,
}

/// The times of a token.
#[derive(Debug, Clone, Copy)]
pub struct Validity {
    /// `iat`.
    pub issued: OffsetDateTime,
    /// `nbf`.
    pub not_before: OffsetDateTime,
    /// `exp`.
    pub expires: OffsetDateTime,
}

impl TokenClaims {
    /// The claims of one person's token for one room.
    #[must_use]
    pub fn new(
        identity: &TokenIdentity,
        person: &Person,
        request: &MeetingRequest,
        grant: &Grant,
        validity: &Validity,
        jti: &str,
    ) -> Self {
        let moderator = grant.role == Role::Moderator;
        Self {
            iss: identity.app_id.clone(),
            aud: identity.audience.clone(),
            sub: request
                .tenant
                .as_ref()
                .map_or_else(|| identity.xmpp_domain.clone(), ToString::to_string),
            room: if grant.any_room {
                "*".to_owned()
            } else {
                request.room.to_string()
            },
            iat: validity.issued.unix_timestamp(),
            nbf: validity.not_before.unix_timestamp(),
            exp: validity.expires.unix_timestamp(),
            jti: jti.to_owned(),
            moderator,
            context: Context {
                user: User {
                    id: clean(&person.id),
                    name: clean(&person.name),
                    email: person.email.as_ref().map(|email| clean(&email.address)),
                    avatar: person.avatar.as_deref().map(clean),
                    affiliation: if moderator { "owner" } else { "member" },
                    moderator,
                    lobby_bypass: grant.lobby_bypass,
                    security_bypass: grant.security_bypass,
                    hidden_from_recorder: grant.hidden_from_recorder,
                },
                features: grant.features.as_ref().map(|granted| {
                    Feature::ALL
                        .iter()
                        .map(|feature| (feature.name(), granted.contains(feature)))
                        .collect()
                }),
                group: identity.group.clone(),
            },
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
