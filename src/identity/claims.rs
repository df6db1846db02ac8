//! Claims as a provider sends them: where one stands, and texts of which nobody need be afraid.

use std::fmt;

use serde_json::{Map, Value};

/// Claims as a provider sends them.
pub type Claims = Map<String, Value>;

/// The longest text of a provider's that goes into the log, in characters.
const LONGEST_SHOWN: usize = 200;
/// The longest other text (username, e-mail, stable id), in bytes.
const LONGEST_TEXT: usize = 254;

/// Where a claim stands: the names to follow from the top, each used as it is (claim names contain dots and slashes).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClaimPath(Vec<String>);

impl ClaimPath {
    /// A path from a configured text: a JSON pointer (RFC 6901) when it begins with `/`, else one claim's name.
    ///
    /// # Errors
    /// When the text or a step is empty.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text.strip_prefix('/') {
            Some(pointer) => Self::from_names(
                pointer
                    .split('/')
                    .map(|step| step.replace("~1", "/").replace("~0", "~"))
                    .collect(),
            ),
            None => Self::from_names(vec![text.to_owned()]),
        }
    }

    /// A path from a list of names.
    ///
    /// # Errors
    /// When the list or one of its names is empty.
    pub fn from_names(names: Vec<String>) -> Result<Self, &'static str> {
        if names.is_empty() || names.iter().any(String::is_empty) {
            return Err("a claim's name is empty");
        }
        Ok(Self(names))
    }

    /// Whether it is this one name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.0 == [name]
    }

    /// The first name of the path: the claim that everything else stands in.
    #[must_use]
    pub fn top(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// The value at the end of the path; `null` counts as absent.
    #[must_use]
    pub fn find<'a>(&self, claims: &'a Claims) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        let found = rest
            .iter()
            .try_fold(claims.get(first)?, |value, step| value.get(step))?;
        (!found.is_null()).then_some(found)
    }

    /// A text for people's eyes.
    pub(super) fn text(&self, claims: &Claims) -> Option<String> {
        let text = clean(self.find(claims)?.as_str()?);
        (!text.is_empty()).then_some(text)
    }

    /// A text that rules compare. One that would have to be cleaned or cut counts as absent: it could pass for another.
    pub(super) fn exact(&self, claims: &Claims) -> Option<String> {
        exact(self.find(claims)?.as_str()?)
    }
}

impl fmt::Display for ClaimPath {
    /// As it is written in a configuration: the name, or a JSON pointer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [name] if !name.starts_with('/') => f.write_str(name),
            names => names
                .iter()
                .try_for_each(|name| write!(f, "/{}", name.replace('~', "~0").replace('/', "~1"))),
        }
    }
}

/// Whether a claim is true. Some providers write it as text.
#[must_use]
pub(super) fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

/// Takes out what breaks other people's clients or Prosody (control characters, non-characters) or lets one name pass
/// for another (bidirectional overrides, invisible marks), and folds white space.
#[must_use]
pub fn clean(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    cleaned(text)
}

/// The same, whatever the text.
fn cleaned(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_noncharacter(*c) && !is_invisible(*c))
        .collect();
    visible
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A text as it is, if it needs neither cleaning nor cutting.
pub(super) fn exact(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.len() <= LONGEST_TEXT;
    (fits && (is_plain(text) || clean(text) == text)).then(|| text.to_owned())
}

/// Whether there is certainly nothing to clean: nothing but ASCII that is seen, and single spaces within it.
fn is_plain(text: &str) -> bool {
    // As if a space stood on either side.
    let mut after_space = true;
    let seen = text.bytes().all(|byte| {
        let is_space = byte == b' ';
        let fits = byte.is_ascii_graphic() || is_space && !after_space;
        after_space = is_space;
        fits
    });
    seen && (!after_space || text.is_empty())
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

/// Marks that turn the direction of writing, and letters that show nothing. (U+200C and U+200D stay: Persian words and
/// emoji are made with them.)
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}'
    )
}

/// A provider's text for the log: one line, and not a long one.
#[must_use]
pub fn shown(text: &str) -> String {
    shorten(&clean(text), LONGEST_SHOWN)
}

/// A text for a terminal, with its line breaks: what would steer the terminal or turn the direction of writing is told
/// by its number, such as `\u{1b}`.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        let steers = c.is_control() && c != '\n';
        let breaks = matches!(c, '\u{2028}' | '\u{2029}');
        if steers || breaks || is_noncharacter(c) || is_invisible(c) {
            printable.extend(c.escape_default());
        } else {
            printable.push(c);
        }
    }
    printable
}

/// The same in one line.
#[must_use]
pub fn printable_line(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

/// At most `most` characters.
pub(super) fn shorten(text: &str, most: usize) -> String {
    text.chars()
        .take(most)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_needs_no_cleaning() {
        for plain in ["", "a", "Sara Stein", "a b c", "~!\"%'<>"] {
            assert!(is_plain(plain), "{plain:?}");
            assert_eq!(cleaned(plain), plain);
        }
        for other in [
            " ",
            " a",
            "a ",
            "a  b",
            "a\tb",
            "a\n",
            "\u{7f}",
            "\0",
            "é",
            "a\u{202e}b",
        ] {
            assert!(!is_plain(other), "{other:?}");
        }
        assert_eq!(clean(" a \t b\u{200b}\n"), "a b");
    }
}
