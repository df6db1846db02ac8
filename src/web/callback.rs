//! Back from the provider: compare the state first, then redeem the code, then decide.

use axum::extract::{Extension, State};
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use time::OffsetDateTime;
use tracing::Instrument as _;
use url::form_urlencoded;

use super::cookies::set_cookies;
use super::error::{Cause, WebError};
use super::join::into_meeting;
use super::outcome::failure;
use super::visitor::Visitor;
use super::{AppState, freshness, limits, redirect, silent};
use crate::identity::provider::Provider;
use crate::identity::provider_session::SignIn;
use crate::identity::{Person, login};
use crate::meeting::Destination;
use crate::observe::event::{Event, How};
use crate::observe::traces;
use crate::session::pending::{self, LoginKind, PendingLogin};
use crate::session::rates::Deed;
use crate::session::{Sessions, SignedInNow};

/// `GET /callback`, and `GET /callback/{name}` for each of several providers.
pub async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    method: Method,
    uri: Uri,
) -> Response {
    // A HEAD, by which programs look whether a link is good, must not spend the code.
    if method == Method::HEAD {
        return WebError::MethodNotAllowed.into_response();
    }
    let query = uri.query().unwrap_or_default();
    // The second step of an answer that came as a form.
    let Some(sealed) = query.strip_prefix(POSTED) else {
        return come_back(&state, &visitor, uri.path(), query).await;
    };
    match state.seals.answered(sealed, state.clock.now()) {
        Some(form) => come_back(&state, &visitor, uri.path(), &form).await,
        None => WebError::Expired(None).into_response(),
    }
}

/// What the query of the second step begins with.
const POSTED: &str = "posted=";

/// `POST` to the same, where the answer comes as a form (`response_mode = "form_post"`). Browsers send no cookies along
/// with a form of another site, but they do where it leads them to: so the form takes one step, sealed, and only then counts.
pub async fn post(
    State(state): State<AppState>,
    uri: Uri,
    body: String,
) -> Result<Response, WebError> {
    let sealed = state.seals.answer(&body, state.clock.now())?;
    let here = format!("{}{}", state.addresses.base, uri.path());
    Ok(redirect::to(format!("{here}?{POSTED}{sealed}")))
}

async fn come_back(state: &AppState, visitor: &Visitor, path: &str, parameters: &str) -> Response {
    let answer = match Answer::read(parameters) {
        Ok(answer) => answer,
        Err(error) => return error.into_response(),
    };
    let whereto = || state.seals.destination_of(&answer.state);
    if let Err(error) = limits::count(state, Deed::Callback, visitor, whereto).await {
        return error.into_response();
    }
    let cookies = visitor.cookies();
    let name = pending::cookie_name(&answer.state);
    let sealed = state.cookies.login(cookies, &name);
    let now = state.clock.now();
    let pending = match state.seals.finish(&answer.state, sealed, now) {
        Ok(pending) => pending,
        Err(why) => return expired(state, &answer, &why),
    };
    let Some(provider) = state.providers.named(&pending.provider) else {
        // Configuration has changed since.
        return WebError::Expired(Some(pending.destination)).into_response();
    };
    let mut set = vec![state.cookies.without_login(&name)];
    // Before the provider is asked: a logout that it reports from here on ends the new session as well.
    let since = state.clock.now();
    let finishing = finish(state, provider, path, &answer, &pending);
    let response = match finishing.instrument(traces::span!("login finish")).await {
        Ok(sign_in) => {
            let mut signed_out = false;
            let mut session = None;
            let mut unremembered = None;
            if let Some(sessions) = &state.sessions {
                let old = state.cookies.session(cookies);
                let refresh = freshness::kept(state, sign_in.refresh_token.as_ref(), since);
                match sessions.remember(old, &sign_in, refresh, since).await {
                    Ok(new) => {
                        set.push(state.cookies.with_session(&new, sessions.lifetime()));
                        session = Some(new);
                        signed_out = signed_out_since(sessions, state, &sign_in, since).await;
                    }
                    Err(error) => {
                        tracing::warn!(request.id = &*visitor.request.0, %error, "the session store does not answer; the next meeting asks for a sign-in");
                        unremembered = Some(error.to_string());
                    }
                }
            }
            tell(
                state,
                visitor,
                session.as_deref(),
                &pending,
                Ok(&sign_in.person),
            );
            if signed_out {
                let error = WebError::SignedOut(pending.destination);
                return (set_cookies(set), error).into_response();
            }
            match &pending.destination {
                Destination::Meeting(request) => {
                    let who = SignedInNow {
                        person: &sign_in.person,
                        session: session.as_deref(),
                        stepped_up: pending.kind == LoginKind::StepUp,
                    };
                    into_meeting(state, visitor, who, request)
                        .await
                        .into_response()
                }
                page @ (Destination::Home | Destination::WhoAmI(_)) => match unremembered {
                    // The page would ask for the next sign-in, and so on.
                    Some(error) => WebError::StoreAway(error).into_response(),
                    None => redirect::to(state.addresses.signed_in(page)),
                },
            }
        }
        Err(error @ WebError::LoginRequired { .. }) if would_ask(&answer, &pending) => {
            tell(state, visitor, None, &pending, Err(&error));
            if let Some(guest) = silent::as_guest(state, visitor, &pending.destination) {
                guest
            } else {
                // The login goes on, and its cookie with it.
                set.clear();
                let asked =
                    silent::sign_in(state, &visitor.headers, provider, &answer.state, pending);
                Box::pin(asked).await.into_response()
            }
        }
        Err(error) => {
            tell(state, visitor, None, &pending, Err(&error));
            error.into_response()
        }
    };
    (set_cookies(set), response).into_response()
}

/// Too late, reloaded, or begun in another browser. The state, if it is ours, still knows for which room.
///
/// Anybody can ask for this as often as they like: it is counted and logged, and fills no audit.
fn expired(state: &AppState, answer: &Answer, why: &dyn std::fmt::Display) -> Response {
    let error = WebError::Expired(state.seals.destination_of(&answer.state));
    let cause = Cause(format!("{error}: {why}"));
    let failed = Event::SignIn {
        provider: "",
        how: How::Unknown,
        result: Err(failure(&error, &cause.0)),
    };
    state.metrics.heard(&failed);
    (Extension(cause), error).into_response()
}

/// Tells the audit what became of a login.
fn tell(
    state: &AppState,
    visitor: &Visitor,
    session: Option<&str>,
    pending: &PendingLogin,
    result: Result<&Person, &WebError>,
) {
    let cause = result.err().map(ToString::to_string).unwrap_or_default();
    let event = Event::SignIn {
        provider: &pending.provider,
        how: match pending.kind {
            LoginKind::Usual => How::Login,
            LoginKind::StepUp => How::StepUp,
            LoginKind::Silent => How::Silent,
        },
        result: result.map_err(|error| failure(error, &cause)),
    };
    state.audit.tell(&visitor.about(session), &event);
}

/// Whether the provider would have had to ask, and was not to.
fn would_ask(answer: &Answer, pending: &PendingLogin) -> bool {
    let error = answer.outcome.as_ref().err();
    pending.kind == LoginKind::Silent && error.is_some_and(|(error, _)| silent::would_ask(error))
}

/// Whether the provider has said in the meantime that the person is signed out. The new session is dead then; a code or
/// a refresh token that was given out now would not be.
async fn signed_out_since(
    sessions: &Sessions,
    state: &AppState,
    sign_in: &SignIn,
    since: OffsetDateTime,
) -> bool {
    let revoked = sessions.revoked_since(&sign_in.person, since, state.clock.now());
    // A store that does not answer any more keeps neither of them.
    revoked.await.unwrap_or(false)
}

async fn finish(
    state: &AppState,
    provider: &Provider,
    path: &str,
    answer: &Answer,
    pending: &PendingLogin,
) -> Result<SignIn, WebError> {
    let destination = || pending.destination.clone();
    login::check_callback(provider, path).map_err(|error| WebError::login(error, destination()))?;
    let code = match &answer.outcome {
        Ok(code) => code,
        Err((error, description)) => {
            // An error without an issuer is believed: it gives nobody anything.
            if let Some(issuer) = &answer.issuer {
                login::check_answer_issuer(provider, Some(issuer))
                    .map_err(|error| WebError::login(error, destination()))?;
            }
            return Err(WebError::provider_said(error, description, destination()));
        }
    };
    let secrets = pending.secrets();
    login::finish(
        provider,
        &state.addresses.redirect_uri(&provider.settings),
        code,
        answer.issuer.as_deref(),
        &secrets,
    )
    .await
    .map_err(|error| WebError::login(error, destination()))
}

/// An authorization response (RFC 6749, 4.1.2; RFC 9207).
struct Answer {
    state: String,
    issuer: Option<String>,
    /// The code, or `error` and `error_description`.
    outcome: Result<String, (String, String)>,
}

impl Answer {
    /// Reads the parameters, none of which may come twice (RFC 6749, 3.1).
    fn read(query: &str) -> Result<Self, WebError> {
        let (mut state, mut issuer, mut code) = (None, None, None);
        let (mut error, mut description) = (None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "state" => &mut state,
                "iss" => &mut issuer,
                "code" => &mut code,
                "error" => &mut error,
                "error_description" => &mut description,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(WebError::TwoMeanings);
            }
        }
        let expired = || WebError::Expired(None);
        let state = state.ok_or_else(expired)?;
        let outcome = match (error, code) {
            (Some(error), _) => Err((error, description.unwrap_or_default())),
            (None, Some(code)) => Ok(code),
            (None, None) => return Err(expired()),
        };
        Ok(Self {
            state,
            issuer,
            outcome,
        })
    }
}
