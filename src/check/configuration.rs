//! The configuration: everything that can be said of it without the network.

use super::report::Findings;
use crate::config::{Loaded, Problems};

/// Says what is wrong with a configuration, or could be better.
#[must_use]
pub fn configuration(loaded: &Result<Loaded, Problems>) -> Findings {
    let mut findings = Findings::default();
    match loaded {
        Ok(loaded) => {
            for warning in loaded.warnings.iter() {
                findings.warning("configuration", warning.to_string(), "");
            }
            if loaded.warnings.is_empty() {
                findings.good("configuration", "it can be used, all of it");
            }
        }
        Err(problems) => {
            for problem in problems.iter() {
                findings.fault("configuration", problem.to_string(), "");
            }
            findings.warning(
                "not-looked-at",
                "nothing else was looked at: the provider, the session store, the bridge's own address and Jitsi",
                "mend the configuration, and run check again",
            );
        }
    }
    findings
}
