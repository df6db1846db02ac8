//! `room` and `sub`: which rooms a token opens.

use serde_json::{Map, Value};

use super::shown;
use crate::check::report::Findings;
use crate::meeting::{MeetingRequest, RoomName, Tenant};
use crate::token::TokenIdentity;

/// The room claim against the room as Jitsi's client would join it.
pub fn room(
    findings: &mut Findings,
    claims: &Map<String, Value>,
    meeting: Option<&MeetingRequest>,
) {
    let claim = match claims.get("room") {
        Some(Value::String(claim)) => claim,
        None => {
            return findings.fault(
                "room",
                "not there: refused; with asap_require_room_claim = false it opens every room instead",
                "name the one room that it is for",
            );
        }
        found => {
            return findings.fault(
                "room",
                format!(
                    "{}: the plugin crashes, and the person hangs without an error",
                    shown(found)
                ),
                "write one text",
            );
        }
    };
    if claim == "*" {
        let mend = "name the one room that it is for, unless that is wanted (any_room)";
        return findings.warning("room", "\"*\": it opens every room", mend);
    }
    let (tenant, name) = taken_apart(claim);
    let lower = name.to_ascii_lowercase();
    match RoomName::parse(name) {
        Ok(room) if room.as_str() == lower => {}
        Ok(room) => {
            return findings.fault(
                "room",
                format!("{claim:?} opens nothing: Jitsi calls the room of that name \"{room}\", and compares letter by letter"),
                format!("write \"{room}\": NFKC, lower case, then percent-encoded, and never with the tenant before it"),
            );
        }
        Err(error) => {
            return findings.fault(
                "room",
                format!("{claim:?} opens nothing: {error}"),
                "name a room",
            );
        }
    }
    if let Some(tenant) = tenant {
        findings.warning(
            "room",
            format!("binds the tenant {tenant:?}: Prosody takes that with domain verification off, and refuses it with it on"),
            "leave [tenant] out where it is on; see docs/jitsi.md, \"Tenants\"",
        );
    }
    let Some(meeting) = meeting else {
        return findings.good("room", format!("opens {:?}", readable(name)));
    };
    let of_tenant = meeting.tenant.as_ref().map(Tenant::as_str);
    if lower != meeting.room.as_str() || tenant.is_some_and(|it| Some(it) != of_tenant) {
        return findings.fault(
            "room",
            format!(
                "opens {:?}, and this is {:?}: refused",
                claim,
                meeting.room.readable()
            ),
            "take a token for this room: each is for one",
        );
    }
    findings.good("room", format!("opens {:?}", meeting.room.readable()));
}

/// `[tenant]room`, or the room alone.
fn taken_apart(claim: &str) -> (Option<&str>, &str) {
    let bound = claim
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    match bound {
        Some((tenant, room)) if Tenant::parse(tenant).is_ok() => (Some(tenant), room),
        _ => (None, claim),
    }
}

fn readable(name: &str) -> String {
    percent_encoding::percent_decode_str(name)
        .decode_utf8_lossy()
        .into_owned()
}

/// `sub` against the meeting's domain, which counts with Prosody's domain verification alone.
pub fn sub(
    findings: &mut Findings,
    claims: &Map<String, Value>,
    identity: Option<&TokenIdentity>,
    meeting: Option<&MeetingRequest>,
) {
    const OFF: &str = "with domain verification off, anything will do";
    let sub = match claims.get("sub") {
        Some(Value::String(sub)) => sub,
        found => {
            return findings.fault(
                "sub",
                format!(
                    "{}: it must be a text; null crashes the plugin, and without one it is refused",
                    shown(found)
                ),
                "write Prosody's XMPP domain, or the tenant where the address has one",
            );
        }
    };
    if sub == "*" {
        return findings.warning(
            "sub",
            "\"*\": good for every tenant, which gives up Prosody's domain verification",
            "write Prosody's XMPP domain, or the tenant",
        );
    }
    let domain = identity.map(|identity| identity.xmpp_domain.as_str());
    let tenant = meeting.map(|meeting| meeting.tenant.as_ref().map(Tenant::as_str));
    match (tenant, domain) {
        (Some(Some(tenant)), _) if sub.eq_ignore_ascii_case(tenant) => {
            findings.good("sub", format!("{sub:?}, the tenant; {OFF}"));
        }
        (Some(Some(tenant)), _) => findings.warning(
            "sub",
            format!("{sub:?}, where the tenant is {tenant:?}: refused with domain verification on; {OFF}"),
            format!("write {tenant:?}"),
        ),
        (Some(None), Some(domain)) if sub == domain => {
            findings.good("sub", format!("{sub:?}, Prosody's domain (jitsi.xmpp_domain); {OFF}"));
        }
        (Some(None), Some(domain)) => findings.warning(
            "sub",
            format!("{sub:?}, where jitsi.xmpp_domain is {domain:?} and the address has no tenant: refused with domain verification on; {OFF}"),
            format!("write {domain:?}: Prosody's own domain, not the public host's name"),
        ),
        (None, Some(domain)) if sub == domain => findings.good(
            "sub",
            format!("{sub:?}: opens rooms without a tenant with domain verification on, and refuses those with one; {OFF}"),
        ),
        (None | Some(None), _) => findings.good(
            "sub",
            format!("{sub:?}: with domain verification on, opens the rooms of the tenant of that name, or those without one if it is Prosody's XMPP domain; {OFF}"),
        ),
    }
}
