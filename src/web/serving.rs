//! Connections: accepted, given some time, and let finish when the server is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::util::{MapRequest, MapResponse};

use super::live::{Live, ToCurrent};
use super::visitor::Peer;
use crate::observe::metrics::Metrics;

/// After an accept that failed, for lack of file descriptors say, others get so long to give some back.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);
/// That connections have to wait is told once in so long.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// The longest head of a request, in bytes: an address, and cookies of whatever else is on this host. Longer ones get 431.
const LONGEST_HEAD: usize = 64 * 1024;
/// The most headers of a request.
const MOST_HEADERS: usize = 100;

/// How long others may take, and how many at once.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a request's head, from the moment the connection is free for it.
    pub head: Duration,
    /// For the next request on a connection that is kept open, once the server is told to stop. Its answer closes the
    /// connection: closed at once, it could have had a request on its way, which its proxy would have to send again.
    pub last_request: Duration,
    /// For running requests, once the server is told to stop.
    pub shutdown: Duration,
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            last_request: Duration::from_secs(1),
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
    let connections = Connections::new(live.clone(), is_ended.clone());
    tokio::select! {
        () = connections.accept(&listener) => {}
        () = wait_for(is_ended) => {}
    }
    // From here on, whoever comes is refused, and goes to another replica.
    connections.accept_the_last(listener);
    let patience = live.current().patience;
    let finished = async {
        let _ = tokio::time::timeout(patience.last_request, connections.all_closed()).await;
        connections.graceful.shutdown().await;
        let background = &live.current().lasting.background;
        background.close();
        background.wait().await;
    };
    if tokio::time::timeout(patience.shutdown, finished)
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
    background.abort();
    Ok(())
}

struct Connections {
    http: http1::Builder,
    live: Live,
    is_ended: watch::Receiver<bool>,
    /// How many there may be at once.
    most: u32,
    free: Arc<Semaphore>,
    graceful: GracefulShutdown,
    metrics: Metrics,
}

impl Connections {
    fn new(live: Live, is_ended: watch::Receiver<bool>) -> Self {
        let patience = live.current().patience;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(patience.head)
            .max_headers(MOST_HEADERS)
            .max_buf_size(LONGEST_HEAD);
        Self {
            http,
            metrics: live.current().lasting.metrics.clone(),
            live,
            is_ended,
            most: u32::try_from(patience.connections).unwrap_or(u32::MAX),
            free: Arc::new(Semaphore::new(patience.connections)),
            graceful: GracefulShutdown::new(),
        }
    }

    /// Until no connection is open any more.
    async fn all_closed(&self) {
        // An error would mean that the semaphore is closed, and it never is.
        let _ = self.free.acquire_many(self.most).await;
    }

    /// Accepts for ever.
    async fn accept(&self, listener: &TcpListener) {
        let (mut full, mut failing) = (Seldom::default(), Seldom::default());
        loop {
            if self.free.available_permits() == 0 {
                self.metrics.rejected("connections");
                if full.is_due() {
                    tracing::warn!(
                        connections = self.most,
                        "as many connections are open as may be; further ones wait until one is closed"
                    );
                }
            }
            // The semaphore is never closed; should it be, nobody is served.
            let Ok(place) = self.free.clone().acquire_owned().await else {
                return;
            };
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    if failing.is_due() {
                        tracing::warn!(%error, "connections are not accepted; trying again");
                    }
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                    continue;
                }
            };
            self.serve(stream, peer, place);
        }
    }

    /// Closes the listener, and accepts before that whoever has connected already: the kernel would cut them off.
    fn accept_the_last(&self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else {
            return;
        };
        while let Ok(place) = self.free.clone().try_acquire_owned()
            && let Ok((stream, peer)) = listener.accept()
        {
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                self.serve(stream, peer, place);
            }
        }
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        // Answers are small and complete: nothing is won by waiting for more.
        let _ = stream.set_nodelay(true);
        let is_ended = self.is_ended.clone();
        let service = ToCurrent(self.live.clone());
        let service = MapResponse::new(service, move |response| close_if(&is_ended, response));
        let service = MapRequest::new(service, move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer.ip()));
            request
        });
        let connection = self
            .http
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = self.graceful.watch(connection);
        let metrics = self.metrics.clone();
        metrics.connection_opened();
        tokio::spawn(async move {
            // A connection that breaks, or takes too long, is its other end's business.
            let _ = connection.await;
            metrics.connection_closed();
            drop(place);
        });
    }
}

/// In the end, every answer is its connection's last.
fn close_if(is_ended: &watch::Receiver<bool>, mut response: Response) -> Response {
    if *is_ended.borrow() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// What happens all the time is told once in a while.
#[derive(Default)]
struct Seldom(Option<Instant>);

impl Seldom {
    fn is_due(&mut self) -> bool {
        let due = self.0.is_none_or(|told| told.elapsed() >= TOLD_EVERY);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}
