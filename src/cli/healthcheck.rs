//! `healthcheck`: asks the running bridge, for containers that have no other program to ask with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Success when the bridge that listens there answers.
pub async fn run(listen: SocketAddr) -> anyhow::Result<ExitCode> {
    let url = format!("http://{}/healthz", reachable(listen));
    // Straight there: a proxy for the provider's sake knows nothing of this container.
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()?;
    let answer = client.get(&url).send().await.context("no answer")?;
    if answer.status().is_success() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("{url} answered {}", answer.status());
    Ok(ExitCode::FAILURE)
}

/// An address to listen on everywhere is asked on this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
