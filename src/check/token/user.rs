//! `context.user`: it stands in the presence that everybody in the room receives, so that a bad one breaks others' calls.

use serde_json::Value;

use super::shown;
use crate::check::report::Findings;

/// The members that are read as booleans.
const FLAGS: [&str; 5] = [
    "moderator",
    "lobby_bypass",
    "security_bypass",
    "lobby",
    "hidden-from-recorder",
];

/// Looks at each member.
pub fn user(findings: &mut Findings, user: Option<&Value>) {
    let members = match user {
        None => return findings.good("user", "not there: the person chooses a name in Jitsi"),
        Some(Value::Object(members)) => members,
        found => {
            return findings.fault(
                "user",
                format!(
                    "context.user is {}: joining crashes, and the person hangs without an error",
                    shown(found)
                ),
                "write an object, or leave it out",
            );
        }
    };
    let mut good = true;
    for (name, value) in members {
        good &= key(findings, name);
        good &= member(findings, name, value);
    }
    if good {
        let name = members.get("name").and_then(Value::as_str);
        findings.good(
            "user",
            match name {
                Some(name) => format!("{name:?}"),
                None => "without a name".to_owned(),
            },
        );
    }
}

fn key(findings: &mut Findings, name: &str) -> bool {
    let mut bytes = name.bytes();
    let begins_well = bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let good =
        begins_well && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if !good {
        findings.fault(
            "user",
            format!("a member is called {name:?}: it becomes an XML element, and others are thrown out of the room"),
            "name it with letters, digits, '.', '_' and '-', a letter or '_' first",
        );
    }
    good
}

fn member(findings: &mut Findings, name: &str, value: &Value) -> bool {
    let (said, mend) = match value {
        Value::String(text) => match text.chars().find(|c| breaks_xml(*c)) {
            None => return true,
            Some(c) => (
                format!(
                    "{name:?} holds the character U+{:04X}, which breaks joining, or the whole room",
                    u32::from(c)
                ),
                "take control characters out",
            ),
        },
        Value::Bool(_) if FLAGS.contains(&name) => return true,
        Value::Bool(_) => {
            let said = format!("{name:?} is a boolean: others see it as a text");
            findings.warning("user", said, "write a text");
            return true;
        }
        Value::Null => (
            format!("{name:?} is null: others see \"userdata: (nil)\""),
            "leave it out instead",
        ),
        Value::Number(_) => (
            format!("{name:?} is a number: others see it with a fraction, such as \"42.0\""),
            "write it as a text",
        ),
        Value::Array(_) | Value::Object(_) => (
            format!(
                "{name:?} is {}: only texts can be sent to others",
                shown(Some(value))
            ),
            "write a text, or leave it out",
        ),
    };
    findings.fault("user", said, mend);
    false
}

/// What no XML document may hold (XML 1.0, 2.2).
fn breaks_xml(c: char) -> bool {
    let control = c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\u{7f}');
    control || matches!(c, '\u{fffe}' | '\u{ffff}')
}
