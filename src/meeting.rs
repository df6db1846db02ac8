//! What Jitsi's `tokenAuthUrl` asked of us: which room, which client, which settings to keep.
//!
//! Takes the room, tenant and `{state}` of a request; gives a [`MeetingRequest`], and later, by [`url::MeetingUrls`], the
//! address back into the meeting. Knows nothing of people or HTTP frameworks.

pub mod app;
pub mod room;
pub mod state;
pub mod url;

use serde::{Deserialize, Serialize};

pub use self::room::{RoomError, RoomName, Tenant, TenantError};
pub use self::state::{JitsiState, StateError};

/// The Jitsi client that sent the person here, as its `{state}` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// A browser.
    #[default]
    Web,
    /// Jitsi's app for iOS.
    Ios,
    /// Jitsi's app for Android.
    Android,
    /// Jitsi's desktop app.
    Electron,
}

/// A wish to join one room, checked and normalised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingRequest {
    /// The room, as Jitsi names it.
    pub room: RoomName,
    /// The tenant, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// The client to come back to.
    #[serde(default)]
    pub client: ClientKind,
    /// Jitsi's own settings for this visit (`config.startWithAudioMuted` and the like), to be handed back to it:
    /// the name, and the value as JSON text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<(String, String)>,
}

/// Why a request is no wish to join a room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeetingError {
    /// Neither the URL nor the state names a room.
    #[error("the request names no room")]
    NoRoom,
    /// The room's name is impossible.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The tenant's name is impossible.
    #[error(transparent)]
    Tenant(#[from] TenantError),
    /// The state is not what Jitsi sends.
    #[error(transparent)]
    State(#[from] StateError),
}

impl MeetingRequest {
    /// A plain wish to join a room from a browser.
    #[must_use]
    pub fn to(room: RoomName, tenant: Option<Tenant>) -> Self {
        Self {
            room,
            tenant,
            client: ClientKind::Web,
            overrides: Vec::new(),
        }
    }

    /// The same wish with Jitsi's settings forgotten, which makes it short.
    #[must_use]
    pub fn without_overrides(self) -> Self {
        Self {
            overrides: Vec::new(),
            ..self
        }
    }

    /// The request's settings and client as Jitsi's `{state}` would say them; `None` when there is nothing to say.
    #[must_use]
    pub fn to_state(&self) -> Option<String> {
        let client = match self.client {
            ClientKind::Web => None,
            ClientKind::Ios => Some("ios"),
            ClientKind::Android => Some("android"),
            ClientKind::Electron => Some("electron"),
        };
        let client = client.map(|name| format!("{name:?}:true"));
        let overrides = self
            .overrides
            .iter()
            .map(|(key, value)| format!("{key:?}:{value}"));
        let members: Vec<String> = client.into_iter().chain(overrides).collect();
        (!members.is_empty()).then(|| format!("{{{}}}", members.join(",")))
    }

    /// Puts together what stands in the URL and what stands in Jitsi's `{state}`. The state's room goes first: Jitsi inserts
    /// it encoded, and `{room}` as it was typed, which `&` or `#` would cut short. The URL's tenant goes first: an
    /// administrator wrote it.
    ///
    /// `room` and `tenant` are the raw, still percent-encoded parts of the URL: Jitsi inserts names as they were
    /// typed, and [`RoomName::parse`] decodes them as Jitsi would. Empty means absent.
    ///
    /// # Errors
    /// When no room is named, or a name or the state is not one that Jitsi could mean.
    pub fn parse(
        room: Option<&str>,
        tenant: Option<&str>,
        state: Option<&str>,
    ) -> Result<Self, MeetingError> {
        let state = match state {
            Some(text) if !text.is_empty() => JitsiState::parse(text)?,
            _ => JitsiState::default(),
        };
        let named = |name: Option<&str>| name.filter(|n| !n.is_empty()).map(str::to_owned);
        let room = state.room.or(named(room)).ok_or(MeetingError::NoRoom)?;
        let tenant = named(tenant).or(state.tenant);
        Ok(Self {
            room: RoomName::parse(&room)?,
            tenant: tenant.as_deref().map(Tenant::parse).transpose()?,
            client: state.client,
            overrides: state.overrides,
        })
    }
}
