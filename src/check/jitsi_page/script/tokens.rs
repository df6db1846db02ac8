//! JavaScript, cut into tokens: enough of it to tell texts, names and signs apart, and comments from all of them.

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A string, as it is meant.
    Text(String),
    /// A name, a keyword or a number.
    Word(String),
    /// One or more signs that belong together, such as `==`.
    Sign(String),
    /// Something with a value that is not worked out: a regular expression, a template with expressions in it.
    Opaque,
}

impl Token {
    /// Whether it is this sign.
    pub fn is(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(own) if own == sign)
    }

    /// Whether a value can end with it, so that a slash after it divides.
    pub fn ends_a_value(&self) -> bool {
        match self {
            Self::Text(_) | Self::Opaque => true,
            Self::Word(word) => !["return", "typeof", "case", "in", "of"].contains(&word.as_str()),
            Self::Sign(sign) => [")", "]", "}"].contains(&sign.as_str()),
        }
    }
}

/// A token, and the line where it starts, from 1.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The token.
    pub token: Token,
    /// Its line.
    pub line: usize,
}

/// The most tokens that are read: the longest page that is fetched has no more.
const MOST: usize = 1024 * 1024;

/// Cuts a script into tokens. What is no JavaScript becomes signs, and whatever has no end ends with the script.
pub fn tokens(script: &str) -> Vec<Placed> {
    let mut cutter = Cutter {
        rest: script.chars().collect(),
        at: 0,
        line: 1,
    };
    let mut tokens: Vec<Placed> = Vec::new();
    while tokens.len() < MOST {
        cutter.skip_blanks_and_comments();
        let line = cutter.line;
        let before = tokens.last().map(|placed| &placed.token);
        let divides = before.is_some_and(Token::ends_a_value);
        let Some(token) = cutter.next(divides) else {
            break;
        };
        tokens.push(Placed { token, line });
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
                (Some('/'), Some('/')) => while self.take().is_some_and(|c| c != '\n') {},
                (Some('/'), Some('*')) => {
                    self.at += 2;
                    while self.peek(0).is_some()
                        && (self.peek(0), self.peek(1)) != (Some('*'), Some('/'))
                    {
                        self.take();
                    }
                    self.at += 2;
                }
                (Some(blank), _) if blank.is_whitespace() || blank == '\u{feff}' => {
                    self.take();
                }
                _ => return,
            }
        }
    }

    fn next(&mut self, divides: bool) -> Option<Token> {
        let first = self.take()?;
        Some(match first {
            '"' | '\'' => Token::Text(self.text(first)),
            '`' => self.template(),
            '/' if !divides => {
                self.regular_expression();
                Token::Opaque
            }
            _ if is_in_word(first) => {
                let mut word = String::from(first);
                while let Some(next) = self.peek(0).filter(|c| is_in_word(*c)) {
                    self.at += 1;
                    word.push(next);
                }
                Token::Word(word)
            }
            _ => {
                let mut sign = String::from(first);
                // `==`, `=>`, `+=`, `||` and so on are one; brackets and points stand alone.
                if "=!<>+-*%&|^?/".contains(first) {
                    while let Some(next) = self.peek(0).filter(|c| "=>&|?".contains(*c)) {
                        self.at += 1;
                        sign.push(next);
                    }
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
                // A string has no line breaks: this one was never closed.
                '\n' => break,
                '\\' => text.extend(self.escaped()),
                _ => text.push(next),
            }
        }
        text
    }

    fn escaped(&mut self) -> Option<char> {
        match self.take()? {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            '\n' => None,
            'x' => self.hexadecimal(2),
            'u' => self.hexadecimal(4),
            other => Some(other),
        }
    }

    fn hexadecimal(&mut self, digits: u32) -> Option<char> {
        let mut code = 0;
        for _ in 0..digits {
            let digit = self.peek(0)?.to_digit(16)?;
            self.at += 1;
            code = code * 16 + digit;
        }
        char::from_u32(code)
    }

    fn template(&mut self) -> Token {
        let mut text = String::new();
        let mut plain = true;
        while let Some(next) = self.take() {
            match next {
                '`' => break,
                '\\' => text.extend(self.escaped()),
                '$' if self.peek(0) == Some('{') => plain = false,
                _ => text.push(next),
            }
        }
        if plain {
            Token::Text(text)
        } else {
            Token::Opaque
        }
    }

    fn regular_expression(&mut self) {
        let mut in_class = false;
        while let Some(next) = self.take() {
            match next {
                '\\' => {
                    self.take();
                }
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => break,
                '\n' => return,
                _ => {}
            }
        }
        while self.peek(0).is_some_and(is_in_word) {
            self.at += 1;
        }
    }
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
