//! Reads secrets, and files that others are named by.

use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::reader::Section;
use super::shape::{Shape, as_json};
use super::source::{Node, Origin, Raw};
use super::value::FromNode;
use crate::secret;

/// What becomes of secrets, and of files that a key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Files {
    /// They count.
    #[default]
    Count,
    /// Something stands in for those that are not here. Nothing may be signed with it.
    MayBeAbsent,
}

/// What stands in for a secret that is not here; long enough for all that is asked of one.
pub fn stand_in() -> &'static str {
    "a-stand-in-for-a-secret-that-is-not-on-this-machine-and-that-signs-nothing"
}

impl Section<'_> {
    /// A secret, from `key` or from the file that `key_file` names.
    pub fn secret(&mut self, key: &str) -> Option<Option<SecretString>> {
        let file_key = format!("{key}_file");
        let (value, file) = (
            self.take(key, Shape::Secret),
            self.take(&file_key, Shape::Text),
        );
        let (origin, secret) = match (value, file) {
            // What signs is needed; whatever else is not written need not be there.
            (None, None) if self.files_may_be_absent() && key == "secret" => {
                return Some(Some(stand_in().into()));
            }
            (None, None) => return Some(None),
            // The environment goes above the file, whichever of the two it sets.
            (Some(value), Some(file))
                if value.origin.is_variable() != file.origin.is_variable() =>
            {
                if value.origin.is_variable() {
                    self.put_back(key, value);
                } else {
                    self.put_back(&file_key, file);
                }
                return self.secret(key);
            }
            (Some(_), Some(file)) => {
                let said = format!("both {key} and {file_key} are set: keep one");
                self.fault(&file_key, Some(file.origin), said);
                return None;
            }
            (Some(node), None) => {
                if let Raw::String(text) | Raw::Text(text) = &node.value {
                    self.warn_of_a_path(key, text, &node.origin);
                    (node.origin, SecretString::from(text.as_str()))
                } else {
                    // Whatever was written may be the secret itself: it is not shown.
                    self.fault(key, Some(node.origin), "expected a string in quotes");
                    return None;
                }
            }
            (None, Some(node)) => match self.secret_file(&file_key, &node) {
                Ok(text) => {
                    self.is_in_a_file(key, &file_key, &node);
                    // An editor's line end is not part of a secret.
                    let text = text.trim_end_matches(['\r', '\n']);
                    // PEM does not mind.
                    if text != text.trim() && key != "client_key" {
                        let said = "the file's text begins or ends with blanks, which count: take them away if the secret has none";
                        self.warn(&file_key, Some(node.origin.clone()), said);
                    }
                    (node.origin, text.into())
                }
                Err(_) if self.files_may_be_absent() => {
                    self.is_in_a_file(key, &file_key, &node);
                    self.cannot_be_read(&file_key);
                    return Some(match key {
                        "client_key" => None,
                        "redis_url" => Some("redis://localhost".into()),
                        _ => Some(stand_in().into()),
                    });
                }
                Err(said) => {
                    self.fault(&file_key, Some(node.origin), said);
                    return None;
                }
            },
        };
        if secrecy::ExposeSecret::expose_secret(&secret).is_empty() {
            self.fault(key, Some(origin), "empty: a secret must have a value");
            return None;
        }
        Some(Some(secret))
    }

    fn is_in_a_file(&mut self, key: &str, file_key: &str, file: &Node) {
        if let Some(asked) = self.asked(key) {
            asked.origin = Some(file.origin.clone());
        }
        self.counts(file_key, || as_json(file));
    }

    fn cannot_be_read(&mut self, file_key: &str) {
        if let Some(asked) = self.asked(file_key) {
            asked.unreadable = true;
        }
    }

    /// Whoever forgets the `_file` makes a secret of the path.
    fn warn_of_a_path(&mut self, key: &str, text: &str, origin: &Origin) {
        if (text.starts_with('/') || text.starts_with("./")) && Path::new(text).is_file() {
            let said = format!(
                "the secret itself is the path of a file that is here: write {key}_file if the secret stands in that file"
            );
            self.warn(key, Some(origin.clone()), said);
        }
    }

    fn secret_file(&mut self, key: &str, node: &Node) -> Result<Zeroizing<String>, String> {
        let (Raw::String(path) | Raw::Text(path)) = &node.value else {
            return Err("expected a file's path in quotes".to_owned());
        };
        // Who takes the key for the secret's own has written the secret here, which is not shown.
        let shown = if path.starts_with(['/', '.']) && !path.contains(char::is_control) {
            format!("{:?}", path.as_str())
        } else {
            "the file that it names (written from the root on, it would stand here)".to_owned()
        };
        let content = self.read_file(key, path);
        let text = content.and_then(|content| secret::text(&content));
        text.map_err(|error| format!("cannot read the secret from {shown}: {error}"))
    }

    /// A file's content, named by `key`.
    pub fn file(&mut self, key: &str) -> Option<Option<Vec<u8>>> {
        let Some(node) = self.take(key, Shape::Text) else {
            return Some(None);
        };
        let content = String::from_node(&node).and_then(|path| {
            self.read_file(key, &path)
                .map_err(|error| format!("cannot read {path:?}: {error}"))
        });
        match content {
            Ok(content) => {
                self.counts(key, || as_json(&node));
                Some(Some(content.to_vec()))
            }
            Err(_) if self.files_may_be_absent() => {
                self.counts(key, || as_json(&node));
                self.cannot_be_read(key);
                Some(None)
            }
            Err(said) => {
                self.fault(key, Some(node.origin), said);
                None
            }
        }
    }

    fn read_file(&mut self, key: &str, path: &str) -> std::io::Result<Zeroizing<Vec<u8>>> {
        let path = Path::new(path);
        let content = secret::read(path);
        self.note(key, path, content.as_deref().ok().map(Vec::as_slice));
        content
    }
}
