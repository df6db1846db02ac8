//! What Jitsi's `tokenAuthUrl` asked of us: which room, which client, which settings to keep.
//!
//! Takes the room, tenant and `{state}` of a request; gives a [`MeetingRequest`], and later, by [`url::MeetingUrls`], the
//! address back into the meeting. Knows nothing of people or HTTP frameworks.

pub mod app;
pub mod invitation;
pub mod jaas;
pub mod room;
pub mod state;
pub mod url;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::invitation::Invitation;
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

/// What a popup of Jitsi's inline sign-in (`tokenAuthInline`) wants: a one-time code instead of a way into the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Popup {
    /// Comes back in the ID token (jitsi-meet, `loginWithPopup`: 64 hexadecimal digits).
    pub nonce: String,
    /// The S256 challenge of the verifier that the popup keeps (RFC 7636, 4.2).
    pub code_challenge: String,
}

/// The longest nonce, in bytes.
const LONGEST_NONCE: usize = 128;
/// The length of an S256 challenge: 32 bytes in base64url.
const CHALLENGE_LENGTH: usize = 43;

impl Popup {
    /// A popup's wish; `None` when it lacks something, which makes the visit an ordinary one. Jitsi's apps send the
    /// placeholder `{code_challenge}` as it stands, which counts as none.
    ///
    /// # Errors
    /// When what came is no nonce or no S256 challenge.
    pub fn parse(
        nonce: Option<&str>,
        code_challenge: Option<&str>,
    ) -> Result<Option<Self>, MeetingError> {
        let given = |text: Option<&str>| {
            text.filter(|text| !text.is_empty() && *text != "{code_challenge}")
                .map(str::to_owned)
        };
        let (Some(nonce), Some(code_challenge)) = (given(nonce), given(code_challenge)) else {
            return Ok(None);
        };
        let plain = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let good = nonce.len() <= LONGEST_NONCE
            && code_challenge.len() == CHALLENGE_LENGTH
            && plain(&nonce)
            && plain(&code_challenge);
        if !good {
            return Err(MeetingError::Popup);
        }
        Ok(Some(Self {
            nonce,
            code_challenge,
        }))
    }
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
    /// The popup to answer to, where the person stays in the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub popup: Option<Popup>,
}

/// Where a sign-in leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// Into a room.
    Meeting(MeetingRequest),
    /// To the bridge's own home page.
    Home,
    /// To the page of what is known and decided here, with a room that it is about.
    WhoAmI(Option<MeetingRequest>),
}

impl From<MeetingRequest> for Destination {
    fn from(request: MeetingRequest) -> Self {
        Self::Meeting(request)
    }
}

impl Destination {
    /// The same with Jitsi's settings forgotten, which makes it short.
    #[must_use]
    pub fn without_overrides(self) -> Self {
        match self {
            Self::Meeting(request) => Self::Meeting(request.without_overrides()),
            Self::Home | Self::WhoAmI(_) => self,
        }
    }
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
    /// The popup's nonce or challenge is not one.
    #[error("the nonce or the S256 code challenge is malformed")]
    Popup,
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
            popup: None,
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
        let client = client.map(|name| (name.to_owned(), "true".to_owned()));
        // A text goes as JSON within JSON, as Jitsi copies it out of its own address: one such as "true" would else be read as
        // what it says, and an empty subject as none.
        let copied = |(name, value): &(String, String)| {
            let value = if value.starts_with('"') {
                Value::from(value.as_str()).to_string()
            } else {
                value.clone()
            };
            (name.clone(), value)
        };
        let members: Vec<_> = client
            .into_iter()
            .chain(self.overrides.iter().map(copied))
            .collect();
        (!members.is_empty()).then(|| json_object(&members))
    }

    /// The `{state}` that Jitsi's `static/sso.html` reads: where the popup is for, and a refresh token if it has one.
    ///
    /// A `%` is escaped, because that page decodes the state once more than it was encoded.
    #[must_use]
    pub fn to_popup_state(&self, refresh_token: Option<&str>) -> String {
        let text = |name: &str, value: &str| (name.to_owned(), Value::from(value).to_string());
        let mut members = vec![
            text("room", &self.room.readable()),
            text("roomSafe", self.room.as_str()),
        ];
        members.extend(
            self.tenant
                .iter()
                .map(|tenant| text("tenant", tenant.as_str())),
        );
        members.extend(refresh_token.map(|token| text("refreshToken", token)));
        members.extend(self.overrides.clone());
        json_object(&members).replace('%', "\\u0025")
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
            popup: None,
        })
    }
}

/// A JSON object of names and values that are JSON text already.
fn json_object(members: &[(String, String)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
        .collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_popup_needs_a_nonce_and_a_challenge_and_takes_no_others() {
        let challenge = "A".repeat(43);
        let popup = |nonce, challenge| Popup::parse(nonce, challenge);
        assert!(matches!(popup(Some("0a"), Some(&challenge)), Ok(Some(_))));
        assert_eq!(popup(None, Some(&challenge)), Ok(None));
        assert_eq!(popup(Some("0a"), None), Ok(None));
        assert_eq!(popup(Some("0a"), Some("{code_challenge}")), Ok(None));
        assert_eq!(popup(Some("0a"), Some("short")), Err(MeetingError::Popup));
        assert_eq!(popup(Some("<"), Some(&challenge)), Err(MeetingError::Popup));
        let long = "a".repeat(129);
        assert_eq!(
            popup(Some(&long), Some(&challenge)),
            Err(MeetingError::Popup)
        );
    }

    #[test]
    fn what_a_wish_says_of_itself_is_read_as_the_same_wish() {
        let state = r#"{"ios":true,"config.a":"\"true\"","config.b":"\"1\"","config.c":"x","config.d":"true","config.e":[1],
            "config.subject":"\"\"","config.localSubject":7,"config.f":"\"\\\"x\\\"\""}"#;
        let request = MeetingRequest::parse(Some("room"), None, Some(state)).unwrap();
        assert_eq!(request.overrides.len(), 8);
        let written = request.to_state();
        let again = MeetingRequest::parse(Some("room"), None, written.as_deref());
        assert_eq!(again, Ok(request));
    }

    #[test]
    fn a_popups_state_survives_one_decoding_too_many() {
        let state = r#"{"room":"50% \"x\"","config.a":"%41\\"}"#;
        let request = MeetingRequest::parse(None, Some("acme"), Some(state)).unwrap();
        let written = request.to_popup_state(Some("r"));
        assert!(!written.contains('%'), "{written}");
        let read: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(read["roomSafe"], request.room.as_str());
        assert_eq!(read["room"], request.room.readable());
        assert_eq!(
            (&read["tenant"], &read["refreshToken"]),
            (&"acme".into(), &"r".into())
        );
        assert_eq!(read["config.a"], "%41\\");
    }
}
