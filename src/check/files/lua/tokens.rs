//! Lua, cut into tokens, without its comments.

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A string, as it is meant.
    Text(String),
    /// A name, a keyword or a number.
    Word(String),
    /// A sign; `..` and `==` are one.
    Sign(String),
}

impl Token {
    /// Whether it is this sign.
    pub fn is(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(own) if own == sign)
    }
}

/// The most tokens that are read: the longest file that is read has no more.
const MOST: usize = 2 * 1024 * 1024;

/// Cuts a file into tokens, each with its line, from 1. Whatever has no end ends with the file.
pub fn tokens(text: &str) -> Vec<(Token, usize)> {
    let mut cutter = Cutter {
        rest: text.chars().collect(),
        at: 0,
        line: 1,
    };
    let mut tokens = Vec::new();
    while tokens.len() < MOST {
        cutter.skip_blanks_and_comments();
        let line = cutter.line;
        match cutter.next() {
            Some(token) => tokens.push((token, line)),
            None => break,
        }
    }
    tokens
}

struct Cutter {
    rest: Vec<char>,
    at: usize,
    line: usize,
}

impl Cutter {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        if next == '\n' {
            self.line += 1;
        }
        Some(next)
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('-'), Some('-')) => {
                    self.at += 2;
                    match self.long_bracket() {
                        Some(level) => drop(self.long_text(level)),
                        None => while self.take().is_some_and(|c| c != '\n') {},
                    }
                }
                (Some(blank), _) if blank.is_whitespace() || blank == '\u{feff}' => {
                    self.take();
                }
                _ => return,
            }
        }
    }

    fn next(&mut self) -> Option<Token> {
        if let Some(level) = self.long_bracket() {
            return Some(Token::Text(self.long_text(level)));
        }
        let first = self.take()?;
        Some(match first {
            '"' | '\'' => Token::Text(self.text(first)),
            _ if is_in_word(first) => {
                let mut word = String::from(first);
                let number = first.is_ascii_digit();
                while let Some(next) = self
                    .peek(0)
                    .filter(|c| is_in_word(*c) || (number && *c == '.'))
                {
                    self.at += 1;
                    word.push(next);
                }
                Token::Word(word)
            }
            _ => {
                let mut sign = String::from(first);
                if let Some(next) = self
                    .peek(0)
                    .filter(|c| matches!((first, *c), ('.', '.') | ('=' | '~' | '<' | '>', '=')))
                {
                    self.at += 1;
                    sign.push(next);
                }
                Token::Sign(sign)
            }
        })
    }

    fn text(&mut self, quote: char) -> String {
        let mut text = String::new();
        while let Some(next) = self.take() {
            match next {
                _ if next == quote => break,
                '\n' => break,
                '\\' => match self.take() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(other) => text.push(other),
                    None => {}
                },
                _ => text.push(next),
            }
        }
        text
    }

    /// The number of equals signs of a `[[`, `[=[`, …, where one begins here.
    fn long_bracket(&self) -> Option<usize> {
        if self.peek(0) != Some('[') {
            return None;
        }
        let mut level = 0;
        while level < 16 && self.peek(1 + level) == Some('=') {
            level += 1;
        }
        (self.peek(1 + level) == Some('[')).then_some(level)
    }

    fn long_text(&mut self, level: usize) -> String {
        self.at += level + 2;
        let mut text = String::new();
        while let Some(next) = self.take() {
            let closes = next == ']'
                && (0..level).all(|n| self.peek(n) == Some('='))
                && self.peek(level) == Some(']');
            if closes {
                self.at += level + 1;
                break;
            }
            text.push(next);
        }
        text
    }
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
