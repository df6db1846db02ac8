//! Prosody's configuration, read without running it: hosts, components and what is set in them.
//!
//! It is Lua that hardly anybody programs in. Strings, numbers, booleans and lists are worked out, `local` names too; of
//! anything else it is noted which line was not followed.

mod tokens;

use std::collections::BTreeMap;
use std::rc::Rc;

use self::tokens::{Token, tokens};
use super::place::{Place, Placed};

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string, or a number as it is written.
    Text(String),
    /// A boolean.
    Bool(bool),
    /// A list of strings, each with its place.
    List(Vec<Placed<String>>),
    /// Not worked out.
    Unclear,
}

impl Placed<Value> {
    /// A string.
    pub fn text(&self) -> Option<Placed<String>> {
        match &self.it {
            Value::Text(it) => Some(self.with(it.clone())),
            _ => None,
        }
    }

    /// A list of strings.
    pub fn list(&self) -> Option<Placed<Vec<String>>> {
        match &self.it {
            Value::List(entries) => {
                Some(self.with(entries.iter().map(|entry| entry.it.clone()).collect()))
            }
            _ => None,
        }
    }

    /// A boolean.
    pub fn switch(&self) -> Option<Placed<bool>> {
        match &self.it {
            Value::Bool(it) => Some(self.with(*it)),
            _ => None,
        }
    }
}

/// A host or a component, or what stands before the first.
pub struct Host {
    /// Its name; empty for what holds for all.
    pub name: String,
    /// `VirtualHost`, or a component of this type.
    pub kind: Kind,
    /// Where it begins.
    pub place: Place,
    /// What is set in it; the last one counts.
    pub settings: BTreeMap<String, Placed<Value>>,
}

/// What a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// What holds for all.
    Global,
    /// `VirtualHost`.
    Virtual,
    /// `Component "…" "type"`.
    Component(String),
}

/// What was read of a configuration.
pub struct Configuration {
    /// First what holds for all, then each host in the order in which they appear.
    pub hosts: Vec<Host>,
    /// What is to be read here as well.
    pub includes: Vec<Placed<String>>,
    /// Lines with code that was not followed.
    pub unread: Vec<Place>,
}

impl Configuration {
    /// An empty one.
    pub fn new(file: &Rc<str>) -> Self {
        let place = Place {
            file: file.clone(),
            line: 1,
        };
        Self {
            hosts: vec![Host {
                name: String::new(),
                kind: Kind::Global,
                place,
                settings: BTreeMap::new(),
            }],
            includes: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Reads a file, after those before: it begins with what holds for all, as an included one does.
    pub fn read(&mut self, file: &Rc<str>, text: &str) {
        let mut reader = Reader {
            tokens: tokens(text),
            at: 0,
            file: file.clone(),
            locals: BTreeMap::new(),
            host: 0,
            into: self,
        };
        reader.file();
    }

    /// What a setting is, at each host that has it as a string.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let set = self
            .hosts
            .iter()
            .filter_map(move |host| host.settings.get(name));
        set.filter_map(|set| match &set.it {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    fn host(&mut self, name: String, kind: Kind, place: Place) -> usize {
        let known = self.hosts.iter().position(|host| host.name == name);
        known.unwrap_or_else(|| {
            self.hosts.push(Host {
                name,
                kind,
                place,
                settings: BTreeMap::new(),
            });
            self.hosts.len() - 1
        })
    }
}

struct Reader<'a> {
    tokens: Vec<(Token, usize)>,
    at: usize,
    file: Rc<str>,
    locals: BTreeMap<String, Value>,
    /// The host that is being read.
    host: usize,
    into: &'a mut Configuration,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        Some(&self.tokens.get(self.at + ahead)?.0)
    }

    fn is(&self, ahead: usize, sign: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is(sign))
    }

    fn place(&self) -> Place {
        let line = self.tokens.get(self.at).or(self.tokens.last());
        Place {
            file: self.file.clone(),
            line: line.map_or(1, |(_, line)| *line),
        }
    }

    fn file(&mut self) {
        while let Some(token) = self.peek(0) {
            let word = match token {
                Token::Word(word) => word.clone(),
                sign if sign.is(";") => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    self.not_followed();
                    continue;
                }
            };
            match word.as_str() {
                "VirtualHost" | "Host" | "Component" => self.host(&word),
                "Include" | "include" => self.include(),
                "local" => self.local(),
                _ if self.is(1, "=") => self.setting(word),
                _ => self.not_followed(),
            }
        }
    }

    /// A name, in brackets or not.
    fn argument(&mut self) -> Option<String> {
        let bracket = self.is(0, "(");
        self.at += usize::from(bracket);
        let value = self.value(0);
        self.at += usize::from(bracket && self.is(0, ")"));
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn host(&mut self, word: &str) {
        let place = self.place();
        self.at += 1;
        let Some(name) = self.argument() else {
            self.into.unread.push(place);
            return;
        };
        let kind = if word == "Component" {
            let has_type = matches!(self.peek(0), Some(Token::Text(_))) || self.is(0, "(");
            let kind = has_type.then(|| self.argument()).flatten();
            Kind::Component(kind.unwrap_or_default())
        } else {
            Kind::Virtual
        };
        self.host = self.into.host(name, kind, place);
    }

    fn include(&mut self) {
        let place = self.place();
        self.at += 1;
        match self.argument() {
            Some(it) => self.into.includes.push(Placed { it, place }),
            None => self.into.unread.push(place),
        }
    }

    fn local(&mut self) {
        self.at += 1;
        let Some(Token::Word(name)) = self.peek(0) else {
            return;
        };
        let name = name.clone();
        if self.is(1, "=") {
            self.at += 2;
            let value = self.value(0);
            self.locals.insert(name, value);
        } else {
            self.not_followed();
        }
    }

    fn setting(&mut self, name: String) {
        let place = self.place();
        self.at += 2;
        let it = self.value(0);
        if let Some(host) = self.into.hosts.get_mut(self.host) {
            host.settings.insert(name, Placed { it, place });
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        let mut value = self.operand(depth);
        while self.is(0, "..") {
            self.at += 1;
            value = match (value, self.operand(depth)) {
                (Value::Text(left), Value::Text(right)) if left.len() + right.len() < LONGEST => {
                    Value::Text(left + &right)
                }
                _ => Value::Unclear,
            };
        }
        // A call, a member, an operator: `os.getenv("X") or "y"`.
        let goes_on = match self.peek(0) {
            Some(Token::Sign(sign)) => ![",", ";", "}", ")", "="].contains(&sign.as_str()),
            Some(Token::Word(word)) => ["or", "and"].contains(&word.as_str()),
            Some(Token::Text(_)) | None => false,
        };
        if goes_on {
            self.skip_expression();
            return Value::Unclear;
        }
        value
    }

    fn operand(&mut self, depth: usize) -> Value {
        match self.peek(0).cloned() {
            Some(Token::Text(text)) => {
                self.at += 1;
                Value::Text(text)
            }
            Some(Token::Word(word)) => {
                self.at += 1;
                match word.as_str() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    _ if word.starts_with(|c: char| c.is_ascii_digit()) => Value::Text(word),
                    "function" => {
                        self.skip_expression();
                        Value::Unclear
                    }
                    _ => match self.locals.get(&word) {
                        Some(Value::Text(text)) if text.len() < LONGEST => {
                            Value::Text(text.clone())
                        }
                        Some(Value::Bool(value)) => Value::Bool(*value),
                        _ => Value::Unclear,
                    },
                }
            }
            Some(sign) if sign.is("{") && depth < DEEPEST => self.list(depth),
            Some(_) => {
                self.skip_expression();
                Value::Unclear
            }
            None => Value::Unclear,
        }
    }

    fn list(&mut self, depth: usize) -> Value {
        self.at += 1;
        let mut entries = Vec::new();
        while let Some(token) = self.peek(0) {
            if token.is("}") {
                self.at += 1;
                break;
            }
            let place = self.place();
            if matches!(token, Token::Word(_)) && self.is(1, "=") {
                self.at += 2;
                self.value(depth + 1);
                continue;
            }
            let before = self.at;
            if let Value::Text(it) = self.value(depth + 1) {
                entries.push(Placed { it, place });
            }
            // A separator, or what is none of it.
            if self.is(0, ",") || self.is(0, ";") || self.at == before {
                self.at += 1;
            }
        }
        Value::List(entries)
    }

    /// Goes over an expression that is not worked out: to the next line outside brackets.
    fn skip_expression(&mut self) {
        let line = self.place().line;
        let mut open = 0_usize;
        while let Some((token, at)) = self.tokens.get(self.at) {
            let closes = token.is("}") || token.is(")") || token.is("]");
            if open == 0 && (closes || token.is(";") || token.is(",") || *at != line) {
                return;
            }
            if token.is("{") || token.is("(") || token.is("[") {
                open += 1;
            } else if closes {
                open -= 1;
            }
            self.at += 1;
        }
    }

    /// Goes over a line of code, and notes it.
    fn not_followed(&mut self) {
        let place = self.place();
        let before = self.at;
        self.skip_expression();
        self.at = self.at.max(before + 1);
        if self.into.unread.last() != Some(&place) {
            self.into.unread.push(place);
        }
    }
}

/// How deep lists may lie in one another.
const DEEPEST: usize = 32;
/// The longest string that is copied or put together, in bytes.
const LONGEST: usize = 2048;

#[cfg(test)]
mod tests;
