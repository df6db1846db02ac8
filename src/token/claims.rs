//! Jitsi's claims as types: what is absent is left out, never null, for a null crashes Prosody's plugins.

pub mod convention;
pub mod extra;
mod user;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

pub use self::convention::Convention;
pub use self::extra::ExtraClaims;
use self::user::User;
use super::TokenIdentity;
use crate::identity::Person;
use crate::identity::claims::clean;
use crate::meeting::MeetingRequest;
use crate::policy::{Grant, Role};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    moderator: Option<bool>,
    context: Context,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Debug, Serialize)]
struct Context {
    user: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<BTreeMap<&'static str, bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// The tenant of the URL. Prosody compares it with the one a client comes with, and notes a difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomContext>,
}

/// Read by the community's `token_security_ondemand` when somebody joins.
#[derive(Debug, Serialize)]
struct RoomContext {
    #[serde(skip_serializing_if = "Option::is_none")]
    lobby: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// What the token holds besides who, where and until when: the same for everybody.
#[derive(Debug, Clone, Default)]
pub struct TokenContent {
    /// How the role is written.
    pub convention: Convention,
    /// Claims that Jitsi does not ask for.
    pub extra: ExtraClaims,
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
        content: &TokenContent,
        person: &Person,
        request: &MeetingRequest,
        grant: &Grant,
        validity: &Validity,
        jti: &str,
    ) -> Self {
        let TokenContent { convention, extra } = content;
        let group = grant.group.as_ref().or(identity.group.as_ref());
        Self {
            iss: identity.app_id.clone(),
            aud: identity.audience.clone(),
            sub: request
                .tenant
                .as_ref()
                .map_or_else(|| identity.xmpp_domain.clone(), ToString::to_string),
            room: room(identity, request, grant),
            iat: validity.issued.unix_timestamp(),
            nbf: validity.not_before.unix_timestamp(),
            exp: validity.expires.unix_timestamp(),
            jti: jti.to_owned(),
            moderator: convention.top_level(grant.role == Role::Moderator),
            context: Context {
                user: User::new(*convention, person, grant),
                features: convention.features(grant),
                group: group.map(|group| clean(group)),
                tenant: request.tenant.as_ref().map(ToString::to_string),
                room: RoomContext::new(grant),
            },
            extra: extra.of(person),
        }
    }
}

/// The room that the token opens. Prosody knows the room of a tenant as `[tenant]room`; with its domain verification on
/// it looks at `sub` instead, and refuses that form.
fn room(identity: &TokenIdentity, request: &MeetingRequest, grant: &Grant) -> String {
    match &request.tenant {
        _ if grant.any_room => "*".to_owned(),
        Some(tenant) if identity.bind_tenant => format!("[{tenant}]{}", request.room),
        Some(_) | None => request.room.to_string(),
    }
}

impl RoomContext {
    fn new(grant: &Grant) -> Option<Self> {
        let lobby = grant.room_lobby.then_some(true);
        let password = grant
            .room_password
            .as_ref()
            .map(|password| password.expose().to_owned());
        // An empty object would be no harm, but no use either.
        (lobby.is_some() || password.is_some()).then_some(Self { lobby, password })
    }
}
