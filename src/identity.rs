//! Who it is: one trip to the OpenID Connect provider ([`login`]), or a live session, ends in a [`Person`].
//!
//! Takes a provider's answers; gives a [`Person`]. Knows nothing of rooms or policy.

pub mod authorization;
pub mod claim_map;
pub mod claim_sources;
pub mod claims;
pub mod claims_file;
pub mod client;
pub mod client_key;
pub mod contexts;
pub mod error;
pub mod gather;
pub mod groups;
pub mod groups_endpoint;
pub mod guest;
pub mod http;
pub mod id_token;
pub mod imagined;
pub mod json;
pub mod keys;
pub mod login;
pub mod logout_token;
pub mod metadata;
pub mod provider;
pub mod provider_session;
pub mod providers;
pub mod refresh;
pub mod settings;
pub mod sid;
pub mod token_endpoint;

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::claims::ClaimPath;
use crate::hexadecimal::hexadecimal;

/// Somebody whom the provider vouches for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The provider's issuer identifier. With `subject`, the only thing that makes a person the same person.
    pub issuer: String,
    /// The provider's name in our configuration, as policy rules use it.
    pub provider: String,
    /// The provider's `sub`.
    pub subject: String,
    /// Stable, for Jitsi and the audit log: a claim named in configuration, else a digest of issuer and subject.
    pub id: String,
    /// The name one signs in with.
    pub username: Option<String>,
    /// What others see in the meeting; never empty.
    pub name: String,
    /// The e-mail address, and whether the provider says that it belongs to this person.
    pub email: Option<Email>,
    /// The address of a picture, https only.
    pub avatar: Option<String>,
    /// The groups, or the knowledge that no groups claim came at all.
    pub groups: Groups,
    /// How one signed in: the authentication contexts (`acr`).
    #[serde(default)]
    pub acr: BTreeSet<String>,
    /// The session at the provider by which one signed in (`sid`); logout tokens name it.
    #[serde(default)]
    pub sid: Option<String>,
    /// When one last gave proof, in seconds since 1970 (`auth_time`).
    pub auth_time: Option<i64>,
    /// The verified claims that rules look at.
    pub claims: Map<String, Value>,
}

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// The address as the provider wrote it.
    pub address: String,
    /// Only a verified address counts in policy.
    pub verified: bool,
}

/// A person's groups. A claim that did not come is not an empty list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Groups {
    /// A groups claim came, with these names.
    Known(BTreeSet<String>),
    /// None of the configured claims came, and nobody knows why.
    Missing,
    /// None of the configured claims came, which is how this provider says that somebody is in no group.
    NotSent,
}

impl Groups {
    /// The names; none when the claim is missing.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let known = match self {
            Self::Known(names) => Some(names),
            Self::Missing | Self::NotSent => None,
        };
        known.into_iter().flatten().map(String::as_str)
    }
}

/// A digest of issuer and subject: 32 hexadecimal digits, the same for ever, telling nothing of either.
#[must_use]
pub fn stable_id(issuer: &str, subject: &str) -> String {
    let both = format!("{issuer}\n{subject}");
    let digest = digest::digest(&digest::SHA256, both.as_bytes());
    hexadecimal(digest.as_ref().get(..16).unwrap_or_default())
}
