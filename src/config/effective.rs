//! The configuration as it counts: every key with its value and where that is from. Secrets are said to be set, and no
//! more.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::inputs::{Inputs, Sources};
use super::load::{Loaded, load_with};
use super::reader::Problems;
use super::secrets::Files;
use super::shape::{Asked, Shape};

/// What stands for a secret.
const HIDDEN: &str = "(hidden)";

/// Loads a configuration to show, on a machine that need not have the files that its keys name. Nothing may be signed
/// with it.
///
/// # Errors
/// Everything else that is wrong with it, at once.
pub fn load_to_show(sources: &Sources) -> Result<Loaded, Problems> {
    load_with(sources, &mut Inputs::default(), Files::MayBeAbsent)
}

impl Loaded {
    /// As TOML that could be loaded again, but for its secrets; each line says where its value is from, and defaults stand
    /// behind a `#`.
    #[must_use]
    pub fn effective(&self) -> String {
        let mut sections: BTreeMap<Steps<'_>, Vec<(&str, &Asked)>> = BTreeMap::new();
        for (name, asked) in &self.asked {
            if asked.shape.has_keys_of_its_own() {
                continue;
            }
            let (section, key) = name.rsplit_once('.').unwrap_or(("", name));
            sections
                .entry(steps(section))
                .or_default()
                .push((key, asked));
        }
        let mut text = String::new();
        for (section, keys) in &sections {
            let path: Vec<&str> = section.iter().map(|(name, _)| *name).collect();
            let path = path.join(".");
            // Writing to a String cannot fail.
            let _ = match section.last() {
                None => Ok(()),
                Some((_, 0)) => writeln!(text, "\n[{path}]"),
                Some(_) => writeln!(text, "\n[[{path}]]"),
            };
            for (key, asked) in keys {
                let _ = writeln!(text, "{}", line(key, asked));
            }
        }
        text
    }

    /// The same for machines: by each key's name, its value and where that is from.
    #[must_use]
    pub fn effective_json(&self) -> Value {
        let keys = self.asked.iter();
        let keys = keys.filter(|(_, asked)| !asked.shape.has_keys_of_its_own());
        let all = keys.map(|(name, asked)| {
            let value = match (&asked.shape, &asked.origin) {
                (Shape::Secret, Some(_)) => Some(json!(HIDDEN)),
                _ => asked.value.clone(),
            };
            (
                name.clone(),
                if asked.unreadable {
                    json!({ "value": value, "origin": origin(asked), "unreadable": true })
                } else {
                    json!({ "value": value, "origin": origin(asked) })
                },
            )
        });
        Value::from(all.collect::<Map<_, _>>())
    }
}

/// A section's name, taken apart: each step, and its place where it is an entry of a list.
type Steps<'a> = Vec<(&'a str, usize)>;

fn steps(section: &str) -> Steps<'_> {
    let steps = section.split('.').filter(|step| !step.is_empty());
    steps
        .map(|step| match step.trim_end_matches(']').split_once('[') {
            Some((name, place)) => (name, place.parse().unwrap_or_default()),
            None => (step, 0),
        })
        .collect()
}

fn origin(asked: &Asked) -> String {
    match (&asked.origin, &asked.value) {
        (Some(origin), _) => origin.to_string(),
        (None, Some(_)) => "default".to_owned(),
        (None, None) => "not set".to_owned(),
    }
}

fn line(key: &str, asked: &Asked) -> String {
    let mut origin = origin(asked);
    if asked.unreadable {
        origin.push_str("; the file cannot be read here");
    }
    match (&asked.shape, &asked.value) {
        (Shape::Secret, _) if asked.origin.is_some() => {
            format!("# {key}: set, and hidden  # {origin}")
        }
        (_, Some(value)) => {
            // As in the documented file: what is behind a '#' counts without being written.
            let off = if asked.origin.is_none() { "# " } else { "" };
            format!("{off}{key} = {}  # {origin}", toml(value))
        }
        (_, None) => format!("# {key}: not set"),
    }
}

/// A value as TOML writes it.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(entries) => {
            let entries: Vec<String> = entries.iter().map(toml).collect();
            format!("[{}]", entries.join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<String> = members
                .map(|(name, value)| format!("{} = {}", text(name), toml(value)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::String(content) => text(content),
        // No configuration has it.
        Value::Null => text(""),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// JSON's strings are TOML's, but for one character that TOML wants escaped as well.
fn text(content: &str) -> String {
    Value::from(content)
        .to_string()
        .replace('\u{7f}', "\\u007F")
}
