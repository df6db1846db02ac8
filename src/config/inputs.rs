//! What a configuration is made of, and how to see later whether any of it has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroize as _;

use super::source::{CONFIG_FILE_VARIABLE, DEFAULT_IP_VARIABLE, Node, PREFIX, Raw};
use crate::secret;

/// What to load from. All of it may hold secrets, so that it is zeroed in the end, and shown nowhere.
#[derive(Default)]
pub struct Sources {
    /// The file's name and text.
    pub file: Option<(String, String)>,
    /// The whole environment; what is not ours is not looked at.
    pub environment: Vec<(String, String)>,
}

impl Sources {
    /// The same environment, with another file.
    pub fn replace_file(&mut self, path: &Path, text: &str) {
        self.forget_file();
        self.file = Some((path.display().to_string(), text.to_owned()));
    }

    /// Whether nothing is configured at all: no file, and no variable of ours.
    #[must_use]
    pub fn are_empty(&self) -> bool {
        let ours = |(name, _): &(String, String)| {
            name.starts_with(PREFIX) && name != DEFAULT_IP_VARIABLE && name != CONFIG_FILE_VARIABLE
        };
        self.file.is_none() && !self.environment.iter().any(ours)
    }

    /// The environment alone.
    pub fn forget_file(&mut self) {
        if let Some((_, mut text)) = self.file.take() {
            text.zeroize();
        }
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        self.forget_file();
        self.environment
            .iter_mut()
            .for_each(|(_, value)| value.zeroize());
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("file", &self.file.as_ref().map(|(path, _)| path))
            .finish_non_exhaustive()
    }
}

/// What tells one content from another, and is shown nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint")
    }
}

impl Fingerprint {
    /// That of some content.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        let mut bytes = [0; 32];
        let whole = digest(&SHA256, content);
        bytes
            .iter_mut()
            .zip(whole.as_ref())
            .for_each(|(to, from)| *to = *from);
        Self(bytes)
    }

    /// That of what it is of, followed by something else.
    fn and(self, other: Self) -> Self {
        Self::of(&[self.0, other.0].concat())
    }
}

/// Files by what was in them; nothing for one that could not be read.
pub type Files = BTreeMap<PathBuf, Option<Fingerprint>>;

/// What is in these files now. Blocks on the file system.
pub fn look_at<'a>(files: impl Iterator<Item = &'a PathBuf>) -> Files {
    let read = |path: &Path| secret::read(path).ok().map(|it| Fingerprint::of(&it));
    files.map(|path| (path.clone(), read(path))).collect()
}

/// What a configuration was made of.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The configuration file and those that it names, but a keyring, which is looked at on its own.
    pub files: Files,
    keys: BTreeMap<String, Fingerprint>,
}

impl Inputs {
    /// Notes what was in a file.
    pub fn note(&mut self, path: &Path, content: Option<&[u8]>) {
        let content = content.map(Fingerprint::of);
        self.files.insert(path.to_owned(), content);
    }

    /// Notes what was in a file that a key below this one names.
    pub(super) fn note_of(&mut self, key: &str, path: &Path, content: Option<&[u8]>) {
        self.note(path, content);
        let content = Fingerprint::of(content.unwrap_or_default());
        self.add(key, content);
    }

    /// Notes what is written at each key of each section, wherever it is written.
    pub(super) fn note_sections(&mut self, tree: &BTreeMap<String, Node>) {
        for (section, node) in tree {
            match &node.value {
                Raw::Table(members) => {
                    for (key, node) in members {
                        self.add(&format!("{section}.{key}"), of(&node.value));
                    }
                }
                value => self.add(section, of(value)),
            }
        }
    }

    fn add(&mut self, key: &str, part: Fingerprint) {
        let whole = match self.keys.get(key) {
            Some(before) => before.and(part),
            None => part,
        };
        self.keys.insert(key.to_owned(), whole);
    }

    /// The sections that differ, the files that they name included, at other keys than `but`, which may be sections.
    #[must_use]
    pub fn sections_unlike(&self, other: &Self, but: &[&str]) -> Vec<String> {
        let all: BTreeSet<&String> = self.keys.keys().chain(other.keys.keys()).collect();
        let is_meant = |key: &str| {
            let within = |whole| key.strip_prefix(whole);
            let mut but = but.iter();
            !but.any(|whole| {
                within(*whole)
                    .is_some_and(|rest| rest.is_empty() || rest == "_file" || rest.starts_with('.'))
            })
        };
        let differ = all
            .into_iter()
            .filter(|key| self.keys.get(*key) != other.keys.get(*key) && is_meant(key));
        let sections = differ.filter_map(|key| key.split(['.', '[']).next());
        let sections: BTreeSet<String> = sections.map(str::to_owned).collect();
        sections.into_iter().collect()
    }
}

/// Each value by its kind and its content; of lists and tables, the fingerprints of what is in them.
fn of(value: &Raw) -> Fingerprint {
    let kind = |kind: &str| Fingerprint::of(kind.as_bytes());
    let with = |whole: Fingerprint, text: &str| whole.and(Fingerprint::of(text.as_bytes()));
    match value {
        Raw::Table(members) => members.iter().fold(kind("table"), |whole, (key, node)| {
            with(whole, key).and(of(&node.value))
        }),
        Raw::Array(entries) => {
            let entries = entries.iter();
            entries.fold(kind("list"), |whole, node| whole.and(of(&node.value)))
        }
        Raw::String(text) => with(kind("string"), text),
        Raw::Text(text) => with(kind("text"), text),
        Raw::Integer(number) => with(kind("integer"), &number.to_string()),
        Raw::Bool(value) => with(kind("boolean"), &value.to_string()),
        Raw::Other(text) => with(kind("other"), text),
    }
}
