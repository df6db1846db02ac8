//! `tokenLogoutUrl`: whether signing out in Jitsi signs out here.

use url::Url;

use super::{Seen, WHERE};
use crate::check::report::Findings;

/// What the finding is called.
const ID: &str = "page-token-logout-url";

/// Looks at it.
pub fn judge(seen: &Seen<'_>, findings: &mut Findings) {
    let base = &seen.config.server.public_url;
    let right = format!("{}/logout", base.as_str().trim_end_matches('/'));
    let line = Seen::line("tokenLogoutUrl", &right);
    let path = ["tokenLogoutUrl"];
    let Some(text) = seen.script.text(&path) else {
        match seen.script.get(&path) {
            None => findings.warning(
                ID,
                "config.js has no tokenLogoutUrl: who signs out in Jitsi stays signed in here and at the provider, and the next person at that browser is them",
                format!("Write {line} {WHERE}"),
            ),
            Some(_) => findings.good(ID, "config.js works tokenLogoutUrl out by a script, which was not followed"),
        }
        return;
    };
    match Url::parse(text) {
        Ok(url) if url.origin() != base.origin() => findings.warning(
            ID,
            format!("config.js: tokenLogoutUrl leads to {}, not to this bridge: the session here goes on", url.origin().ascii_serialization()),
            format!("Write {line}"),
        ),
        Ok(url) if url.path().trim_end_matches('/') == format!("{}/logout", base.path().trim_end_matches('/')) => {
            findings.good(ID, "config.js: tokenLogoutUrl leads to this bridge");
        }
        _ => findings.fault(
            ID,
            format!("config.js: tokenLogoutUrl is {text}, where the bridge signs nobody out"),
            format!("Write {line}"),
        ),
    }
}
