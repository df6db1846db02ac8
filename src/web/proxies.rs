//! Where a request comes from, when proxies stand before the visitor: they are believed as far as configuration names
//! them, and nobody else is.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

use crate::config::server::{ForwardedHeader, TrustedProxies};

/// So many proxies may stand in a row.
const MOST_HOPS: usize = 16;

/// The visitor's address: the nearest that is no trusted proxy's.
///
/// Nothing where visitors cannot be told apart: where no proxy is trusted, since there always is one; behind a proxy that names nobody, and behind a private address that nobody
/// trusts, which is surely a proxy's.
pub fn visitor_address(
    proxies: &TrustedProxies,
    peer: IpAddr,
    headers: &HeaderMap,
) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    if proxies.networks.is_empty() {
        return None;
    }
    if !are_trusted(proxies, peer) {
        return is_public(peer).then_some(peer);
    }
    let hops = named(proxies.header, headers).into_iter().rev();
    // What no proxy writes ends the row: everything before it is hearsay.
    let hops = hops.take(MOST_HOPS).map_while(|hop| hop);
    let mut visitors = hops.skip_while(|address| are_trusted(proxies, *address));
    visitors.next()
}

/// Whether an address is a trusted proxy's.
pub fn are_trusted(proxies: &TrustedProxies, address: IpAddr) -> bool {
    proxies
        .networks
        .iter()
        .any(|network| network.contains(&address))
}

/// The addresses that the header names, the nearest last; nothing for what is none.
fn named(header: ForwardedHeader, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let name = match header {
        ForwardedHeader::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
        ForwardedHeader::Forwarded => header::FORWARDED,
    };
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| {
            // Whatever letters a visitor put before it, what a proxy appended counts.
            let line = String::from_utf8_lossy(line.as_bytes());
            match header {
                ForwardedHeader::XForwardedFor => line.split(',').map(plain).collect(),
                ForwardedHeader::Forwarded => forwarded(&line),
            }
        })
        .collect()
}

/// An address, with a port or without; some proxies write one.
fn plain(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = inner.unwrap_or(text).parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

/// `Forwarded` (RFC 7239, 4), in which values may stand in quotes, with commas in them.
fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    // A quote that nobody closes is the visitor's, and what a proxy wrote stands behind it all the same.
    let quotes_count = line.matches('"').count().is_multiple_of(2);
    split(line, ',', quotes_count)
        .into_iter()
        .map(|hop| {
            let named = |pair: &str| {
                let (name, value) = pair.split_once('=')?;
                name.trim()
                    .eq_ignore_ascii_case("for")
                    .then(|| plain(value.trim().trim_matches('"')))
            };
            split(hop, ';', quotes_count).into_iter().find_map(named)?
        })
        .collect()
}

/// The parts between separators; those within quotes do not count as such where quotes do.
fn split(text: &str, separator: char, quotes_count: bool) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c| {
        quoted ^= c == '"';
        c == separator && !(quoted && quotes_count)
    })
    .collect()
}

/// Whether visitors from the Internet have such addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            // Behind carriers' and clouds' own translators (RFC 6598).
            let shared = matches!(address.octets(), [100, 64..=127, ..]);
            !(address.is_loopback() || address.is_private() || address.is_link_local() || shared)
        }
        IpAddr::V6(address) => {
            !(address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(
        trusted: &[&str],
        header: ForwardedHeader,
        peer: &str,
        lines: &[(&str, &str)],
    ) -> String {
        let proxies = TrustedProxies {
            networks: trusted.iter().map(|text| text.parse().unwrap()).collect(),
            header,
        };
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        visitor_address(&proxies, peer.parse().unwrap(), &headers)
            .map_or("nobody".to_owned(), |address| address.to_string())
    }

    #[test]
    fn a_header_counts_only_from_a_trusted_proxy_and_only_as_far_as_those_reach() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];
        let cases = [
            // Nobody said anything.
            ("192.0.2.9", "", "192.0.2.9"),
            ("10.0.0.1", "", "nobody"),
            // A visitor says to be somebody else.
            ("192.0.2.9", "198.51.100.1", "192.0.2.9"),
            ("10.0.0.1", "198.51.100.1, 192.0.2.9", "192.0.2.9"),
            ("10.0.0.1", "10.9.9.9, 192.0.2.9", "192.0.2.9"),
            // Through two trusted proxies; and from within the trusted network itself.
            ("10.0.0.1", "198.51.100.1, 192.0.2.9, 10.0.0.2", "192.0.2.9"),
            ("10.0.0.1", "10.0.0.7", "nobody"),
            ("10.0.0.1", "192.168.0.7, 10.0.0.2", "192.168.0.7"),
            // Ports, brackets, IPv4 within IPv6.
            ("10.0.0.1", "192.0.2.9:4711", "192.0.2.9"),
            ("fd00::1", "[2001:db8::9]:4711", "2001:db8::9"),
            ("fd00::1", "[2001:db8::9]", "2001:db8::9"),
            ("::ffff:10.0.0.1", "::ffff:192.0.2.9", "192.0.2.9"),
            // What no proxy writes.
            ("10.0.0.1", "192.0.2.9, unknown", "nobody"),
            ("10.0.0.1", "192.0.2.9, unknown, 10.0.0.2", "nobody"),
            ("10.0.0.1", "192.0.2.9, \u{e9}, 10.0.0.2", "nobody"),
            // What a visitor writes hides nothing.
            ("10.0.0.1", "\u{e9}, 192.0.2.9", "192.0.2.9"),
            // A proxy that nobody named.
            ("172.18.0.2", "192.0.2.9", "nobody"),
            ("127.0.0.1", "192.0.2.9", "nobody"),
            ("::1", "", "nobody"),
            ("100.64.0.1", "192.0.2.9", "nobody"),
        ];
        for (peer, said, expected) in cases {
            let lines = [("x-forwarded-for", said), ("forwarded", "for=203.0.113.5")];
            let lines = if said.is_empty() {
                &lines[1..]
            } else {
                &lines[..]
            };
            let seen = seen(&trusted, ForwardedHeader::XForwardedFor, peer, lines);
            assert_eq!(seen, expected, "{peer} says {said}");
        }
    }

    #[test]
    fn several_lines_of_a_header_are_one_list() {
        let lines = [
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-for", "192.0.2.9"),
        ];
        let seen = seen(
            &["10.0.0.1/32"],
            ForwardedHeader::XForwardedFor,
            "10.0.0.1",
            &lines,
        );
        assert_eq!(seen, "192.0.2.9");
    }

    #[test]
    fn of_the_two_headers_the_configured_one_counts() {
        let cases = [
            ("for=192.0.2.9", "192.0.2.9"),
            (
                "for=198.51.100.1, For=\"[2001:db8::9]:47\";proto=https;by=10.0.0.1",
                "2001:db8::9",
            ),
            ("for=198.51.100.1, for=_hidden", "nobody"),
            ("for=198.51.100.1, for=unknown", "nobody"),
            ("for=\"198.51.100.1, for=192.0.2.9", "192.0.2.9"),
            (
                "for=192.0.2.9;host=\"a,for=203.0.113.5\";proto=https",
                "192.0.2.9",
            ),
            ("for=198.51.100.1, By=_lb-1; for=192.0.2.9", "192.0.2.9"),
            ("for=\u{e9}, for=192.0.2.9", "192.0.2.9"),
            ("proto=https", "nobody"),
            ("\"", "nobody"),
        ];
        for (said, expected) in cases {
            let lines = [("forwarded", said), ("x-forwarded-for", "203.0.113.5")];
            let seen = seen(
                &["10.0.0.1/32"],
                ForwardedHeader::Forwarded,
                "10.0.0.1",
                &lines,
            );
            assert_eq!(seen, expected, "{said}");
        }
    }
}
