//! What a rule gives: the second half of `[[policy.rules]]`.

use time::Duration;

use super::duration::positive;
use super::reader::Section;
use crate::identity::claims::clean;
use crate::policy::rule::{Effect, Gift};
use crate::policy::{Feature, RoomPassword};

/// The grants of a rule, which a `deny` excludes.
const GRANTS: [&str; 14] = [
    "role",
    "features",
    "name_readonly",
    "lobby_bypass",
    "security_bypass",
    "hidden_from_recorder",
    "user_lobby",
    "room_lobby",
    "room_password",
    "room_password_file",
    "group",
    "lifetime",
    "any_room",
    "may_invite",
];

/// Reads what a rule does: it gives, or it denies.
pub fn read(section: &mut Section<'_>) -> Option<Effect> {
    let also: Vec<&str> = GRANTS
        .into_iter()
        .filter(|key| section.peek(key).is_some())
        .collect();
    let deny_origin = section.origin("deny");
    let deny = section.optional::<String>("deny");
    let gift = gift(section);
    let Some(message) = deny? else {
        return gift.map(Effect::Give);
    };
    if !also.is_empty() {
        section.fault(
            "deny",
            deny_origin.clone(),
            format!(
                "a rule that denies cannot give anything: remove {}",
                also.join(", ")
            ),
        );
    }
    if message.trim().is_empty() {
        section.fault(
            "deny",
            deny_origin,
            "empty: write what the person is to read",
        );
    }
    Some(Effect::Deny(message))
}

fn gift(section: &mut Section<'_>) -> Option<Gift> {
    let role = section.optional("role");
    let features = section.optional::<Vec<Feature>>("features");
    let name_readonly = section.or("name_readonly", false);
    let lobby_bypass = section.or("lobby_bypass", false);
    let security_bypass = section.or("security_bypass", false);
    let hidden_from_recorder = section.or("hidden_from_recorder", false);
    let user_lobby = section.or("user_lobby", false);
    let room_lobby = section.or("room_lobby", false);
    let room_password = room_password(section);
    let group = group(section);
    let lifetime = match section.peek("lifetime") {
        Some(_) => positive(section, "lifetime", Duration::ZERO).map(Some),
        None => section.optional("lifetime"),
    };
    let any_room = section.or("any_room", false);
    let may_invite = section.or("may_invite", false);
    Some(Gift {
        role: role?,
        features: features?.map(|features| features.into_iter().collect()),
        name_readonly: name_readonly?,
        lobby_bypass: lobby_bypass?,
        security_bypass: security_bypass?,
        hidden_from_recorder: hidden_from_recorder?,
        user_lobby: user_lobby?,
        room_lobby: room_lobby?,
        room_password: room_password?,
        group: group?,
        lifetime: lifetime?,
        any_room: any_room?,
        may_invite: may_invite?,
    })
}

fn room_password(section: &mut Section<'_>) -> Option<Option<RoomPassword>> {
    let origin = section
        .origin("room_password")
        .or_else(|| section.origin("room_password_file"));
    match section.secret("room_password")?.map(RoomPassword::new) {
        None => Some(None),
        Some(Ok(password)) => Some(Some(password)),
        Some(Err(error)) => {
            section.fault("room_password", origin, error.to_string());
            None
        }
    }
}

fn group(section: &mut Section<'_>) -> Option<Option<String>> {
    let origin = section.origin("group");
    let group = section.optional::<String>("group")?;
    if group.as_ref().is_some_and(|group| clean(group).is_empty()) {
        section.fault(
            "group",
            origin,
            "empty: write the group that Jitsi is to count, or leave it out",
        );
        return None;
    }
    Some(group)
}
