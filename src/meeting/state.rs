//! Jitsi's `{state}`: a flat JSON object, bounded and filtered.
//!
//! Members (jitsi-meet, `react/features/authentication/functions.any.ts`): `room`, `roomSafe`, `tenant`, the flags `ios`,
//! `android` and `electron`, and settings of the visit under `config.`, `interfaceConfig.` and `iceServers.`.
//! Whatever else a newer client sends is ignored.

use std::fmt;

use serde_json::{Map, Value};

use super::ClientKind;

/// The longest state that is read, in bytes. Jitsi's own is a few hundred.
const LONGEST_STATE: usize = 8 * 1024;
/// The most settings that are kept.
const MOST_OVERRIDES: usize = 64;
/// All settings together, in bytes: they travel in a cookie and in a URL.
const LONGEST_OVERRIDES: usize = 2000;

/// Texts that Jitsi's client puts into the state by itself, empty where there is nothing to say.
const PLAIN_TEXTS: [&str; 2] = ["config.subject", "config.localSubject"];

const OVERRIDE_FAMILIES: [&str; 3] = ["config.", "interfaceConfig.", "iceServers."];

/// What a `{state}` held.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct JitsiState {
    /// `roomSafe`, else `room`.
    pub room: Option<String>,
    /// `tenant`; never empty.
    pub tenant: Option<String>,
    /// Which client sent it.
    pub client: ClientKind,
    /// The settings: name and value as JSON text.
    pub overrides: Vec<(String, String)>,
    /// A refresh token of ours, which an inline sign-in wants to renew by.
    pub refresh_token: Option<String>,
}

impl fmt::Debug for JitsiState {
    /// Without the refresh token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JitsiState")
            .field("room", &self.room)
            .field("tenant", &self.tenant)
            .field("client", &self.client)
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}

/// Why a state was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Too long to be looked at.
    #[error("the state is longer than {LONGEST_STATE} bytes")]
    TooLong,
    /// Not a JSON object.
    #[error("the state is not a JSON object")]
    NotAnObject,
}

impl JitsiState {
    /// Reads a `{state}`, already percent-decoded.
    ///
    /// # Errors
    /// When it is too long or not a JSON object.
    pub fn parse(text: &str) -> Result<Self, StateError> {
        if text.len() > LONGEST_STATE {
            return Err(StateError::TooLong);
        }
        let members: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| StateError::NotAnObject)?;
        let name = |key: &str| {
            members
                .get(key)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let says = |key: &str| members.get(key) == Some(&Value::Bool(true));
        Ok(Self {
            room: name("roomSafe").or_else(|| name("room")),
            tenant: name("tenant"),
            client: match () {
                () if says("ios") => ClientKind::Ios,
                () if says("android") => ClientKind::Android,
                () if says("electron") => ClientKind::Electron,
                () => ClientKind::Web,
            },
            overrides: overrides(&members),
            refresh_token: name("refreshToken"),
        })
    }
}

/// The settings, of which the longest are left out where all together are too long to be carried: a meeting without its
/// decoration is better than none.
fn overrides(members: &Map<String, Value>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = members
        .iter()
        .filter(|(key, _)| is_override(key))
        .filter_map(|(key, value)| Some((key.clone(), as_json(key, value)?)))
        .collect();
    let length = |(key, value): &(String, String)| key.len() + value.len();
    kept.sort_by_key(length);
    kept.truncate(MOST_OVERRIDES);
    let mut bytes = 0;
    kept.retain(|setting| {
        bytes += length(setting);
        bytes <= LONGEST_OVERRIDES
    });
    kept.sort();
    kept
}

/// A setting's value as JSON text, which is how Jitsi's client reads it from an address.
///
/// What the client copied out of its own address stands in the state as a text that is JSON already (`"true"` for
/// `true`); what it adds by itself is of the right type.
fn as_json(key: &str, value: &Value) -> Option<String> {
    let Value::String(text) = value else {
        return Some(value.to_string());
    };
    if PLAIN_TEXTS.contains(&key) {
        if text.is_empty() {
            return None;
        }
        if !text.starts_with('"') {
            return Some(value.to_string());
        }
    }
    let copied = serde_json::from_str::<Value>(text).map(|value| value.to_string());
    Some(copied.unwrap_or_else(|_| value.to_string()))
}

/// Only names of Jitsi's own families, made of plain identifiers, that reach no prototype.
fn is_override(key: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    OVERRIDE_FAMILIES
        .iter()
        .any(|family| key.len() > family.len() && key.starts_with(family))
        && key.chars().all(plain)
        && !key
            .split('.')
            .any(|part| matches!(part, "" | "__proto__" | "constructor" | "prototype"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_members_are_read_and_unknown_ones_ignored() {
        let state = JitsiState::parse(
            r#"{"room":"Big Room","roomSafe":"big%20room","tenant":"acme","ios":true,"android":"true",
                "config.prejoinConfig.enabled":false,"interfaceConfig.APP_NAME":"x","iceServers.replace":[1],
                "config.__proto__.x":1,"configs.y":1,"config.a b":1,"config.":1,"refreshToken":"r","new":{}}"#,
        )
        .unwrap();
        assert_eq!(state.room.as_deref(), Some("big%20room"));
        assert_eq!(state.tenant.as_deref(), Some("acme"));
        assert_eq!(state.client, ClientKind::Ios);
        let kept = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            state.overrides,
            [
                kept("config.prejoinConfig.enabled", "false"),
                kept("iceServers.replace", "[1]"),
                kept("interfaceConfig.APP_NAME", r#""x""#),
            ]
        );
    }

    #[test]
    fn settings_copied_out_of_jitsis_own_address_keep_their_meaning() {
        let state = JitsiState::parse(
            r#"{"config.startSilent":"true","config.defaultLanguage":"\"de\"","config.toolbarButtons":"[\"chat\"]",
                "config.x":"no json","config.startWithVideoMuted":true,"config.localSubject":"","config.subject":"2026"}"#,
        )
        .unwrap();
        let kept: Vec<(&str, &str)> = state
            .overrides
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            kept,
            [
                ("config.defaultLanguage", r#""de""#),
                ("config.startSilent", "true"),
                ("config.startWithVideoMuted", "true"),
                ("config.subject", r#""2026""#),
                ("config.toolbarButtons", r#"["chat"]"#),
                ("config.x", r#""no json""#),
            ]
        );
    }

    #[test]
    fn a_state_is_bounded() {
        assert_eq!(JitsiState::parse("[]"), Err(StateError::NotAnObject));
        assert_eq!(JitsiState::parse("{"), Err(StateError::NotAnObject));
        assert_eq!(
            JitsiState::parse(&format!("{{\"x\":\"{}\"}}", "a".repeat(9000))),
            Err(StateError::TooLong)
        );
        let long = format!(
            r#"{{"config.long":"{}","config.short":1}}"#,
            "a".repeat(2500)
        );
        let kept = JitsiState::parse(&long).unwrap().overrides;
        assert_eq!(kept, [("config.short".to_owned(), "1".to_owned())]);
        let deep = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
        assert_eq!(JitsiState::parse(&deep), Err(StateError::NotAnObject));
    }
}
