//! A wish to join: with a live session straight to the decision, else to the provider.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use tracing::Instrument as _;

use super::asked::{Asked, parameter};
use super::choice::{self, Choice};
use super::cookies::{Cookies, set_cookies};
use super::error::WebError;
use super::page::Notice;
use super::visitor::Visitor;
use super::{
    AppState, app_return, circles, freshness, inline, languages, limits, redirect, silent,
};
use crate::admit::{Admitted, Outcome};
use crate::identity::Person;
use crate::identity::authorization::{self, Wishes};
use crate::identity::provider::Provider;
use crate::meeting::{Destination, MeetingRequest, TenantError};
use crate::observe::traces;
use crate::policy::{Decision, Denied, DeniedCause};
use crate::session::pending::{Begun, NewLogin};
use crate::session::rates::Deed;
use crate::session::{SignedIn, SignedInNow};

/// The most languages that are told to the provider.
pub const MOST_LANGUAGES: usize = 5;

/// `GET /room/{room}` and `GET /room/{tenant}/{room}`.
pub async fn by_path(
    state: State<AppState>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Response, WebError> {
    // The raw path: how it is to be decoded is Jitsi's business, and `RoomName` knows it.
    let names = uri
        .path()
        .strip_prefix("/room/")
        .unwrap_or_default()
        .trim_end_matches('/');
    let names: Vec<&str> = names.split('/').collect();
    let (tenant, room) = match names.as_slice() {
        [room] => (None, *room),
        [tenant, room] => (Some(*tenant), *room),
        _ => return Err(WebError::NotFound),
    };
    let request = MeetingRequest::parse(Some(room), tenant, None)?;
    get(state, visitor, request, Asked::of(&uri)?).await
}

/// `GET /join?room=…&tenant=…&state=…`.
pub async fn by_query(
    state: State<AppState>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Response, WebError> {
    let jitsi_state = parameter(&uri, "state")?
        .map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
    let request = MeetingRequest::parse(
        parameter(&uri, "room")?,
        parameter(&uri, "tenant")?,
        jitsi_state.as_deref(),
    )?;
    get(state, visitor, request, Asked::of(&uri)?).await
}

/// A wish to join, from wherever it came: with a live session to the decision, else to the provider.
pub async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    request: MeetingRequest,
    asked: Asked<'_>,
) -> Result<Response, WebError> {
    if state.admission.confuses(&request) {
        return Err(WebError::Meeting(TenantError.into()));
    }
    let request = app_return::fitting(request, &visitor.headers);
    // A popup is opened by a person, and leads nobody into a meeting.
    if request.popup.is_none()
        && let Some(stop) = circles::stop(&state, &visitor, &request)
    {
        return Ok(stop);
    }
    if (asked.prompt.is_none() || asked.is_silent())
        && let session = state.cookies.session(visitor.cookies())
        && let Some(person) = signed_in(&state, session).await
        && asked.idp.is_none_or(|idp| idp == person.provider)
        // Whoever signed in at a provider that is not for this meeting has yet to sign in at one that is.
        && state.admission.policy.entrances.let_in(&person.provider, &request)
    {
        let who = SignedInNow {
            person: &person,
            session,
            stepped_up: false,
        };
        return into_meeting(&state, &visitor, who, &request).await;
    }
    begin_login(&state, &visitor, request.into(), asked).await
}

/// Sends the browser to the provider, with a cookie that knows where the login leads to.
pub async fn begin_login(
    state: &AppState,
    visitor: &Visitor,
    destination: Destination,
    asked: Asked<'_>,
) -> Result<Response, WebError> {
    let provider = match choice::choose(state, &destination, asked)? {
        Choice::One(provider) => provider,
        // A choice is a question.
        Choice::Page(page) => match silent::as_guest(state, visitor, &destination) {
            Some(guest) if asked.is_silent() => return Ok(guest),
            _ => return Ok(Notice::Choose(page).into_response()),
        },
    };
    limits::count(state, Deed::LoginStart, visitor, || {
        Some(destination.clone())
    })
    .await?;
    let login = NewLogin {
        provider: &provider.settings.name,
        kind: asked.kind(),
        destination: destination.clone(),
    };
    let begun = state.seals.begin(login, state.clock.now(), &state.random)?;
    state.metrics.login_started(&provider.settings.name);
    send(
        state,
        &visitor.headers,
        &provider,
        begun,
        destination,
        asked,
    )
    .instrument(traces::span!("login begin"))
    .await
}

/// Sends the browser to this provider with a login that has begun.
pub async fn send(
    state: &AppState,
    headers: &HeaderMap,
    provider: &Provider,
    begun: Begun,
    destination: Destination,
    asked: Asked<'_>,
) -> Result<Response, WebError> {
    let known = provider
        .current()
        .await
        .map_err(|error| WebError::unavailable(&error, destination.clone()))?;
    let wishes = Wishes {
        prompt: asked.prompt,
        acr: asked
            .step_up
            .map_or_else(Vec::new, |step_up| step_up.acr.clone()),
        max_age: asked.step_up.and_then(|step_up| step_up.max_age),
        languages: languages::accepted(headers)
            .into_iter()
            .take(MOST_LANGUAGES)
            .collect(),
    };
    let url = authorization::begin(
        provider,
        &known.metadata,
        &state.addresses.redirect_uri(&provider.settings),
        &begun.state,
        &begun.secrets,
        &wishes,
    )
    .await
    .map_err(|error| WebError::not_begun(error, destination))?;
    let mut set =
        state
            .cookies
            .make_room(Cookies::of(headers), &state.seals, begun.cookie_value.len());
    set.push(
        state
            .cookies
            .with_login(&begun.cookie_name, &begun.cookie_value),
    );
    Ok((set_cookies(set), redirect::to(url)).into_response())
}

/// The session's person. A store that does not answer costs the person a sign-in, not the meeting.
pub async fn signed_in(state: &AppState, id: Option<&str>) -> Option<Arc<Person>> {
    recalled(state, id).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the session store does not answer; people sign in again");
        None
    })
}

/// The session's person, where a sign-in is no way around a store that does not answer.
///
/// # Errors
/// When it does not: nobody knows then whether there is such a session.
pub async fn recalled(
    state: &AppState,
    id: Option<&str>,
) -> Result<Option<Arc<Person>>, tower_sessions::session::Error> {
    let (Some(sessions), Some(id)) = (&state.sessions, id) else {
        return Ok(None);
    };
    let Some(signed_in) = sessions.recall(id, state.clock.now()).await? else {
        return Ok(None);
    };
    Ok(by_now(state, id, &signed_in).await)
}

/// The person of a session as the provider knows them by now.
pub async fn by_now(state: &AppState, id: &str, signed_in: &SignedIn) -> Option<Arc<Person>> {
    let person = freshness::fresh(state, id, signed_in).await;
    person.filter(|person| state.providers.vouching_for(person).is_some())
}

/// The end of every way in: decides, tells the audit, and sends the browser into the meeting or says why not.
pub async fn into_meeting(
    state: &AppState,
    visitor: &Visitor,
    who: SignedInNow<'_>,
    request: &MeetingRequest,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let decision = state.admission.decide(who.person, request, now);
    if let Some(on_the_way) = step_up(state, visitor, who, request, &decision).await {
        return on_the_way;
    }
    if let Some(popup) = &request.popup {
        let at_popup = (request, popup);
        return inline::into_popup(state, visitor, who, at_popup, decision).await;
    }
    if state.audit.forbids() {
        return Err(WebError::AuditAway);
    }
    let person = who.person;
    let outcome = state
        .admission
        .carry_out(decision, person, request, now, &state.random)?;
    let about = visitor.about(who.session);
    state.audit.decided(&about, person, request, &outcome);
    match outcome {
        Outcome::Admitted(admitted) => {
            let counted = circles::counted(state, visitor, request);
            let Admitted { app, location, .. } = admitted;
            let answer = match app {
                Some(app) => {
                    app_return::page(state, &visitor.headers, request.client, app, location)
                }
                None => redirect::to(location),
            };
            Ok((counted, answer).into_response())
        }
        Outcome::Denied(denied) => Err(WebError::denied(denied, who, request)),
    }
}

/// Back to the person's provider for a sign-in as a rule wants it: once. Nothing where that is not what is lacking, or
/// was tried just now.
async fn step_up(
    state: &AppState,
    visitor: &Visitor,
    who: SignedInNow<'_>,
    request: &MeetingRequest,
    decision: &Decision,
) -> Option<Result<Response, WebError>> {
    let Decision::Denied(Denied {
        cause: DeniedCause::StepUp(step_up),
        rules,
    }) = decision
    else {
        return None;
    };
    if who.stepped_up {
        return None;
    }
    tracing::info!(
        user.id = who.person.id,
        room.name = %request.room,
        decision.rules = rules.join(" | "),
        "asking the provider for {step_up}"
    );
    let asked = Asked {
        prompt: None,
        idp: Some(&who.person.provider),
        step_up: Some(step_up),
    };
    // Boxed, as seldom needed: what joins carry along is copied several times on its way.
    let begun = Box::pin(begin_login(state, visitor, request.clone().into(), asked));
    Some(begun.await)
}
