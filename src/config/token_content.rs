//! `[token]`: what it holds besides who, where and until when.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::reader::Section;
use super::shape::Shape;
use super::source::{Node, Raw};
use super::value::{FromNode, choice};
use crate::identity::ClaimPath;
use crate::token::claims::extra::check_name;
use crate::token::claims::{Convention, ExtraClaims, TokenContent};

/// Reads `convention`, `claims` and `copied_claims`. For JaaS the convention is its own, whatever stands there.
pub fn read(section: &mut Section<'_>, of_jaas: bool) -> Option<TokenContent> {
    let origin = section.origin("convention");
    let written = section.optional::<Convention>("convention");
    let convention = match (written?, of_jaas) {
        (Some(Convention::Jaas), false) => {
            section.fault(
                "convention",
                origin,
                "\"jaas\" goes with jitsi.jaas_app_id, which is not set",
            );
            None
        }
        (Some(Convention::Jitsi | Convention::TokenModeration), true) => {
            section.fault(
                "convention",
                origin,
                "JaaS reads tokens of its own convention alone: leave it out",
            );
            None
        }
        (Some(convention), _) => Some(convention),
        (None, true) => Some(Convention::Jaas),
        (None, false) => Some(Convention::Jitsi),
    };
    if let Some(convention) = &convention {
        section.assume("convention", convention);
    }
    let fixed = named(section, "claims", Shape::Anything, json);
    let origin = section.origin("copied_claims");
    let copied = named(section, "copied_claims", ClaimPath::shape(), |node| {
        ClaimPath::from_node(node)
            .map_err(|said| format!("expected a claim of the provider: {said}"))
    });
    let extra = match ExtraClaims::new(fixed?, copied?) {
        Ok(extra) => Some(extra),
        Err(error) => {
            section.fault("copied_claims", origin, error.to_string());
            None
        }
    };
    Some(TokenContent {
        convention: convention?,
        extra: extra?,
    })
}

/// The members of a table, each by a name that a claim of ours may have.
fn named<T>(
    section: &mut Section<'_>,
    key: &str,
    shape: Shape,
    read: impl Fn(&Node) -> Result<T, String>,
) -> Option<BTreeMap<String, T>> {
    let mut all = Some(BTreeMap::new());
    for (name, node) in section.members(key, shape) {
        let value = check_name(&name)
            .map_err(|error| error.to_string())
            .and_then(|()| read(&node));
        match (value, &mut all) {
            (Ok(value), Some(members)) => {
                members.insert(name, value);
            }
            (Ok(_), None) => {}
            (Err(said), _) => {
                section.fault(&format!("{key}.{name}"), Some(node.origin), said);
                all = None;
            }
        }
    }
    all
}

/// A value as JSON has it.
fn json(node: &Node) -> Result<Value, String> {
    match &node.value {
        Raw::String(text) | Raw::Text(text) => Ok(Value::from(text.as_str())),
        Raw::Integer(number) => Ok(Value::from(*number)),
        Raw::Bool(value) => Ok(Value::from(*value)),
        Raw::Array(entries) => entries.iter().map(json).collect(),
        Raw::Table(members) => members
            .iter()
            .map(|(name, node)| Ok((name.clone(), json(node)?)))
            .collect::<Result<Map<_, _>, String>>()
            .map(Value::from),
        Raw::Other(_) => Err(format!(
            "expected texts, whole numbers, booleans, lists or tables of them, found {}",
            node.value.describe()
        )),
    }
}

choice!(Convention {
    "jitsi" => Self::Jitsi,
    "token_moderation" => Self::TokenModeration,
    "jaas" => Self::Jaas,
});
