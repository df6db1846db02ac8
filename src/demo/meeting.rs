//! The page that stands in for Jitsi's: asks which room, sends people to `tokenAuthUrl`, and shows what came back.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde::Deserialize;

use super::people::{DemoPerson, account, everybody};
use super::verdict;
use super::{Decisions, POLICY, Places};
use crate::clock::SharedClock;
use crate::meeting::room::ENCODE_URI_COMPONENT;
use crate::web::page::STYLE;

/// The stand-in's state.
#[derive(Clone)]
pub struct Stand {
    /// Where the three parts are.
    pub places: Places,
    /// The secret that Prosody would have.
    pub secret: String,
    /// The time.
    pub clock: SharedClock,
    /// Why tokens were given.
    pub decisions: Decisions,
}

/// The stand-in's routes: its own below `/-/`, which is no room's name, and every room's.
pub fn router(stand: Stand) -> Router {
    Router::new()
        .route("/", get(welcome))
        .route("/-/go", get(go))
        .route("/-/login", get(login))
        .route("/-/as/{username}", get(sign_in_as))
        .route("/-/verify", post(verify))
        .route("/-/demo.js", get(script))
        .route("/{room}", get(room))
        .route("/{tenant}/{room}", get(room_of_tenant))
        .with_state(stand)
}

#[derive(Template)]
#[template(path = "welcome.html", config = "src/demo/askama.toml")]
struct Welcome<'a> {
    style: &'a str,
    people: Vec<DemoPerson>,
    rules: Vec<String>,
}

async fn welcome() -> Response {
    let names = POLICY
        .lines()
        .filter_map(|line| line.strip_prefix("name = "));
    let rules = names
        .map(|name| name.trim_matches('"').to_owned())
        .collect();
    page(&Welcome {
        style: STYLE,
        people: everybody(),
        rules,
    })
}

#[derive(Deserialize)]
struct Go {
    room: String,
}

async fn go(Query(Go { room }): Query<Go>) -> Redirect {
    Redirect::to(&format!("/{}", encoded(&room)))
}

#[derive(Template)]
#[template(path = "meeting.html", config = "src/demo/askama.toml")]
struct MeetingShell<'a> {
    style: &'a str,
    room: &'a str,
}

async fn room(Path(room): Path<String>) -> Response {
    page(&MeetingShell {
        style: STYLE,
        room: &room,
    })
}

async fn room_of_tenant(Path((_, room)): Path<(String, String)>) -> Response {
    page(&MeetingShell {
        style: STYLE,
        room: &room,
    })
}

async fn script() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/javascript")],
        include_str!("templates/demo.js"),
    )
}

#[derive(Deserialize)]
struct At {
    path: String,
}

/// What Jitsi does with somebody who has no token: `tokenAuthUrl = {bridge}/join?room={room}&tenant=…&state={state}`.
async fn login(State(stand): State<Stand>, Query(At { path }): Query<At>) -> Redirect {
    Redirect::to(&stand.token_auth_url(&path, ""))
}

async fn sign_in_as(
    State(stand): State<Stand>,
    Path(username): Path<String>,
    Query(At { path }): Query<At>,
) -> Response {
    let Some(person) = account(&username) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let cookie = super::provider::sign_in_next(person);
    let to = Redirect::to(&stand.token_auth_url(&path, "&prompt=login"));
    ([(header::SET_COOKIE, cookie)], to).into_response()
}

impl Stand {
    fn token_auth_url(&self, path: &str, more: &str) -> String {
        let (tenant, room) = tenant_and_room(path);
        let typed = percent_decode_str(room).decode_utf8_lossy();
        let state = serde_json::json!({ "room": typed, "tenant": tenant, "config.prejoinConfig.enabled": false });
        let state = encoded(&state.to_string());
        let tenant = tenant
            .map(|tenant| format!("&tenant={}", encoded(tenant)))
            .unwrap_or_default();
        format!(
            "{}/join?room={}{tenant}&state={state}{more}",
            self.places.bridge,
            encoded(&typed)
        )
    }
}

/// A path of the stand-in's, taken apart.
pub(super) fn tenant_and_room(path: &str) -> (Option<&str>, &str) {
    match path.trim_matches('/').split_once('/') {
        Some((tenant, room)) => (Some(tenant), room),
        None => (None, path.trim_matches('/')),
    }
}

/// What the page's script found in the address.
#[derive(Deserialize)]
struct Found {
    token: String,
    path: String,
}

async fn verify(State(stand): State<Stand>, Form(Found { token, path }): Form<Found>) -> Response {
    page(&verdict::Verdict::on(&stand, &token, &path))
}

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODE_URI_COMPONENT).to_string()
}

fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(page) => Html(page).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
