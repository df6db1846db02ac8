//! `healthcheck`: asks the running bridge, for containers that have no other program to ask with.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use crate::check::reachable;

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
    writeln!(std::io::stdout(), "{url} answered {}", answer.status())?;
    Ok(ExitCode::FAILURE)
}
