//! Guests without an account: a moderator makes an invitation on the home page, and whoever has its link types a name and
//! takes part.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::cookies::Cookies;
use super::error::WebError;
use super::form::{Fields, field, read};
use super::page::{GuestPage, Notice};
use super::visitor::Visitor;
use super::{AppState, join, redirect};
use crate::admit::Outcome;
use crate::identity::Person;
use crate::meeting::{Destination, Invitation, MeetingRequest, RoomName, Tenant, TenantError};
use crate::observe::event::{Event, InvitationAction};
use crate::policy::Decision;
use crate::session::invitations::{InvitationError, Invitations};

/// `POST /invitations`: makes an invitation into a room where the person may invite.
pub async fn make(
    State(state): State<AppState>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    let invitations = offered(&state)?;
    let fields = read(fields)?;
    let person = whose_form(&state, &visitor.headers, &fields).await?;
    let request = typed(field(&fields, "to"))?;
    if state.admission.confuses(&request) {
        return Err(WebError::Meeting(TenantError.into()));
    }
    match state.admission.decide(&person, &request, state.clock.now()) {
        Decision::Granted(grant) if grant.may_invite => {}
        Decision::Granted(_) | Decision::Denied(_) => {
            return Err(WebError::MayNotInvite(request));
        }
    }
    let now = state.clock.now();
    let made = invitations
        .make(&state.seals, &person, &request, now, &state.random)
        .await?;
    tracing::info!(
        target: "audit",
        {
        request.id = &*visitor.request.0,
        user.id = person.id,
        invitation.id = made.invitation.id,
        room.name = %request.room,
        room.tenant = request.tenant.as_ref().map(ToString::to_string),
        },
        "invited guests"
    );
    let session = state.cookies.session(visitor.cookies());
    let event = Event::Invitation {
        action: InvitationAction::Made,
        id: &made.invitation.id,
        person: &person,
        request: Some(&request),
    };
    state.audit.tell(&visitor.about(session), &event);
    Ok(Notice::Invited {
        link: format!("{}/invite/{}", state.addresses.base, made.sealed),
        invitation: made.invitation,
    }
    .into_response())
}

/// `POST /invitations/withdraw`: takes back one of the person's own.
pub async fn withdraw(
    State(state): State<AppState>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, WebError> {
    let invitations = offered(&state)?;
    let fields = read(fields)?;
    let person = whose_form(&state, &visitor.headers, &fields).await?;
    let invitation = field(&fields, "invitation");
    let withdrawn = invitations
        .withdraw(&person, invitation, state.clock.now())
        .await
        .map_err(InvitationError::Store)?;
    if withdrawn {
        tracing::info!(
            target: "audit",
            {
            request.id = &*visitor.request.0,
            user.id = person.id,
            invitation.id = invitation,
            },
            "withdrew an invitation"
        );
        let session = state.cookies.session(visitor.cookies());
        let event = Event::Invitation {
            action: InvitationAction::Withdrawn,
            id: invitation,
            person: &person,
            request: None,
        };
        state.audit.tell(&visitor.about(session), &event);
    }
    Ok(redirect::to(state.addresses.home()))
}

/// `GET /invite/{…}`: asks a guest for a name.
pub async fn show(
    State(state): State<AppState>,
    Path(sealed): Path<String>,
) -> Result<Response, WebError> {
    let invitation = still_good(&state, &sealed).await?;
    Ok(guest_page(&state, invitation, &sealed, false))
}

/// `POST /invite/{…}`: lets the guest in.
pub async fn enter(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(sealed): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let invitation = still_good(&state, &sealed).await?;
    let fields = read(fields)?;
    let (admission, random) = (&state.admission, &state.random);
    let Some(guest) = admission.guest(field(&fields, "name"), &invitation, random)? else {
        return Ok(guest_page(&state, invitation, &sealed, true));
    };
    if state.audit.forbids() {
        return Err(WebError::AuditAway);
    }
    let request = invitation.request();
    let outcome = admission.admit_guest(&guest, &invitation, state.clock.now(), random)?;
    state
        .audit
        .decided(&visitor.about(None), &guest, &request, &outcome);
    match outcome {
        Outcome::Admitted(admitted) => {
            let event = Event::Invitation {
                action: InvitationAction::Used,
                id: &invitation.id,
                person: &guest,
                request: Some(&request),
            };
            state.audit.tell(&visitor.about(None), &event);
            // Not a redirect: browsers hold a form's redirects to `form-action`.
            Ok(Notice::Opening(admitted.location).into_response())
        }
        Outcome::Denied(denied) => Err(WebError::Denied {
            denied,
            name: None,
            request,
            stepped_up: false,
            groups_missing: false,
        }),
    }
}

fn offered(state: &AppState) -> Result<&Invitations, WebError> {
    state.invitations.as_ref().ok_or(WebError::NotFound)
}

async fn still_good(state: &AppState, sealed: &str) -> Result<Invitation, WebError> {
    let invitations = offered(state)?;
    let now = state.clock.now();
    Ok(invitations.open(&state.seals, sealed, now).await?)
}

fn guest_page(state: &AppState, invitation: Invitation, sealed: &str, nameless: bool) -> Response {
    Notice::Guest(GuestPage {
        action: format!("{}/invite/{sealed}", state.addresses.base),
        with_account: state.addresses.join(&invitation.request(), None),
        invitation,
        nameless,
    })
    .into_response()
}

/// Whoever is signed in, by a form that was made for this very session.
async fn whose_form(
    state: &AppState,
    headers: &HeaderMap,
    fields: &[(String, String)],
) -> Result<Arc<Person>, WebError> {
    let expired = || WebError::Expired(Some(Destination::Home));
    let session = state.cookies.session(Cookies::of(headers));
    let session = session.ok_or_else(expired)?;
    if !state.seals.is_form_of(field(fields, "form"), session) {
        return Err(expired());
    }
    match join::recalled(state, Some(session)).await {
        Ok(person) => person.ok_or_else(expired),
        Err(error) => Err(WebError::StoreAway(error.to_string())),
    }
}

/// A room as somebody types it, with its tenant and a slash before it if it has one.
///
/// # Errors
/// When there can be no such room.
pub fn typed(text: &str) -> Result<MeetingRequest, WebError> {
    let (tenant, room) = match text.trim().split_once('/') {
        Some((tenant, room)) => (Some(tenant), room),
        None => (None, text.trim()),
    };
    let room = RoomName::parse(room).map_err(|error| WebError::Meeting(error.into()))?;
    let tenant = tenant
        .map(Tenant::parse)
        .transpose()
        .map_err(|error| WebError::Meeting(error.into()))?;
    Ok(MeetingRequest::to(room, tenant))
}
