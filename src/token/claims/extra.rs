//! Claims that Jitsi itself does not ask for: the same for everybody, or copied from what the provider says of a person.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::identity::claims::clean;
use crate::identity::{ClaimPath, Person};

/// What these claims may never be called: the registered names (RFC 7519, 4.1), what the bridge writes itself, and what
/// a plugin could take for a right. In any case of letters: not every reader minds it.
const RESERVED: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "room",
    "context",
    "moderator",
    "affiliation",
    "role",
    "features",
    "tenant",
    "user_id",
];

/// The most claims of each kind.
const MOST_CLAIMS: usize = 16;
/// The longest name of a claim, in bytes.
const LONGEST_NAME: usize = 100;
/// The longest text that is copied, in bytes; the token travels in every URL.
const LONGEST_TEXT: usize = 254;
/// The most entries of a list that is copied, and the most bytes of all of them.
const MOST_ENTRIES: usize = 50;
const MOST_BYTES: usize = 1000;

/// Further top-level claims.
#[derive(Debug, Clone, Default)]
pub struct ExtraClaims {
    fixed: BTreeMap<String, Value>,
    copied: BTreeMap<String, ClaimPath>,
}

/// Why there can be no such claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtraClaimError {
    /// The bridge writes it, or it could be taken for a right.
    #[error(
        "the claim {0:?} is not yours to set: the bridge writes it, or a plugin could take it for a right"
    )]
    Reserved(String),
    /// No name at all, or too long a one.
    #[error("a claim's name has 1 to {LONGEST_NAME} bytes and no control characters")]
    Name,
    /// More than a token can carry.
    #[error("more than {MOST_CLAIMS} claims do not fit into a token that travels in a URL")]
    TooMany,
    /// One name for two things.
    #[error("{0:?} is also in token.claims: keep one")]
    Twice(String),
}

impl ExtraClaims {
    /// `fixed` are the claims that every token gets; `copied` are named by the token's claim, each with where the
    /// provider puts it.
    ///
    /// # Errors
    /// See [`check_name`]; and when there are too many, or a name stands for two claims.
    pub fn new(
        fixed: BTreeMap<String, Value>,
        copied: BTreeMap<String, ClaimPath>,
    ) -> Result<Self, ExtraClaimError> {
        for name in fixed.keys().chain(copied.keys()) {
            check_name(name)?;
        }
        if fixed.len() > MOST_CLAIMS || copied.len() > MOST_CLAIMS {
            return Err(ExtraClaimError::TooMany);
        }
        match copied.keys().find(|name| fixed.contains_key(*name)) {
            Some(name) => Err(ExtraClaimError::Twice(name.clone())),
            None => Ok(Self { fixed, copied }),
        }
    }

    /// The provider's claims that are copied, by the name that each stands under at the top.
    #[must_use]
    pub fn claims_looked_at(&self) -> BTreeSet<String> {
        let paths = self.copied.values();
        paths.map(|path| path.top().to_owned()).collect()
    }

    /// The claims of one person's token. What the provider does not say, or says in another form, is absent.
    #[must_use]
    pub fn of(&self, person: &Person) -> Map<String, Value> {
        let fixed = self
            .fixed
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        let copied = self.copied.iter().filter_map(|(name, path)| {
            let found = path.find(&person.claims)?;
            let copy = copy(found);
            if copy.is_none() {
                tracing::debug!(
                    user.id = person.id,
                    claim = name,
                    "a claim is not copied into the token: empty, too long, or neither a single value nor a list of texts"
                );
            }
            Some((name.clone(), copy?))
        });
        fixed.chain(copied).collect()
    }
}

/// Whether a claim of ours may have this name.
///
/// # Errors
/// When it may not.
pub fn check_name(name: &str) -> Result<(), ExtraClaimError> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(ExtraClaimError::Name);
    }
    if RESERVED
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(name))
    {
        return Err(ExtraClaimError::Reserved(name.to_owned()));
    }
    Ok(())
}

/// A single value, or a list of texts, cleaned; nothing when it is anything else or too large. A shortened value would
/// be another value, so too large a one is left out whole.
fn copy(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(_) | Value::Number(_) => Some(value.clone()),
        Value::String(text) => short(text).map(Value::from),
        Value::Array(entries) if entries.len() <= MOST_ENTRIES => {
            let texts = entries
                .iter()
                .map(|entry| short(entry.as_str()?))
                .collect::<Option<Vec<String>>>()?;
            let bytes: usize = texts.iter().map(String::len).sum();
            (bytes <= MOST_BYTES).then(|| Value::from(texts))
        }
        Value::Array(_) | Value::Object(_) | Value::Null => None,
    }
}

fn short(text: &str) -> Option<String> {
    let text = clean(text);
    (!text.is_empty() && text.len() <= LONGEST_TEXT).then_some(text)
}
