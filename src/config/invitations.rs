//! `[invitations]`: what guests without an account get, where a rule lets somebody invite them.

use time::Duration;

use super::duration::positive;
use super::reader::Section;
use crate::identity::claims::clean;
use crate::identity::guest::{LONGEST_MARK, units};

/// What invitations are like.
#[derive(Debug, Clone)]
pub struct Invitations {
    /// How long one is good for.
    pub lifetime: Duration,
    /// Guests wait in the lobby (`context.user.lobby`).
    pub lobby: bool,
    /// What stands in brackets behind a guest's name.
    pub guest_mark: String,
}

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Option<Invitations> {
    let lifetime = positive(&mut section, "lifetime", Duration::days(1));
    let lobby = section.or("lobby", true);
    let origin = section.origin("guest_mark");
    let mark: Option<String> = section.or("guest_mark", "guest".to_owned());
    let mark = mark.map(|mark| clean(&mark));
    if mark.as_deref() == Some("") {
        let said = "empty: without it, guests could pass for whomever they name themselves after";
        section.fault("guest_mark", origin.clone(), said);
    }
    if mark.as_ref().is_some_and(|mark| units(mark) > LONGEST_MARK) {
        let said = format!("longer than {LONGEST_MARK} characters: little would be left of a name");
        section.fault("guest_mark", origin, said);
    }
    section.finish();
    Some(Invitations {
        lifetime: lifetime?,
        lobby: lobby?,
        guest_mark: mark?,
    })
}
