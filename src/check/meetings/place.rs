//! Where Jitsi's Prosody is, and what its domains are called.

use url::Url;

use crate::check::jitsi_page::Endpoints;
use crate::config::Jitsi;

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
    told: Endpoints,
}

impl Place {
    /// What `config.js` says; where it says nothing, what docker-jitsi-meet and Jitsi's Debian packages have.
    #[must_use]
    pub fn new(jitsi: &Jitsi, told: Option<&Endpoints>) -> Self {
        let told = told.cloned().unwrap_or_default();
        let host = jitsi.url.host_str().unwrap_or_default().to_owned();
        let mut domains = Vec::new();
        let configured = Some(jitsi.identity.xmpp_domain.clone());
        for domain in [told.domain.clone(), configured, Some(host)] {
            domains.extend(domain.filter(|domain| !domains.contains(domain)));
        }
        let at = |told: &Option<Url>, usual| {
            let told = told.as_ref().and_then(over_http);
            told.unwrap_or_else(|| below(&jitsi.url, usual))
        };
        Self {
            bosh: at(&told.bosh, "http-bind"),
            websocket: at(&told.websocket, "xmpp-websocket"),
            websocket_is_used: told.websocket.is_some(),
            domains,
            told,
        }
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
    fn what_is_usual_is_below_jitsi() {
        let below_a_path = Url::parse("http://meet.example.org/jitsi").unwrap();
        let address = below(&below_a_path, "http-bind").to_string();
        assert_eq!(address, "http://meet.example.org/jitsi/http-bind");
    }
}
