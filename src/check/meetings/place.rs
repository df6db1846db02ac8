//! Where Jitsi's Prosody is, and what its domains are called.

use url::Url;

use crate::check::jitsi_page::Endpoints;
use crate::check::report::Findings;
use crate::config::Jitsi;
use crate::token::USUAL_XMPP_DOMAIN;

/// Where to go, and whom to ask for.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where XMPP over HTTP is.
    pub bosh: Url,
    /// Where XMPP over WebSocket is.
    pub websocket: Url,
    /// Browsers are told to use it.
    pub websocket_is_used: bool,
    /// What the members' domain may be called, the likeliest first.
    pub domains: Vec<String>,
    /// What `config.js` names and is not followed: it is not where Jitsi is.
    elsewhere: Vec<Url>,
    told: Endpoints,
}

impl Place {
    /// What `config.js` says; where it says nothing, what docker-jitsi-meet and Jitsi's Debian packages have. An address
    /// of another origin than `jitsi.url`'s is not followed: the tokens are moderators', and are for nobody else.
    #[must_use]
    pub fn new(jitsi: &Jitsi, told: Option<&Endpoints>) -> Self {
        let told = told.cloned().unwrap_or_default();
        let host = jitsi.url.host_str().unwrap_or_default().to_owned();
        let mut domains = Vec::new();
        let configured = match jitsi.identity.xmpp_domain.as_str() {
            // A token for every domain names none.
            "*" => USUAL_XMPP_DOMAIN,
            domain => domain,
        };
        let configured = Some(configured.to_owned());
        for domain in [told.domain.clone(), configured, Some(host)] {
            domains.extend(domain.filter(|domain| !domains.contains(domain)));
        }
        let at_jitsi = |address: &Url| address.origin() == jitsi.url.origin();
        let follow = |told: &Option<Url>| told.as_ref().and_then(over_http).filter(at_jitsi);
        let (bosh, websocket) = (follow(&told.bosh), follow(&told.websocket));
        let mut elsewhere = Vec::new();
        for (told, followed) in [(&told.bosh, &bosh), (&told.websocket, &websocket)] {
            elsewhere.extend(told.clone().filter(|_| followed.is_none()));
        }
        Self {
            bosh: bosh.unwrap_or_else(|| below(&jitsi.url, "http-bind")),
            websocket_is_used: websocket.is_some(),
            websocket: websocket.unwrap_or_else(|| below(&jitsi.url, "xmpp-websocket")),
            domains,
            elsewhere,
            told,
        }
    }

    /// Says what is not followed.
    pub fn say_elsewhere(&self, jitsi: &Jitsi, findings: &mut Findings) {
        if self.elsewhere.is_empty() {
            return;
        }
        let named = self.elsewhere.iter();
        let named: Vec<String> = named
            .map(|address| address.origin().ascii_serialization())
            .collect();
        findings.warning(
            "meetings-elsewhere",
            format!(
                "config.js has browsers speak with Prosody at {}, and Jitsi is at {}: tokens are sent to no other address, so that this was not tried; what follows is about {} and {}",
                named.join(" and "),
                jitsi.url.origin().ascii_serialization(),
                self.bosh,
                self.websocket
            ),
            "Let PUBLIC_URL (docker-jitsi-meet), or bosh and websocket in config.js, be at jitsi.url. If Prosody is to be elsewhere, look by hand: open a meeting with the browser's developer tools, and see among the requests whether http-bind or xmpp-websocket is answered there.",
        );
    }

    /// What the domain of rooms may be called.
    #[must_use]
    pub fn mucs(&self, domain: &str) -> Vec<String> {
        let usual = [format!("muc.{domain}"), format!("conference.{domain}")];
        match &self.told.muc {
            Some(muc) => vec![muc.clone()],
            None => usual.into(),
        }
    }

    /// What the guests' domain is called.
    #[must_use]
    pub fn guests(&self, domain: &str) -> String {
        let told = self.told.anonymous_domain.clone();
        told.unwrap_or_else(|| format!("guest.{domain}"))
    }

    /// What Jicofo is called.
    #[must_use]
    pub fn focus(&self, domain: &str) -> String {
        let told = self.told.focus.clone();
        told.unwrap_or_else(|| format!("focus.{domain}"))
    }
}

/// The address for HTTP of what may be one for WebSocket, which begins as HTTP.
fn over_http(address: &Url) -> Option<Url> {
    let text = address.as_str();
    match address.scheme() {
        "ws" => Url::parse(&text.replacen("ws", "http", 1)).ok(),
        "wss" => Url::parse(&text.replacen("wss", "https", 1)).ok(),
        _ => Some(address.clone()),
    }
}

fn below(jitsi: &Url, path: &str) -> Url {
    let mut url = jitsi.clone();
    url.set_path(&format!("{}/{path}", jitsi.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};

    const CONFIGURATION: &str = "server.public_url = 'https://meet.example.org/sso'
        jitsi.url = 'https://meet.example.org'
        token.secret = 'a-secret-of-tests-that-is-long-enough-0123456789'
        provider.issuer = 'https://idp.example.org'
        provider.client_id = 'bridge'
        provider.client_secret = 'none'
        policy.default = 'participant'";

    #[test]
    fn a_websocket_begins_as_http() {
        for (written, address) in [
            (
                "wss://x.example.org:8443/ws",
                "https://x.example.org:8443/ws",
            ),
            ("ws://ws.example.org/w", "http://ws.example.org/w"),
            ("https://x.example.org/b", "https://x.example.org/b"),
        ] {
            let url = over_http(&Url::parse(written).unwrap());
            assert_eq!(url.map(String::from).as_deref(), Some(address), "{written}");
        }
    }

    #[test]
    fn another_origin_is_not_followed() {
        let sources = Sources {
            file: Some(("test.toml".to_owned(), CONFIGURATION.to_owned())),
            environment: Vec::new(),
        };
        let jitsi = load(&sources).unwrap().config.jitsi;
        for (bosh, websocket, followed) in [
            ("https://meet.example.org/b", "wss://meet.example.org/w", 2),
            (
                "https://meet.example.org:443/b",
                "ws://meet.example.org/w",
                1,
            ),
            (
                "http://meet.example.org/b",
                "wss://meet.example.org:8443/w",
                0,
            ),
            (
                "https://meet.example.org.evil.example/b",
                "wss://evil.example/w",
                0,
            ),
            (
                "https://meet.example.org@evil.example/b",
                "ws://meet.example.org:443/w",
                0,
            ),
        ] {
            let told = Endpoints {
                bosh: Url::parse(bosh).ok(),
                websocket: Url::parse(websocket).ok(),
                ..Endpoints::default()
            };
            let place = Place::new(&jitsi, Some(&told));
            let mut findings = Findings::default();
            place.say_elsewhere(&jitsi, &mut findings);
            assert_eq!(place.elsewhere.len(), 2 - followed, "{bosh} {websocket}");
            assert_eq!(findings.iter().count(), usize::from(followed < 2), "{bosh}");
            let all = [
                (&place.bosh, "/b", "/http-bind"),
                (&place.websocket, "/w", "/xmpp-websocket"),
            ];
            let theirs = all.iter().filter(|(url, theirs, _)| url.path() == *theirs);
            assert_eq!(theirs.count(), followed, "{place:?}");
            for (url, theirs, usual) in all {
                assert!(url.path() == theirs || url.path() == usual, "{url}");
                assert_eq!(
                    url.origin().ascii_serialization(),
                    "https://meet.example.org"
                );
            }
        }
    }

    #[test]
    fn what_is_usual_is_below_jitsi() {
        let below_a_path = Url::parse("http://meet.example.org/jitsi").unwrap();
        let address = below(&below_a_path, "http-bind").to_string();
        assert_eq!(address, "http://meet.example.org/jitsi/http-bind");
    }
}
