//! Whether a bridge runs on this machine, whatever stands in front of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// How long to wait for its answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// An address to listen on everywhere is asked on this machine.
#[must_use]
pub fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Whether something that calls itself healthy answers where the bridge listens.
pub async fn is_running(listen: SocketAddr) -> bool {
    // Straight there: a proxy for the provider's sake knows nothing of this machine.
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build();
    let Ok(client) = client else {
        return false;
    };
    let url = format!("http://{}/healthz", reachable(listen));
    let answer = client.get(url).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}
