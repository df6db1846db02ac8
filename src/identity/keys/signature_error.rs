//! Why a token's signature does not count, each cause apart.

use super::{FEWEST_RSA_BITS, MOST_KEYS};
use crate::identity::json::JsonError;

/// Why a token's signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not three parts.
    #[error("not a signed JSON Web Token: {0}")]
    Malformed(&'static str),
    /// A part that is no JSON object in base64url.
    #[error("not a signed JSON Web Token: its {part} is no JSON object: {flaw}")]
    Part {
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        flaw: JsonError,
    },
    /// Five parts: an encrypted token.
    #[error(
        "the token is encrypted (JWE), which is not supported: switch its encryption off at the provider"
    )]
    Encrypted,
    /// The algorithm is none of those agreed on.
    #[error(
        "signed with {found}, but only {allowed} is accepted (id_token_algorithms of the provider)"
    )]
    Algorithm {
        /// What the header says.
        found: String,
        /// What would have been accepted.
        allowed: String,
    },
    /// None is agreed on at all.
    #[error(
        "the provider advertises no algorithm for ID tokens that counts (id_token_signing_alg_values_supported)"
    )]
    NoAlgorithm,
    /// The header demands an extension that nobody here understands (RFC 7515, 4.1.11).
    #[error("the header's `crit` demands extensions that are not supported")]
    Critical,
    /// No key of that name: it may have been added since the keys were fetched.
    #[error("the provider's keys hold none that fits (kid {kid:?}, {alg}){}", unread_keys(*unread))]
    UnknownKey {
        /// The header's `kid`.
        kid: Option<String>,
        /// The header's `alg`.
        alg: String,
        /// How many keys the provider publishes beyond those that are looked at.
        unread: usize,
    },
    /// Several keys fit and the token does not say which.
    #[error("the token names no key (kid) and the provider has {0} that fit")]
    AmbiguousKey(usize),
    /// An RSA key below the lower bound.
    #[error("the provider's RSA key has {0} bits; fewer than {FEWEST_RSA_BITS} are refused")]
    WeakKey(usize),
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Wrong,
    /// The same, or no key of that name; and the header comes with a key of its own, as forgers hope somebody believes.
    #[error("{said}; the header brings a key of its own ({header}), which never counts")]
    BringsKey {
        /// What is wrong by the provider's own keys.
        said: Box<Self>,
        /// The header's parameter.
        header: &'static str,
    },
}

fn unread_keys(unread: usize) -> String {
    match unread {
        0 => String::new(),
        unread => format!(" among the first {MOST_KEYS}; {unread} more are not looked at"),
    }
}

impl SignatureError {
    /// Whether a provider that has changed its keys or algorithms since they were fetched would explain it.
    #[must_use]
    pub fn may_be_stale(&self) -> bool {
        match self {
            Self::UnknownKey { .. }
            | Self::Algorithm { .. }
            | Self::NoAlgorithm
            | Self::Wrong
            | Self::BringsKey { .. }
            | Self::AmbiguousKey(_)
            | Self::WeakKey(_) => true,
            Self::Malformed(_) | Self::Part { .. } | Self::Encrypted | Self::Critical => false,
        }
    }
}
