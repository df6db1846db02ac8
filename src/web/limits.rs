//! What is too much: too often from one address, and too much at once.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::AppState;
use super::error::WebError;
use super::request::Route;
use super::visitor::Visitor;
use crate::meeting::Destination;
use crate::session::rates::Deed;

/// Counts a visitor's deed. Visitors whom nobody can tell apart are not counted: each would stand for all.
///
/// # Errors
/// When it is one too many, or when nobody opened the page: some other page made the browser ask.
pub async fn count(
    state: &AppState,
    deed: Deed,
    visitor: &Visitor,
    destination: impl FnOnce() -> Option<Destination>,
) -> Result<(), WebError> {
    // A page of others that names this address as a picture would spend what its visitor may do.
    let mode = visitor.headers.get("sec-fetch-mode");
    if mode.is_some_and(|mode| mode != "navigate") {
        return Err(WebError::Embedded);
    }
    let Some(address) = visitor.address else {
        return Ok(());
    };
    let counted = state.rates.count(deed, address, state.clock.now()).await;
    counted.map_err(|often| WebError::TooOften {
        often,
        destination: destination(),
    })
}

/// Requests under way: as many as there are places, and each further one is told to come back. Notes the route as well,
/// since each layer costs every request something.
pub async fn one_of(
    State(places): State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Response {
    let route = Route::of(&request);
    let response = match places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => WebError::Overloaded.into_response(),
    };
    (route.map(Extension), response).into_response()
}
