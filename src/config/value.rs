//! From a value as written to a value as meant. Each error says what was expected and what was found.

use std::net::SocketAddr;

use serde_json::Value;
use time::Duration;
use zeroize::Zeroizing;

use super::shape::Shape;
use super::source::{Node, Raw, parse_inline};
use crate::policy::step_up::spoken;

/// Can be read from a written value.
pub trait FromNode: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// What was expected and what was found, for people.
    fn from_node(node: &Node) -> Result<Self, String>;

    /// What may be written.
    fn shape() -> Shape;

    /// As one would write it.
    fn written(&self) -> Value;
}

/// What may be written is a text, and this is how.
macro_rules! text {
    ($value:ident => $text:expr) => {
        text!($crate::config::shape::Shape::Text, $value => $text);
    };
    ($shape:expr, $value:ident => $text:expr) => {
        fn shape() -> $crate::config::shape::Shape {
            $shape
        }

        fn written(&self) -> serde_json::Value {
            let $value = self;
            serde_json::Value::from($text)
        }
    };
}
pub(super) use text;

fn unlike<T>(expected: &str, node: &Node) -> Result<T, String> {
    Err(format!(
        "expected {expected}, found {}",
        node.value.describe()
    ))
}

impl FromNode for String {
    fn from_node(node: &Node) -> Result<Self, String> {
        match &node.value {
            Raw::String(text) | Raw::Text(text) => Ok(String::clone(text)),
            _ => unlike("a string in quotes", node),
        }
    }

    text!(text => text.as_str());
}

impl FromNode for bool {
    fn from_node(node: &Node) -> Result<Self, String> {
        match &node.value {
            Raw::Bool(value) => Ok(*value),
            Raw::Text(text) if matches!(text.as_str(), "true" | "1") => Ok(true),
            Raw::Text(text) if matches!(text.as_str(), "false" | "0") => Ok(false),
            _ => unlike("true or false", node),
        }
    }

    text!(Shape::Bool, value => *value);
}

impl FromNode for SocketAddr {
    fn from_node(node: &Node) -> Result<Self, String> {
        let expected = "an address and a port, such as \"127.0.0.1:8080\" or \"[::]:8080\"";
        let text = String::from_node(node).or_else(|_| unlike(expected, node))?;
        text.parse().or_else(|_| unlike(expected, node))
    }

    text!(address => address.to_string());
}

/// At most a year: longer is a slip of the pen.
const LONGEST: std::time::Duration = std::time::Duration::from_hours(8784);

impl FromNode for Duration {
    fn from_node(node: &Node) -> Result<Self, String> {
        let expected = "a duration in quotes, such as \"30s\", \"15min\" or \"3h\"";
        let text = String::from_node(node).or_else(|_| unlike(expected, node))?;
        match humantime::parse_duration(&text) {
            Ok(duration) if duration > LONGEST => Err(format!("{text:?} is longer than a year")),
            Ok(duration) => Self::try_from(duration).or_else(|_| unlike(expected, node)),
            Err(_) => unlike(expected, node),
        }
    }

    text!(Shape::Duration, duration => spoken(*duration));
}

/// A list; a variable's text may separate its entries by commas or spaces, or write TOML.
pub fn entries(node: &Node, expected: &str) -> Result<Vec<Node>, String> {
    let entry = |text: &str| Node {
        value: Raw::Text(Zeroizing::new(text.to_owned())),
        origin: node.origin.clone(),
    };
    match &node.value {
        Raw::Array(entries) => Ok(entries.clone()),
        Raw::Text(text) if text.trim_start().starts_with('[') => {
            match parse_inline(text, &node.origin) {
                Some(Raw::Array(entries)) => Ok(entries),
                _ => unlike(expected, node),
            }
        }
        Raw::Text(text) => Ok(text
            .split([',', ' '])
            .filter(|part| !part.is_empty())
            .map(entry)
            .collect()),
        _ => unlike(expected, node),
    }
}

impl<T: FromNode> FromNode for Vec<T> {
    fn from_node(node: &Node) -> Result<Self, String> {
        entries(node, "a list, such as [\"a\", \"b\"]")?
            .iter()
            .map(T::from_node)
            .collect()
    }

    fn shape() -> Shape {
        Shape::list(T::shape())
    }

    fn written(&self) -> Value {
        self.iter().map(T::written).collect()
    }
}

/// Implements [`FromNode`] for a choice among named values.
macro_rules! choice {
    ($type:ty { $($name:literal => $value:expr),+ $(,)? }) => {
        impl $crate::config::value::FromNode for $type {
            fn from_node(node: &$crate::config::source::Node) -> Result<Self, String> {
                let found = match &node.value {
                    $crate::config::source::Raw::String(text) | $crate::config::source::Raw::Text(text) => text.as_str(),
                    _ => "",
                };
                match found {
                    $($name => Ok($value),)+
                    _ => Err(format!("expected one of {}, found {}", [$(concat!("\"", $name, "\"")),+].join(", "), node.value.describe())),
                }
            }

            fn shape() -> $crate::config::shape::Shape {
                $crate::config::shape::Shape::Choice(vec![$($name),+])
            }

            fn written(&self) -> serde_json::Value {
                let names = [$(($value, $name)),+];
                let name = names.into_iter().find(|(value, _)| value == self);
                name.map(|(_, name)| name).unwrap_or_default().into()
            }
        }
    };
}
pub(super) use choice;
