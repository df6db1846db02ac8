//! Somebody without an account, who holds an invitation: nobody vouches for the name, and the name says so.

use std::collections::BTreeSet;

use serde_json::Map;

use super::claims::clean;
use super::{Groups, Person, stable_id};

/// What stands in the place of a provider's name.
pub const PROVIDER: &str = "invitation";
/// The longest name that Jitsi's client shows, in UTF-16 units (react/features/base/participants,
/// `MAX_DISPLAY_NAME_LENGTH`): it cuts off what is behind, and a mark behind that would be gone.
const LONGEST_NAME: usize = 50;
/// The longest mark, in UTF-16 units.
pub const LONGEST_MARK: usize = 20;

/// A guest by the name that they typed, with `mark` in brackets behind it; `None` where nothing is left of the name.
///
/// `visit` tells this visit from all others, so that no two guests are the same to Jitsi.
#[must_use]
pub fn guest(typed: &str, mark: &str, visit: &str) -> Option<Person> {
    let mark = format!(" ({mark})");
    let room = LONGEST_NAME.saturating_sub(units(&mark));
    // Joiners are part of some scripts and of some pictures; of a name they are also a way to fill it up unseen.
    let typed = clean(typed).replace(['\u{200c}', '\u{200d}'], "");
    let mut name = String::new();
    for c in typed.chars() {
        if units(&name) + c.len_utf16() > room {
            break;
        }
        name.push(c);
    }
    let name = name.trim_end();
    if name.is_empty() {
        return None;
    }
    Some(Person {
        issuer: PROVIDER.to_owned(),
        provider: PROVIDER.to_owned(),
        subject: visit.to_owned(),
        id: stable_id(PROVIDER, visit),
        username: None,
        name: format!("{name}{mark}"),
        email: None,
        avatar: None,
        groups: Groups::Known(BTreeSet::new()),
        acr: BTreeSet::new(),
        sid: None,
        auth_time: None,
        claims: Map::new(),
    })
}

/// A text's length as JavaScript counts it.
#[must_use]
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_typed_the_mark_is_within_what_jitsi_shows() {
        let mark = "m".repeat(LONGEST_MARK);
        for typed in [
            "Tim Lorenz".to_owned(),
            "x".repeat(500),
            format!("Tim Lorenz{}", "\u{200d}".repeat(50)),
            "😀".repeat(60),
            format!("{} b", "a".repeat(26)),
        ] {
            for mark in ["guest", mark.as_str()] {
                let name = guest(&typed, mark, "visit").unwrap().name;
                assert!(units(&name) <= 50, "{name}");
                assert!(name.ends_with(&format!(" ({mark})")), "{name}");
                assert!(!name.contains('\u{200d}'), "{name:?}");
            }
        }
        assert_eq!(guest("\u{200d}\u{200c} ", "guest", "visit"), None);
    }
}
