//! A loop is told, not ridden: Jitsi that refuses a token sends people back at once, and somebody has to stop.

use axum::response::{IntoResponse, IntoResponseParts, Response};

use super::AppState;
use super::cookies::set_cookies;
use super::error::WebError;
use super::visitor::Visitor;
use crate::meeting::MeetingRequest;
use crate::session::returns::Visits;

/// The page that stops a browser which goes in circles; nothing for everybody else. Whoever goes on from there, by its
/// link or by reloading it, is let through once.
pub fn stop(state: &AppState, visitor: &Visitor, request: &MeetingRequest) -> Option<Response> {
    let visits = visits(state, visitor);
    if !visits.go_in_circles(request) {
        return None;
    }
    let error = WebError::InCircles {
        request: request.clone(),
    };
    let cookie = cookie(state, &visits.clone().but_once_more(request));
    Some((cookie, error).into_response())
}

/// Whether the browser was sent into the room within the last minute.
pub fn just_left_for(state: &AppState, visitor: &Visitor, request: &MeetingRequest) -> bool {
    visits(state, visitor).include(request)
}

/// The cookie that counts one more visit to a room.
pub fn counted(
    state: &AppState,
    visitor: &Visitor,
    request: &MeetingRequest,
) -> impl IntoResponseParts + use<> {
    let visits = visits(state, visitor).clone();
    let visits = visits.and(request, state.clock.now());
    cookie(state, &visits)
}

fn visits<'a>(state: &AppState, visitor: &'a Visitor) -> &'a Visits {
    visitor.visits.get_or_init(|| {
        let cookie = state.cookies.visits(visitor.cookies());
        Visits::read(&state.seals, cookie, state.clock.now())
    })
}

fn cookie(state: &AppState, visits: &Visits) -> impl IntoResponseParts + use<> {
    let sealed = visits.seal(&state.seals);
    set_cookies(
        sealed
            .map(|sealed| state.cookies.with_visits(&sealed))
            .into_iter()
            .collect(),
    )
}
