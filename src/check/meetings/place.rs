//! Where Jitsi's Prosody is, and what its domains are called.

use url::Url;

use crate::config::Jitsi;

/// What Jitsi's `config.js` says of it, as far as it does (`hosts`, `bosh`, `websocket`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// `hosts.domain`
    pub domain: Option<String>,
    /// `hosts.muc`, without a tenant.
    pub muc: Option<String>,
    /// `hosts.anonymousdomain`
    pub anonymous_domain: Option<String>,
    /// `hosts.focus`
    pub focus: Option<String>,
    /// `bosh`
    pub bosh: Option<String>,
    /// `websocket`
    pub websocket: Option<String>,
}

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
    told: Told,
}

impl Place {
    /// What `config.js` says; where it says nothing, what docker-jitsi-meet and Jitsi's Debian packages have.
    #[must_use]
    pub fn new(jitsi: &Jitsi, told: Option<&Told>) -> Self {
        let told = told.cloned().unwrap_or_default();
        let host = jitsi.url.host_str().unwrap_or_default().to_owned();
        let mut domains = Vec::new();
        let configured = Some(jitsi.identity.xmpp_domain.clone());
        for domain in [told.domain.clone(), configured, Some(host)] {
            domains.extend(domain.filter(|domain| !domains.contains(domain)));
        }
        let at = |written: &Option<String>, usual| {
            let written = written.as_deref();
            written
                .and_then(|written| resolve(&jitsi.url, written))
                .unwrap_or_else(|| below(&jitsi.url, usual))
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

/// An address as browsers read it in `config.js`, for HTTP; `None` when it is none.
fn resolve(jitsi: &Url, written: &str) -> Option<Url> {
    let address = match written.split_once(':') {
        Some(("wss", rest)) => format!("https:{rest}"),
        Some(("ws", rest)) => format!("http:{rest}"),
        Some(("https" | "http", _)) => written.to_owned(),
        Some(_) => return None,
        None if written.starts_with("//") => format!("{}:{written}", jitsi.scheme()),
        None if written.starts_with('/') => {
            format!("{}{written}", jitsi.origin().ascii_serialization())
        }
        None => return Some(below(jitsi, written)),
    };
    Url::parse(&address).ok()
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
    fn an_address_is_read_as_browsers_do() {
        let jitsi = Url::parse("https://meet.example.org/").unwrap();
        let read = |written| resolve(&jitsi, written).map(String::from);
        let there = |address: &str| Some(address.to_owned());
        for (written, address) in [
            ("/http-bind", "https://meet.example.org/http-bind"),
            ("http-bind", "https://meet.example.org/http-bind"),
            ("//x.example.org/b", "https://x.example.org/b"),
            ("wss://x.example.org:8443/w", "https://x.example.org:8443/w"),
            ("ws://x.example.org/w", "http://x.example.org/w"),
            ("https://x.example.org/b", "https://x.example.org/b"),
        ] {
            assert_eq!(read(written), there(address), "{written}");
        }
        assert_eq!(read("ftp://x.example.org"), None);
        let below_a_path = Url::parse("http://meet.example.org/jitsi").unwrap();
        let address = below(&below_a_path, "http-bind").to_string();
        assert_eq!(address, "http://meet.example.org/jitsi/http-bind");
    }
}
