//! Somebody without an account, who holds an invitation: nobody vouches for the name, and the name says so.

use std::collections::BTreeSet;

use serde_json::Map;

use super::claims::{clean, shorten};
use super::{Groups, Person, stable_id};

/// What stands in the place of a provider's name.
pub const PROVIDER: &str = "invitation";
/// The longest name that a guest may type, in characters.
pub const LONGEST_NAME: usize = 60;

/// A guest by the name that they typed, with `mark` in brackets behind it; `None` where nothing is left of the name.
///
/// `visit` tells this visit from all others, so that no two guests are the same to Jitsi.
#[must_use]
pub fn guest(typed: &str, mark: &str, visit: &str) -> Option<Person> {
    let name = shorten(&clean(typed), LONGEST_NAME);
    if name.is_empty() {
        return None;
    }
    Some(Person {
        issuer: PROVIDER.to_owned(),
        provider: PROVIDER.to_owned(),
        subject: visit.to_owned(),
        id: stable_id(PROVIDER, visit),
        username: None,
        name: format!("{name} ({mark})"),
        email: None,
        avatar: None,
        groups: Groups::Known(BTreeSet::new()),
        acr: None,
        sid: None,
        auth_time: None,
        claims: Map::new(),
    })
}
