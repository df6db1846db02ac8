//! What the bridge knows of a person and decides about them, for them and their help desk. Nothing is minted, and nobody
//! but the session's own person is shown.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions::session::Error;
use url::form_urlencoded;

use super::cookies::Cookies;
use super::error::WebError;
use super::page::Notice;
use super::request::RequestId;
use super::{AppState, invite, join};
use crate::identity::Person;
use crate::meeting::MeetingRequest;
use crate::policy::Decision;
use crate::session::handle::handle;
use crate::session::{Sessions, SignedIn};

/// The longest text that is looked at as a room, in bytes.
const LONGEST_TYPED: usize = 2000;

/// What the page shows.
#[derive(Clone)]
pub struct WhoAmI {
    /// Somebody, or nobody who is signed in.
    pub known: Option<Known>,
    /// The room that was asked about, as it was typed; empty: none was.
    pub typed: String,
    /// What that room is, if there can be one of this name.
    pub room: Option<MeetingRequest>,
}

impl WhoAmI {
    /// Whether a room was asked about that there cannot be.
    #[must_use]
    pub fn is_without_room(&self) -> bool {
        !self.typed.is_empty() && self.room.is_none()
    }
}

/// What is known of somebody, and decided about them.
#[derive(Clone)]
pub struct Known {
    /// Who.
    pub person: Arc<Person>,
    /// The claims that rules look at, by name, with what came.
    pub claims: Vec<(String, Option<Value>)>,
    /// The session.
    pub session: SessionFacts,
    /// What would be decided about the room now.
    pub decision: Option<Decision>,
}

/// What may be told of a session.
#[derive(Clone)]
pub struct SessionFacts {
    /// What can be quoted of it.
    pub handle: String,
    /// When it began.
    pub since: OffsetDateTime,
    /// When it ends, whatever happens.
    pub latest: OffsetDateTime,
    /// When it ends if it is not used before.
    pub unused: OffsetDateTime,
    /// From when on the provider is asked for the groups again; nothing where it cannot be.
    pub refresh: Option<OffsetDateTime>,
}

/// `GET /whoami`, with or without `?room=…`.
pub async fn get(
    State(state): State<AppState>,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, WebError> {
    let Some(sessions) = state.sessions.as_ref().filter(|_| state.whoami) else {
        return Err(WebError::NotFound);
    };
    let typed = typed(&uri);
    let room = invite::typed(&typed).ok();
    let room = room.filter(|room| !state.admission.confuses(room));
    let id = state.cookies.session(Cookies::of(&headers));
    // Not a page that asks for a sign-in, which could not be kept.
    let away = |error: Error| WebError::StoreAway(error.to_string());
    let person = join::recalled(&state, id).await.map_err(away)?;
    let mut known = None;
    if let Some((id, person)) = id.zip(person) {
        let now = state.clock.now();
        // Once more: what the provider was just asked for has changed the session.
        let signed_in = sessions.recall(id, now).await.map_err(away)?;
        known = signed_in.map(|signed_in| Known {
            claims: claims(&state, &person),
            session: facts(sessions, id, &signed_in, now),
            decision: room
                .as_ref()
                .map(|room| state.admission.decide(&person, room, now)),
            person,
        });
    }
    if let Some(known) = &known {
        tracing::info!(
            request.id = &*request_id.0,
            user.id = known.person.id,
            session.handle = known.session.handle,
            "somebody looks at what is known about them"
        );
    }
    Ok(Notice::WhoAmI(Box::new(WhoAmI { known, typed, room })).into_response())
}

/// `?room=`, as somebody typed it into the form, where a space is a `+`.
fn typed(uri: &Uri) -> String {
    let query = uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let room = pairs.find(|(name, _)| name == "room");
    let room = room.map(|(_, value)| value.trim().to_owned());
    room.filter(|room| room.len() <= LONGEST_TYPED)
        .unwrap_or_default()
}

/// The room that a request asks about, if it does and there can be one.
pub fn asked_room(uri: &Uri) -> Option<MeetingRequest> {
    invite::typed(&typed(uri)).ok()
}

fn claims(state: &AppState, person: &Person) -> Vec<(String, Option<Value>)> {
    let names = state.admission.policy.claims_looked_at().into_iter();
    names
        .map(|name| {
            let value = person.claims.get(&name).cloned();
            (name, value)
        })
        .collect()
}

fn facts(sessions: &Sessions, id: &str, signed_in: &SignedIn, now: OffsetDateTime) -> SessionFacts {
    let latest = sessions.end_of(signed_in);
    let unused = now + sessions.idle_timeout();
    SessionFacts {
        handle: handle(id),
        since: signed_in.since(),
        latest,
        unused: unused.min(latest),
        refresh: sessions.refresh_due_at(signed_in),
    }
}
