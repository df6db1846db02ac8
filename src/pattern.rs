//! Patterns for rooms, groups and tenants: `*` is any run of characters, `{name}` a capture or a placeholder.
//!
//! A capture is a run of characters without `/`. What it caught is always literal: it can never act as a wildcard.

mod written;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::meeting::room::{DROPPED, as_in_a_room};

/// What captures caught, by their names; each written as a room's name would be.
pub type Bindings = BTreeMap<String, String>;

/// The most wildcards and captures together in a pattern that captures: bounds the ways in which it can match.
const MOST_LOOSE_PIECES: usize = 2;

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
    /// Whether the texts to match are already written as rooms' names are.
    over_rooms: bool,
    /// What is caught stays as it is, for it becomes no part of a room's name.
    verbatim: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Star,
    Placeholder(String),
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing there.
    #[error("a pattern cannot be empty")]
    Empty,
    /// A brace without its partner, or without a name.
    #[error(
        "write a placeholder as {{name}}, of letters, digits and '_'; write \\{{ for a brace that means itself"
    )]
    Braces,
    /// Too many ways to match.
    #[error(
        "a pattern with a {{placeholder}} may have at most {MOST_LOOSE_PIECES} placeholders and '*' together, with text between them"
    )]
    TooLoose,
    /// A room pattern with something that no room's name has.
    #[error("no room can have this name: Jitsi drops {0} from names; leave it out")]
    NoRoom(char),
}

impl Pattern {
    /// Parses a pattern. `\` makes the next character mean itself.
    ///
    /// # Errors
    /// See [`PatternError`].
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let piece = match c {
                '\\' => {
                    literal.extend(chars.next());
                    continue;
                }
                '*' => Piece::Star,
                '{' => Piece::Placeholder(placeholder(&mut chars)?),
                '}' => return Err(PatternError::Braces),
                other => {
                    literal.push(other);
                    continue;
                }
            };
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            if piece != Piece::Star || pieces.last() != Some(&Piece::Star) {
                pieces.push(piece);
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Self {
            pieces,
            over_rooms: false,
            verbatim: false,
        }
        .checked()
    }

    /// The same pattern over room names as Jitsi writes them.
    ///
    /// # Errors
    /// As [`Pattern::parse`], and when a literal part could not stand in any room's name.
    pub fn parse_room(text: &str) -> Result<Self, PatternError> {
        let mut pattern = Self {
            over_rooms: true,
            ..Self::parse(text)?
        };
        for piece in &mut pattern.pieces {
            if let Piece::Literal(literal) = piece {
                if let Some(dropped) = literal.chars().find(|c| DROPPED.contains(c)) {
                    return Err(PatternError::NoRoom(dropped));
                }
                let normal = as_in_a_room(literal).into_owned();
                *literal = normal;
            }
        }
        Ok(pattern)
    }

    /// The same pattern, whose captures stay as they are.
    #[must_use]
    pub fn verbatim(self) -> Self {
        Self {
            verbatim: true,
            ..self
        }
    }

    /// Whether there is a `*` in it.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.pieces.contains(&Piece::Star)
    }

    /// The text that it is with its placeholders filled in; nothing where one is unknown, or for a wildcard.
    #[must_use]
    pub fn filled(&self, known: &Bindings) -> Option<String> {
        let text = |piece: &Piece| match piece {
            Piece::Literal(text) => Some(text.clone()),
            Piece::Placeholder(name) => known.get(name).cloned(),
            Piece::Star => None,
        };
        self.pieces.iter().map(text).collect()
    }

    fn checked(self) -> Result<Self, PatternError> {
        if self.pieces.is_empty() {
            return Err(PatternError::Empty);
        }
        let loose = |piece: &Piece| !matches!(piece, Piece::Literal(_));
        let neighbours = self.pieces.windows(2).any(|pair| pair.iter().all(loose));
        let captures = self.placeholders().next().is_some();
        if captures
            && (neighbours || self.pieces.iter().filter(|p| loose(p)).count() > MOST_LOOSE_PIECES)
        {
            return Err(PatternError::TooLoose);
        }
        Ok(self)
    }

    /// The placeholders' names.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Placeholder(name) => Some(name.as_str()),
            Piece::Literal(_) | Piece::Star => None,
        })
    }

    /// Every text without a wildcard or placeholder, where the pattern is one.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// What every text that matches begins with, where that is something.
    #[must_use]
    pub fn beginning(&self) -> Option<&str> {
        match self.pieces.first() {
            Some(Piece::Literal(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Whether the pattern matches `text`, with the placeholders in `known` standing for what they caught.
    /// A placeholder that is not known matches nothing.
    #[must_use]
    pub fn matches(&self, text: &str, known: &Bindings) -> bool {
        if self.placeholders().next().is_none() {
            return glob(&self.pieces, text);
        }
        !self.captures(text, known, |_| false).is_empty()
    }

    /// Every way to match `text`: `known`, and what those other placeholders caught that `may_catch`.
    #[must_use]
    pub fn captures(
        &self,
        text: &str,
        known: &Bindings,
        may_catch: impl Fn(&str) -> bool,
    ) -> Vec<Bindings> {
        if self.placeholders().next().is_none() {
            return if glob(&self.pieces, text) {
                vec![known.clone()]
            } else {
                Vec::new()
            };
        }
        let mut found = Vec::new();
        self.capture(&self.pieces, text, known, &may_catch, &mut found);
        found
    }

    fn capture(
        &self,
        pieces: &[Piece],
        text: &str,
        known: &Bindings,
        may_catch: &impl Fn(&str) -> bool,
        found: &mut Vec<Bindings>,
    ) {
        let Some((first, rest)) = pieces.split_first() else {
            if text.is_empty() {
                found.push(known.clone());
            }
            return;
        };
        match first {
            Piece::Literal(literal) => {
                if let Some(after) = text.strip_prefix(literal.as_str()) {
                    self.capture(rest, after, known, may_catch, found);
                }
            }
            Piece::Star => {
                for end in ends(text) {
                    self.capture(rest, text.split_at(end).1, known, may_catch, found);
                }
            }
            Piece::Placeholder(name) => {
                let value = known.get(name);
                if value.is_none() && !may_catch(name) {
                    return;
                }
                let as_it_stands = self.over_rooms || self.verbatim;
                // What is known stands in one way then: no other end is to be tried.
                if let Some(value) = value.filter(|_| as_it_stands) {
                    if let Some(after) = text.strip_prefix(value.as_str())
                        && !value.is_empty()
                        && !value.contains('/')
                    {
                        self.capture(rest, after, known, may_catch, found);
                    }
                    return;
                }
                // Only where what follows can follow: to write a run as a room's name is costly.
                let follows = |end: usize| match rest.first() {
                    Some(Piece::Literal(literal)) => text
                        .get(end..)
                        .is_some_and(|after| after.starts_with(literal.as_str())),
                    Some(_) => true,
                    None => end == text.len(),
                };
                for end in run_ends(text).filter(|end| follows(*end)) {
                    let (run, after) = text.split_at(end);
                    let caught = if as_it_stands {
                        Cow::Borrowed(run)
                    } else {
                        as_in_a_room(run)
                    };
                    let fits = value.is_none_or(|value| *value == caught);
                    if fits && !caught.is_empty() {
                        let mut bound = known.clone();
                        bound.insert(name.clone(), caught.into_owned());
                        self.capture(rest, after, &bound, may_catch, found);
                    }
                }
            }
        }
    }
}

fn placeholder(chars: &mut std::str::Chars<'_>) -> Result<String, PatternError> {
    let mut name = String::new();
    for c in chars {
        match c {
            '}' if !name.is_empty() => return Ok(name),
            c if c.is_ascii_alphanumeric() || c == '_' => name.push(c),
            _ => break,
        }
    }
    Err(PatternError::Braces)
}

/// Literals and stars alone: each literal is taken where it comes first, so one pass is enough.
fn glob(pieces: &[Piece], text: &str) -> bool {
    let mut rest = text;
    let mut floating = false;
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Literal(literal) = piece else {
            floating = true;
            continue;
        };
        let after = match (floating, at + 1 == pieces.len()) {
            (false, _) => rest.strip_prefix(literal.as_str()),
            (true, true) => rest.ends_with(literal.as_str()).then_some(""),
            (true, false) => rest.split_once(literal.as_str()).map(|(_, after)| after),
        };
        let Some(after) = after else { return false };
        (rest, floating) = (after, false);
    }
    floating || rest.is_empty()
}

/// Every character boundary of `text`, its beginning and end among them.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()])
}

/// The ends of every non-empty run without `/` at the beginning of `text`.
fn run_ends(text: &str) -> impl Iterator<Item = usize> {
    let longest = text.find('/').unwrap_or(text.len());
    ends(text).skip(1).take_while(move |end| *end <= longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern)
            .unwrap()
            .matches(text, &Bindings::new())
    }

    #[test]
    fn stars_match_any_run_and_literals_only_themselves() {
        assert!(matches("board-*", "board-") && matches("board-*", "board-2026"));
        assert!(
            !matches("board-*", "board")
                && !matches("board", "board-1")
                && !matches("board", "aboard")
        );
        assert!(
            matches("*", "anything/at all")
                && matches("a*b*c", "axxbyyc")
                && !matches("a*b*c", "axxbyy")
        );
        assert!(matches(r"\*", "*") && !matches(r"\*", "x") && matches(r"a\{b\}", "a{b}"));
    }

    #[test]
    fn captures_stop_at_slashes_and_are_written_as_rooms() {
        let pattern = Pattern::parse("/teams/{team}/leads").unwrap();
        let caught = |group: &str| pattern.captures(group, &Bindings::new(), |_| true);
        assert_eq!(
            caught("/teams/Große Runde/leads"),
            [Bindings::from([(
                "team".into(),
                "gro%c3%9fe%20runde".into()
            )])]
        );
        assert!(caught("/teams/a/b/leads").is_empty() && caught("/teams//leads").is_empty());
    }

    #[test]
    fn a_capture_that_looks_like_a_wildcard_is_literal() {
        let room = Pattern::parse_room("{team}-*").unwrap();
        let known = Bindings::from([("team".to_owned(), "*".to_owned())]);
        assert!(!room.matches("board-1", &known) && room.matches("*-1", &known));
    }

    #[test]
    fn patterns_that_make_no_sense_are_refused() {
        for (text, error) in [
            ("", PatternError::Empty),
            ("{team", PatternError::Braces),
            ("{}", PatternError::Braces),
            ("team}", PatternError::Braces),
            ("{a b}", PatternError::Braces),
            ("{a}{b}", PatternError::TooLoose),
            ("*{a}", PatternError::TooLoose),
            ("{a}-*-{b}", PatternError::TooLoose),
        ] {
            assert_eq!(Pattern::parse(text), Err(error), "{text}");
        }
        assert!(Pattern::parse_room("x-{a}").is_ok());
        for (text, dropped) in [("?*", '?'), ("it's", '\''), ("a/b", '/'), ("\\*", '*')] {
            let error = PatternError::NoRoom(dropped);
            assert_eq!(Pattern::parse_room(text), Err(error), "{text}");
        }
    }
}
