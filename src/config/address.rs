//! Addresses of servers: http or https, a host, perhaps a path, and nothing else.

use url::{Host, Url};

use super::shape::Shape;
use super::source::Node;
use super::value::{FromNode, text};

/// An address for browsers: https, or http on this machine.
pub struct PublicUrl(pub Url);

/// An address for this server alone: http is allowed.
pub struct InternalUrl(pub Url);

impl FromNode for PublicUrl {
    fn from_node(node: &Node) -> Result<Self, String> {
        let url = parse(node)?;
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(format!(
                "{url:?} is not https: people's sign-ins would cross the network in the clear; write https:// (http is allowed on localhost only)",
                url = url.as_str()
            ));
        }
        Ok(Self(url))
    }

    text!(Shape::Url, url => url.0.as_str());
}

impl FromNode for InternalUrl {
    fn from_node(node: &Node) -> Result<Self, String> {
        parse(node).map(Self)
    }

    text!(Shape::Url, url => url.0.as_str());
}

fn parse(node: &Node) -> Result<Url, String> {
    let text = String::from_node(node)?;
    let expected = |why: String| {
        // Before an '@' stands a password, perhaps.
        let found = match text.rsplit_once('@') {
            Some((_, after)) => format!("one that ends with {after:?}"),
            None => format!("{text:?}"),
        };
        format!("expected an address such as \"https://meet.example.org\", found {found}{why}")
    };
    let url = Url::parse(&text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => expected(String::new()),
        error => expected(format!(": {error}")),
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(expected(String::new()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address must not contain a user name or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(expected(
            ": leave out what begins with '?' or '#'".to_owned(),
        ));
    }
    Ok(url)
}

/// Whether what is sent to the address cannot be read on the way: https, or this machine.
pub fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// Whether the address is this machine's own.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
