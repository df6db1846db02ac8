//! `serve`: the bridge, until it is told to stop.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::clock::SystemClock;
use crate::config::Loaded;
use crate::observe::{self, Audit};
use crate::web;

/// Serves until SIGTERM or SIGINT.
pub async fn serve(loaded: Loaded) -> anyhow::Result<ExitCode> {
    let Loaded {
        config,
        warnings,
        translated,
        ..
    } = loaded;
    observe::start_logging(config.log);
    for line in translated {
        tracing::info!("{line}");
    }
    for warning in warnings.iter() {
        tracing::warn!("{warning}");
    }
    let listen = config.server.listen;
    let public_url = config.server.public_url.to_string();
    let app = web::build(config, Arc::new(SystemClock), Audit::default())?;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (server.listen)"))?;
    let (mut terminated, mut interrupted) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    tracing::info!(server.listen = %listen, server.public_url = public_url, "ready for browsers");
    web::serve(listener, app, async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        tracing::info!("stopping; running requests may finish");
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}
