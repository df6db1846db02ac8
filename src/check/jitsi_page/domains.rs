//! `hosts`, `bosh` and `websocket`: where Jitsi's XMPP server is, and what it calls its parts.

use url::Url;

use super::Seen;
use super::script::Value;
use crate::check::report::Findings;
use crate::config::NotSignedIn;

/// Where and how to speak to Jitsi's XMPP server as its page does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// `hosts.domain`: the domain of people with a token.
    pub domain: Option<String>,
    /// `hosts.muc`: the domain of rooms.
    pub muc: Option<String>,
    /// `hosts.anonymousdomain`: the domain of guests, where there are any.
    pub anonymous_domain: Option<String>,
    /// `hosts.focus`: what Jicofo is called.
    pub focus: Option<String>,
    /// `bosh`: http or https.
    pub bosh: Option<Url>,
    /// `websocket`: ws or wss.
    pub websocket: Option<Url>,
}

/// Looks at them.
pub fn judge(seen: &Seen<'_>, findings: &mut Findings) -> Option<Endpoints> {
    let host = |name| {
        seen.script
            .text(&["hosts", name])
            .filter(|text| !text.is_empty())
    };
    let address = |name| {
        let text = seen.script.text(&[name])?;
        absolute(text, &seen.config.jitsi.url)
    };
    let Some(domain) = host("domain") else {
        findings.warning(
            "page-xmpp-domain",
            "config.js: hosts.domain is missing, or worked out by a script: jitsi.xmpp_domain was not compared with it",
            "",
        );
        return None;
    };
    let endpoints = Endpoints {
        domain: Some(domain.to_owned()),
        muc: host("muc").map(str::to_owned),
        anonymous_domain: host("anonymousdomain").map(str::to_owned),
        focus: host("focus").map(str::to_owned),
        bosh: address("bosh"),
        websocket: address("websocket"),
    };
    judge_domain(domain, seen, findings);
    judge_guests(&endpoints, seen, findings);
    if let Some(bosh) = &endpoints.bosh
        && bosh.origin() != seen.config.jitsi.url.origin()
    {
        findings.warning(
            "page-xmpp-endpoints",
            format!(
                "config.js: bosh is at {}, and Jitsi at {}: browsers refuse that unless Prosody allows the other address",
                bosh.origin().ascii_serialization(),
                seen.config.jitsi.url.origin().ascii_serialization()
            ),
            "Let PUBLIC_URL (docker-jitsi-meet) and jitsi.url be the same",
        );
    }
    if endpoints.bosh.is_none() && endpoints.websocket.is_none() {
        findings.warning(
            "page-xmpp-endpoints",
            "config.js: neither bosh nor websocket is an address that could be read",
            "Set config.bosh to the address of http-bind",
        );
    }
    Some(endpoints)
}

fn judge_domain(domain: &str, seen: &Seen<'_>, findings: &mut Findings) {
    let ours = &seen.config.jitsi.identity.xmpp_domain;
    if domain.eq_ignore_ascii_case(ours) {
        findings.good(
            "page-xmpp-domain",
            format!("Jitsi's XMPP domain is {domain}, as tokens say"),
        );
    } else if ours != "*" {
        findings.warning(
            "page-xmpp-domain",
            format!(
                "Jitsi's XMPP domain is {domain:?}, and tokens say {ours:?}: with domain verification, Prosody refuses them all"
            ),
            format!("Write jitsi.xmpp_domain = {domain:?}"),
        );
    }
}

fn judge_guests(endpoints: &Endpoints, seen: &Seen<'_>, findings: &mut Findings) {
    let unclear = seen.script.get(&["hosts", "anonymousdomain"]) == Some(&Value::Unclear);
    match &endpoints.anonymous_domain {
        Some(guests) => findings.good(
            "page-guests",
            format!("guests have a domain of their own, {guests}: whoever has no token waits for somebody who has, or knocks"),
        ),
        None if unclear => {}
        None if seen.config.jitsi.not_signed_in == NotSignedIn::Guest => findings.fault(
            "page-guests",
            "jitsi.not_signed_in is \"guest\", and Jitsi has no domain for guests (hosts.anonymousdomain): those people are sent to sign in again",
            "Set ENABLE_GUESTS=1 for docker-jitsi-meet, or config.hosts.anonymousdomain, or leave jitsi.not_signed_in out",
        ),
        None => findings.good("page-guests", "there are no guests: everybody is sent here to sign in"),
    }
}

/// An address as a browser on Jitsi's page takes it.
fn absolute(text: &str, page: &Url) -> Option<Url> {
    let origin = page.origin().ascii_serialization();
    let whole = if text.starts_with("//") {
        format!("{}:{text}", page.scheme())
    } else if text.starts_with('/') {
        format!("{origin}{text}")
    } else if text.contains("://") {
        text.to_owned()
    } else {
        format!("{}/{text}", page.as_str().trim_end_matches('/'))
    };
    let url = Url::parse(&whole).ok()?;
    (url.has_host() && ["http", "https", "ws", "wss"].contains(&url.scheme())).then_some(url)
}
