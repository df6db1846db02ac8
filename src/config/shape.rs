//! What may stand at a key, and what does: noted while a configuration is read, for whoever asks afterwards.

use serde_json::{Map, Value};

use super::source::{Node, Origin, Raw};

/// What may stand at a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Keys of its own.
    Section,
    /// A list of tables, each with keys of its own.
    Sections,
    /// A table of names that people choose.
    Table(Box<Self>),
    /// Sections of names that people choose, in each of which all is of one kind.
    NamedSections(Box<Self>),
    /// A text.
    Text,
    /// A text that is shown nowhere.
    Secret,
    /// An address, http or https.
    Url,
    /// A duration such as `15min`.
    Duration,
    /// `true` or `false`.
    Bool,
    /// A whole number, from and to.
    Integer(i64, i64),
    /// A part of the whole: a number from 0 to 1.
    Part,
    /// One of these.
    Choice(Vec<&'static str>),
    /// A list.
    List(Box<Self>),
    /// One of several.
    Either(Vec<Self>),
    /// A string, a whole number, a boolean, a list or a table.
    Anything,
}

impl Shape {
    /// A list of these.
    pub fn list(of: Self) -> Self {
        Self::List(Box::new(of))
    }

    /// Whether it is known by the keys below it.
    pub fn has_keys_of_its_own(&self) -> bool {
        matches!(
            self,
            Self::Section | Self::Sections | Self::NamedSections(_)
        )
    }

    /// A table of these.
    pub fn table(of: Self) -> Self {
        Self::Table(Box::new(of))
    }

    /// A single value, as a list of values in a rule on claims has them.
    pub fn plain_value() -> Self {
        Self::Either(vec![
            Self::Text,
            Self::Integer(i64::MIN, i64::MAX),
            Self::Bool,
        ])
    }

    /// Whether it is written as a text.
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Self::Text | Self::Url | Self::Duration | Self::Choice(_)
        )
    }
}

/// A key that was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What may stand there.
    pub shape: Shape,
    /// What counts there; nothing where nothing does, for a section, and for a secret.
    pub value: Option<Value>,
    /// Where it was written; nothing for a default.
    pub origin: Option<Origin>,
    /// Names a file that cannot be read here, where that does not matter.
    pub unreadable: bool,
}

/// A written value as JSON has it.
pub fn as_json(node: &Node) -> Value {
    match &node.value {
        Raw::String(text) | Raw::Text(text) => Value::from(text.as_str()),
        Raw::Integer(number) => Value::from(*number),
        Raw::Bool(value) => Value::from(*value),
        Raw::Other(text) => Value::from(text.as_str()),
        Raw::Array(entries) => entries.iter().map(as_json).collect(),
        Raw::Table(members) => {
            let members = members.iter();
            Value::from(
                members
                    .map(|(name, node)| (name.clone(), as_json(node)))
                    .collect::<Map<_, _>>(),
            )
        }
    }
}
