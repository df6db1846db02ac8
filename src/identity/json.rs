//! JSON from elsewhere, read strictly: an object in which a name comes twice means one thing to one reader and another to
//! the next (RFC 7519, 4), so it means nothing here.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::map::Entry;
use serde_json::{Map, Value};

use super::claims::{Claims, shown};

/// What is wrong with a text that should be JSON. It tells nothing of what stands in it, but for a name that came twice:
/// there may be tokens in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
    /// An end before the end.
    #[error("it ends too early (line {0}, column {1})")]
    Cut(usize, usize),
    /// Something else: HTML, most often.
    #[error("it is not JSON (line {0}, column {1})")]
    NotJson(usize, usize),
    /// More levels than anybody means.
    #[error("it is nested too deep (line {0}, column {1})")]
    TooDeep(usize, usize),
    /// A name comes twice in one object.
    #[error("the name {0:?} comes twice in it")]
    Twice(String),
    /// JSON, and not what was expected.
    #[error("it is not {0}")]
    Another(&'static str),
}

impl JsonError {
    /// What is wrong with `body`, which was to be `expected`.
    #[must_use]
    pub fn of(error: &serde_json::Error, expected: &'static str, body: &[u8]) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            _ if body.trim_ascii().is_empty() => Self::Empty,
            Category::Io | Category::Eof => Self::Cut(line, column),
            // The library has no other sign of it.
            Category::Syntax if error.to_string().starts_with("recursion limit") => {
                Self::TooDeep(line, column)
            }
            Category::Syntax => Self::NotJson(line, column),
            Category::Data => Self::Another(expected),
        }
    }
}

/// An object, in which no name comes twice, at any depth.
///
/// # Errors
/// When it is none.
pub fn object(body: &[u8]) -> Result<Claims, JsonError> {
    let twice = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = Strict(&twice)
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    if let Some(name) = twice.take() {
        return Err(JsonError::Twice(name));
    }
    match read {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(JsonError::Another("an object")),
        Err(error) => Err(JsonError::of(&error, "an object", body)),
    }
}

/// Reads a value, and notes a name that comes twice.
#[derive(Clone, Copy)]
struct Strict<'a>(&'a RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = entries.next_element_seed(self)? {
            all.push(entry);
        }
        Ok(all.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            match all.entry(name) {
                Entry::Vacant(free) => {
                    free.insert(members.next_value_seed(self)?);
                }
                Entry::Occupied(taken) => {
                    self.0.replace(Some(shown(taken.key())));
                    return Err(A::Error::custom("a name comes twice"));
                }
            }
        }
        Ok(all.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(text: &str) -> String {
        object(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn an_object_is_read_as_it_stands() {
        let text = r#"{"a":[1,-2,0.5,true,null,"x"],"b":{"a":"\u00e9"}}"#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()), expected);
    }

    #[test]
    fn each_flaw_has_its_own_words() {
        assert_eq!(flaw(" \n"), "it is empty");
        assert_eq!(flaw(r#"{"a":"#), "it ends too early (line 1, column 5)");
        assert_eq!(flaw("<html>"), "it is not JSON (line 1, column 1)");
        assert_eq!(flaw("{} {}"), "it is not JSON (line 1, column 4)");
        assert_eq!(flaw("[1]"), "it is not an object");
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert!(flaw(&deep).starts_with("it is nested too deep"));
        assert_eq!(
            flaw(r#"{"sub":1,"sub":2}"#),
            "the name \"sub\" comes twice in it"
        );
        // However it is spelt, and wherever it stands.
        assert_eq!(
            flaw(r#"{"x":[{"sub":1,"\u0073ub":2}]}"#),
            "the name \"sub\" comes twice in it"
        );
    }
}
