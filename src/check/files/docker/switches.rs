//! Variables that are on or off, and those whose text must survive a template.

use crate::check::files::dotenv::Variables;
use crate::check::report::Findings;

/// Those that have to do with tokens.
const SWITCHES: [&str; 8] = [
    "ENABLE_AUTH",
    "ENABLE_AUTO_OWNER",
    "ENABLE_GUESTS",
    "ENABLE_LOBBY",
    "JICOFO_ENABLE_AUTH",
    "JWT_ALLOW_EMPTY",
    "JWT_ENABLE_DOMAIN_VERIFICATION",
    "WAIT_FOR_HOST_DISABLE_AUTO_OWNERS",
];
/// Those that are written into Prosody's configuration between quotes.
const IN_QUOTES: [&str; 3] = ["JWT_APP_ID", "JWT_APP_SECRET", "JWT_ASAP_KEYSERVER"];

/// What docker-jitsi-meet's templates take for on and off (jitsi/tpl, `toBool`: Go's `ParseBool` without quotes).
pub fn boolean(text: &str) -> Option<bool> {
    match text.replace(['"', '\''], "").as_str() {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Whether a variable is on, where it is set.
pub fn is_on(variables: &Variables, name: &str) -> Option<bool> {
    boolean(variables.text(name)?)
}

/// Says which stop a container at its start.
pub fn judge(variables: &Variables, findings: &mut Findings) {
    for name in SWITCHES {
        if let Some(set) = variables.get(name)
            && boolean(&set.it).is_none()
        {
            let said = format!(
                "{} says {name}={}, which is neither true nor false: the container stops at its start",
                set.place, set.it
            );
            findings.fault(
                "jitsi-variables",
                said,
                format!("Write {name}=true or {name}=false"),
            );
        }
    }
    for name in IN_QUOTES {
        if let Some(set) = variables.get(name)
            && set.it.contains(['"', '\\', '\n'])
        {
            let said = format!(
                "{}: {name} has a quote, a backslash or a line break in it, which docker-jitsi-meet writes into Prosody's configuration as it is",
                set.place
            );
            findings.fault(
                "jitsi-variables",
                said,
                "Use letters and digits alone, such as those of `openssl rand -hex 32`",
            );
        }
    }
}
