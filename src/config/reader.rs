//! Reads sections key by key, and keeps every problem with its key, its origin and the way out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde_json::{Map, Value};

use super::inputs::Inputs;
use super::secrets::Files;
use super::shape::{Asked, Shape, as_json};
use super::source::{Node, Origin, Raw, parse_inline};
use super::value::FromNode;

/// Something wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    key: String,
    origin: Option<Origin>,
    said: String,
}

impl Problem {
    /// A problem with a value that was written somewhere.
    pub fn at(key: &str, origin: Origin, said: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            origin: Some(origin),
            said: said.into(),
        }
    }

    /// A problem with something that was not written at all.
    pub fn absent(key: &str, said: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            origin: None,
            said: said.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.origin, self.key.as_str()) {
            (Some(origin), "") => write!(f, "{origin}: {}", self.said),
            (Some(origin), key) => write!(f, "{key} ({origin}): {}", self.said),
            (None, key) => write!(f, "{key}: {}", self.said),
        }
    }
}

/// Everything wrong with a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Adds those of another list.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self
            .0
            .iter()
            .map(|problem| format!("  - {problem}"))
            .collect();
        f.write_str(&lines.join("\n"))
    }
}

/// What all sections share while they are read.
#[derive(Default)]
pub struct Findings {
    /// What must be mended.
    pub errors: Problems,
    /// What should be.
    pub warnings: Problems,
    /// Every key that was asked for, written or not.
    pub asked: BTreeMap<String, Asked>,
    /// Secrets and other files count as they are, or something stands in for them: rules do not hang on them.
    pub files: Files,
    /// What was looked at.
    pub inputs: Inputs,
}

/// A table being read. Keys that nobody asked for are unknown.
pub struct Section<'a> {
    path: String,
    table: BTreeMap<String, Node>,
    known: BTreeSet<String>,
    findings: &'a mut Findings,
}

impl<'a> Section<'a> {
    /// The root of a tree.
    pub fn root(table: BTreeMap<String, Node>, findings: &'a mut Findings) -> Self {
        Self {
            path: String::new(),
            table,
            known: BTreeSet::new(),
            findings,
        }
    }

    /// A key's full name; the section's own for an empty key.
    pub fn name(&self, key: &str) -> String {
        match (self.path.as_str(), key) {
            ("", key) => key.to_owned(),
            (path, "") => path.to_owned(),
            (path, key) => format!("{path}.{key}"),
        }
    }

    /// A value of this shape, of which nobody will be told that it is unknown.
    pub(super) fn take(&mut self, key: &str, shape: Shape) -> Option<Node> {
        self.known.insert(key.to_owned());
        let node = self.table.remove(key);
        let asked = Asked {
            shape,
            value: None,
            origin: node.as_ref().map(|node| node.origin.clone()),
            unreadable: false,
        };
        self.findings.asked.insert(self.name(key), asked);
        node
    }

    /// What counts at a key where nothing is written.
    pub fn assume(&mut self, key: &str, value: &impl FromNode) {
        self.counts(key, || value.written());
    }

    /// Whether something stands in for secrets and files that are not here.
    pub(super) fn files_may_be_absent(&self) -> bool {
        self.findings.files == Files::MayBeAbsent
    }

    /// Notes what counts at a key, unless it is noted already.
    pub(super) fn counts(&mut self, key: &str, value: impl FnOnce() -> Value) {
        if let Some(asked) = self.asked(key)
            && asked.value.is_none()
        {
            asked.value = Some(value());
        }
    }

    /// What is noted of a key that was taken.
    pub(super) fn asked(&mut self, key: &str) -> Option<&mut Asked> {
        let name = self.name(key);
        self.findings.asked.get_mut(&name)
    }

    /// Leaves a value to be read again.
    pub(super) fn put_back(&mut self, key: &str, node: Node) {
        self.table.insert(key.to_owned(), node);
    }

    /// Notes what was in a file that a key names.
    pub(super) fn note(&mut self, key: &str, path: &Path, content: Option<&[u8]>) {
        let key = self.name(key);
        self.findings.inputs.note_of(&key, path, content);
    }

    /// A value that has not been read yet.
    pub fn peek(&self, key: &str) -> Option<&Node> {
        self.table.get(key)
    }

    /// The keys that have not been read yet.
    pub fn keys(&self) -> Vec<String> {
        self.table.keys().cloned().collect()
    }

    /// How many entries a list has that has not been read yet.
    pub fn count(&self, key: &str) -> usize {
        match self.peek(key).map(|node| (&node.value, &node.origin)) {
            None => 0,
            Some((Raw::Array(entries), _)) => entries.len(),
            Some((Raw::Text(text), origin)) => match parse_inline(text, origin) {
                Some(Raw::Array(entries)) => entries.len(),
                _ => 1,
            },
            Some(_) => 1,
        }
    }

    /// Where a value that has not been read yet was written.
    pub fn origin(&self, key: &str) -> Option<Origin> {
        self.peek(key).map(|node| node.origin.clone())
    }

    /// Notes what must be mended.
    pub fn fault(&mut self, key: &str, origin: Option<Origin>, said: impl Into<String>) {
        let problem = self.problem(key, origin, said.into());
        self.findings.errors.push(problem);
    }

    /// Notes what should be mended.
    pub fn warn(&mut self, key: &str, origin: Option<Origin>, said: impl Into<String>) {
        let problem = self.problem(key, origin, said.into());
        self.findings.warnings.push(problem);
    }

    fn problem(&self, key: &str, origin: Option<Origin>, said: String) -> Problem {
        Problem {
            key: self.name(key),
            origin,
            said,
        }
    }

    /// A value: `Some(None)` when it was not written, `None` when it is wrong (and noted).
    pub fn optional<T: FromNode>(&mut self, key: &str) -> Option<Option<T>> {
        let Some(node) = self.take(key, T::shape()) else {
            return Some(None);
        };
        match T::from_node(&node) {
            Ok(value) => {
                self.counts(key, || match &node.value {
                    // Letter by letter.
                    Raw::String(text) | Raw::Text(text) if T::shape().is_text() => {
                        Value::from(text.as_str())
                    }
                    _ => value.written(),
                });
                Some(Some(value))
            }
            Err(said) => {
                self.fault(key, Some(node.origin), said);
                None
            }
        }
    }

    /// A value, or this one when it was not written.
    pub fn or<T: FromNode>(&mut self, key: &str, default: T) -> Option<T> {
        let value = self.optional(key)?.unwrap_or(default);
        self.assume(key, &value);
        Some(value)
    }

    /// A value that must be written; `hint` says what to write.
    pub fn required<T: FromNode>(&mut self, key: &str, hint: &str) -> Option<T> {
        if let Some(value) = self.optional(key)? {
            Some(value)
        } else {
            self.missing(key, hint);
            None
        }
    }

    /// Notes that a value is missing.
    pub fn missing(&mut self, key: &str, hint: &str) {
        let name = self.name(key);
        // No variable reaches into a list.
        let variable = if name.contains('[') {
            String::new()
        } else {
            let variable = name.replace('.', "__").to_ascii_uppercase();
            format!(" (or set {}{variable})", super::source::PREFIX)
        };
        self.fault(key, None, format!("missing: {hint}{variable}"));
    }

    /// A section within; empty when it was not written.
    pub fn section(&mut self, key: &str) -> Section<'_> {
        self.section_of(key, Shape::Section)
    }

    /// The same, of names that people choose, in each of which all is of this shape.
    pub fn named_sections(&mut self, key: &str, shape: Shape) -> Section<'_> {
        self.section_of(key, Shape::NamedSections(Box::new(shape)))
    }

    fn section_of(&mut self, key: &str, shape: Shape) -> Section<'_> {
        let path = self.name(key);
        let table = match self.take(key, shape) {
            None => BTreeMap::new(),
            Some(node) => self.as_table(key, node),
        };
        Section {
            path,
            table,
            known: BTreeSet::new(),
            findings: self.findings,
        }
    }

    /// A list of sections, each read by `read`; what it cannot read is left out (and noted).
    pub fn each<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&mut Section<'_>, &Origin) -> Option<T>,
    ) -> Vec<T> {
        let Some(node) = self.take(key, Shape::Sections) else {
            return Vec::new();
        };
        let value = match node.value {
            Raw::Text(text) => parse_inline(&text, &node.origin).unwrap_or(Raw::Text(text)),
            other => other,
        };
        let Raw::Array(entries) = value else {
            let said = format!(
                "expected a list of tables, found {}: write [[{}]] for each",
                value.kind(),
                self.name(key)
            );
            self.fault(key, Some(node.origin), said);
            return Vec::new();
        };
        let mut all = Vec::new();
        for (at, entry) in entries.into_iter().enumerate() {
            let origin = entry.origin.clone();
            let path = format!("{}[{}]", self.name(key), at + 1);
            let table = self.as_table(key, entry);
            let mut section = Section {
                path,
                table,
                known: BTreeSet::new(),
                findings: self.findings,
            };
            let value = read(&mut section, &origin);
            section.finish();
            all.extend(value);
        }
        all
    }

    /// The members of a table as they were written, each of this shape.
    pub fn members(&mut self, key: &str, shape: Shape) -> BTreeMap<String, Node> {
        let members = match self.take(key, Shape::table(shape)) {
            None => BTreeMap::new(),
            Some(node) => self.as_table(key, node),
        };
        self.counts(key, || {
            let members = members.iter();
            let members = members.map(|(name, node)| (name.clone(), as_json(node)));
            Value::from(members.collect::<Map<_, _>>())
        });
        members
    }

    fn as_table(&mut self, key: &str, node: Node) -> BTreeMap<String, Node> {
        let value = match node.value {
            Raw::Text(text) => parse_inline(&text, &node.origin).unwrap_or(Raw::Text(text)),
            other => other,
        };
        if let Raw::Table(table) = value {
            return table;
        }
        let said = format!("expected a table, found {}", value.kind());
        self.fault(key, Some(node.origin), said);
        BTreeMap::new()
    }

    /// Notes every key that nobody asked for.
    pub fn finish(mut self) {
        for (key, node) in std::mem::take(&mut self.table) {
            let said = match nearest(&key, self.known.iter().map(String::as_str)) {
                Some(known) => format!("unknown key: did you mean {known:?}?"),
                None => format!(
                    "unknown key: known here are {}",
                    self.known.iter().cloned().collect::<Vec<_>>().join(", ")
                ),
            };
            self.fault(&key, Some(node.origin), said);
        }
    }
}

/// The known name that somebody may have meant by another one.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|known| (strsim::damerau_levenshtein(known, name), known));
    let (distance, known) = near.min()?;
    (3 * distance <= name.len().max(3)).then_some(known)
}
