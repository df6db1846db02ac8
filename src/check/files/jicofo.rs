//! Jicofo's configuration: whether it makes moderators on its own.

use super::hocon::Settings;
use super::place::Place;
use crate::check::report::Findings;

/// What the findings are called.
const ID: &str = "jitsi-auto-owner";
const AUTO_OWNER: &str = "jicofo.conference.enable-auto-owner";
const AUTHENTICATION: &str = "jicofo.authentication.enabled";

/// Looks at it. `file` is what people call it.
pub fn judge(settings: &Settings, file: &str, findings: &mut Findings) {
    let before = findings.iter().count();
    for place in &settings.unread {
        let said = format!(
            "{place}: the braces do not match: Jicofo may not start, and what follows may have been misread"
        );
        findings.warning("jitsi-code", said, "");
    }
    judge_auto_owner(settings, file, findings);
    judge_authentication(settings, findings);
    judge_recorder(settings, file, findings);
    if findings.iter().count() == before {
        findings.good(ID, "Jicofo makes nobody a moderator on its own");
    }
}

fn is(text: &str, value: bool) -> bool {
    let on = ["true", "yes", "on"].contains(&text);
    let off = ["false", "no", "off"].contains(&text);
    if value { on } else { off }
}

fn judge_auto_owner(settings: &Settings, file: &str, findings: &mut Findings) {
    const MEND: &str = "Write enable-auto-owner = false into jicofo { conference { … } } of jicofo.conf; with docker-jitsi-meet, ENABLE_AUTO_OWNER=false";
    let old = settings.get("org.jitsi.jicofo.DISABLE_AUTO_OWNER");
    let place = match (settings.get(AUTO_OWNER), old) {
        (Some(set), _) if is(&set.it, false) => return,
        (Some(set), _) => format!("{} says enable-auto-owner = {}", set.place, set.it),
        (None, Some(old)) if is(&old.it, true) => {
            let said = format!(
                "{}: newer versions of Jicofo do not read DISABLE_AUTO_OWNER",
                old.place
            );
            findings.warning(ID, said, MEND);
            return;
        }
        (None, _) => match settings.object("jicofo.conference") {
            Some(place) => {
                format!("{place}: conference has no enable-auto-owner, and it is on by default")
            }
            None => format!(
                "{file} has no jicofo.conference.enable-auto-owner, and it is on by default"
            ),
        },
    };
    findings.fault(
        ID,
        format!("{place}: the first to come is moderator, whatever the token says"),
        MEND,
    );
}

fn judge_authentication(settings: &Settings, findings: &mut Findings) {
    let fault = |place: &Place, what: &str, findings: &mut Findings| {
        findings.fault(
            ID,
            format!("{place} {what}: Jicofo makes everyone with a token a moderator, and opens no room for guests to wait in"),
            "Write enabled = false there, or take the whole authentication block out (with docker-jitsi-meet, JICOFO_ENABLE_AUTH=0): Prosody checks the tokens",
        );
    };
    if let Some(set) = settings.get(AUTHENTICATION)
        && is(&set.it, true)
    {
        fault(&set.place, "switches Jicofo's authentication on", findings);
    }
    if let Some(set) = settings.get("org.jitsi.jicofo.auth.URL") {
        fault(
            &set.place,
            "(org.jitsi.jicofo.auth.URL) switches Jicofo's authentication on",
            findings,
        );
    }
}

/// Jibri's and the transcriber's domain must be trusted for them to be hidden.
fn judge_recorder(settings: &Settings, file: &str, findings: &mut Findings) {
    let Some(jibri) = settings.object("jicofo.jibri") else {
        return;
    };
    let trusted = settings.get("jicofo.xmpp.trusted-domains");
    if trusted.is_none_or(|set| set.it.is_empty()) {
        let place = trusted.map_or_else(|| file.to_owned(), |set| set.place.to_string());
        findings.warning(
            "jitsi-recorder",
            format!("{place} trusts no domain (jicofo.xmpp.trusted-domains), and {jibri} has a recorder: it counts as a participant"),
            "Write trusted-domains = [ \"recorder.…\" ] with the recorder's domain into jicofo { xmpp { … } }",
        );
    }
}
