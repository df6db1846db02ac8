//! The providers side by side, found by the name that configuration gives them or by their issuer.

use std::sync::Arc;

use super::Person;
use super::provider::Provider;

/// All providers, at least one, in the order of their names.
pub struct Providers(Vec<Arc<Provider>>);

impl Providers {
    /// These; no two share a name or an issuer.
    #[must_use]
    pub fn new(all: Vec<Arc<Provider>>) -> Self {
        Self(all)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.0.iter()
    }

    /// The only one; nothing where there are several.
    #[must_use]
    pub fn only(&self) -> Option<&Arc<Provider>> {
        match self.0.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Provider>> {
        self.0
            .iter()
            .find(|provider| provider.settings.name == name)
    }

    /// The one of this issuer.
    #[must_use]
    pub fn of_issuer(&self, issuer: &str) -> Option<&Arc<Provider>> {
        let of_issuer =
            |provider: &&Arc<Provider>| provider.settings.issuers.iter().any(|ours| ours == issuer);
        self.0.iter().find(of_issuer)
    }

    /// The one at which a person signed in, if it would still vouch for them.
    #[must_use]
    pub fn vouching_for(&self, person: &Person) -> Option<&Arc<Provider>> {
        self.named(&person.provider)
            .filter(|provider| provider.settings.vouches_for(person))
    }
}
