//! `tokenAuthUrl`: whether the address that Jitsi sends people to is the bridge's, and says what the bridge must hear.

use std::borrow::Cow;

use url::Url;

use super::written::Written;
use crate::check::report::Findings;
use crate::config::Config;

/// The placeholders that Jitsi's page fills in (jitsi-meet, `react/features/authentication/functions.*.ts`).
const PLACEHOLDERS: [&str; 3] = ["room", "state", "code_challenge"];
/// What the findings are called.
const ID: &str = "page-token-auth-url";

/// The addresses that may stand there.
pub fn right(config: &Config) -> String {
    let base = config.server.public_url.as_str().trim_end_matches('/');
    format!("{base}/join?room={{room}}&state={{state}}")
}

/// Looks at an address with placeholders; says that it is good when nothing is wrong with it.
pub fn judge(written: &Written<'_>, config: &Config, findings: &mut Findings) {
    let text = written.value;
    let place = &written.place;
    let mend = format!("Write {}", written.as_it_should_be(&right(config)));
    if let Some(said) = misspelt(text) {
        findings.fault(ID, format!("{place} {said}"), mend);
        return;
    }
    let filled = PLACEHOLDERS.iter().fold(text.to_owned(), |text, name| {
        text.replace(&format!("{{{name}}}"), &format!("placeholder-{name}"))
    });
    let base = &config.server.public_url;
    let Ok(url) = Url::parse(&filled) else {
        let said = format!("{place} is no address: {text}");
        findings.fault(ID, said, mend);
        return;
    };
    if url.origin() != base.origin() {
        let said = format!(
            "{place} leads to {}, and this bridge is at {}: nobody arrives here",
            url.origin().ascii_serialization(),
            base.origin().ascii_serialization()
        );
        findings.fault(ID, said, mend);
        return;
    }
    let below = url.path().strip_prefix(base.path().trim_end_matches('/'));
    let said = match below {
        Some("/join" | "/authorize") => in_the_query(&url),
        Some("/room/placeholder-room") => in_the_path(&url),
        Some(path) if path.starts_with("/room") => {
            Said::Fault("does not end with /room/{room}: the bridge does not learn which room".into())
        }
        _ => Said::Fault(
            format!(
                "leads to {}, where the bridge has nothing: its entrances are {path}/join, {path}/room/{{room}} and {path}/authorize",
                url.path(),
                path = base.path().trim_end_matches('/'),
            )
            .into(),
        ),
    };
    match said {
        Said::Good => findings.good(
            ID,
            format!("{place} leads to this bridge, and says room and state"),
        ),
        Said::Warning(said) => findings.warning(ID, format!("{place} {said}"), mend),
        Said::Fault(said) => findings.fault(ID, format!("{place} {said}"), mend),
    }
}

enum Said {
    Good,
    Warning(Cow<'static, str>),
    Fault(Cow<'static, str>),
}

/// What is wrong with the braces, if anything.
fn misspelt(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if lower.contains("%7b") || lower.contains("%7d") {
        return Some(
            "has percent-encoded braces (%7B, %7D): Jitsi fills in {room} and {state}, and leaves these as they are".to_owned(),
        );
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            return Some("has a brace that is not closed".to_owned());
        };
        rest = after;
        if !PLACEHOLDERS.contains(&name) {
            let near = nearest(name).map(|near| format!(": did you mean {{{near}}}?"));
            return Some(format!(
                "has {{{name}}}, which Jitsi does not fill in{}",
                near.unwrap_or_default()
            ));
        }
        if seen.contains(&name) {
            return Some(format!(
                "has {{{name}}} twice: Jitsi fills in the first alone"
            ));
        }
        seen.push(name);
    }
    rest.contains('}')
        .then(|| "has a brace that was not opened".to_owned())
}

fn nearest(name: &str) -> Option<&'static str> {
    let plain: String = name
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    let plain = plain.to_ascii_lowercase();
    PLACEHOLDERS
        .into_iter()
        .find(|known| strsim::osa_distance(known, &plain) <= 2)
}

fn value<'a>(url: &'a Url, name: &str) -> Option<Cow<'a, str>> {
    url.query_pairs()
        .find(|(own, _)| own == name)
        .map(|(_, value)| value)
}

/// Which query parameter holds a placeholder.
fn holder<'a>(url: &'a Url, placeholder: &str) -> Option<Cow<'a, str>> {
    let filled = format!("placeholder-{placeholder}");
    url.query_pairs()
        .find(|(_, value)| *value == filled)
        .map(|(name, _)| name)
}

const WITHOUT_STATE: &str = "has no {state}: people from Jitsi's apps end in the browser, the page before the meeting shows twice, and settings in a link are lost";

fn in_the_query(url: &Url) -> Said {
    for name in ["room", "state"] {
        if let Some(holder) = holder(url, name).filter(|holder| holder != name) {
            return Said::Fault(
                format!(
                    "has {{{name}}} in the parameter {holder:?}; the bridge reads {name}={{{name}}}"
                )
                .into(),
            );
        }
    }
    match (value(url, "room"), value(url, "state")) {
        (_, Some(state)) if state == "placeholder-state" => Said::Good,
        (_, Some(_)) => Said::Fault("has a fixed state instead of {state}".into()),
        (Some(room), None) if room == "placeholder-room" => Said::Warning(WITHOUT_STATE.into()),
        (Some(_), None) => Said::Fault("has a fixed room instead of {room}".into()),
        (None, None) => Said::Fault(
            "has neither {room} nor {state}: the bridge does not learn which room".into(),
        ),
    }
}

fn in_the_path(url: &Url) -> Said {
    match value(url, "state") {
        Some(state) if state == "placeholder-state" => Said::Good,
        Some(_) => Said::Fault("has a fixed state instead of {state}".into()),
        None if holder(url, "state").is_some() => {
            Said::Fault("has {state} in another parameter; the bridge reads state={state}".into())
        }
        None => Said::Warning(WITHOUT_STATE.into()),
    }
}
