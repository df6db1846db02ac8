//! Jitsi's inline sign-in: `tokenAuthInline`, `sso`, and an address that its popup can complete.

use url::Url;

use super::fetch::NoPage;
use super::script::Value;
use super::{Seen, WHERE, entrance};
use crate::check::report::Findings;
use crate::config::Config;
use crate::web::addresses::Addresses;

/// What the findings are called.
const ID: &str = "page-inline-sign-in";

/// Whether Jitsi signs people in without leaving the meeting.
pub fn is_on(seen: &Seen<'_>) -> bool {
    seen.script.is_true(&["tokenAuthInline"])
}

/// Looks at the address and at `sso`.
pub fn judge(seen: &Seen<'_>, findings: &mut Findings) {
    if !is_on(seen) {
        return;
    }
    let before = findings.iter().count();
    if let Some(text) = seen
        .script
        .text(&["tokenAuthUrl"])
        .filter(|text| !text.is_empty())
    {
        for said in faults_of_address(text, seen.config) {
            let right = Seen::line("tokenAuthUrl", &right(seen.config));
            findings.fault(
                ID,
                format!("config.js: tokenAuthUrl {said}"),
                format!("Write {right}"),
            );
        }
    }
    judge_sso(seen, findings);
    if findings.iter().count() == before {
        findings.good(ID, "config.js has inline sign-in at this bridge");
    }
}

/// `tokenAuthUrl` for inline sign-in.
fn right(config: &Config) -> String {
    let (base, page, client) = ours(config);
    format!(
        "{base}/authorize?client_id={client}&redirect_uri={page}&state={{state}}&code_challenge={{code_challenge}}&code_challenge_method=S256"
    )
}

/// The bridge's address, Jitsi's page that ends an inline sign-in, and what Jitsi calls itself there.
fn ours(config: &Config) -> (String, String, &str) {
    let client = &config.inline.client_id;
    let addresses = Addresses::new(&config.server.public_url, &config.jitsi.url, client);
    (addresses.base, addresses.sso_page, client)
}

fn faults_of_address(text: &str, config: &Config) -> Vec<String> {
    let (base, page, client) = ours(config);
    let authorize = format!("{base}/authorize");
    let Some((place, _)) = text.split_once('?') else {
        return vec!["has no '?': Jitsi appends &nonce=… to it".to_owned()];
    };
    if place != authorize {
        return vec![format!(
            "leads to {place}; inline sign-in needs {authorize}"
        )];
    }
    // Braces mean nothing to the parser of queries.
    let Ok(url) = Url::parse(text) else {
        return vec!["is no address".to_owned()];
    };
    let expected = [
        ("client_id", client),
        ("redirect_uri", page.as_str()),
        ("state", "{state}"),
        ("code_challenge", "{code_challenge}"),
        ("code_challenge_method", "S256"),
    ];
    let mut faults = Vec::new();
    if text.to_ascii_lowercase().contains("%7b") {
        faults.push("has percent-encoded braces (%7B): Jitsi does not fill them in".to_owned());
        return faults;
    }
    for (name, value) in expected {
        match url.query_pairs().find(|(own, _)| own == name) {
            Some((_, own)) if own == value => {}
            Some((_, own)) => faults.push(format!("has {name}={own}, not {name}={value}")),
            None => faults.push(format!("has no {name}={value}")),
        }
    }
    faults
}

fn judge_sso(seen: &Seen<'_>, findings: &mut Findings) {
    let (base, _, client) = ours(seen.config);
    let Some(service) = base.strip_prefix("https://") else {
        let said = "Jitsi asks its token service by https, and server.public_url is http";
        findings.fault(
            ID,
            said,
            "Serve the bridge by https, or leave tokenAuthInline out",
        );
        return;
    };
    let host = service.split('/').next().unwrap_or_default();
    let line = format!(
        "config.sso = {{ ssoService: '{host}', tokenService: '{service}', clientId: '{client}' }};"
    );
    match seen.script.get(&["sso"]) {
        None => {
            let said =
                "config.js has tokenAuthInline and no sso: Jitsi does not know its token service";
            findings.fault(ID, said, format!("Write {line} {WHERE}"));
        }
        Some(Value::Object(_)) => {
            for (name, right) in [("tokenService", service), ("clientId", client)] {
                let said = match seen.script.get(&["sso", name]) {
                    Some(Value::Unclear) => continue,
                    Some(Value::Text(own)) if own.trim_end_matches('/') == right => continue,
                    Some(Value::Text(own)) => {
                        format!("config.js: sso.{name} is {own:?}; for this bridge it is {right:?}")
                    }
                    _ => format!("config.js: sso has no {name}"),
                };
                findings.fault(ID, said, format!("Write {line}"));
            }
            if seen.script.get(&["sso", "ssoService"]).is_none() {
                let said = "config.js: sso has no ssoService";
                findings.fault(ID, said, format!("Write {line}"));
            }
        }
        Some(_) => {}
    }
}

/// Looks at Jitsi's page that ends an inline sign-in.
pub fn judge_page(page: Result<&str, &NoPage>, config: &Config, findings: &mut Findings) {
    const ID: &str = "page-sso-html";
    let (_, address, _) = ours(config);
    let mend = format!(
        "Take a Jitsi from 2026 on, which has static/sso.html; with an older one, sign in without tokenAuthInline: {}",
        Seen::line("tokenAuthUrl", &entrance::right(config))
    );
    match page {
        // Jitsi's web server answers with its front page where it takes an address for a room.
        Ok(text) if text.contains("lib-jitsi-meet") => {
            let said = format!(
                "{address} is Jitsi's front page: this Jitsi has no page that ends an inline sign-in"
            );
            findings.fault(ID, said, mend);
        }
        Ok(_) => findings.good(ID, format!("{address} is there")),
        Err(error) => findings.fault(
            ID,
            format!("the page that ends an inline sign-in: {error}"),
            mend,
        ),
    }
}
