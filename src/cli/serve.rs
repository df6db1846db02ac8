//! `serve`: the bridge, until it is told to stop.

use std::process::ExitCode;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::descriptors;
use crate::clock::SharedClock;
use crate::config::Loaded;
use crate::config::inputs::Inputs;
use crate::observe::{self, Audit};
use crate::reload::{self, Origin, Reloader};
use crate::web::{self, Live};

/// Serves until SIGTERM or SIGINT. What was loaded comes from `origin`, with these inputs, and is loaded again when that
/// changes, and on SIGHUP.
pub async fn serve(
    loaded: Loaded,
    clock: SharedClock,
    origin: Origin,
    inputs: Inputs,
) -> anyhow::Result<ExitCode> {
    // First of all, for until then it would end the process.
    let hung_up = signal(SignalKind::hangup())?;
    let Loaded {
        config,
        warnings,
        translated,
        ..
    } = loaded;
    // The second until the end: what is left is written then.
    let (log_level, _log) = observe::start_logging(config.log).context("cannot start the log")?;
    for line in translated {
        tracing::info!("{line}");
    }
    for warning in warnings.iter() {
        tracing::warn!("{warning}");
    }
    let listen = config.server.listen;
    let public_url = config.server.public_url.to_string();
    let mut app = web::build(config, clock, Audit::default())?;
    if let Some(most) = descriptors::raise_and_bound_connections()
        && most < app.patience.connections
    {
        tracing::info!(
            connections = most,
            "the system's limit of open files (ulimit -n) bounds the connections"
        );
        app.patience.connections = most;
    }
    let live = Live::from(app);
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (server.listen)"))?;
    let (mut terminated, mut interrupted) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    tracing::info!(server.listen = %listen, server.public_url = public_url, "ready for browsers");
    let reloader = Reloader::new(origin, inputs, live.clone(), log_level);
    let reloading = tokio::spawn(reloader.run(reload::LOOK_EVERY, hung_up));
    web::serve(listener, live, async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        reloading.abort();
        tracing::info!("stopping; running requests may finish");
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}
