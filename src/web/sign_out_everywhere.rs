//! A sign-out on every device: for whoever lost one.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::cookies::set_cookies;
use super::error::WebError;
use super::form::{Fields, field, read};
use super::page::Notice;
use super::visitor::Visitor;
use crate::meeting::Destination;
use crate::observe::event::{Event, Scope};

/// `POST /sign-out-everywhere`: ends every session of the person, and what hangs on them: refresh tokens of inline
/// sign-ins. Tokens in open meetings live on until their own end.
pub async fn post(
    State(state): State<AppState>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    let fields = read(fields)?;
    let expired = || WebError::Expired(Some(Destination::Home));
    let session = state.cookies.session(visitor.cookies());
    let session = session.ok_or_else(expired)?;
    if !state.seals.is_form_of(field(&fields, "form"), session) {
        return Err(expired());
    }
    let sessions = state.sessions.as_ref().ok_or_else(expired)?;
    let now = state.clock.now();
    let failed = |error: tower_sessions::session::Error| WebError::SignOutFailed(error.to_string());
    let live = sessions.recall(session, now).await.map_err(failed)?;
    let signed_in = live.ok_or_else(expired)?;
    let person = &signed_in.person;
    let ended = sessions
        .end_all(&person.issuer, Some(&person.subject), None, now)
        .await
        .map_err(failed)?;
    tracing::info!(
        target: "audit",
        {
        request.id = &*visitor.request.0,
        user.id = person.id,
        sessions = ended.len(),
        },
        "signed out everywhere"
    );
    let event = Event::SignOut {
        scope: Scope::Everywhere,
        user: Some(&person.id),
        provider: &person.provider,
        ended: &ended,
    };
    state.audit.tell(&visitor.about(Some(session)), &event);
    let gone = set_cookies(vec![state.cookies.without_session()]);
    Ok((gone, Notice::SignedOutEverywhere).into_response())
}
