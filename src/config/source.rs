//! Where settings come from: a tree of values, each with its origin, made of a TOML file and environment variables.

use std::collections::BTreeMap;
use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::reader::{Problem, Problems};

/// The prefix of our environment variables; sections and keys follow, separated by two underscores.
pub const PREFIX: &str = "BRIDGE_";
/// Names the configuration file, and is no setting itself.
pub const CONFIG_FILE_VARIABLE: &str = "BRIDGE_CONFIG";
/// Where to listen when nothing is configured, and no setting itself.
pub const DEFAULT_IP_VARIABLE: &str = "BRIDGE_DEFAULT_IP";

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file, at a line.
    File(String, usize),
    /// In an environment variable.
    Variable(String),
}

impl Origin {
    /// Whether it was the environment.
    pub fn is_variable(&self) -> bool {
        matches!(self, Self::Variable(_))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, line) => write!(f, "{path}:{line}"),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// A value and where it was written.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Raw,
    /// Where it was written.
    pub origin: Origin,
}

/// A value as written. It may be a secret, so that its text is zeroed, and shown by [`Raw::describe`] alone.
#[derive(Clone)]
pub enum Raw {
    /// A table.
    Table(BTreeMap<String, Node>),
    /// A list.
    Array(Vec<Node>),
    /// A TOML string.
    String(Zeroizing<String>),
    /// A TOML integer.
    Integer(i64),
    /// A TOML boolean.
    Bool(bool),
    /// Any other TOML value, as written.
    Other(String),
    /// An environment variable's text, whose type is what is asked of it.
    Text(Zeroizing<String>),
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Table(_) => "Table",
            Self::Array(_) => "Array",
            Self::String(_) => "String",
            Self::Integer(_) => "Integer",
            Self::Bool(_) => "Bool",
            Self::Other(_) => "Other",
            Self::Text(_) => "Text",
        })
    }
}

impl Raw {
    /// Of what kind it is, for people, where secrets may stand in it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::Array(_) => "a list",
            Self::String(_) => "a string",
            Self::Integer(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Other(_) => "a number or a date",
            Self::Text(_) => "text that is not TOML",
        }
    }

    /// What it is, for people. Never to be asked of a secret.
    pub fn describe(&self) -> String {
        match self {
            Self::Table(_) | Self::Array(_) => self.kind().to_owned(),
            Self::String(text) | Self::Text(text) => format!("{:?}", text.as_str()),
            Self::Integer(number) => number.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Other(text) => text.clone(),
        }
    }
}

/// Reads a TOML file's text. A syntax error becomes a problem, and there is no tree.
pub fn parse_file(
    path: &str,
    text: &str,
    problems: &mut Problems,
) -> Option<BTreeMap<String, Node>> {
    let lines = Lines::of(path, text);
    match DeTable::parse(text) {
        Ok(table) => Some(lines.table(table.into_inner())),
        Err(error) => {
            let line = error.span().map_or(1, |span| lines.number(span.start));
            let said = format!("not valid TOML: {}", error.message().trim());
            problems.push(Problem::at("", Origin::File(path.to_owned(), line), said));
            None
        }
    }
}

/// A list or table written into an environment variable, as TOML would write it.
pub fn parse_inline(text: &str, origin: &Origin) -> Option<Raw> {
    let document = Zeroizing::new(["value = ", text].concat());
    let table = DeTable::parse(&document).ok()?.into_inner();
    let lines = Lines::of("", &document);
    let mut node = table
        .into_iter()
        .next()
        .map(|(_, value)| lines.node(value))?;
    node.written_at(origin);
    Some(node.value)
}

impl Node {
    fn written_at(&mut self, origin: &Origin) {
        self.origin = origin.clone();
        match &mut self.value {
            Raw::Table(members) => members
                .values_mut()
                .for_each(|node| node.written_at(origin)),
            Raw::Array(entries) => entries.iter_mut().for_each(|node| node.written_at(origin)),
            _ => {}
        }
    }
}

/// Puts a value at a path of the tree, over whatever the file says there.
pub fn overlay(tree: &mut BTreeMap<String, Node>, path: &[&str], node: Node) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        tree.insert((*first).to_owned(), node);
        return;
    }
    let section = tree.entry((*first).to_owned()).or_insert_with(|| Node {
        value: Raw::Table(BTreeMap::new()),
        origin: node.origin.clone(),
    });
    if !matches!(section.value, Raw::Table(_)) {
        section.value = Raw::Table(BTreeMap::new());
    }
    if let Raw::Table(members) = &mut section.value {
        overlay(members, rest, node);
    }
}

/// Lays every `BRIDGE_…` variable over the tree. Of two for one thing neither goes above the other: an environment has no
/// order.
pub fn overlay_environment(
    tree: &mut BTreeMap<String, Node>,
    environment: &[(String, String)],
    problems: &mut Problems,
) {
    let mut all: BTreeMap<Vec<String>, &(String, String)> = BTreeMap::new();
    let mut refuse = |path: &[String], name: &String, said: String| {
        let origin = Origin::Variable(name.clone());
        problems.push(Problem::at(&path.join("."), origin, said));
    };
    for variable in environment {
        let (name, text) = variable;
        let Some(key) = name
            .strip_prefix(PREFIX)
            .filter(|_| name != CONFIG_FILE_VARIABLE && name != DEFAULT_IP_VARIABLE)
            // Compose files set what `.env` lacks to nothing; that must not empty what the file says.
            .filter(|_| !text.trim().is_empty())
        else {
            continue;
        };
        let key = key.to_ascii_lowercase();
        let path: Vec<String> = key.split("__").map(str::to_owned).collect();
        if let Some((other, _)) = all.insert(path.clone(), variable) {
            let said = format!("{other} sets it as well: leave one of the two out");
            refuse(&path, name, said);
        }
    }
    for (path, (name, text)) in &all {
        let around = (1..path.len()).find_map(|end| {
            let around = path.get(..end)?;
            Some((around, &all.get(around)?.0))
        });
        if let Some((around, other)) = around {
            let said = format!(
                "{other} sets all of {}: write it there, or leave one of the two out",
                around.join(".")
            );
            refuse(path, name, said);
            continue;
        }
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        overlay(
            tree,
            &path,
            Node {
                value: Raw::Text(Zeroizing::new(text.clone())),
                origin: Origin::Variable(name.clone()),
            },
        );
    }
}

/// Notes every variable that counts and was no text.
pub fn refuse_damaged(tree: &BTreeMap<String, Node>, problems: &mut Problems) {
    for node in tree.values() {
        match &node.value {
            Raw::Table(members) => refuse_damaged(members, problems),
            Raw::Text(text) if text.contains(char::REPLACEMENT_CHARACTER) => {
                let said = "not UTF-8, or with a U+FFFD, which stands for what was not: set it anew, in UTF-8";
                problems.push(Problem::at("", node.origin.clone(), said));
            }
            _ => {}
        }
    }
}

struct Lines<'a> {
    path: &'a str,
    /// Where each line but the first begins.
    begin: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(path: &'a str, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let begin = ends.map(|(at, _)| at + 1).collect();
        Self { path, begin }
    }

    /// The line, from 1 on, in which the byte at this offset stands.
    fn number(&self, offset: usize) -> usize {
        1 + self.begin.partition_point(|begin| *begin <= offset)
    }

    fn table(&self, table: DeTable<'_>) -> BTreeMap<String, Node> {
        table
            .into_iter()
            .map(|(key, value)| (key.into_inner().into_owned(), self.node(value)))
            .collect()
    }

    fn node(&self, value: Spanned<DeValue<'_>>) -> Node {
        let origin = Origin::File(self.path.to_owned(), self.number(value.span().start));
        let value = match value.into_inner() {
            DeValue::String(text) => Raw::String(Zeroizing::new(text.into_owned())),
            DeValue::Boolean(value) => Raw::Bool(value),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Raw::Other(number.as_str().to_owned()), Raw::Integer),
            DeValue::Float(number) => Raw::Other(number.as_str().to_owned()),
            DeValue::Datetime(moment) => Raw::Other(moment.to_string()),
            DeValue::Array(entries) => {
                Raw::Array(entries.into_iter().map(|entry| self.node(entry)).collect())
            }
            DeValue::Table(members) => Raw::Table(self.table(members)),
        };
        Node { value, origin }
    }
}
