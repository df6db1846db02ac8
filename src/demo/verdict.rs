//! What Prosody would make of a token, in plain words.

use askama::Template;
use secrecy::SecretString;
use serde_json::Value;

use super::meeting::{Stand, encoded, tenant_and_room};
use super::people::PEOPLE;
use crate::check::token::{Against, token};
use crate::check::{Finding, Findings, Verdict as Weight};
use crate::meeting::{MeetingRequest, RoomName};
use crate::token::TokenIdentity;
use crate::token::keyring::{Keyring, SharedSecretAlgorithm};
use crate::token::reading::{Reading, ReadingError};

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
        let reading = Reading::find(token);
        let checks = checks(stand, &reading, path);
        let claims = reading.map_or(Value::Null, |reading| Value::from(reading.claims));
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

/// What `token decode` says of it, without what is only worth a look: the stand-in has no domain verification.
fn checks(stand: &Stand, reading: &Result<Reading, ReadingError>, path: &str) -> Vec<Check> {
    let mut findings = Findings::default();
    let request = {
        let (tenant, typed) = tenant_and_room(path);
        MeetingRequest::parse(Some(typed), tenant, None)
    };
    match (reading, request) {
        (Ok(reading), Ok(request)) => {
            let secret = SecretString::from(stand.secret.as_str());
            let keyring = Keyring::shared_secret(SharedSecretAlgorithm::Hs256, &secret);
            let against = Against {
                jitsi: Some((&keyring, &TokenIdentity::default())),
                meeting: Some(&request),
            };
            findings = token(reading, &against, stand.clock.now());
        }
        (Err(error), _) => findings.fault("token", error.to_string(), ""),
        (_, Err(error)) => findings.fault("room", error.to_string(), ""),
    }
    let check = |finding: &Finding| Check {
        ok: finding.verdict != Weight::Fault,
        name: finding.id.to_owned(),
        said: finding.said.clone(),
    };
    findings.iter().map(check).collect()
}
