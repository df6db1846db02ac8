//! What Jitsi would make of a token, row by row: its Prosody plugins first, in their order, then what they and the clients
//! do with the rest.
//!
//! Sources: jitsi-meet, `resources/prosody-plugins/token/util.lib.lua`, `mod_auth_token.lua`, `mod_token_affiliation.lua`
//! and `mod_presence_identity.lua`, measured against a real Prosody.

mod meeting;
mod rights;
mod user;

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::report::Findings;
use crate::meeting::MeetingRequest;
use crate::policy::step_up::spoken;
use crate::token::TokenIdentity;
use crate::token::keyring::{Keyring, Signed};
use crate::token::reading::Reading;

/// The algorithms that Prosody's plugin knows.
const ALGORITHMS: [&str; 6] = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512"];
/// What fits into nginx's request line of 8 KB with room to spare, in bytes.
const FITS: usize = 7000;
/// From here on it may not, with a long room name or further parameters.
const LONG: usize = 5000;

/// What a token is looked at against; what is not known cannot be said.
#[derive(Debug, Default)]
pub struct Against<'a> {
    /// The keys that Jitsi verifies with, and what it wants a token to say of itself.
    pub jitsi: Option<(&'a Keyring, &'a TokenIdentity)>,
    /// The meeting that it is to open.
    pub meeting: Option<&'a MeetingRequest>,
}

/// Says what Jitsi would make of a token at this time.
#[must_use]
pub fn token(reading: &Reading, against: &Against<'_>, now: OffsetDateTime) -> Findings {
    let mut findings = Findings::default();
    header(&mut findings, reading, against);
    signature(&mut findings, reading, against, now);
    let identity = against.jitsi.map(|(_, identity)| identity);
    let claims = &reading.claims;
    let (app_id, audience) = (
        identity.map(|identity| identity.app_id.as_str()),
        identity.map(|identity| identity.audience.as_str()),
    );
    named(&mut findings, "iss", claims, app_id);
    named(&mut findings, "aud", claims, audience);
    times(&mut findings, claims, now);
    meeting::room(&mut findings, claims, against.meeting);
    meeting::sub(&mut findings, claims, identity, against.meeting);
    context(&mut findings, claims);
    size(&mut findings, reading.length());
    findings
}

fn header(findings: &mut Findings, reading: &Reading, against: &Against<'_>) {
    let text = |name: &str| reading.header.get(name).and_then(Value::as_str);
    match reading.header.get("typ") {
        Some(Value::String(typ)) if typ == "JWT" => findings.good("typ", "JWT"),
        found => findings.fault(
            "typ",
            format!(
                "{}, where Prosody takes exactly \"JWT\": refused, Invalid typ",
                shown(found)
            ),
            "let whoever mints it write \"typ\": \"JWT\" into the header",
        ),
    }
    let alg = text("alg").unwrap_or_default();
    let configured = against.jitsi.map(|(keyring, _)| keyring.algorithm());
    match configured {
        _ if !ALGORITHMS.contains(&alg) => findings.fault(
            "alg",
            format!(
                "{}: Prosody knows none but {}",
                shown(reading.header.get("alg")),
                ALGORITHMS.join(", ")
            ),
            "sign with one of them",
        ),
        Some(configured) if configured != alg => findings.fault(
            "alg",
            format!("{alg}, where this Jitsi has {configured} (token.algorithm): refused"),
            "Prosody takes its signature_algorithm and no other: sign with it",
        ),
        Some(_) => findings.good("alg", alg),
        None => findings.good(
            "alg",
            format!("{alg}; it must be Prosody's signature_algorithm"),
        ),
    }
    let with_keys = alg.starts_with("RS");
    match (text("kid"), with_keys) {
        (Some(kid), true) => findings.good("kid", format!("{kid:?}")),
        (None, true) => findings.fault(
            "kid",
            "not there, or no text: with keys, Prosody does not know which one to fetch: refused",
            "let whoever mints it name its key in the header",
        ),
        (Some(_), false) => findings.good("kid", "there; it does not matter with a secret"),
        (None, false) => {}
    }
}

fn signature(
    findings: &mut Findings,
    reading: &Reading,
    against: &Against<'_>,
    now: OffsetDateTime,
) {
    let Some((keyring, _)) = against.jitsi else {
        let said = "not looked at: there is no configuration to take the key from";
        return findings.warning("signature", said, "give --config");
    };
    match keyring.signed(reading, now) {
        Signed::ByUs => findings.good("signature", "made with the configured key"),
        Signed::ByOther => findings.fault(
            "signature",
            "not made with the configured key: refused where Jitsi has the same one",
            "compare the bridge's token.secret or keyring with Jitsi's JWT_APP_SECRET or key server",
        ),
        Signed::UnknownKey => findings.fault(
            "signature",
            "the keyring has no such kid, or has retired it: refused",
            "see jitsi-oidc-bridge keys list",
        ),
    }
}

/// `iss` and `aud`: texts that Prosody compares.
fn named(
    findings: &mut Findings,
    name: &'static str,
    claims: &Map<String, Value>,
    configured: Option<&str>,
) {
    let ours = if name == "iss" {
        "jitsi.app_id"
    } else {
        "jitsi.audience"
    };
    match (claims.get(name), configured) {
        (Some(Value::String(found)), Some(configured)) if found == configured => {
            findings.good(name, format!("{found:?}"));
        }
        (Some(Value::String(found)), Some(configured)) => findings.fault(
            name,
            format!(
                "{found:?}, where {ours} is {configured:?}: refused, unless Prosody accepts both"
            ),
            format!("let it be {configured:?}, or add {found:?} to Prosody's accepted ones"),
        ),
        (Some(Value::String(found)), None) => findings.good(
            name,
            format!("{found:?}; it must be among those that Prosody accepts"),
        ),
        (Some(Value::Array(_)), _) if name == "aud" => findings.fault(
            name,
            "a list: refused where Prosody has a list of audiences",
            "write one text",
        ),
        (found, _) => findings.fault(
            name,
            format!("{}: refused, it must be a text", shown(found)),
            "write one text",
        ),
    }
}

fn times(findings: &mut Findings, claims: &Map<String, Value>, now: OffsetDateTime) {
    let now = now.unix_timestamp();
    let span = |seconds: i64| spoken(Duration::seconds(seconds));
    match (claims.get("exp"), claims.get("exp").and_then(seconds)) {
        (None, _) => findings.warning(
            "exp",
            "not there: Prosody takes the token for ever",
            "let it end: a token that leaks is good until its secret changes",
        ),
        (_, Some(exp)) if exp > now => {
            findings.good("exp", format!("ends in {}", span(exp.saturating_sub(now))));
        }
        (_, Some(exp)) => findings.fault(
            "exp",
            format!(
                "ended {} ago: refused, without any leeway",
                span(now.saturating_sub(exp))
            ),
            "take a new one; where it is new, compare the clocks",
        ),
        (found, None) => findings.fault(
            "exp",
            format!(
                "{}: refused, it must be a number of seconds since 1970",
                shown(found)
            ),
            "write a number",
        ),
    }
    match (claims.get("nbf"), claims.get("nbf").and_then(seconds)) {
        (None, _) => {}
        (_, Some(nbf)) if nbf <= now => findings.good("nbf", "counts already"),
        (_, Some(nbf)) => findings.fault(
            "nbf",
            format!(
                "counts only in {}: refused until then, without any leeway",
                span(nbf.saturating_sub(now))
            ),
            "compare the clocks; let it begin a little in the past (token.not_before_leeway)",
        ),
        (found, None) => findings.fault(
            "nbf",
            format!(
                "{}: refused, it must be a number of seconds since 1970",
                shown(found)
            ),
            "write a number",
        ),
    }
}

/// A number of seconds; a fraction does not count.
#[expect(clippy::cast_possible_truncation, reason = "a float saturates")]
fn seconds(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds as i64))
}

fn context(findings: &mut Findings, claims: &Map<String, Value>) {
    let context = match claims.get("context") {
        None => {
            findings.good(
                "context",
                "not there: the person has no name and no rights but to take part",
            );
            rights::role(findings, claims, None);
            return;
        }
        Some(Value::Object(context)) => context,
        found => {
            return findings.fault(
                "context",
                format!(
                    "{}: the plugin crashes, and the person hangs without an error",
                    shown(found)
                ),
                "write an object, or leave it out",
            );
        }
    };
    for name in ["group", "features", "tenant", "room"] {
        if context.get(name) == Some(&Value::Null) {
            findings.fault(
                "context",
                format!(
                    "context.{name} is null: the plugin crashes, or permissions are never sent"
                ),
                "leave it out instead",
            );
        }
    }
    if context
        .get("room")
        .is_some_and(|room| room.get("regex").is_some())
    {
        findings.warning(
            "context",
            "context.room.regex makes a Lua pattern of the room: it may open more rooms than it seems",
            "leave it out, and name the room",
        );
    }
    user::user(findings, context.get("user"));
    rights::role(
        findings,
        claims,
        context.get("user").and_then(Value::as_object),
    );
    rights::features(findings, context.get("features"));
}

fn size(findings: &mut Findings, length: usize) {
    let mend = "leave out what it need not hold, such as a long avatar or copied claims";
    match length {
        ..LONG => findings.good("size", format!("{length} bytes")),
        LONG..=FITS => findings.warning(
            "size",
            format!("{length} bytes: close to the 8 KB that web servers take in an address"),
            mend,
        ),
        _ => findings.fault(
            "size",
            format!("{length} bytes: nginx refuses addresses of more than 8 KB; from about 11 KB on Prosody does not even answer"),
            mend,
        ),
    }
}

/// What was found where something else should be.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => "not there".to_owned(),
        Some(Value::Array(_)) => "a list".to_owned(),
        Some(Value::Object(_)) => "an object".to_owned(),
        Some(value) => crate::identity::claims::shown(&value.to_string()),
    }
}
