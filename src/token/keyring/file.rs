//! The keyring file: TOML with a table `[[keys]]` for each key, which names the file with the private half.

use std::collections::BTreeSet;
use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};
use toml::Spanned;
use toml::value::{Datetime, Offset};

use super::keys::{Entry, Keys};
use super::rsa::{KeyError, RsaAlgorithm, SigningKey};
use crate::secret;

/// The longest kid, in bytes: it stands in every token.
const LONGEST_KID: usize = 200;

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(default)]
    pub keys: Vec<WrittenKey>,
}

/// A key as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenKey {
    pub kid: Spanned<String>,
    pub file: Spanned<PathBuf>,
    pub not_before: Option<Spanned<Datetime>>,
    pub retire_at: Option<Spanned<Datetime>>,
}

/// What tells one state of a file from another: when it was written, how long it is, and which file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    modified: SystemTime,
    length: u64,
    inode: u64,
}

impl Stamp {
    /// The file's stamp now.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self {
            modified: metadata.modified()?,
            length: metadata.len(),
            inode: metadata.ino(),
        })
    }
}

/// A keyring that can be used.
#[derive(Debug)]
pub struct Reading {
    /// Its keys.
    pub keys: Keys,
    /// What should be mended about the files.
    pub warnings: Vec<String>,
    /// The file's stamp from before it was read, so that no change goes unseen.
    pub stamp: Stamp,
}

/// Something wrong with a keyring.
#[derive(Debug)]
pub struct Fault {
    /// The keyring, or the line in it.
    place: String,
    /// The key.
    kid: Option<String>,
    cause: FaultCause,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum FaultCause {
    /// The keyring cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// It is no TOML, or says something else than keys.
    #[error("{0}")]
    Syntax(String),
    /// There is nothing in it.
    #[error(
        "no [[keys]] in it: make one with `jitsi-oidc-bridge keys generate --keyring` and this file"
    )]
    Empty,
    /// A name that no token should carry.
    #[error(
        "a kid must have 1 to {LONGEST_KID} bytes and no control characters: make a new key instead"
    )]
    Kid,
    /// A name that two keys have.
    #[error("a kid must stand for one key only, for ever: Prosody never forgets one")]
    Duplicate,
    /// A private key, where the name of its file should stand.
    #[error("file holds the key itself: put it into a file of its own, and write that file's name")]
    KeyItself,
    /// A file with a private key that cannot be read.
    #[error("its file {0:?} cannot be read: {1}")]
    UnreadableKey(PathBuf, std::io::Error),
    /// A file without a key that can be used.
    #[error("its file {0:?} holds {1}")]
    Key(PathBuf, KeyError),
    /// A time that could be any of several.
    #[error(
        "{0} must be a date and a time with an offset, such as 2026-12-24T18:00:00Z, found {1}"
    )]
    Time(&'static str, String),
    /// Times that leave nothing between them.
    #[error("retire_at is not later than not_before, so it could never sign")]
    NeverSigns,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kid {
            Some(kid) => write!(f, "{}: key {kid:?}: {}", self.place, self.cause),
            None => write!(f, "{}: {}", self.place, self.cause),
        }
    }
}

/// Everything wrong with a keyring.
#[derive(Debug, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&each.join("; "))
    }
}

/// Reads a keyring and every key file that it names.
///
/// # Errors
/// Everything that is wrong with them, at once.
pub fn read(path: &Path, algorithm: RsaAlgorithm) -> Result<Reading, Faults> {
    let unreadable = |error| {
        let cause = FaultCause::Unreadable(error);
        Faults(vec![Place::whole(path).fault(None, cause)])
    };
    let stamp = Stamp::of(path).map_err(unreadable)?;
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let (keys, warnings) = read_text(path, &text, algorithm)?;
    Ok(Reading {
        keys,
        warnings,
        stamp,
    })
}

/// Reads a keyring's text as if it stood in this file.
pub(super) fn read_text(
    path: &Path,
    text: &str,
    algorithm: RsaAlgorithm,
) -> Result<(Keys, Vec<String>), Faults> {
    let written = parse(path, text)?;
    let (mut faults, mut warnings, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    let mut kids = BTreeSet::new();
    for key in &written.keys {
        let place = Place::at(path, text, key.kid.span().start);
        let kid = key.kid.get_ref();
        let mut fault = |cause| faults.push(place.fault(Some(kid), cause));
        if kid.is_empty() || kid.len() > LONGEST_KID || kid.chars().any(char::is_control) {
            fault(FaultCause::Kid);
        }
        if !kids.insert(kid) {
            fault(FaultCause::Duplicate);
        }
        let mut time = |name, written: Option<&Spanned<Datetime>>| {
            let written = written?.get_ref();
            let time = offset_date_time(written);
            if time.is_none() {
                fault(FaultCause::Time(name, written.to_string()));
            }
            time
        };
        let not_before = time("not_before", key.not_before.as_ref());
        let retire_at = time("retire_at", key.retire_at.as_ref());
        if let (Some(from), Some(to)) = (not_before, retire_at)
            && to <= from
        {
            fault(FaultCause::NeverSigns);
        }
        // Path::join: a relative path counts from the keyring's folder, an absolute one stands for itself.
        let file = path
            .parent()
            .unwrap_or(Path::new(""))
            .join(key.file.get_ref());
        if file.to_string_lossy().contains("-----BEGIN") {
            fault(FaultCause::KeyItself);
            continue;
        }
        let pem = match secret::read(&file) {
            Ok(pem) => pem,
            Err(error) => {
                fault(FaultCause::UnreadableKey(file, error));
                continue;
            }
        };
        if is_world_readable(&file) {
            warnings.push(format!(
                "{place}: key {kid:?}: everybody on this machine can read its file {}: chmod 600, or 640 with the bridge's group",
                file.display()
            ));
        }
        match SigningKey::from_pem(kid.clone(), &pem) {
            Ok(key) => entries.push(Entry {
                key,
                not_before,
                retire_at,
            }),
            Err(error) => fault(FaultCause::Key(file, error)),
        }
    }
    if written.keys.is_empty() {
        faults.push(Place::whole(path).fault(None, FaultCause::Empty));
    }
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    match Keys::new(algorithm, entries) {
        Ok(keys) => Ok((keys, warnings)),
        Err((kid, error)) => {
            let cause = FaultCause::Key(path.to_owned(), error);
            Err(Faults(vec![Place::whole(path).fault(Some(&kid), cause)]))
        }
    }
}

/// Reads the TOML alone.
pub(super) fn parse(path: &Path, text: &str) -> Result<Written, Faults> {
    toml::from_str(text).map_err(|error| {
        let place = match error.span() {
            Some(span) => Place::at(path, text, span.start),
            None => Place::whole(path),
        };
        let cause = FaultCause::Syntax(without_quoted(error.message().trim()));
        Faults(vec![place.fault(None, cause)])
    })
}

/// The library's words without a text that it found in the wrong place: that may be a private key.
fn without_quoted(message: &str) -> String {
    let quoted = message
        .split_once(": string \"")
        .and_then(|(before, rest)| Some((before, rest.rsplit_once("\", expected ")?.1)));
    match quoted {
        Some((before, expected)) => format!("{before}: a string, expected {expected}"),
        None => message.to_owned(),
    }
}

/// A file, or a line in it.
struct Place(String);

impl Place {
    fn whole(path: &Path) -> Self {
        Self(path.display().to_string())
    }

    fn at(path: &Path, text: &str, offset: usize) -> Self {
        let before = text.bytes().take(offset);
        let line = 1 + before.filter(|byte| *byte == b'\n').count();
        Self(format!("{}:{line}", path.display()))
    }

    fn fault(&self, kid: Option<&str>, cause: FaultCause) -> Fault {
        Fault {
            place: self.0.clone(),
            kid: kid.map(ToOwned::to_owned),
            cause,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_world_readable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o004 != 0)
}

/// A TOML offset date-time as a time; nothing for the local ones, which mean another time on every machine.
fn offset_date_time(written: &Datetime) -> Option<OffsetDateTime> {
    let (date, time) = (written.date?, written.time?);
    let month = Month::try_from(date.month).ok()?;
    let date = Date::from_calendar_date(i32::from(date.year), month, date.day).ok()?;
    let second = time.second.unwrap_or(0).min(59);
    let nanosecond = time.nanosecond.unwrap_or(0);
    let time = Time::from_hms_nano(time.hour, time.minute, second, nanosecond).ok()?;
    let offset = match written.offset? {
        Offset::Z => UtcOffset::UTC,
        Offset::Custom { minutes } => {
            UtcOffset::from_whole_seconds(i32::from(minutes) * 60).ok()?
        }
    };
    Some(date.with_time(time).assume_offset(offset))
}
