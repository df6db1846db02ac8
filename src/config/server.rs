//! `[server]`: where the bridge listens, what browsers call it, and which proxies it believes.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use time::Duration;
use url::Url;

use super::address::PublicUrl;
use super::reader::Section;
use super::source::Node;
use super::value::{FromNode, choice, text};

/// Where the bridge listens, what browsers call it, and which proxies it believes.
#[derive(Debug)]
pub struct Server {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Where browsers reach the bridge, a path prefix included.
    pub public_url: Url,
    /// How long running requests may take after the signal to stop.
    pub shutdown_timeout: Duration,
    /// Who is believed about where visitors come from.
    pub proxies: TrustedProxies,
}

/// The proxies that are believed about where visitors come from.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    /// Their networks.
    pub networks: Vec<IpNet>,
    /// The one header that is read. Proxies pass on what they do not write themselves: any other one is the visitor's.
    pub header: ForwardedHeader,
}

/// The header in which proxies say for whom they ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: addresses, the nearest last.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

choice!(ForwardedHeader {
    "x-forwarded-for" => Self::XForwardedFor,
    "forwarded" => Self::Forwarded,
});

impl FromNode for IpNet {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        let network = text.parse::<IpNet>().ok();
        let network = network.or_else(|| text.parse::<IpAddr>().ok().map(Self::from));
        network.ok_or_else(|| {
            format!("expected an address or a network, such as \"127.0.0.1\" or \"172.16.0.0/12\", found {text:?}")
        })
    }

    text!(network => network.to_string());
}

/// Reads the section.
#[must_use]
pub fn read(mut section: Section<'_>, default_ip: IpAddr) -> Option<Server> {
    let listen = section.or("listen", SocketAddr::new(default_ip, 8080));
    let public_url = section.required(
        "public_url",
        "write where browsers reach the bridge, such as \"https://meet.example.org/sso\"",
    );
    let shutdown_timeout = section.or("shutdown_timeout", Duration::seconds(30));
    let proxies = proxies(&mut section);
    section.finish();
    let PublicUrl(public_url) = public_url?;
    Some(Server {
        listen: listen?,
        public_url,
        shutdown_timeout: shutdown_timeout?,
        proxies: proxies?,
    })
}

fn proxies(section: &mut Section<'_>) -> Option<TrustedProxies> {
    let origin = section.origin("trusted_proxies");
    let networks: Option<Vec<IpNet>> = section.or("trusted_proxies", Vec::new());
    let everybody = |network: &IpNet| network.prefix_len() == 0;
    if networks
        .as_ref()
        .is_some_and(|all| all.iter().any(everybody))
    {
        let said = "names every address there is, so that every visitor can say to be somebody else: name the proxies' own";
        section.fault("trusted_proxies", origin, said);
    }
    let header = section.or("forwarded_header", ForwardedHeader::default());
    Some(TrustedProxies {
        networks: networks?,
        header: header?,
    })
}
