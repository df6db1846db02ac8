//! The files themselves: those that were given, what lies in given folders, and what they include.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use zeroize::Zeroizing;

use super::place::Placed;
use crate::check::report::Findings;
use crate::secret;

/// The most files of one kind.
const MOST: usize = 64;
/// The longest file, in bytes.
const LONGEST: usize = 1024 * 1024;
/// What the findings are called.
const ID: &str = "jitsi-file";

/// Files that are still to be read, in order, each once.
pub struct Files {
    waiting: VecDeque<PathBuf>,
    seen: BTreeSet<PathBuf>,
    /// How the files of a folder end.
    ending: &'static str,
}

impl Files {
    /// Those that were given.
    pub fn new(given: &[PathBuf], ending: &'static str) -> Self {
        Self {
            waiting: given.iter().cloned().collect(),
            seen: BTreeSet::new(),
            ending,
        }
    }

    /// The next file, with its name for people. What cannot be read is told.
    pub fn next(&mut self, findings: &mut Findings) -> Option<(Rc<str>, Zeroizing<String>)> {
        loop {
            let path = self.waiting.pop_front()?;
            if self.seen.len() >= MOST {
                let said = format!("more than {MOST} files: the rest was not read");
                findings.warning(ID, said, "");
                self.waiting.clear();
                return None;
            }
            if path.is_dir() {
                self.folder(&path, findings);
                continue;
            }
            let known = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            if !self.seen.insert(known) {
                continue;
            }
            let name = path.display().to_string();
            match secret::read_text(&path) {
                Ok(text) if text.len() <= LONGEST => return Some((name.into(), text)),
                Ok(_) => {
                    let said = format!("{name} is longer than 1 MB, and was not read");
                    findings.fault(ID, said, "Give the file itself, not an archive or a log");
                }
                Err(error) => {
                    let said = format!("{name} cannot be read: {error}");
                    findings.fault(ID, said, "Give a path that this user may read");
                }
            }
        }
    }

    fn folder(&mut self, folder: &Path, findings: &mut Findings) {
        match matching(folder, "", self.ending) {
            Ok(paths) if paths.is_empty() => {
                let said = format!(
                    "{} has no files that end with {}",
                    folder.display(),
                    self.ending
                );
                findings.warning(ID, said, "");
            }
            Ok(paths) => paths
                .into_iter()
                .rev()
                .for_each(|path| self.waiting.push_front(path)),
            Err(error) => {
                let said = format!("{} cannot be read: {error}", folder.display());
                findings.fault(ID, said, "Give a path that this user may read");
            }
        }
    }

    /// What a file includes, from its own folder; `*` in the last part stands for anything.
    pub fn include(&mut self, include: &Placed<String>, findings: &mut Findings) {
        if !self.include_if_there(include) {
            let said = format!(
                "{} includes {}, which is not here",
                include.place, include.it
            );
            findings.warning(ID, said, "Give it as well, if it has to do with Jitsi");
        }
    }

    /// The same, and whether there is such a file.
    pub fn include_if_there(&mut self, include: &Placed<String>) -> bool {
        let folder = Path::new(&*include.place.file).parent();
        let path = folder.unwrap_or(Path::new("")).join(&include.it);
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let Some((start, end)) = name.split_once('*') else {
            let there = path.is_file();
            if there {
                self.waiting.push_back(path);
            }
            return there;
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let paths = matching(folder, start, end).unwrap_or_default();
        let there = !paths.is_empty();
        self.waiting.extend(paths);
        there
    }
}

/// The files of a folder by beginning and end of their names, in order.
fn matching(folder: &Path, start: &str, end: &str) -> std::io::Result<Vec<PathBuf>> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)?.take(4096) {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_file() && name.starts_with(start) && name.ends_with(end) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
