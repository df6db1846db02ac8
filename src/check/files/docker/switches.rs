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

/// What is true and false in Go (`strconv.ParseBool`).
const TRUE: [&str; 6] = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE: [&str; 6] = ["0", "f", "F", "FALSE", "false", "False"];

/// What docker-jitsi-meet's templates take a value for: anything that is not false in Go is true (jitsi/tpl 1.5, `toBool`).
pub fn boolean(text: &str) -> bool {
    let plain = text.replace(['"', '\''], "");
    !plain.is_empty() && !FALSE.contains(&plain.as_str())
}

/// Whether a variable is on, where it is set.
pub fn is_on(variables: &Variables, name: &str) -> Option<bool> {
    variables.text(name).map(boolean)
}

/// Says which are not what they look like.
pub fn judge(variables: &Variables, findings: &mut Findings) {
    const ID: &str = "jitsi-variables";
    for name in SWITCHES {
        let Some(set) = variables.get(name) else {
            continue;
        };
        let plain = set.it.replace(['"', '\''], "");
        if TRUE.contains(&plain.as_str()) || FALSE.contains(&plain.as_str()) {
            continue;
        }
        let said = format!(
            "{} says {name}={}, which docker-jitsi-meet takes for true (older versions stop at it)",
            set.place, set.it
        );
        let mend = format!("Write {name}=true or {name}=false");
        match plain.to_ascii_lowercase().as_str() {
            "yes" | "y" | "on" | "enabled" => findings.warning(ID, said, mend),
            _ => findings.fault(ID, said, mend),
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
                ID,
                said,
                "Use letters and digits alone, such as those of `openssl rand -hex 32`",
            );
        }
    }
}
