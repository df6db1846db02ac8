//! Names of variables: misspelt ones, and ones that docker-jitsi-meet does not have.

use crate::check::files::dotenv::Variables;
use crate::check::report::Findings;

/// What the finding is called.
const ID: &str = "jitsi-variables";

/// The variables that have to do with tokens (docker-jitsi-meet's `docker-compose.yml` of August 2026). None of its
/// other names is within two letters of one of them.
const KNOWN: [&str; 32] = [
    "AUTH_TYPE",
    "ENABLE_AUTH",
    "ENABLE_AUTO_OWNER",
    "ENABLE_GUESTS",
    "ENABLE_LOBBY",
    "JICOFO_AUTH_TYPE",
    "JICOFO_ENABLE_AUTH",
    "JWT_ACCEPTED_AUDIENCES",
    "JWT_ACCEPTED_ISSUERS",
    "JWT_ALLOW_EMPTY",
    "JWT_APP_ID",
    "JWT_APP_SECRET",
    "JWT_ASAP_KEYSERVER",
    "JWT_AUTH_TYPE",
    "JWT_ENABLE_DOMAIN_VERIFICATION",
    "JWT_SIGN_TYPE",
    "JWT_TOKEN_AUTH_MODULE",
    "PROSODY_AUTH_TYPE",
    "PROSODY_GUEST_AUTH_TYPE",
    "PUBLIC_URL",
    "TOKEN_AUTH_URL",
    "WAIT_FOR_HOST_DISABLE_AUTO_OWNERS",
    "XMPP_BREAKOUT_MUC_MODULES",
    "XMPP_CONFIGURATION",
    "XMPP_DOMAIN",
    "XMPP_GUEST_DOMAIN",
    "XMPP_HIDDEN_DOMAIN",
    "XMPP_LOBBY_MUC_MODULES",
    "XMPP_MODULES",
    "XMPP_MUC_CONFIGURATION",
    "XMPP_MUC_DOMAIN",
    "XMPP_MUC_MODULES",
];

/// What people write there, though docker-jitsi-meet has no such variable (any more), and what to do instead.
const NONE_SUCH: [(&str, &str); 9] = [
    (
        "TOKEN_LOGOUT_URL",
        "Write config.tokenLogoutUrl = '…'; into custom-config.js in the web container's /config",
    ),
    (
        "TOKEN_AUTH_INLINE",
        "Write config.tokenAuthInline = true; and config.sso into custom-config.js in the web container's /config",
    ),
    (
        "TOKEN_AUTH_URL_AUTO_REDIRECT",
        "Take it out: Jitsi has no tokenAuthUrlAutoRedirect any more",
    ),
    ("JWT_SECRET", "Write JWT_APP_SECRET"),
    ("JWT_ISSUER", "Write JWT_ACCEPTED_ISSUERS"),
    ("JWT_AUDIENCE", "Write JWT_ACCEPTED_AUDIENCES"),
    ("JWT_ALGORITHM", "Write JWT_SIGN_TYPE"),
    (
        "JWT_CACHE_KEYS_URL",
        "Write XMPP_CONFIGURATION=cache_keys_url=\"…\"",
    ),
    ("JICOFO_AUTH_USER", "Take it out: the user is always focus"),
];

/// Says which names nobody reads, and what else is odd about the file.
pub fn judge(variables: &Variables, findings: &mut Findings) {
    for (name, place) in variables.names() {
        if let Some((_, instead)) = NONE_SUCH.iter().find(|(gone, _)| *gone == name) {
            let said = format!("{place}: docker-jitsi-meet has no variable {name}");
            findings.warning(ID, said, *instead);
            continue;
        }
        if KNOWN.contains(&name) {
            continue;
        }
        let near = KNOWN
            .iter()
            .find(|known| strsim::osa_distance(known, name) <= 2);
        if let Some(near) = near {
            let said =
                format!("{place}: docker-jitsi-meet has no variable {name}: did you mean {near}?");
            findings.fault(ID, said, format!("Write {near}"));
        }
    }
    for (name, place) in &variables.overridden {
        if KNOWN.contains(&name.as_str())
            && let Some(last) = variables.get(name)
        {
            let said = format!(
                "{place}: {name} is set again at {}, to something else: the last one counts",
                last.place
            );
            findings.warning(ID, said, "Take one of them out");
        }
    }
    for place in &variables.unread {
        let said =
            format!("{place} is not NAME=value: docker compose refuses the file or skips the line");
        findings.warning(ID, said, "Write NAME=value, or # before a comment");
    }
}
