//! Back into an app: a page with one big button, which opens the app by itself where that is safe.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::page::{Notice, OpenApp};
use crate::meeting::ClientKind;

/// The page that leads into an app.
pub fn page(
    state: &AppState,
    headers: &HeaderMap,
    client: ClientKind,
    app: String,
    web: String,
) -> Response {
    let automatic = state.automatic_return && opens_safely(client, headers);
    Notice::OpenApp(OpenApp {
        app,
        web,
        automatic,
    })
    .into_response()
}

/// Chromium on Android opens an app only where a person asks for it, and leaves a dead tab otherwise; Firefox there, and
/// browsers on other systems, ask or go.
fn opens_safely(client: ClientKind, headers: &HeaderMap) -> bool {
    let browser = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    client != ClientKind::Android || browser.contains("Firefox/")
}
