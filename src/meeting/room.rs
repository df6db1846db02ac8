//! Room and tenant names, which exist only as Jitsi itself would write them.
//!
//! The name that policy sees, the token's `room` claim and the room that the client joins must be one string.
//! Jitsi's client makes the name of the chat room (the MUC node) out of whatever stands in the address bar
//! (jitsi-meet, `react/features/base/util/uri.ts`); [`RoomName::parse`] does the same and insists on a name that
//! the client would leave as it is.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// What JavaScript's `encodeURIComponent` leaves alone besides letters and digits.
pub(crate) const ENCODE_URI_COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The characters that Jitsi's client drops from a room name before it does anything else.
pub(crate) const DROPPED: &[char] = &[
    ':', '?', '#', '[', ']', '@', '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=', '>', '<',
    '/', '"',
];

/// The longest local part of an XMPP address, in bytes (RFC 7622, 3.3.1).
const LONGEST_ROOM: usize = 1023;

/// The longest label of a domain name: a tenant becomes part of the conference's domain.
const LONGEST_TENANT: usize = 63;

/// Rewriting a name usually settles at once; a name that still changes after so many rounds is refused.
const MOST_ROUNDS: usize = 8;

/// A room, as the MUC node that Jitsi's client would join: percent-encoded lower-case ASCII, at most 1023 bytes.
///
/// Applying Jitsi's own rewriting to it changes nothing, so what the client joins is what was decided upon.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomName(String);

/// Why there is no such room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// Nothing is left of the name once Jitsi has dropped what it drops (`*` ends here, too).
    #[error("the room name is empty, or made only of characters that Jitsi drops")]
    Empty,
    /// Longer than an XMPP address allows.
    #[error("the room name is longer than {LONGEST_ROOM} bytes once encoded")]
    TooLong,
    /// `.` and `..` are swallowed by every URL parser, and some names never settle.
    #[error("no Jitsi room can have this name")]
    Impossible,
}

impl RoomName {
    /// The room behind a name as it was typed, or as it stands in a URL's path.
    ///
    /// # Errors
    /// When Jitsi could not hold a meeting of that name.
    pub fn parse(as_typed: &str) -> Result<Self, RoomError> {
        // The encoded form is at most nine times as long as the typed one is short; this bounds the work.
        if as_typed.len() > 4 * LONGEST_ROOM {
            return Err(RoomError::TooLong);
        }
        let name = settled(as_typed).ok_or(RoomError::Impossible)?;
        match &*name {
            "" => Err(RoomError::Empty),
            "." | ".." => Err(RoomError::Impossible),
            _ if name.len() > LONGEST_ROOM => Err(RoomError::TooLong),
            _ => Ok(Self(name.into_owned())),
        }
    }

    /// The name as Jitsi writes it: percent-encoded, lower-case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for people's eyes, percent-decoding undone.
    #[must_use]
    pub fn readable(&self) -> String {
        percent_decode_str(&self.0).decode_utf8_lossy().into_owned()
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RoomName {
    type Error = RoomError;
    fn try_from(name: String) -> Result<Self, RoomError> {
        Self::parse(&name)
    }
}

impl From<RoomName> for String {
    fn from(room: RoomName) -> Self {
        room.0
    }
}

/// A tenant: the path segment before the room, which Jitsi makes a part of the conference's domain name.
///
/// Lower-case letters, digits, `-`, `_` and `.` only, at most 63 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tenant(String);

/// Why there is no such tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tenant is at most {LONGEST_TENANT} letters, digits, '-', '_' and '.', and begins with a letter or digit"
)]
pub struct TenantError;

impl Tenant {
    /// The tenant of that name; upper case is folded, since Jitsi compares tenants without regard to case.
    ///
    /// # Errors
    /// When the name cannot be part of a conference's domain.
    pub fn parse(as_typed: &str) -> Result<Self, TenantError> {
        let name = as_typed.to_ascii_lowercase();
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let allowed = name
            .bytes()
            .all(|b| plain(b) || matches!(b, b'-' | b'_' | b'.'));
        let begins_well = name.bytes().next().is_some_and(plain);
        if begins_well && allowed && name.len() <= LONGEST_TENANT {
            Ok(Self(name))
        } else {
            Err(TenantError)
        }
    }

    /// The name, lower-case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Tenant {
    type Error = TenantError;
    fn try_from(name: String) -> Result<Self, TenantError> {
        Self::parse(&name)
    }
}

impl From<Tenant> for String {
    fn from(tenant: Tenant) -> Self {
        tenant.0
    }
}

/// A text as it would stand within a room's name; empty where it cannot.
#[must_use]
pub fn as_in_a_room(text: &str) -> Cow<'_, str> {
    settled(text).unwrap_or_default()
}

/// A text rewritten until it no longer changes; nothing where it always does.
fn settled(text: &str) -> Option<Cow<'_, str>> {
    // Of most nothing is.
    if text.bytes().all(stays) {
        return Some(text.into());
    }
    let mut name = rewrite(text);
    for _ in 0..MOST_ROUNDS {
        let next = rewrite(&name);
        if next == name {
            return Some(name.into());
        }
        name = next;
    }
    None
}

/// One round of what Jitsi's client does to the room's part of a URL.
fn rewrite(part: &str) -> String {
    let mut kept = part.to_owned();
    kept.retain(|c| !DROPPED.contains(&c));
    let decoded = decode_uri_component(&kept).unwrap_or(kept);
    // ASCII is its own normal form.
    let folded = if decoded.is_ascii() {
        decoded.to_ascii_lowercase()
    } else {
        decoded.nfkc().collect::<String>().to_lowercase()
    };
    let mut encoded = String::with_capacity(part.len());
    encoded.extend(utf8_percent_encode(&folded, ENCODE_URI_COMPONENT));
    encoded.make_ascii_lowercase();
    encoded
}

/// Whether a character is never rewritten, in whatever name it stands.
fn stays(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')
}

/// JavaScript's `decodeURIComponent`: `None` where that throws.
fn decode_uri_component(text: &str) -> Option<String> {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|b| *b == b'%') {
        let digits = rest.get(at + 1..at + 3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        rest = rest.get(at + 3..)?;
    }
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stays_as_it_is_would_not_be_rewritten() {
        let names = (0..=u8::MAX).map(char::from).map(String::from);
        for name in names.filter(|name| name.bytes().all(stays)) {
            assert_eq!(rewrite(&name), name);
        }
        assert!(!stays(b'%') && !stays(b'.') && !stays(b'A') && !stays(b'/'));
    }

    fn room(typed: &str) -> String {
        RoomName::parse(typed).map_or_else(|e| format!("refused: {e}"), String::from)
    }

    #[test]
    fn names_become_what_jitsi_joins() {
        for (typed, joined) in [
            ("Réunion%20A", "r%c3%a9union%20a"),
            ("Réunion A", "r%c3%a9union%20a"),
            ("École", "%c3%a9cole"),
            ("it's", "its"),
            ("it%27s", "its"),
            ("ＡＢＣ", "abc"),
            ("№", "no"),
            ("%2F%2Fevil.example", "%2f%2fevil.example"),
            ("100%", "100%25"),
        ] {
            assert_eq!(room(typed), joined, "{typed}");
        }
    }

    #[test]
    fn names_that_no_meeting_can_have_are_refused() {
        assert_eq!(RoomName::parse("*"), Err(RoomError::Empty));
        assert_eq!(RoomName::parse(""), Err(RoomError::Empty));
        assert_eq!(RoomName::parse("%2E."), Err(RoomError::Impossible));
        assert_eq!(RoomName::parse(&"a".repeat(1024)), Err(RoomError::TooLong));
        assert_eq!(
            RoomName::parse(&"a".repeat(100_000)),
            Err(RoomError::TooLong)
        );
        assert!(RoomName::parse(&"a".repeat(1023)).is_ok());
    }

    #[test]
    fn a_tenant_is_a_domain_label_or_nothing() {
        assert_eq!(
            Tenant::parse("Acme").map(String::from),
            Ok("acme".to_owned())
        );
        for bad in ["", "*", "a/b", "a b", ".a", "é", "a%2f"] {
            assert_eq!(Tenant::parse(bad), Err(TenantError), "{bad}");
        }
    }
}
