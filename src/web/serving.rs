//! Connections: accepted, given some time, and let finish when the server is told to stop.

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::util::MapRequest;

use super::live::{Live, ToCurrent};
use super::visitor::Peer;

/// After an accept that failed, for lack of file descriptors say, others get so long to give some back.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// The longest head of a request, in bytes: an address, and cookies of whatever else is on this host. Longer ones get 431.
const LONGEST_HEAD: usize = 64 * 1024;
/// The most headers of a request.
const MOST_HEADERS: usize = 100;

/// How long others may take, and how many at once.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a request's head, from the moment the connection is free for it.
    pub head: Duration,
    /// For running requests, once the server is told to stop.
    pub shutdown: Duration,
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            shutdown: Duration::from_secs(30),
            connections: 8192,
        }
    }
}

/// Serves until `end` resolves, then lets running requests finish, for a while. Each request is answered by the server
/// that is the current one when it comes.
///
/// # Errors
/// None at present: what fails is one connection's business.
pub async fn serve(
    listener: TcpListener,
    live: impl Into<Live>,
    end: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let live = live.into();
    let (ended, is_ended) = watch::channel(false);
    let wait_for = |mut is_ended: watch::Receiver<bool>| async move {
        // An error means that the sender is gone, which is an end as well.
        let _ = is_ended.wait_for(|ended| *ended).await;
    };
    let background = tokio::spawn(live.clone().keep_fresh(wait_for(is_ended.clone())));
    tokio::spawn(async move {
        end.await;
        let _ = ended.send(true);
    });
    let connections = Connections::new(&live);
    tokio::select! {
        () = connections.accept(listener) => {}
        () = wait_for(is_ended) => {}
    }
    // The listener is closed by now: whoever comes is refused, and goes to another replica.
    tokio::select! {
        () = connections.graceful.shutdown() => {}
        () = tokio::time::sleep(live.current().patience.shutdown) => {
            tracing::warn!("some requests did not finish in time and were cut off");
        }
    }
    background.abort();
    Ok(())
}

struct Connections {
    http: http1::Builder,
    live: Live,
    free: Arc<Semaphore>,
    graceful: GracefulShutdown,
}

impl Connections {
    fn new(live: &Live) -> Self {
        let patience = live.current().patience;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(patience.head)
            .max_headers(MOST_HEADERS)
            .max_buf_size(LONGEST_HEAD);
        Self {
            http,
            live: live.clone(),
            free: Arc::new(Semaphore::new(patience.connections)),
            graceful: GracefulShutdown::new(),
        }
    }

    /// Accepts for ever.
    async fn accept(&self, listener: TcpListener) {
        loop {
            // The semaphore is never closed; should it be, nobody is served.
            let Ok(place) = self.free.clone().acquire_owned().await else {
                return;
            };
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                    continue;
                }
            };
            // Answers are small and complete: nothing is won by waiting for more.
            let _ = stream.set_nodelay(true);
            let service = MapRequest::new(
                ToCurrent(self.live.clone()),
                move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(Peer(peer.ip()));
                    request
                },
            );
            let connection = self
                .http
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
            let connection = self.graceful.watch(connection);
            tokio::spawn(async move {
                // A connection that breaks, or takes too long, is its other end's business.
                let _ = connection.await;
                drop(place);
            });
        }
    }
}
