//! Somebody made up, for a question about rules: what is not said of them is assumed, and told.

use std::collections::BTreeSet;

use time::{Duration, OffsetDateTime};

use super::claims::Claims;
use super::{Email, Groups, Person, stable_id};

/// Somebody made up.
#[derive(Debug, Clone, Default)]
pub struct Imagined {
    /// The provider's name and issuer, where they signed in.
    pub provider: (String, String),
    /// The provider's `sub`.
    pub subject: Option<String>,
    /// The name that they sign in with.
    pub username: Option<String>,
    /// The name in the meeting.
    pub name: Option<String>,
    /// The e-mail address, and whether the provider vouches for it.
    pub email: Option<(String, bool)>,
    /// The groups, as rules call them.
    pub groups: BTreeSet<String>,
    /// No groups claim came, and nobody knows why.
    pub groups_unknown: bool,
    /// The authentication contexts of the sign-in.
    pub acr: BTreeSet<String>,
    /// How long ago they signed in; not said: just now.
    pub signed_in_ago: Option<Duration>,
    /// Further claims, as the provider sends them.
    pub claims: Claims,
}

impl Imagined {
    /// The person, and what was assumed.
    #[must_use]
    pub fn person(self, now: OffsetDateTime) -> (Person, Vec<String>) {
        let mut assumed = Vec::new();
        let (provider, issuer) = self.provider;
        if self.signed_in_ago.is_none() {
            assumed.push("they signed in just now (for max_auth_age)".to_owned());
        }
        if self.groups.is_empty() && !self.groups_unknown {
            assumed.push("they are in no groups, and the provider said so".to_owned());
        }
        if self.acr.is_empty() {
            assumed.push("their sign-in had no acr".to_owned());
        }
        let subject = self.subject.or_else(|| self.username.clone());
        let subject = subject.unwrap_or_else(|| "somebody".to_owned());
        let name = self.name.or_else(|| self.username.clone());
        let person = Person {
            id: stable_id(&issuer, &subject),
            issuer,
            provider,
            name: name.unwrap_or_else(|| "Somebody".to_owned()),
            subject,
            username: self.username,
            email: self
                .email
                .map(|(address, verified)| Email { address, verified }),
            avatar: None,
            groups: if self.groups_unknown {
                Groups::Missing
            } else {
                Groups::Known(self.groups)
            },
            acr: self.acr,
            sid: None,
            auth_time: Some((now - self.signed_in_ago.unwrap_or_default()).unix_timestamp()),
            claims: self.claims,
        };
        (person, assumed)
    }
}
