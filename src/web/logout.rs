//! Sign-out: the bridge's session first, then the one at the provider (OpenID Connect RP-Initiated Logout 1.0), and
//! back; and logouts that the provider reports by itself (OpenID Connect Back-Channel Logout 1.0).

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use url::{Url, form_urlencoded};

use super::cookies::set_cookies;
use super::error::{Cause, WebError};
use super::join::MOST_LANGUAGES;
use super::page::Notice;
use super::request::FramedBy;
use super::visitor::Visitor;
use super::{AppState, languages, redirect};
use crate::identity::claims::shown;
use crate::identity::logout_token::{self, LogoutTokenError};
use crate::identity::provider::Provider;
use crate::identity::provider_session::end_session_url;
use crate::identity::stable_id;
use crate::observe::event::{Event, Scope};
use crate::session::logout_state::SignedOut;
use crate::session::{Sessions, SignedIn};

/// The longest body of a logout token's request, in bytes.
pub const LONGEST_BODY: usize = 64 * 1024;

/// Where sign-outs lead.
#[derive(Debug)]
pub struct LogoutSettings {
    /// `jitsi.after_logout`: where a sign-out ends that says nothing of it.
    after: SignedOut,
    /// Jitsi's front page.
    jitsi: String,
    /// Jitsi's page for the hidden frame: it tells Jitsi's client that the logout is done (`static/logout.html`).
    frame: String,
    /// Who may frame the answers.
    framed_by: FramedBy,
    /// Where the provider sends the browser back to.
    post_logout_redirect_uri: String,
}

impl LogoutSettings {
    /// `base` is our own public address without the slash at its end.
    #[must_use]
    pub fn new(after: SignedOut, jitsi: &Url, base: &str) -> Self {
        let address = jitsi.as_str().trim_end_matches('/');
        Self {
            after,
            jitsi: format!("{address}/"),
            frame: format!("{address}/static/logout.html"),
            framed_by: FramedBy(jitsi.origin().ascii_serialization()),
            post_logout_redirect_uri: format!("{base}/logged-out"),
        }
    }
}

/// `GET /logout`: Jitsi's `tokenLogoutUrl`. It ends the session of the browser that asks, and no other.
pub async fn get(
    State(state): State<AppState>,
    method: Method,
    visitor: Visitor,
    uri: Uri,
) -> Response {
    // A HEAD, by which programs look whether a link is good, must not sign anybody out.
    if method == Method::HEAD {
        return WebError::MethodNotAllowed.into_response();
    }
    let response = sign_out(&state, &visitor, &uri)
        .await
        .unwrap_or_else(IntoResponse::into_response);
    (Extension(state.logout.framed_by.clone()), response).into_response()
}

async fn sign_out(state: &AppState, visitor: &Visitor, uri: &Uri) -> Result<Response, WebError> {
    let headers = &visitor.headers;
    let cookie = state.cookies.session(visitor.cookies());
    let mut signed_in = None;
    if let Some(sessions) = &state.sessions {
        let hinted = hinted_session(state, uri);
        for id in [cookie, hinted.as_deref()].into_iter().flatten() {
            signed_in = ended(sessions, id, state, visitor).await?.or(signed_in);
        }
    }
    let end = end(state, headers, uri);
    let response = match at_provider(state, signed_in.as_deref(), end, headers).await? {
        Some(url) => redirect::to(url),
        None => arrive(state, end, false),
    };
    let gone = cookie.map(|_| state.cookies.without_session());
    Ok((set_cookies(gone.into_iter().collect()), response).into_response())
}

/// The session that an ID token of ours names, where the browser keeps our cookie from Jitsi's hidden frame, as it does
/// where Jitsi and the bridge are different sites.
fn hinted_session(state: &AppState, uri: &Uri) -> Option<String> {
    let hint = given(uri, "id_token_hint")?;
    let sealed = state.inline.id_tokens.sid(&hint)?;
    state.seals.hinted_session(&sealed)
}

/// A parameter of the query, decoded.
fn given<'a>(uri: &'a Uri, name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

/// The session that this id had. Where the store does not answer, the browser keeps its cookie: trying again can still
/// end the session, forgetting it could not.
async fn ended(
    sessions: &Sessions,
    id: &str,
    state: &AppState,
    visitor: &Visitor,
) -> Result<Option<Arc<SignedIn>>, WebError> {
    let failed = |error: tower_sessions::session::Error| WebError::SignOutFailed(error.to_string());
    let now = state.clock.now();
    let ended = sessions.end(id, now).await.map_err(failed)?;
    if let Some(person) = ended.as_ref().map(|ended| &ended.person) {
        let event = Event::SignOut {
            scope: Scope::Here,
            user: Some(&person.id),
            provider: &person.provider,
            ended: &[id.to_owned()],
        };
        state.audit.tell(&visitor.about(Some(id)), &event);
    }
    // What else this browser's session at the provider began ends as well: refresh tokens of inline sign-ins.
    if let Some(person) = ended.as_ref().map(|ended| &ended.person)
        && let Some(sid) = &person.sid
    {
        let ended = sessions.end_all(&person.issuer, None, Some(sid), now).await;
        ended.map_err(failed)?;
    }
    Ok(ended)
}

/// Where this sign-out ends.
///
/// Jitsi's inline mode loads it in a hidden frame, appends `id_token_hint`, and waits for its own page there
/// (react/features/authentication/actions.web.ts, `silentLogout`).
fn end(state: &AppState, headers: &HeaderMap, uri: &Uri) -> SignedOut {
    let fetched_for = headers.get("sec-fetch-dest").map(HeaderValue::as_bytes);
    if matches!(fetched_for, Some(b"iframe" | b"frame")) || given(uri, "id_token_hint").is_some() {
        SignedOut::Frame
    } else if given(uri, "return").is_some_and(|to| to == "jitsi") {
        SignedOut::Jitsi
    } else {
        state.logout.after
    }
}

/// Where the session at the provider ends; nothing where it cannot be ended from here.
///
/// Without a session of ours the provider is asked as well: its own may still be alive, and only it knows. It then asks
/// the person (RP-Initiated Logout 1.0, 2), which a hidden frame cannot show, so a frame is spared.
async fn at_provider(
    state: &AppState,
    signed_in: Option<&SignedIn>,
    end: SignedOut,
    headers: &HeaderMap,
) -> Result<Option<Url>, WebError> {
    if signed_in.is_none() && end == SignedOut::Frame {
        return Ok(None);
    }
    let provider = match signed_in {
        Some(signed_in) => state
            .providers
            .named(&signed_in.person.provider)
            .filter(|provider| provider.settings.issuers.contains(&signed_in.person.issuer)),
        // Of several, nobody knows which.
        None => state.providers.only(),
    };
    let Some(provider) = provider else {
        return Ok(None);
    };
    // A provider that cannot be reached does not keep anybody from signing out here.
    let Ok(known) = provider.current().await else {
        return Ok(None);
    };
    let sealed = state.seals.begin_logout(end, state.clock.now())?;
    let languages: Vec<String> = languages::accepted(headers)
        .into_iter()
        .take(MOST_LANGUAGES)
        .collect();
    Ok(end_session_url(
        &provider.settings,
        &known.metadata,
        signed_in.map(|signed_in| &signed_in.at_provider),
        &state.logout.post_logout_redirect_uri,
        &sealed,
        &languages,
    ))
}

/// `GET /logged-out`: back from the provider.
pub async fn logged_out(State(state): State<AppState>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default().as_bytes();
    let sealed = form_urlencoded::parse(query).find(|(key, _)| key == "state");
    let end = sealed.and_then(|(_, sealed)| state.seals.finish_logout(&sealed, state.clock.now()));
    let response = match end {
        Some(end) => arrive(&state, end, true),
        // Nobody knows what brings the browser here: nothing is claimed.
        None => (
            Extension(Cause("no sign-out of ours has this state".to_owned())),
            redirect::to(format!("{}/", state.addresses.base)),
        )
            .into_response(),
    };
    (Extension(state.logout.framed_by.clone()), response).into_response()
}

/// The end of a sign-out; `everywhere`: at the provider as well.
fn arrive(state: &AppState, end: SignedOut, everywhere: bool) -> Response {
    match end {
        SignedOut::Page => Notice::SignedOut {
            everywhere,
            jitsi: state.logout.jitsi.clone(),
        }
        .into_response(),
        SignedOut::Jitsi => redirect::to(state.logout.jitsi.as_str()),
        SignedOut::Frame => redirect::to(state.logout.frame.as_str()),
    }
}

/// Why a logout that the provider reports does not count.
#[derive(Debug, thiserror::Error)]
enum LogoutError {
    /// Nothing is remembered, so nothing can be ended.
    #[error("sessions are switched off (session.enabled)")]
    NoSessions,
    /// No form with one logout token.
    #[error("the request holds no form with one logout_token: {0}")]
    Request(String),
    /// None of the providers could have sent it.
    #[error(
        "the logout token is refused: it names the issuer {0:?}, which is none of the providers"
    )]
    NoProvider(String),
    /// The token is not believed.
    #[error(transparent)]
    Token(#[from] LogoutTokenError),
    /// The token was used before.
    #[error("the logout token is refused: it has been used before (jti)")]
    Used,
    /// The store does not answer.
    #[error("the session store does not answer: {0}")]
    Store(#[from] tower_sessions::session::Error),
}

/// `POST /backchannel-logout`: the provider says that somebody has signed out.
///
/// The answers are those of Back-Channel Logout 1.0, 2.8; the reason of a refusal stands in the log alone.
pub async fn backchannel(
    State(state): State<AppState>,
    visitor: Visitor,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let error = match end_sessions(&state, &visitor, form).await {
        Ok(()) => return StatusCode::OK.into_response(),
        Err(error) => error,
    };
    let (status, said) = match &error {
        LogoutError::NoSessions => (
            StatusCode::NOT_IMPLEMENTED,
            "this service keeps no sessions that could be ended".to_owned(),
        ),
        LogoutError::Store(_) => (
            StatusCode::BAD_REQUEST,
            format!(
                "the sessions could not be ended now, send it again; request {}",
                visitor.request.0
            ),
        ),
        _ => (
            StatusCode::BAD_REQUEST,
            format!(
                "refused; the reason stands in this service's log at request {}",
                visitor.request.0
            ),
        ),
    };
    let answer = json!({ "error": "invalid_request", "error_description": said });
    (status, Extension(Cause(error.to_string())), Json(answer)).into_response()
}

/// The provider whose keys are to verify a logout token.
fn sender<'a>(state: &'a AppState, token: &str) -> Result<&'a Arc<Provider>, LogoutError> {
    if let Some(only) = state.providers.only() {
        return Ok(only);
    }
    let issuer = logout_token::claimed_issuer(token).unwrap_or_default();
    let provider = state.providers.of_issuer(&issuer);
    provider.ok_or_else(|| LogoutError::NoProvider(shown(&issuer)))
}

async fn end_sessions(
    state: &AppState,
    visitor: &Visitor,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<(), LogoutError> {
    let sessions = state.sessions.as_ref().ok_or(LogoutError::NoSessions)?;
    let Form(form) = form.map_err(|error| LogoutError::Request(error.body_text()))?;
    let mut tokens = form.iter().filter(|(name, _)| name == "logout_token");
    let (Some((_, token)), None) = (tokens.next(), tokens.next()) else {
        return Err(LogoutError::Request("none, or several".to_owned()));
    };
    let now = state.clock.now();
    let provider = sender(state, token)?;
    let token = logout_token::validate(provider, token, now).await?;
    let issuer = &token.issuer;
    let used = sessions.is_used(issuer, &token.jti, now).await;
    if let Ok(true) = used {
        return Err(LogoutError::Used);
    }
    let (subject, sid) = (token.subject.as_deref(), token.sid.as_deref());
    // Also where nobody knows whether it was used: then at the worst somebody has to sign in again.
    let ended = sessions.end_all(issuer, subject, sid, now).await?;
    used?;
    // Last: where the store goes away on the way here, the provider may send the same token again, and it counts.
    sessions
        .use_up(issuer, &token.jti, token.refused_from, now)
        .await?;
    tracing::info!(
        request.id = &*visitor.request.0,
        provider.name = provider.settings.name,
        sessions.ended = ended.len(),
        "signed out by the provider"
    );
    let signed_out = subject.map(|subject| stable_id(issuer, subject));
    let event = Event::SignOut {
        scope: Scope::Provider,
        user: signed_out.as_deref(),
        provider: &provider.settings.name,
        ended: &ended,
    };
    state.audit.tell(&visitor.about(None), &event);
    Ok(())
}
