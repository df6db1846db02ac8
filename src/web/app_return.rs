//! Back into an app: a page with one big button, which opens the app by itself where that is safe.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::page::{Notice, OpenApp};
use crate::meeting::{ClientKind, MeetingRequest};

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

/// The request for the app that this browser can be on the same device with. Whoever made the link chose what it says; on
/// Android only the `intent:` form names the app's package, so that no other app gets the token.
pub fn fitting(request: MeetingRequest, headers: &HeaderMap) -> MeetingRequest {
    let client = match request.client {
        ClientKind::Web => ClientKind::Web,
        _ if user_agent(headers).contains("Android") => ClientKind::Android,
        client => client,
    };
    MeetingRequest { client, ..request }
}

/// Chromium on Android opens an app only where a person asks for it, and leaves a dead tab otherwise. Elsewhere the browser
/// has to be one that the app can stand beside.
fn opens_safely(client: ClientKind, headers: &HeaderMap) -> bool {
    let browser = user_agent(headers);
    let mobile = ["iPhone", "iPad", "iPod"];
    match client {
        ClientKind::Web => false,
        ClientKind::Android => browser.contains("Firefox/"),
        // An iPad's browser calls itself a Macintosh's.
        ClientKind::Ios => {
            mobile.iter().any(|name| browser.contains(name)) || browser.contains("Macintosh")
        }
        ClientKind::Electron => {
            !browser.is_empty()
                && !mobile.iter().any(|name| browser.contains(name))
                && !browser.contains("Android")
        }
    }
}

fn user_agent(headers: &HeaderMap) -> &str {
    headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
