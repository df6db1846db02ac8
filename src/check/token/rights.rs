//! The role and the features that a token gives.

use serde_json::{Map, Value};

use super::shown;
use crate::check::report::Findings;
use crate::policy::Feature;
use crate::token::claims::convention::NAME_READONLY;

/// The affiliations that `token_affiliation` makes a moderator of.
const RAISING: [&str; 3] = ["owner", "moderator", "teacher"];

/// Who the person is to Jitsi's `token_affiliation` and those like it.
pub fn role(
    findings: &mut Findings,
    claims: &Map<String, Value>,
    user: Option<&Map<String, Value>>,
) {
    let member = |name: &str| user.and_then(|user| user.get(name));
    let (flag, affiliation) = (member("moderator"), member("affiliation"));
    let by_flag = flag.is_some_and(is_true);
    let by_affiliation = affiliation
        .and_then(Value::as_str)
        .is_some_and(|text| RAISING.contains(&text));
    let older = claims.get("moderator") == Some(&Value::Bool(true));
    for (name, value, counts) in [
        ("context.user.moderator", flag, by_flag),
        ("context.user.affiliation", affiliation, by_affiliation),
    ] {
        if let Some(value) = value.filter(|value| !counts && means_more(value)) {
            findings.warning(
                "role",
                format!(
                    "{name} is {}, which gives nobody a right: letters count as they are",
                    shown(Some(value))
                ),
                "write moderator: true and affiliation: \"owner\"",
            );
        }
    }
    let said_no = flag
        .is_some_and(|flag| matches!(flag.as_str(), Some("false")) || flag == &Value::Bool(false));
    if by_affiliation && said_no {
        findings.warning(
            "role",
            format!("affiliation {} and moderator false contradict each other: the person is a moderator all the same", shown(affiliation)),
            "let both say the same",
        );
    }
    if claims.get("moderator").is_some() && user.is_some() && older != (by_flag || by_affiliation) {
        findings.warning(
            "role",
            "the top-level moderator says another thing than context.user: which one counts depends on the module",
            "let both say the same",
        );
    }
    if member("role").and_then(Value::as_str) == Some("visitor") {
        findings.good(
            "role",
            "a visitor, who listens and watches (context.user.role)",
        );
    } else if by_flag || by_affiliation {
        findings.good("role", "a moderator, where Prosody has token_affiliation");
    } else if older {
        findings.good(
            "role",
            "a moderator where Prosody has the community's token_moderation, else a participant",
        );
    } else {
        findings.good("role", "a participant, unless Jicofo makes everybody an owner (ENABLE_AUTO_OWNER, JICOFO_ENABLE_AUTH)");
    }
}

/// Written by somebody who meant a moderator.
fn means_more(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let text = text.to_ascii_lowercase();
            text == "true" || text == "admin" || RAISING.contains(&text.as_str())
        }
        Value::Number(number) => number.as_i64() == Some(1),
        _ => false,
    }
}

fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true) || value.as_str() == Some("true")
}

/// What the person may do.
pub fn features(findings: &mut Findings, features: Option<&Value>) {
    let features = match features {
        None => {
            let said = "none named, so Jitsi's own defaults hold: a moderator may do everything";
            return findings.good("features", said);
        }
        Some(Value::Object(features)) => features,
        // Told of already.
        Some(Value::Null) => return,
        found => {
            return findings.fault(
                "features",
                format!("{}: permissions are never sent", shown(found)),
                "write an object of names and true or false",
            );
        }
    };
    for (name, value) in features {
        if name == NAME_READONLY {
            if !value.is_boolean() {
                let said = format!(
                    "{name} is {}: only a real true fixes the name",
                    shown(Some(value))
                );
                findings.warning("features", said, "write true");
            }
        } else if name.parse::<Feature>().is_err() {
            let said = format!("{name:?} is none that Jitsi knows");
            findings.warning(
                "features",
                said,
                "leave it out, or see docs/policy.md for the names",
            );
        } else if !is_true(value) && value != &Value::Bool(false) && value.as_str() != Some("false")
        {
            let said = format!(
                "{name} is {}, which Prosody takes for false",
                shown(Some(value))
            );
            findings.warning("features", said, "write true or false");
        }
    }
    let allowed = |feature: &&Feature| features.get(feature.name()).is_some_and(is_true);
    let (yes, no): (Vec<&Feature>, Vec<&Feature>) = Feature::ALL.iter().partition(allowed);
    let list = |all: Vec<&Feature>| {
        let names: Vec<&str> = all.into_iter().map(|feature| feature.name()).collect();
        if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(", ")
        }
    };
    findings.good(
        "features",
        format!("allowed: {}; not allowed: {}", list(yes), list(no)),
    );
}
