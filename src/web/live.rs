//! The server that answers now, which another one may follow while connections stay open.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::Service;

use super::App;
use crate::token::keyring::Keyring;

/// The server that answers now.
#[derive(Clone)]
pub struct Live(Arc<watch::Sender<Arc<App>>>);

impl From<App> for Live {
    fn from(app: App) -> Self {
        Self(Arc::new(watch::Sender::new(Arc::new(app))))
    }
}

impl Live {
    /// The one that answers now.
    #[must_use]
    pub fn current(&self) -> Arc<App> {
        self.0.borrow().clone()
    }

    /// From the next request on, this one answers. Requests that run end with the one that they began with.
    pub fn replace(&self, app: App) {
        self.0.send_replace(Arc::new(app));
    }

    /// Keeps fresh what the current server knows of others, until `end` resolves.
    pub(super) async fn keep_fresh(self, end: impl Future<Output = ()> + Send) {
        let mut changes = self.0.subscribe();
        tokio::pin!(end);
        loop {
            let app = changes.borrow_and_update().clone();
            // Dropped with the next turn, which ends the tasks of the server before.
            let mut tasks = JoinSet::new();
            for provider in app.providers.iter() {
                tasks.spawn(provider.clone().keep_fresh(std::future::pending()));
            }
            if let Keyring::Keys(keys) = &app.keyring {
                tasks.spawn(keys.clone().keep_fresh(
                    app.lasting.clock.clone(),
                    app.look_at_keys_every,
                    std::future::pending(),
                ));
            }
            tokio::select! {
                // `self` holds the sender, so that there is always one.
                _ = changes.changed() => {}
                () = &mut end => return,
            }
        }
    }
}

impl App {
    /// Asks each provider of which nothing is known. Whatever has not come in time comes later.
    pub async fn ask_providers(&self, within: Duration) {
        let mut asking = JoinSet::new();
        for provider in self.providers.iter().filter(|one| one.known().is_none()) {
            let provider = provider.clone();
            asking.spawn(async move {
                if let Err(error) = provider.current().await {
                    tracing::warn!(provider.name = provider.settings.name, %error, "provider not reached; asking again");
                }
            });
        }
        // Too late is as good as not at all: the provider goes on being asked.
        let _ = tokio::time::timeout(within, async {
            while asking.join_next().await.is_some() {}
        })
        .await;
    }
}

/// Hands each request to the server that answers when it comes.
#[derive(Clone)]
pub(super) struct ToCurrent(pub(super) Live);

impl<B> Service<Request<B>> for ToCurrent
where
    Router: Service<
            Request<B>,
            Response = Response,
            Error = Infallible,
            Future = RouteFuture<Infallible>,
        >,
{
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // So is a router, always.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.0.current().router.clone().call(request)
    }
}
