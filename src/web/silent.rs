//! A sign-in without a question (`prompt=none`): straight in, or what configuration says.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::asked::Asked;
use super::error::WebError;
use super::visitor::Visitor;
use super::{AppState, circles, join, redirect};
use crate::config::NotSignedIn;
use crate::identity::provider::Provider;
use crate::meeting::{ClientKind, Destination};
use crate::session::pending::{LoginKind, PendingLogin};

/// What providers answer where they would have to ask (OpenID Connect Core 1.0, 3.1.2.6).
const WOULD_ASK: [&str; 4] = [
    "login_required",
    "interaction_required",
    "consent_required",
    "account_selection_required",
];

/// Whether an error means no more than that somebody would have to be asked.
pub fn would_ask(error: &str) -> bool {
    WOULD_ASK.contains(&error)
}

/// Goes on with the same login, in which somebody whom the provider does not know without asking is asked.
pub async fn sign_in(
    state: &AppState,
    headers: &HeaderMap,
    provider: &Provider,
    login_state: &str,
    pending: PendingLogin,
) -> Result<Response, WebError> {
    let destination = pending.destination.clone();
    let now = state.clock.now();
    let begun = state
        .seals
        .again(login_state, pending, LoginKind::Usual, now)?;
    join::send(
        state,
        headers,
        provider,
        begun,
        destination,
        Asked::default(),
    )
    .await
}

/// Into the meeting without a token, where configuration says so. A browser that comes straight back was sent by a Jitsi
/// that lets in no guests: it signs in. So do popups, which are there for nothing else, and people who came from an app.
pub fn as_guest(
    state: &AppState,
    visitor: &Visitor,
    destination: &Destination,
) -> Option<Response> {
    let Destination::Meeting(request) = destination else {
        return None;
    };
    let guests = state.not_signed_in == NotSignedIn::Guest;
    let of_web = request.client == ClientKind::Web && request.popup.is_none();
    if !guests || !of_web || circles::just_left_for(state, visitor, request) {
        return None;
    }
    let counted = circles::counted(state, visitor, request);
    let location = state.admission.urls.guest(request);
    Some((counted, redirect::to(location)).into_response())
}
