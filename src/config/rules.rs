//! A configuration to ask about its rules, on a machine that need not have its secrets.

use std::collections::BTreeSet;

use super::ProviderConfig;
use super::inputs::{Inputs, Sources};
use super::load::{Loaded, load_with};
use super::reader::Problems;
use super::secrets::Files;
use crate::admit::Admission;

/// A configuration to ask about rules, and nothing to sign or to connect with: its secrets may be stand-ins.
#[derive(Debug)]
pub struct Rules(Loaded);

impl Rules {
    /// What decides. Its tokens are worth nothing.
    #[must_use]
    pub fn admission(&self) -> Admission {
        self.0.config.admission(self.0.config.keyring())
    }

    /// What the rules are called.
    #[must_use]
    pub fn rule_names(&self) -> BTreeSet<String> {
        let rules = self.0.config.policy.rules.iter();
        rules.map(|rule| rule.name.clone()).collect()
    }

    /// The providers.
    #[must_use]
    pub fn providers(&self) -> &[ProviderConfig] {
        &self.0.config.providers
    }
}

/// Loads what rules hang on, on a machine that need not have the secrets and the other files that keys name: something
/// stands in for those that are not here.
///
/// # Errors
/// Everything else that is wrong with it, at once.
pub fn load_rules(sources: &Sources) -> Result<Rules, Problems> {
    load_with(sources, &mut Inputs::default(), Files::MayBeAbsent).map(Rules)
}
