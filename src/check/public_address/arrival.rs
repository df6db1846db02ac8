//! How a request arrives at the bridge: whether it is this one, and what the proxy says of the visitor.

use std::net::IpAddr;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::Visit;
use crate::check::report::Findings;
use crate::config::server::ForwardedHeader;
use crate::mirror::{self, MirrorKey, Seen};

const BRIDGE: &str = "public-address-bridge";
const FORWARDED: &str = "public-address-forwarded";

/// What a visitor says to be (RFC 5737: nobody's address). No proxy may let that stand.
const PRETENDED: &str = "203.0.113.77";

/// Whether it is this bridge, which then shows what arrived.
pub async fn look(visit: &Visit<'_>, findings: &mut Findings) -> bool {
    let Some(key) = MirrorKey::of(visit.config) else {
        findings.warning(
            BRIDGE,
            "whether it is this very bridge could not be told: the configuration has no secret to know it by",
            "set session.cookie_keys: openssl rand -hex 32",
        );
        return false;
    };
    let Some((_, seen)) = ask(visit, &key, 0).await else {
        let said = format!(
            "{} is not this bridge, or one with other settings, or its clock is minutes off",
            visit.base
        );
        let mend = "restart the bridge there if it started with an older configuration; run check with the very configuration and environment that it has; or mend the proxy, if it leads to another one";
        findings.fault(BRIDGE, said, mend);
        return false;
    };
    let path = match (visit.config.server.public_url.path(), seen.path_kept) {
        ("/", _) => "",
        (_, true) => "; the proxy passes its path on",
        (_, false) => "; the proxy takes its path away, which is as good",
    };
    findings.good(
        BRIDGE,
        format!("it is this bridge, version {}{path}", seen.version),
    );
    forwarded(visit, &seen, findings);
    true
}

/// Asks for what arrives, with a header of so many bytes in the answer.
pub async fn ask(visit: &Visit<'_>, key: &MirrorKey, padding: usize) -> Option<(usize, Seen)> {
    let nonce = crate::check::provider::unheard_of()?;
    let (question, value) = key.ask(nonce, padding, visit.clock.now());
    let (name, pretended) = match visit.config.server.proxies.header {
        ForwardedHeader::XForwardedFor => ("x-forwarded-for", PRETENDED.to_owned()),
        ForwardedHeader::Forwarded => ("forwarded", format!("for={PRETENDED}")),
    };
    let headers = HeaderMap::from_iter([
        (
            HeaderName::from_static(mirror::HEADER),
            HeaderValue::from_str(&value).ok()?,
        ),
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(&pretended).ok()?,
        ),
    ]);
    let answer = visit.get(mirror::PATH, headers).await.ok()?;
    if answer.status.as_u16() != 200 {
        return None;
    }
    let seen: Seen = serde_json::from_slice(&answer.body).ok()?;
    let long = answer.headers.get(mirror::PADDING);
    let long = long.map_or(0, HeaderValue::len);
    key.is_proven(&question, &seen).then_some((long, seen))
}

/// Whether the visitor's address comes through, and nobody can say to be somebody else.
fn forwarded(visit: &Visit<'_>, seen: &Seen, findings: &mut Findings) {
    let proxies = &visit.config.server.proxies;
    let header = match proxies.header {
        ForwardedHeader::XForwardedFor => "x-forwarded-for",
        ForwardedHeader::Forwarded => "forwarded",
    };
    let values = seen.forwarded.iter().filter(|(name, _)| name == header);
    let hops: Vec<&str> = values.flat_map(|(_, value)| value.split(',')).collect();
    let peer: Option<IpAddr> = seen.peer.as_deref().and_then(|ip| ip.parse().ok());
    let shown_peer = seen.peer.as_deref().unwrap_or("an unknown address");
    let is_trusted = peer.is_some_and(|peer| proxies.networks.iter().any(|n| n.contains(&peer)));
    // What we pretended comes last where nobody has written anything behind it.
    let untouched = hops.last().is_some_and(|last| last.contains(PRETENDED));
    let in_use = format!("proxy_set_header X-Forwarded-For $remote_addr in nginx, for {header}");
    match (proxies.networks.is_empty(), is_trusted) {
        (true, _) if !hops.is_empty() && !untouched => findings.warning(
            FORWARDED,
            format!("the proxy ({shown_peer}) says for whom it asks, and server.trusted_proxies is empty: visitors cannot be told apart, so that the limits by visitor's address do not apply"),
            format!("write server.trusted_proxies = [\"{shown_peer}\"], or the proxy's network"),
        ),
        (true, _) if visit.config.server.public_url.scheme() == "https" => findings.warning(
            FORWARDED,
            format!("the proxy ({shown_peer}) does not write {header} ({}): visitors cannot be told apart, so that the limits by visitor's address do not apply", arrived(&hops)),
            format!("have it write the visitor's address ({in_use}), and write server.trusted_proxies = [\"{shown_peer}\"]"),
        ),
        (true, _) => findings.good(
            FORWARDED,
            "no proxy says whose request it passes on, and server.trusted_proxies is empty: the limits by visitor's address do not apply, all others of [limits] do",
        ),
        (false, false) => findings.fault(
            FORWARDED,
            format!("requests come from {shown_peer}, which is not within server.trusted_proxies: the address that counts is the proxy's, or none"),
            format!("add {shown_peer} to server.trusted_proxies, if that is the proxy"),
        ),
        (false, true) if untouched => findings.fault(
            FORWARDED,
            format!("the proxy passes {header} on as visitors write it: anybody can pretend to come from another address"),
            format!("have it write the visitor's address itself ({in_use})"),
        ),
        (false, true) if hops.is_empty() => findings.fault(
            FORWARDED,
            format!("the proxy ({shown_peer}) is trusted, and does not write {header}: visitors cannot be told apart, so that the limits by visitor's address do not apply"),
            format!("have it write the visitor's address ({in_use}), or name its own header in server.forwarded_header"),
        ),
        (false, true) => findings.good(
            FORWARDED,
            match &seen.visitor {
                Some(visitor) if visitor != PRETENDED => format!("the proxy is trusted, and this machine is seen as {visitor}"),
                _ => "the proxy is trusted, and this machine counts as a proxy itself".to_owned(),
            },
        ),
    }
}

fn arrived(hops: &[&str]) -> &'static str {
    if hops.is_empty() {
        "none arrives"
    } else {
        "it passes it on as visitors write it"
    }
}
