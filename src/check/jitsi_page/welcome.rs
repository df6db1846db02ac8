//! Settings of Jitsi's page that stand in the way of its own recorders.

use super::Seen;
use super::script::Value;
use crate::check::report::Findings;

/// Looks at where Jitsi's front page leads.
pub fn judge(seen: &Seen<'_>, findings: &mut Findings) {
    let path = ["welcomePage", "customUrl"];
    let leads_away = match seen.script.get(&path) {
        Some(Value::Text(text)) => !text.is_empty(),
        _ => false,
    };
    if leads_away {
        findings.warning(
            "page-welcome",
            "config.js: welcomePage.customUrl leads the front page away: Jibri begins there, and records nothing once it is led to a page that asks it to sign in",
            "Leave it out where meetings are recorded, or see that the page over there lets Jibri alone",
        );
    }
}
