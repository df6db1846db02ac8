//! Metrics for Prometheus, on a listener of their own: nothing of it is on the public one.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{App, Live};
use crate::identity::provider::Provider;
use crate::observe::Losses;
use crate::observe::metrics::{KeyStanding, ProviderStanding, Standing};
use crate::token::keyring::Keyring;
use crate::token::keyring::keys::State as KeyState;

/// Connections at once; Prometheus has one, and a person with curl another.
const CONNECTIONS: usize = 16;
/// The longest that a connection may take: its one request, and its answer. Whoever asks slowly, or does not read, gives
/// way to Prometheus.
const LONGEST_CONNECTION: Duration = Duration::from_secs(30);
/// After an accept that failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);
/// The text format's media type (Prometheus, "Exposition formats").
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Serves `/metrics` for ever. `log` knows how many log lines were lost.
pub async fn serve(listener: TcpListener, live: Live, log: Losses) {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .with_state(std::sync::Arc::new(Scraped { live, log }));
    let mut http = hyper::server::conn::http1::Builder::new();
    http.keep_alive(false);
    let places = std::sync::Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = http.serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // A connection that breaks is its other end's business.
            let _ = timeout(LONGEST_CONNECTION, connection).await;
            drop(place);
        });
    }
}

/// Binds the listener.
///
/// # Errors
/// Which address cannot be listened on, and which key says so.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    use anyhow::Context as _;
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} (metrics.listen)"))
}

struct Scraped {
    live: Live,
    log: Losses,
}

async fn metrics(State(scraped): State<std::sync::Arc<Scraped>>) -> Response {
    let app = scraped.live.current();
    let log_lost = scraped.log.so_far().lines;
    match app.lasting.metrics.rendered(&standing(&app, log_lost)) {
        Some(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn standing(app: &App, log_lost: u64) -> Standing {
    let lasting = &app.lasting;
    let now = lasting.clock.now();
    Standing {
        now,
        started: lasting.started,
        good_since: app.built,
        providers: app.providers.iter().map(|one| provider(one, now)).collect(),
        keys: keys(&app.keyring, now),
        log_lost,
        audit_lost: lasting
            .audit
            .trail()
            .map_or(0, crate::observe::trail::Trail::lost),
    }
}

fn provider(provider: &Provider, now: OffsetDateTime) -> ProviderStanding {
    ProviderStanding {
        name: provider.settings.name.clone(),
        known: provider
            .known()
            .map(|known| (known.keys.len(), known.age(now), known.due_in(now))),
    }
}

fn keys(keyring: &Keyring, now: OffsetDateTime) -> Option<KeyStanding> {
    let keys = keyring.published()?;
    let count = |is: fn(KeyState) -> bool| keys.states(now).filter(|(_, state)| is(*state)).count();
    let next = keys.states(now).filter_map(|(_, state)| match state {
        KeyState::SignsFrom(at) => Some(at - now),
        _ => None,
    });
    let signing = keys.signing(now);
    Some(KeyStanding {
        states: [
            ("signs", count(|state| state == KeyState::Signs)),
            ("published", count(|state| state == KeyState::Published)),
            (
                "waiting",
                count(|state| matches!(state, KeyState::SignsFrom(_))),
            ),
            (
                "retired",
                count(|state| matches!(state, KeyState::Retired(_))),
            ),
        ],
        age: signing.and_then(|key| key.not_before).map(|at| now - at),
        next: next.min(),
        ends: signing.and_then(|key| key.retire_at).map(|at| at - now),
    })
}
