//! What Prosody would make of a token, in plain words.

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::Value;

use super::meeting::{Stand, encoded, tenant_and_room};
use super::people::PEOPLE;
use crate::meeting::RoomName;

/// A token looked at.
#[derive(Template)]
#[template(path = "verdict.html", config = "src/demo/askama.toml")]
pub struct Verdict {
    ok: bool,
    checks: Vec<Check>,
    name: String,
    email: Option<String>,
    room: String,
    tenant: Option<String>,
    role: String,
    role_explained: String,
    features: Vec<(String, bool)>,
    rules: Vec<String>,
    claims: String,
    others: Vec<(String, String)>,
}

/// One of Prosody's checks.
struct Check {
    ok: bool,
    name: String,
    said: String,
}

impl Verdict {
    /// Looks at the token that came back to a path.
    pub fn on(stand: &Stand, token: &str, path: &str) -> Self {
        let (tenant, typed) = tenant_and_room(path);
        let room = RoomName::parse(typed).map(String::from).unwrap_or_default();
        let header = part(token, 0);
        let claims = part(token, 1);
        let checks = checks(stand, token, &header, &claims, &room);
        let text = |pointer: &str| {
            claims
                .pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let moderator = claims.pointer("/context/user/moderator") == Some(&Value::Bool(true));
        let features = claims
            .pointer("/context/features")
            .and_then(Value::as_object);
        let others = PEOPLE.iter().map(|person| {
            (
                format!("Join as {}", person.name),
                format!("/-/as/{}?path={}", person.username, encoded(path)),
            )
        });
        Self {
            ok: checks.iter().all(|check| check.ok),
            name: text("/context/user/name").unwrap_or_default(),
            email: text("/context/user/email"),
            room,
            tenant: tenant.map(str::to_owned),
            role: if moderator {
                "moderator"
            } else {
                "participant"
            }
            .to_owned(),
            role_explained: match (moderator, features.is_some()) {
                (true, false) => "Runs the meeting, with everything that Jitsi offers.",
                (true, true) => {
                    "Runs the meeting; of what a token can allow, what is ticked below."
                }
                (false, _) => "Takes part; somebody else runs the meeting.",
            }
            .to_owned(),
            features: features
                .into_iter()
                .flatten()
                .map(|(name, on)| (name.clone(), on == &Value::Bool(true)))
                .collect(),
            rules: stand.decisions.rules_of(&text("/jti").unwrap_or_default()),
            claims: serde_json::to_string_pretty(&claims).unwrap_or_default(),
            others: others.collect(),
            checks,
        }
    }
}

/// In Prosody's order (jitsi-meet, `resources/prosody-plugins/token/util.lib.lua`).
fn checks(stand: &Stand, token: &str, header: &Value, claims: &Value, room: &str) -> Vec<Check> {
    let now = stand.clock.now().unix_timestamp();
    let check = |ok: bool, name: &str, said: String| Check {
        ok,
        name: name.to_owned(),
        said,
    };
    let text = |name: &str| {
        claims
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let signed = token.rsplit_once('.').is_some_and(|(message, signature)| {
        let key = DecodingKey::from_secret(stand.secret.as_bytes());
        crypto::verify(signature, message.as_bytes(), &key, Algorithm::HS256).unwrap_or(false)
    });
    let typ = header.get("typ").and_then(Value::as_str) == Some("JWT");
    let left = time("exp").map_or(0, |exp| exp - now);
    vec![
        check(
            typ && signed,
            "signature",
            "made with the secret that bridge and Jitsi share".to_owned(),
        ),
        check(
            text("iss") == "jitsi",
            "iss",
            format!("issued by {:?}", text("iss")),
        ),
        check(
            text("aud") == "jitsi",
            "aud",
            format!("meant for {:?}", text("aud")),
        ),
        check(left > 0, "exp", format!("ends in {} minutes", left / 60)),
        check(
            time("nbf").is_some_and(|nbf| nbf <= now),
            "nbf",
            "valid already".to_owned(),
        ),
        check(
            text("room") == room || text("room") == "*",
            "room",
            format!("opens the room {:?}, and this is {room:?}", text("room")),
        ),
    ]
}

fn part(token: &str, at: usize) -> Value {
    let bytes = token
        .split('.')
        .nth(at)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}
