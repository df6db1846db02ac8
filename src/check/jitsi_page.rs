//! Jitsi's `config.js`, as browsers get it: whether it sends people here, and what it says of Jitsi.

mod apps;
mod domains;
pub(in crate::check) mod entrance;
mod fetch;
mod inline;
pub mod script;
mod sign_out;
mod version;
mod welcome;
pub(in crate::check) mod written;

pub use self::domains::Endpoints;
use self::fetch::{Page, Pages};
use self::script::Script;
use self::written::Written;
use super::report::Findings;
use crate::config::Config;

/// What the parts look at.
struct Seen<'a> {
    config: &'a Config,
    script: &'a Script,
}

impl Seen<'_> {
    /// `name` set to `value`, to be written into Jitsi's `config.js`.
    fn line(name: &str, value: &str) -> String {
        format!("config.{name} = '{value}';")
    }
}

/// Where to write what has no variable of docker-jitsi-meet's.
const WHERE: &str =
    "into Jitsi's config.js (docker-jitsi-meet: custom-config.js in the web container's /config)";

/// Fetches `config.js` from `jitsi.url` and looks at it. Gives Jitsi's XMPP endpoints too, where it names them. JaaS is
/// not looked at: its page is not its customers' to set.
pub async fn jitsi_page(config: &Config) -> (Findings, Option<Endpoints>) {
    let mut findings = Findings::default();
    if config.jitsi.jaas.is_some() {
        return (findings, None);
    }
    let pages = match Pages::new(config) {
        Ok(pages) => pages,
        Err(error) => {
            findings.fault("page-config-js", error.to_string(), "");
            return (findings, None);
        }
    };
    let Some(script) = pages.config_js(&mut findings).await else {
        return (findings, None);
    };
    let endpoints = judge(&script, config, &mut findings);
    let seen = Seen {
        config,
        script: &script,
    };
    if inline::is_on(&seen) {
        let page = pages.get("static/sso.html").await;
        inline::judge_page(page.as_ref().map(Page::text), config, &mut findings);
    }
    if let Ok(index) = pages.get("").await {
        version::judge(index.text(), &seen, &mut findings);
    }
    (findings, endpoints)
}

/// Everything that a `config.js` says by itself.
pub fn judge(script: &Script, config: &Config, findings: &mut Findings) -> Option<Endpoints> {
    let seen = Seen { config, script };
    sends_here(&seen, findings);
    inline::judge(&seen, findings);
    sign_out::judge(&seen, findings);
    let endpoints = domains::judge(&seen, findings);
    apps::judge(&seen, findings);
    welcome::judge(&seen, findings);
    endpoints
}

fn sends_here(seen: &Seen<'_>, findings: &mut Findings) {
    let path = ["tokenAuthUrl"];
    let right = entrance::right(seen.config);
    match (seen.script.text(&path), seen.script.get(&path)) {
        (Some(""), _) | (None, None) => findings.fault(
            "page-token-auth-url",
            "config.js has no tokenAuthUrl: Jitsi sends nobody here to sign in",
            format!(
                "Write {} {WHERE}, or set TOKEN_AUTH_URL={right} for docker-jitsi-meet's web container",
                Seen::line("tokenAuthUrl", &right)
            ),
        ),
        (Some(text), _) => {
            let written = Written {
                place: "config.js: tokenAuthUrl".to_owned(),
                value: text,
                form: "config.tokenAuthUrl = '{}';",
            };
            // Inline sign-in has an address of its own, which `inline` looks at.
            if !inline::is_on(seen) {
                entrance::judge(&written, seen.config, findings);
            }
        }
        (None, Some(_)) => findings.warning(
            "page-token-auth-url",
            "config.js works tokenAuthUrl out by a script, which was not followed",
            format!("See in a browser's console that config.tokenAuthUrl is {right}"),
        ),
    }
    if seen.script.is_true(&["tokenAuthUrlAutoRedirect"]) {
        findings.warning(
            "page-auto-redirect",
            "config.js: tokenAuthUrlAutoRedirect does nothing since Jitsi of February 2026",
            "Take it out; newer versions send people to sign in by themselves where nobody gets in without a token",
        );
    }
}
