//! The home page: who one is, a room to open, the rooms that the rules name, and the way out.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::asked::{Asked, parameter};
use super::cookies::Cookies;
use super::error::WebError;
use super::page::{Home, HomeRoom, Notice, SignedInHome};
use super::visitor::Visitor;
use super::{AppState, join, redirect, whoami};
use crate::identity::Person;
use crate::meeting::{Destination, Invitation, MeetingRequest, RoomName};
use crate::policy::{Decision, Denied, DeniedCause, Role};

/// The most rooms that the page lists.
const MOST_ROOMS: usize = 50;

/// `GET /`.
pub async fn get(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, WebError> {
    let id = state.cookies.session(Cookies::of(&headers));
    // Not a page that asks for a sign-in, which could not be kept.
    let away = |error: tower_sessions::session::Error| WebError::StoreAway(error.to_string());
    let person = join::recalled(&state, id).await.map_err(away)?;
    let mut signed_in = None;
    if let Some((id, person)) = id.zip(person) {
        let form_token = state.seals.form_token(id)?;
        let invitations = invitations(&state, &person).await;
        signed_in = Some(signed_in_home(&state, &person, form_token, invitations));
    }
    let notice = Notice::Home(Home {
        signed_in,
        can_sign_in: state.sessions.is_some(),
    });
    Ok(notice.into_response())
}

/// The person's invitations. Without the store, the page has none to show.
async fn invitations(state: &AppState, person: &Person) -> Option<Vec<Invitation>> {
    let invitations = state.invitations.as_ref()?;
    let own = invitations.made_by(person, state.clock.now()).await;
    Some(own.unwrap_or_else(|error| {
        tracing::warn!(%error, "the session store does not answer; invitations are not shown");
        Vec::new()
    }))
}

fn signed_in_home(
    state: &AppState,
    person: &Person,
    form_token: String,
    invitations: Option<Vec<Invitation>>,
) -> SignedInHome {
    let policy = &state.admission.policy;
    let rooms = policy.named_rooms().into_iter().take(MOST_ROOMS);
    let rooms = rooms.filter_map(|room| {
        let request = MeetingRequest::to(room, None);
        let role = role_in(state, person, &request)?;
        Some(HomeRoom {
            href: state.addresses.join(&request, None),
            name: request.room.readable(),
            role,
        })
    });
    SignedInHome {
        name: person.name.clone(),
        email: person.email.as_ref().map(|email| email.address.clone()),
        rooms: rooms.collect(),
        form_token,
        invitations,
    }
}

/// What the person would be in a room, after a stronger sign-in on the way if a rule asks for one.
fn role_in(state: &AppState, person: &Person, request: &MeetingRequest) -> Option<Role> {
    let now = state.clock.now();
    let decision = match state.admission.decide(person, request, now) {
        Decision::Denied(Denied {
            cause: DeniedCause::StepUp(step_up),
            ..
        }) => {
            let mut stronger = person.clone();
            stronger.acr.extend(step_up.acr);
            stronger.auth_time = Some(now.unix_timestamp());
            state.admission.decide(&stronger, request, now)
        }
        decision => decision,
    };
    match decision {
        Decision::Granted(grant) => Some(grant.role),
        Decision::Denied(_) => None,
    }
}

/// `GET /sign-in`: signs in without a meeting in mind, where that is remembered. `?to=whoami` leads to that page.
pub async fn sign_in(
    State(state): State<AppState>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Response, WebError> {
    if state.sessions.is_none() {
        return Ok(redirect::to(state.addresses.home()));
    }
    let asked = Asked::of(&uri)?;
    let destination = match parameter(&uri, "to")? {
        Some("whoami") if state.whoami => Destination::WhoAmI(whoami::asked_room(&uri)),
        _ => Destination::Home,
    };
    let id = state.cookies.session(visitor.cookies());
    if asked.prompt.is_none()
        && let Some(person) = join::signed_in(&state, id).await
        && asked.idp.is_none_or(|idp| idp == person.provider)
    {
        return Ok(redirect::to(state.addresses.signed_in(&destination)));
    }
    join::begin_login(&state, &visitor, destination, asked).await
}

/// `GET /open?room=…`: a room as somebody typed it into the form, where a space is a `+`.
pub async fn open(State(state): State<AppState>, uri: Uri) -> Result<Response, WebError> {
    let query = uri.query().unwrap_or_default();
    let typed = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "room");
    let typed = typed
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default();
    let room = RoomName::parse(typed.trim()).map_err(|error| WebError::Meeting(error.into()))?;
    let href = state.addresses.join(&MeetingRequest::to(room, None), None);
    // Not a redirect: browsers hold a form's redirects to `form-action`, and this one ends at the provider or at Jitsi.
    Ok(Notice::Opening(href).into_response())
}
