//! `[audit]`: where it is written down who did what.

use std::fmt;
use std::path::PathBuf;

use super::reader::Section;
use super::value::choice;

/// Where it is written down who did what. A change to any of it needs a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSettings {
    /// Where to; nowhere when absent.
    pub to: Option<Trail>,
    /// Whether people stand in it by their names, e-mail addresses and groups, or by ids alone.
    pub names: bool,
    /// What becomes of sign-ins while nothing can be written.
    pub on_failure: OnFailure,
}

/// Where events are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trail {
    /// A file, appended to.
    File(PathBuf),
    /// Standard output.
    Stdout,
}

/// What becomes of sign-ins while nothing can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// They go on, and what is lost is counted.
    Continue,
    /// Nobody gets a token.
    Refuse,
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stdout => f.write_str("stdout"),
        }
    }
}

choice!(OnFailure { "continue" => Self::Continue, "refuse" => Self::Refuse });

/// Reads the section.
#[must_use]
pub fn read(mut section: Section<'_>) -> Option<AuditSettings> {
    let origin = section.origin("file");
    let file: Option<Option<String>> = section.optional("file");
    if let Some(Some(path)) = &file
        && path.trim().is_empty()
    {
        let said = "empty: write a file's path, or \"stdout\", or leave it out";
        section.fault("file", origin, said);
    }
    let names = section.or("names", true);
    let origin = section.origin("on_failure");
    let on_failure = section.or("on_failure", OnFailure::Continue);
    if let (Some(None), Some(OnFailure::Refuse)) = (&file, &on_failure) {
        let said = "\"refuse\" needs audit.file: without one nothing is written that could fail";
        section.fault("on_failure", origin, said);
    }
    section.finish();
    let to = file?.map(|path| match path.as_str() {
        "stdout" => Trail::Stdout,
        path => Trail::File(path.into()),
    });
    Some(AuditSettings {
        to,
        names: names?,
        on_failure: on_failure?,
    })
}
