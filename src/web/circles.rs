//! A loop is told, not ridden: Jitsi that refuses a token sends people back at once, and somebody has to stop.

use axum::http::header;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;

use super::AppState;
use super::cookies::set_cookies;
use super::error::WebError;
use crate::meeting::MeetingRequest;
use crate::session::returns::Visits;

/// The page that stops a browser which goes in circles; nothing for everybody else. Whoever goes on from there, by its
/// link or by reloading it, is let through once.
pub fn stop(state: &AppState, jar: &CookieJar, request: &MeetingRequest) -> Option<Response> {
    let visits = visits(state, jar);
    if !visits.go_in_circles(request) {
        return None;
    }
    let error = WebError::InCircles {
        request: request.clone(),
    };
    let cookie = cookie(state, &visits.but_once_more(request));
    Some((cookie, error).into_response())
}

/// Whether the browser was sent into the room within the last minute.
pub fn just_left_for(state: &AppState, jar: &CookieJar, request: &MeetingRequest) -> bool {
    visits(state, jar).include(request)
}

/// The cookie that counts one more visit to a room.
pub fn counted(state: &AppState, jar: &CookieJar, request: &MeetingRequest) -> SetCookies {
    let visits = visits(state, jar).and(request, state.clock.now());
    cookie(state, &visits)
}

/// Headers to send.
type SetCookies = AppendHeaders<Vec<(header::HeaderName, String)>>;

fn visits(state: &AppState, jar: &CookieJar) -> Visits {
    Visits::read(&state.seals, state.cookies.visits(jar), state.clock.now())
}

fn cookie(state: &AppState, visits: &Visits) -> SetCookies {
    let sealed = visits.seal(&state.seals);
    set_cookies(
        sealed
            .map(|sealed| state.cookies.with_visits(sealed))
            .into_iter()
            .collect(),
    )
}
