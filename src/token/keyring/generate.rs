//! A new key: made, written beside the keyring, and put into it so that Prosody knows it before it signs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SecureRandom;
use aws_lc_rs::rsa::KeySize;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use time::{Duration, OffsetDateTime};

use super::file::{Faults, Written, parse, read_text};
use super::keys::{Keys, moment};
use super::new_file::NewFile;
use super::rsa::{KeyError, RsaAlgorithm, SigningKey, hex_sha256};

/// What kind of key is wished for.
#[derive(Debug)]
pub struct Wish {
    /// Its size.
    pub size: KeySize,
    /// Its name; drawn at random when absent.
    pub kid: Option<String>,
    /// For how long it is published before it signs, when another one signs now.
    pub publish_ahead: Duration,
    /// For how long the one before verifies after the new one signs. It must outlive every token that it signed.
    pub retire_after: Duration,
}

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// The key's name.
    pub kid: String,
    /// The file with its private half.
    pub file: PathBuf,
    /// From when on it signs; at once when absent.
    pub signs_from: Option<OffsetDateTime>,
    /// The key that it takes over from, and when that one retires.
    pub predecessor: Option<(String, OffsetDateTime)>,
    /// What should be mended.
    pub warnings: Vec<String>,
}

/// Why there is no new key. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The keyring is bad already.
    #[error("the keyring must be mended first: {0}")]
    Faults(#[from] Faults),
    /// The name is taken.
    #[error(
        "the keyring has a key {0:?} already: a kid is never used again, for Prosody never forgets one"
    )]
    Taken(String),
    /// The new keyring would not be what was meant.
    #[error(
        "the keyring cannot be changed by this command: {0}; write every key as a [[keys]] of its own"
    )]
    NotEditable(String),
    /// Somebody else is at it.
    #[error(
        "{0:?} is there: another `keys generate` is at work, or one was interrupted (then remove the file)"
    )]
    AtWork(PathBuf),
    /// A file could not be written.
    #[error("cannot write {0:?}: {1}")]
    Write(PathBuf, std::io::Error),
    /// The keyring cannot be read.
    #[error("cannot read {0:?}: {1}")]
    Read(PathBuf, std::io::Error),
    /// No key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No name for it.
    #[error("the system gave no random numbers")]
    Random,
    /// Times beyond what a calendar holds.
    #[error("the times lie too far ahead")]
    TooFar,
}

/// Makes a key and puts it into a keyring, which is begun where there is none. The first key signs at once; a later one
/// signs when `publish_ahead` has passed, and the one before retires `retire_after` that.
///
/// # Errors
/// When a file cannot be read or written, or the keyring is bad. Nothing has changed then.
pub fn generate(
    keyring: &Path,
    wish: Wish,
    now: OffsetDateTime,
    random: &dyn SecureRandom,
) -> Result<Made, GenerateError> {
    // Everything below happens under this name: two at once would lose a key.
    let new_keyring = NewFile::create(suffixed(keyring, ".new"), 0o644)?;
    let before = match std::fs::read_to_string(keyring) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(GenerateError::Read(keyring.to_owned(), error)),
    };
    let written = parse(keyring, &before)?;
    let keys = if written.keys.is_empty() {
        None
    } else {
        Some(checked(keyring, &before)?)
    };
    let kid = match wish.kid {
        Some(kid) => kid,
        None => random_kid(random)?,
    };
    if written.keys.iter().any(|key| *key.kid.get_ref() == kid) {
        return Err(GenerateError::Taken(kid));
    }
    let plan = Plan::new(keys.as_ref(), now, wish.publish_ahead, wish.retire_after)?;

    let name = file_name(&kid);
    let file = keyring.with_file_name(&name);
    let (_, pem) = SigningKey::generate(kid.clone(), wish.size)?;
    let mut new_key = NewFile::create(file.clone(), 0o600)?;
    new_key.write(pem.expose_secret())?;
    let after = plan.carried_out(&before, &written, &kid, &name);
    plan.check(keyring, &after, &kid)?;
    let mut new_keyring = new_keyring;
    new_keyring.write(&after)?;
    let replaced = std::fs::metadata(keyring);
    if let Ok(replaced) = &replaced {
        let _ = std::fs::set_permissions(&new_keyring.path, replaced.permissions());
    }
    let warnings = replaced
        .or_else(|_| std::fs::metadata(folder(keyring)))
        .map(|model| [&new_key, &new_keyring].map(|file| file.give_to_owner_of(&model)))
        .unwrap_or_default();
    std::fs::rename(&new_keyring.path, keyring)
        .map_err(|error| GenerateError::Write(keyring.to_owned(), error))?;
    new_key.keep();
    new_keyring.keep();
    Ok(Made {
        kid,
        file,
        signs_from: plan.signs_from,
        predecessor: plan.predecessor.map(|(kid, at, _)| (kid, at)),
        warnings: warnings.into_iter().flatten().collect(),
    })
}

/// Any RSA key serves every algorithm, so it does not matter which one is meant while the file is edited.
fn checked(keyring: &Path, text: &str) -> Result<Keys, Faults> {
    read_text(keyring, text, RsaAlgorithm::Rs256).map(|(keys, _)| keys)
}

fn random_kid(random: &dyn SecureRandom) -> Result<String, GenerateError> {
    let mut bytes = [0; 16];
    random.fill(&mut bytes).map_err(|_| GenerateError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A name that is one on every file system; a kid may have slashes.
fn file_name(kid: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if kid.len() <= 100 && kid.chars().all(plain) {
        format!("key-{kid}.pem")
    } else {
        format!("key-{}.pem", hex_sha256(kid.as_bytes()))
    }
}

/// Who signs when.
struct Plan {
    signs_from: Option<OffsetDateTime>,
    /// The key before, when it retires, and whether that has to be written.
    predecessor: Option<(String, OffsetDateTime, bool)>,
}

impl Plan {
    fn new(
        keys: Option<&Keys>,
        now: OffsetDateTime,
        publish_ahead: Duration,
        retire_after: Duration,
    ) -> Result<Self, GenerateError> {
        let Some(keys) = keys.filter(|keys| keys.signing(now).is_some()) else {
            // Nobody signs: waiting would help nobody.
            return Ok(Self {
                signs_from: None,
                predecessor: None,
            });
        };
        let later = |at: OffsetDateTime, by| at.checked_add(by).ok_or(GenerateError::TooFar);
        let whole = now.replace_nanosecond(0).unwrap_or(now);
        let from = later(later(whole, publish_ahead)?, Duration::SECOND)?;
        let retires = later(from, retire_after)?;
        let predecessor = keys.signing(from).map(|entry| {
            let kid = entry.key.kid().to_owned();
            match entry.retire_at {
                Some(at) => (kid, at, false),
                None => (kid, retires, true),
            }
        });
        Ok(Self {
            signs_from: Some(from),
            predecessor,
        })
    }

    /// The keyring's text with the plan in it; comments and everything else stay.
    fn carried_out(&self, before: &str, written: &Written, kid: &str, file: &str) -> String {
        let mut text = before.to_owned();
        if let Some((retiring, at, true)) = &self.predecessor
            && let Some(key) = written
                .keys
                .iter()
                .find(|key| key.kid.get_ref() == retiring)
        {
            let ends = [
                Some(key.kid.span().end),
                Some(key.file.span().end),
                key.not_before.as_ref().map(|at| at.span().end),
            ];
            let last = ends.into_iter().flatten().max().unwrap_or_default();
            let line_end = text
                .get(last..)
                .and_then(|rest| rest.find('\n'))
                .map_or(text.len(), |length| last + length);
            text.insert_str(line_end, &format!("\nretire_at = {}", moment(*at)));
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        if !text.is_empty() {
            text.push('\n');
        }
        // TOML's basic strings and these two escapes agree with JSON's.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let _ = writeln!(
            text,
            "[[keys]]\nkid = {}\nfile = {}",
            quoted(kid),
            quoted(file)
        );
        if let Some(from) = self.signs_from {
            let _ = writeln!(text, "not_before = {}", moment(from));
        }
        text
    }

    /// Reads the text to be written as the bridge will.
    fn check(&self, keyring: &Path, after: &str, kid: &str) -> Result<(), GenerateError> {
        let not_editable = |faults: Faults| GenerateError::NotEditable(faults.to_string());
        let keys = checked(keyring, after).map_err(not_editable)?;
        let is_new = |times: &[(&str, Option<OffsetDateTime>, Option<OffsetDateTime>)]| {
            times.last() == Some(&(kid, self.signs_from, None))
                && self.predecessor.as_ref().is_none_or(|(before, at, _)| {
                    times
                        .iter()
                        .any(|(kid, _, retires)| kid == before && *retires == Some(*at))
                })
        };
        let times: Vec<_> = keys
            .entries()
            .iter()
            .map(|entry| (entry.key.kid(), entry.not_before, entry.retire_at))
            .collect();
        if is_new(&times) {
            Ok(())
        } else {
            let said = "the new times did not end up where they belong".to_owned();
            Err(GenerateError::NotEditable(said))
        }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| *folder != Path::new(""))
        .unwrap_or(Path::new("."))
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
