//! Jitsi's `{state}`: a flat JSON object, bounded and filtered.
//!
//! Members (jitsi-meet, `react/features/authentication/functions.any.ts`): `room`, `roomSafe`, `tenant`, the flags `ios`,
//! `android` and `electron`, and settings of the visit under `config.`, `interfaceConfig.` and `iceServers.`.
//! Whatever else a newer client sends is ignored.

use serde_json::{Map, Value};

use super::ClientKind;

/// The longest state that is read, in bytes. Jitsi's own is a few hundred.
const LONGEST_STATE: usize = 8 * 1024;
/// The most settings that are kept.
const MOST_OVERRIDES: usize = 32;
/// All settings together, in bytes: they travel in a cookie and in a URL.
const LONGEST_OVERRIDES: usize = 1400;

const OVERRIDE_FAMILIES: [&str; 3] = ["config.", "interfaceConfig.", "iceServers."];

/// What a `{state}` held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JitsiState {
    /// `roomSafe`, else `room`.
    pub room: Option<String>,
    /// `tenant`; never empty.
    pub tenant: Option<String>,
    /// Which client sent it.
    pub client: ClientKind,
    /// The settings: name and value as JSON text.
    pub overrides: Vec<(String, String)>,
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
    /// The settings do not fit.
    #[error(
        "the state holds more than {MOST_OVERRIDES} settings, or more than {LONGEST_OVERRIDES} bytes of them"
    )]
    TooManyOverrides,
}

impl JitsiState {
    /// Reads a `{state}`, already percent-decoded.
    ///
    /// # Errors
    /// When it is too long, not a JSON object, or holds more settings than can be carried.
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
            overrides: overrides(&members)?,
        })
    }
}

fn overrides(members: &Map<String, Value>) -> Result<Vec<(String, String)>, StateError> {
    let kept: Vec<(String, String)> = members
        .iter()
        .filter(|(key, _)| is_override(key))
        .map(|(key, value)| (key.clone(), value.to_string()))
        .collect();
    let bytes: usize = kept
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    if kept.len() > MOST_OVERRIDES || bytes > LONGEST_OVERRIDES {
        return Err(StateError::TooManyOverrides);
    }
    Ok(kept)
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
    fn a_state_is_bounded() {
        assert_eq!(JitsiState::parse("[]"), Err(StateError::NotAnObject));
        assert_eq!(JitsiState::parse("{"), Err(StateError::NotAnObject));
        assert_eq!(
            JitsiState::parse(&format!("{{\"x\":\"{}\"}}", "a".repeat(9000))),
            Err(StateError::TooLong)
        );
        let long = format!("{{\"config.x\":\"{}\"}}", "a".repeat(1500));
        assert_eq!(JitsiState::parse(&long), Err(StateError::TooManyOverrides));
        let deep = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
        assert_eq!(JitsiState::parse(&deep), Err(StateError::NotAnObject));
    }
}
