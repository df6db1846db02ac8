//! `serve`: the bridge, until it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};

use super::descriptors;
use crate::clock::SharedClock;
use crate::config::Loaded;
use crate::config::inputs::Inputs;
use crate::observe::event::{About, Event};
use crate::observe::traces::Spans;
use crate::observe::{self, Audit};
use crate::reload::{self, Origin, Reloader};
use crate::web::{self, Live, scrape};

/// The most connections that wait to be accepted: what Linux allows at most, unless told otherwise
/// (`net.core.somaxconn`).
const MOST_NOT_ACCEPTED: u32 = 4096;

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
    draw_early();
    let Loaded {
        config,
        warnings,
        translated,
        ..
    } = loaded;
    // The second until the end: what is left is written then.
    let spans = Spans::start(&config.traces)?;
    let (log_level, log) =
        observe::start_logging(config.log, spans.as_ref()).context("cannot start the log")?;
    if let Some(endpoint) = &config.traces.endpoint {
        tracing::info!(traces.endpoint = %endpoint, "traces are sent");
    }
    for line in translated {
        tracing::info!("{line}");
    }
    for warning in warnings.iter() {
        tracing::warn!("{warning}");
    }
    let listen = config.server.listen;
    let metrics_listen = config.metrics.listen;
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
    let listener =
        open(listen).with_context(|| format!("cannot listen on {listen} (server.listen)"))?;
    let metrics = match metrics_listen {
        Some(address) => {
            let metrics = scrape::bind(address).await?;
            tracing::info!(metrics.listen = %metrics.local_addr()?, "ready for Prometheus: /metrics");
            Some(tokio::spawn(scrape::serve(
                metrics,
                live.clone(),
                log.count(),
            )))
        }
        None => None,
    };
    let audit = live.current().lasting.audit.clone();
    audit.tell(&About::default(), &Event::Started);
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
    audit.tell(&About::default(), &Event::Stopped);
    if let Some(trail) = audit.trail() {
        trail.flush();
    }
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    if let Some(spans) = spans {
        spans.end().await;
    }
    Ok(ExitCode::SUCCESS)
}

/// Listens there, with room for a rush: whoever finds none tries again a second later, or more.
fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // As every other server: whoever is started anew gets its port back.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(MOST_NOT_ACCEPTED)
}

/// The library's first random number takes tens of milliseconds, once in a process: they pass beside the rest of the
/// start, and not in the first login. Where that fails, that login waits, or tells what is wrong.
fn draw_early() {
    let draw = || SystemRandom::new().fill(&mut [0]);
    let _ = std::thread::Builder::new()
        .name("first-random-number".to_owned())
        .spawn(draw);
}
