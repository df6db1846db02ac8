//! Statements and expressions of a script.

use std::collections::BTreeMap;

use super::tokens::{Placed, Token};
use super::{Found, Value, find};

/// How deep objects and lists may lie in one another.
const DEEPEST: usize = 32;
/// The longest string that is copied or put together, in bytes.
const LONGEST: usize = 2048;

/// Walks through a script, and keeps what it sets.
pub struct Reader {
    tokens: Vec<Placed>,
    at: usize,
    /// Variables besides `config`.
    names: BTreeMap<String, Value>,
    config: Value,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        Some(&self.tokens.get(self.at + ahead)?.token)
    }

    fn is(&self, ahead: usize, sign: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is(sign))
    }

    /// One for these tokens, with further names that have a value.
    pub fn new(tokens: Vec<Placed>, names: BTreeMap<String, Value>) -> Self {
        Self {
            tokens,
            at: 0,
            names,
            config: Value::Nothing,
        }
    }

    /// Reads all of it; gives what `config` is in the end.
    pub fn script(mut self) -> Value {
        // How many braces of code are open: what stands in them depends on something.
        let mut open = 0_usize;
        while let Some(token) = self.peek(0) {
            if token.is("{") {
                open += 1;
            } else if token.is("}") {
                open = open.saturating_sub(1);
            }
            let after_point = self.at > 0
                && self
                    .tokens
                    .get(self.at - 1)
                    .is_some_and(|before| before.token.is("."));
            // A member is no start: to look from each along all that follow would take for ever.
            let path = if after_point { None } else { self.path() };
            match path {
                Some((path, length)) => {
                    self.at += length;
                    self.perhaps_assigned(&path, open > 0);
                }
                None => self.at += 1,
            }
        }
        self.config
    }

    /// After a name: takes what it is set to, if it is.
    fn perhaps_assigned(&mut self, path: &[String], depends: bool) {
        let Some(Token::Sign(sign)) = self.peek(0) else {
            return;
        };
        let there = self
            .resolve(path)
            .is_some_and(|value| *value != Value::Nothing);
        let keeps = match sign.as_str() {
            "=" => false,
            "||=" | "??=" => there,
            "+=" => {
                self.at += 1;
                self.skip_rest();
                return self.set(path, Value::Unclear, depends);
            }
            _ => return,
        };
        self.at += 1;
        if keeps || (there && self.begins_with_itself(path)) {
            return self.skip_rest();
        }
        let value = self.expression(0);
        self.set(path, value, depends);
    }

    /// A name with its members, from here on, and how many tokens it takes: no more than what can be set.
    fn path(&self) -> Option<(Vec<String>, usize)> {
        let Some(Token::Word(first)) = self.peek(0) else {
            return None;
        };
        let mut path = vec![first.clone()];
        let mut length = 1;
        // One more than the deepest is too deep to be set, and with `window` before it, not cut to what could be.
        while path.len() <= DEEPEST + 2 {
            match (
                self.peek(length),
                self.peek(length + 1),
                self.peek(length + 2),
            ) {
                (Some(point), Some(Token::Word(name)), _) if point.is(".") => {
                    path.push(name.clone());
                    length += 2;
                }
                (Some(open), Some(Token::Text(name)), Some(close))
                    if open.is("[") && close.is("]") =>
                {
                    path.push(name.clone());
                    length += 3;
                }
                _ => break,
            }
        }
        if path.len() > 1 && path.first().is_some_and(|first| first == "window") {
            path.remove(0);
        }
        Some((path, length))
    }

    /// `config.hosts = config.hosts || {}`.
    fn begins_with_itself(&self, target: &[String]) -> bool {
        self.path()
            .is_some_and(|(path, length)| path == target && self.is(length, "||"))
    }

    fn set(&mut self, path: &[String], value: Value, depends: bool) {
        let Some((first, members)) = path.split_first() else {
            return;
        };
        if first != "config" {
            // A variable that a condition changes stays what it is without: the usual case, such as no subdomain.
            if !depends && members.is_empty() {
                self.names.insert(first.clone(), value);
            }
            return;
        }
        if members.len() > DEEPEST {
            return;
        }
        let value = if depends { Value::Unclear } else { value };
        let mut place = &mut self.config;
        for name in members {
            if !matches!(place, Value::Object(_)) {
                if *place == Value::Unclear {
                    return;
                }
                *place = Value::Object(BTreeMap::new());
            }
            let Value::Object(members) = place else {
                return;
            };
            place = members.entry(name.clone()).or_insert(Value::Nothing);
        }
        *place = value;
    }

    fn resolve(&self, path: &[String]) -> Option<&Value> {
        if let Some((_, members)) = path.split_first().filter(|(first, _)| *first == "config") {
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            return match find(&self.config, &members) {
                Found::Value(value) => Some(value),
                Found::Absent => Some(&Value::Nothing),
            };
        }
        self.names.get(&path.join("."))
    }

    /// The value of an expression. Afterwards comes what ends it.
    fn expression(&mut self, depth: usize) -> Value {
        let mut value = self.operand(depth);
        while !self.at_end() {
            if self.is(0, "+") {
                self.at += 1;
                value = sum(value, &self.operand(depth));
            } else if self.is(0, "||") && value == Value::Nothing {
                self.at += 1;
                value = self.operand(depth);
            } else {
                self.skip_rest();
                return Value::Unclear;
            }
        }
        value
    }

    fn operand(&mut self, depth: usize) -> Value {
        match self.peek(0) {
            Some(Token::Text(text)) => {
                // What a web server fills in, and this one did not.
                let text = if text.starts_with("<!--#") {
                    String::new()
                } else {
                    text.clone()
                };
                self.at += 1;
                Value::Text(text)
            }
            Some(Token::Opaque) => {
                self.at += 1;
                Value::Unclear
            }
            Some(Token::Word(_)) => self.named(),
            Some(sign) if sign.is("{") && depth < DEEPEST => self.object(depth),
            Some(sign) if sign.is("[") && depth < DEEPEST => self.list(depth),
            Some(_) => {
                self.skip_rest();
                Value::Unclear
            }
            None => Value::Nothing,
        }
    }

    fn named(&mut self) -> Value {
        let Some((path, length)) = self.path() else {
            return Value::Unclear;
        };
        self.at += length;
        match path.join(".").as_str() {
            "true" => return Value::Bool(true),
            "false" => return Value::Bool(false),
            "null" | "undefined" => return Value::Nothing,
            _ => {}
        }
        match self.resolve(&path) {
            Some(Value::Text(text)) if text.len() > LONGEST => Value::Unclear,
            Some(plain @ (Value::Text(_) | Value::Bool(_) | Value::Nothing)) => plain.clone(),
            // Objects are not copied: what is copied into itself has no end.
            _ => Value::Unclear,
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        self.at += 1;
        let mut members = BTreeMap::new();
        while let Some(token) = self.peek(0) {
            if token.is("}") {
                self.at += 1;
                break;
            }
            let (Token::Text(name) | Token::Word(name)) = token else {
                self.at += 1;
                continue;
            };
            let name = name.clone();
            self.at += 1;
            if self.is(0, ":") {
                self.at += 1;
                let value = self.expression(depth + 1);
                members.insert(name, value);
            } else {
                // `{ name }`, `name() {…}` and the like.
                self.skip_rest();
                members.insert(name, Value::Unclear);
            }
        }
        Value::Object(members)
    }

    fn list(&mut self, depth: usize) -> Value {
        self.at += 1;
        let mut entries = Vec::new();
        while let Some(token) = self.peek(0) {
            if token.is("]") {
                self.at += 1;
                break;
            }
            if token.is(",") || token.is(";") || token.is("}") || token.is(")") {
                self.at += 1;
                continue;
            }
            entries.push(self.expression(depth + 1));
        }
        Value::List(entries)
    }

    /// Whether an expression is over: by a sign, or by the line where the next statement begins.
    fn at_end(&self) -> bool {
        match self.peek(0) {
            None => true,
            Some(Token::Sign(sign)) => [",", ";", "}", ")", "]"].contains(&sign.as_str()),
            Some(Token::Word(_)) => self.on_a_new_line(),
            Some(_) => false,
        }
    }

    fn on_a_new_line(&self) -> bool {
        let before = self
            .at
            .checked_sub(1)
            .and_then(|before| self.tokens.get(before));
        let (Some(before), Some(this)) = (before, self.tokens.get(self.at)) else {
            return false;
        };
        before.line < this.line && before.token.ends_a_value()
    }

    /// Goes to what ends this expression, over whatever is in brackets.
    fn skip_rest(&mut self) {
        let mut open = 0_usize;
        while let Some(token) = self.peek(0) {
            if open == 0 && self.at_end() {
                return;
            }
            if token.is("(") || token.is("[") || token.is("{") {
                open += 1;
            } else if token.is(")") || token.is("]") || token.is("}") {
                open = open.saturating_sub(1);
            }
            self.at += 1;
        }
    }
}

fn sum(left: Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) if left.len() + right.len() <= LONGEST => {
            Value::Text(left + right)
        }
        _ => Value::Unclear,
    }
}
