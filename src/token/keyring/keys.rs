//! The keys of one reading of the keyring: who signs when, and what is published until when.

use std::fmt;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::SigningError;
use super::published::Document;
use super::rsa::{KeyError, RsaAlgorithm, SigningKey};

/// A key and its times. It signs within them, when no later one does.
#[derive(Debug)]
pub struct Entry {
    /// The key.
    pub key: SigningKey,
    /// From when on it may sign; from ever when absent. It is published before.
    pub not_before: Option<OffsetDateTime>,
    /// When it stops to verify, and is published no more; never when absent.
    pub retire_at: Option<OffsetDateTime>,
}

impl Entry {
    pub(super) fn is_retired(&self, now: OffsetDateTime) -> bool {
        self.retire_at.is_some_and(|at| at <= now)
    }

    fn may_sign(&self, now: OffsetDateTime) -> bool {
        !self.is_retired(now) && self.not_before.is_none_or(|at| at <= now)
    }
}

/// What a key does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It signs and verifies.
    Signs,
    /// It verifies, and another one signs.
    Published,
    /// It is published, and may sign from then on.
    SignsFrom(OffsetDateTime),
    /// It does nothing any more, since then.
    Retired(OffsetDateTime),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signs => f.write_str("signs"),
            Self::Published => f.write_str("published"),
            Self::SignsFrom(at) => write!(f, "signs from {}", moment(*at)),
            Self::Retired(at) => write!(f, "retired since {}", moment(*at)),
        }
    }
}

/// A time as TOML and people write it, to the second (RFC 3339).
#[must_use]
pub fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (date, (hour, minute, second)) = (at.date(), at.to_hms());
    format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}

/// The keys, and what is published of them.
#[derive(Debug)]
pub struct Keys {
    algorithm: RsaAlgorithm,
    entries: Vec<Entry>,
    /// One set until each retirement, in the order of time; the last one for ever.
    sets: Vec<(Option<OffsetDateTime>, Document)>,
    /// By the entry: the name that Prosody asks for, and the public key.
    pems: Vec<(String, Document)>,
}

#[derive(Serialize)]
struct JwkSet<T> {
    keys: Vec<T>,
}

impl Keys {
    /// Writes down what is published of these keys.
    ///
    /// # Errors
    /// The first key that cannot be written down.
    pub fn new(algorithm: RsaAlgorithm, entries: Vec<Entry>) -> Result<Self, (String, KeyError)> {
        let failed = |entry: &Entry| (entry.key.kid().to_owned(), KeyError::NotMade);
        let pems = entries
            .iter()
            .map(|entry| {
                let pem = entry.key.public_pem().map_err(|_| failed(entry))?;
                Ok((entry.key.asap_name(), Document::new(pem)))
            })
            .collect::<Result<_, _>>()?;
        let mut ends: Vec<OffsetDateTime> = entries.iter().filter_map(|e| e.retire_at).collect();
        ends.sort_unstable();
        ends.dedup();
        let mut sets = Vec::new();
        for end in ends.into_iter().map(Some).chain([None]) {
            // Before this end, and after the one before it, the same keys are published.
            let published = entries.iter().filter(|entry| {
                entry
                    .retire_at
                    .is_none_or(|at| end.is_some_and(|end| end <= at))
            });
            let keys = published.map(|entry| entry.key.jwk(algorithm)).collect();
            let set = serde_json::to_string(&JwkSet { keys })
                .map_err(|_| (String::new(), KeyError::NotMade))?;
            sets.push((end, Document::new(set)));
        }
        Ok(Self {
            algorithm,
            entries,
            sets,
            pems,
        })
    }

    /// By which algorithm they sign.
    #[must_use]
    pub fn algorithm(&self) -> RsaAlgorithm {
        self.algorithm
    }

    /// Every key, in the file's order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A compact JWT of these claims, by the key that signs at this time.
    ///
    /// # Errors
    /// When there is none, or it fails.
    pub fn sign(
        &self,
        claims: &impl Serialize,
        now: OffsetDateTime,
    ) -> Result<String, SigningError> {
        match self.signing(now) {
            Some(entry) => entry.key.sign(self.algorithm, claims),
            None => Err(SigningError::NoKey(self.told(now))),
        }
    }

    /// The key that signs: of those that may, the one whose `not_before` is the latest, and of several such the last one
    /// in the file.
    #[must_use]
    pub fn signing(&self, now: OffsetDateTime) -> Option<&Entry> {
        self.entries
            .iter()
            .filter(|entry| entry.may_sign(now))
            .max_by_key(|entry| entry.not_before)
    }

    /// Each key and what it does, in the file's order.
    pub fn states(&self, now: OffsetDateTime) -> impl Iterator<Item = (&Entry, State)> {
        let signing = self.signing(now).map(|entry| entry.key.kid());
        self.entries.iter().map(move |entry| {
            let state = match (entry.retire_at, entry.not_before) {
                (Some(at), _) if at <= now => State::Retired(at),
                (_, Some(at)) if at > now => State::SignsFrom(at),
                _ if signing == Some(entry.key.kid()) => State::Signs,
                _ => State::Published,
            };
            (entry, state)
        })
    }

    /// All keys and states in a line.
    #[must_use]
    pub fn told(&self, now: OffsetDateTime) -> String {
        let each = self
            .states(now)
            .map(|(entry, state)| format!("{:?} {state}", entry.key.kid()));
        each.collect::<Vec<_>>().join(", ")
    }

    /// The JSON Web Key Set of every key that is not retired (RFC 7517, 5).
    #[must_use]
    pub fn jwks(&self, now: OffsetDateTime) -> Option<&Document> {
        let current = self
            .sets
            .iter()
            .find(|(end, _)| end.is_none_or(|end| now < end));
        current.map(|(_, set)| set)
    }

    /// The public key that Prosody asks for under `{sha256 hex of kid}.pem`, unless it is retired.
    #[must_use]
    pub fn asap(&self, name: &str, now: OffsetDateTime) -> Option<&Document> {
        let mut all = self.entries.iter().zip(&self.pems);
        let (entry, (_, pem)) = all.find(|(_, (of_entry, _))| of_entry == name)?;
        (!entry.is_retired(now)).then_some(pem)
    }

    /// Whether Prosody could know a key of this name from what is published now.
    #[must_use]
    pub fn publishes(&self, kid: &str, now: OffsetDateTime) -> bool {
        let mut all = self.entries.iter();
        all.any(|entry| entry.key.kid() == kid && !entry.is_retired(now))
    }

    /// What will go wrong as time passes, for people.
    #[must_use]
    pub fn warnings(&self, now: OffsetDateTime, max_age: Duration) -> Vec<String> {
        let mut said = Vec::new();
        if self.signing(now).is_some() {
            let too_near = self.entries.iter().filter_map(|entry| {
                let at = entry.not_before?;
                (now < at && at < now + max_age && !entry.is_retired(at)).then_some((entry, at))
            });
            said.extend(too_near.map(|(entry, at)| {
                format!(
                    "the key {:?} signs from {}, sooner than Prosody may ask for it (token.keys_max_age): people could be refused then; set its not_before later",
                    entry.key.kid(),
                    moment(at)
                )
            }));
        }
        if let Some(at) = self.first_gap(now) {
            said.push(format!(
                "no key can sign from {} on, and nobody can be let in then: make the next one with `jitsi-oidc-bridge keys generate`",
                moment(at)
            ));
        }
        said
    }

    /// The first time from now on at which no key can sign.
    fn first_gap(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let ends = self.entries.iter().filter_map(|entry| entry.retire_at);
        ends.filter(|at| *at > now && self.signing(*at).is_none())
            .min()
    }
}
