//! Jitsi's `config.js`, read without running it: what the script sets below `config`, the last one counts.
//!
//! It is JavaScript that people append to: `var config = {…};`, then `config.x = …;`. Strings, their sums, objects and
//! lists are worked out. Of anything else, and of what a condition decides, it is known that it is set, and not to what.

mod reader;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use self::reader::Reader;
use self::tokens::{Token, tokens};

/// What a name stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// An object.
    Object(BTreeMap<String, Value>),
    /// A list.
    List(Vec<Value>),
    /// `null` or `undefined`.
    Nothing,
    /// Not worked out.
    Unclear,
}

/// What a script sets.
#[derive(Debug)]
pub struct Script {
    config: Value,
    /// Every name of a member of some object, for what is set in a way that is not followed.
    mentioned: BTreeSet<String>,
}

impl Script {
    /// Reads a script; `known` are further names with a value, such as `location.host`.
    #[must_use]
    pub fn read(script: &str, known: &[(&str, &str)]) -> Self {
        let tokens = tokens(script);
        let members = tokens.windows(2).filter_map(|pair| match pair {
            [name, colon] if colon.token.is(":") => Some(&name.token),
            _ => None,
        });
        let mentioned = members.filter_map(|name| match name {
            Token::Word(name) | Token::Text(name) => Some(name.clone()),
            Token::Sign(_) | Token::Opaque => None,
        });
        let mentioned = mentioned.collect();
        let known = known
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::Text((*value).to_owned())));
        Self {
            config: Reader::new(tokens, known.collect()).script(),
            mentioned,
        }
    }

    /// Whether it sets `config` at all.
    #[must_use]
    pub fn has_config(&self) -> bool {
        self.config != Value::Nothing
    }

    /// What it sets at a path below `config`; `Unclear` too where some object has a member of its last name.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        match find(&self.config, path) {
            Found::Value(Value::Nothing) => None,
            Found::Value(value) => Some(value),
            Found::Absent => {
                let last = path.last().copied().unwrap_or_default();
                self.mentioned.contains(last).then_some(&Value::Unclear)
            }
        }
    }

    /// The string at a path.
    #[must_use]
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        match self.get(path)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether `true` stands at a path.
    #[must_use]
    pub fn is_true(&self, path: &[&str]) -> bool {
        self.get(path) == Some(&Value::Bool(true))
    }
}

enum Found<'a> {
    Value(&'a Value),
    Absent,
}

fn find<'a>(value: &'a Value, path: &[&str]) -> Found<'a> {
    let mut value = value;
    for name in path {
        match value {
            Value::Object(members) => match members.get(*name) {
                Some(member) => value = member,
                None => return Found::Absent,
            },
            Value::Nothing => return Found::Absent,
            _ => return Found::Value(&Value::Unclear),
        }
    }
    Found::Value(value)
}

#[cfg(test)]
mod tests;
