//! A pattern as one would write it.

use std::fmt;

use super::{Bindings, Pattern, Piece};

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Star => f.write_str("*")?,
                Piece::Placeholder(name) => write!(f, "{{{name}}}")?,
                Piece::Literal(text) => literal(text, f)?,
            }
        }
        Ok(())
    }
}

impl Pattern {
    /// The same pattern with what is known written in; the rest stays open.
    #[must_use]
    pub fn with(&self, known: &Bindings) -> Self {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Placeholder(name) => match known.get(name) {
                Some(value) => Piece::Literal(value.clone()),
                None => piece.clone(),
            },
            Piece::Literal(_) | Piece::Star => piece.clone(),
        });
        Self {
            pieces: pieces.collect(),
            ..self.clone()
        }
    }
}

/// A backslash before what would mean something else.
fn literal(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write as _;
    for c in text.chars() {
        if matches!(c, '*' | '{' | '}' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_written_as_it_was_read() {
        for text in ["/teams/{team}/leads", r"\*a*", r"\{x\}-{y}", r"a\\b"] {
            let pattern = Pattern::parse(text).unwrap();
            assert_eq!(pattern.to_string(), text);
            assert_eq!(Pattern::parse(&pattern.to_string()), Ok(pattern));
        }
    }

    #[test]
    fn what_is_known_is_written_in_and_means_itself() {
        let pattern = Pattern::parse("/teams/{team}/{rank}").unwrap();
        let known = Bindings::from([("team".to_owned(), "*".to_owned())]);
        assert_eq!(pattern.with(&known).to_string(), r"/teams/\*/{rank}");
    }
}
