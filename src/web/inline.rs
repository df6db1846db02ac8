//! Jitsi's inline sign-in (`tokenAuthInline`), in which nobody leaves the call: the bridge is the token service that
//! Jitsi's `static/sso.html` talks to.
//!
//! A popup opens `/authorize`, the person signs in, and the popup ends at `sso.html` with a one-time code, which that page
//! trades for tokens at `/token` (jitsi-meet, `static/sso.html` and `react/features/authentication/actions.web.ts`).

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use url::form_urlencoded;

use super::asked::{Asked, parameter};
use super::error::WebError;
use super::token_answer::{Refusal, TokenAnswer};
use super::visitor::Visitor;
use super::{AppState, join, redirect};
use crate::admit::Outcome;
use crate::identity::Person;
use crate::meeting::room::ENCODE_URI_COMPONENT;
use crate::meeting::{ClientKind, JitsiState, MeetingRequest, Popup};
use crate::policy::Decision;
use crate::session::SignedInNow;
use crate::session::popups::{PopupError, SignIn};
use crate::session::tickets::TicketError;
use crate::token::id_token::Subject;

/// `GET /authorize`: begins an inline sign-in, or an ordinary one where Jitsi asks for no code: its apps do not, nor
/// does a page that is not in a call.
pub async fn authorize(
    state: State<AppState>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Response, WebError> {
    let decoded = |name: &str| -> Result<Option<String>, WebError> {
        let text = parameter(&uri, name)?;
        Ok(text.map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned()))
    };
    let jitsi_state = decoded("state")?;
    let mut request = MeetingRequest::parse(
        parameter(&uri, "room")?,
        parameter(&uri, "tenant")?,
        jitsi_state.as_deref(),
    )?;
    let popup = Popup::parse(
        decoded("nonce")?.as_deref(),
        decoded("code_challenge")?.as_deref(),
    )?;
    if let Some(popup) = popup.filter(|_| request.client == ClientKind::Web) {
        let method = decoded("code_challenge_method")?;
        let inline = &state.inline;
        if decoded("client_id")?.as_ref() != Some(&inline.client_id) {
            return Err(WebError::Client("client_id"));
        }
        if decoded("redirect_uri")?.as_ref() != Some(&inline.redirect_uri) {
            return Err(WebError::Client("redirect_uri"));
        }
        if method.is_some_and(|method| method != "S256") {
            return Err(WebError::Client("code_challenge_method"));
        }
        let refresh_token = jitsi_state
            .as_deref()
            .and_then(|text| JitsiState::parse(text).ok())
            .and_then(|state| state.refresh_token);
        // The page itself refreshes, without looking at a code. With a token that is worth nothing any more it would end
        // in an error, and come with the same one each time: so whoever has one signs in.
        if let Some(refresh_token) = refresh_token
            && would_be_renewed(&state, &refresh_token).await
        {
            let popup_state = request.to_popup_state(Some(&refresh_token));
            return Ok(to_sso_page(&state, &[("state", &popup_state)]));
        }
        request.popup = Some(popup);
    }
    join::get(state, visitor, request, Asked::of(&uri)?).await
}

/// Whether a refresh token would be answered with a token now, as far as anybody can say. It is not spent by that.
async fn would_be_renewed(state: &AppState, refresh_token: &str) -> bool {
    let now = state.clock.now();
    let decision = async {
        let sign_in = state.popups.family_of(refresh_token, now).await?.sign_in;
        let person = person_by_now(state, &sign_in).await?;
        still_signed_in(state, &sign_in).await?;
        Ok(state.admission.decide(&person, &sign_in.request, now))
    };
    match decision.await {
        Ok(decision) => matches!(decision, Decision::Granted(_)),
        // A sign-in could not be kept either.
        Err(error) => matches!(error, PopupError::Store(_)),
    }
}

/// Ends a popup's sign-in by what was decided: back to `sso.html`, with a code if the person may join.
pub async fn into_popup(
    state: &AppState,
    visitor: &Visitor,
    who: SignedInNow<'_>,
    (request, popup): (&MeetingRequest, &Popup),
    decision: Decision,
) -> Result<Response, WebError> {
    if state.audit.forbids() {
        return Err(WebError::AuditAway);
    }
    let person = who.person;
    if let Decision::Denied(denied) = decision {
        let outcome = Outcome::Denied(denied.clone());
        let about = visitor.about(who.session);
        state.audit.decided(&about, person, request, &outcome);
        return Err(WebError::denied(denied, who, request));
    }
    let now = state.clock.now();
    let code = state
        .popups
        .issue_code(who, request, popup, now, &state.random)
        .await?;
    let popup_state = request.to_popup_state(None);
    Ok(to_sso_page(
        state,
        &[("code", &code), ("state", &popup_state)],
    ))
}

fn to_sso_page(state: &AppState, parameters: &[(&str, &str)]) -> Response {
    let query: Vec<String> = parameters
        .iter()
        .map(|(name, value)| {
            format!(
                "{name}={}",
                utf8_percent_encode(value, ENCODE_URI_COMPONENT)
            )
        })
        .collect();
    redirect::to(format!("{}?{}", state.inline.redirect_uri, query.join("&")))
}

/// `POST /token` (RFC 6749, 4.1.3 and 6).
pub async fn token(State(state): State<AppState>, visitor: Visitor, body: String) -> Response {
    if !of_jitsi(&state, &visitor.headers) {
        return Refusal::ForeignOrigin.into_response();
    }
    let answer = match Form::read(&body) {
        Ok(form) => answer(&state, &visitor, &form).await,
        Err(refusal) => Err(refusal),
    };
    for_jitsi(&state, answer.into_response())
}

/// `OPTIONS /token`: whether a browser may ask (CORS, the Fetch standard's preflight).
pub async fn preflight(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if !of_jitsi(&state, &headers) {
        return Refusal::ForeignOrigin.into_response();
    }
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    for_jitsi(&state, (StatusCode::NO_CONTENT, allowed).into_response())
}

/// Browsers say from which origin a page asks; other programs say nothing.
fn of_jitsi(state: &AppState, headers: &HeaderMap) -> bool {
    headers
        .get(header::ORIGIN)
        .is_none_or(|origin| origin.as_bytes() == state.inline.origin.as_bytes())
}

/// Lets Jitsi's pages read an answer, and no others.
fn for_jitsi(state: &AppState, mut response: Response) -> Response {
    let headers = response.headers_mut();
    if let Ok(origin) = HeaderValue::from_str(&state.inline.origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(
        HeaderName::from_static("pragma"),
        HeaderValue::from_static("no-cache"),
    );
    response
}

/// A token request, of which no parameter may come twice (RFC 6749, 3.2).
struct Form(Vec<(String, String)>);

impl Form {
    fn read(body: &str) -> Result<Self, Refusal> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect();
        let mut names = HashSet::new();
        if !pairs.iter().all(|(name, _)| names.insert(name)) {
            return Err(Refusal::Malformed("a parameter came twice"));
        }
        Ok(Self(pairs))
    }

    fn get(&self, name: &'static str) -> Result<&str, Refusal> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
            .ok_or(Refusal::Missing(name))
    }
}

async fn answer(state: &AppState, visitor: &Visitor, form: &Form) -> Result<TokenAnswer, Refusal> {
    let grant_type = form.get("grant_type")?;
    if form.get("client_id")? != state.inline.client_id {
        return Err(Refusal::Client);
    }
    // Before anything is spent for nothing.
    if state.audit.forbids() {
        return Err(Refusal::AuditAway);
    }
    let now = state.clock.now();
    match grant_type {
        "authorization_code" => {
            if form.get("redirect_uri")? != state.inline.redirect_uri {
                return Err(Refusal::RedirectUri);
            }
            let (code, verifier) = (form.get("code")?, form.get("code_verifier")?);
            let sign_in = state.popups.redeem(code, verifier, now).await?;
            still_signed_in(state, &sign_in).await?;
            let mut answer = mint(state, visitor, &sign_in)?;
            answer.refresh_token = state
                .popups
                .found_family(&sign_in, now, &state.random)
                .await?;
            Ok(answer)
        }
        "refresh_token" => {
            let token = form.get("refresh_token")?;
            let mut family = state.popups.family_of(token, now).await?;
            let renewed = async {
                family.sign_in.person = person_by_now(state, &family.sign_in).await?;
                still_signed_in(state, &family.sign_in).await?;
                // First what the store may refuse: until the token is spent, it may be tried again.
                let next = state.popups.next_token(&family, now, &state.random);
                let next = next.await?;
                state.popups.spend(token, &family).await?;
                let answer = mint(state, visitor, &family.sign_in)?;
                Ok(TokenAnswer {
                    refresh_token: next,
                    ..answer
                })
            };
            let renewed = renewed.await;
            if let Err(Refusal::Grant(_) | Refusal::Denied) = &renewed {
                state.popups.end(&family).await?;
            }
            renewed
        }
        _ => Err(Refusal::GrantType),
    }
}

/// Whether nobody has signed the person out since, here or at the provider.
async fn still_signed_in(state: &AppState, sign_in: &SignIn) -> Result<(), PopupError> {
    let Some(sessions) = &state.sessions else {
        return Ok(());
    };
    let now = state.clock.now();
    let revoked = async {
        let revoked = sessions.revoked_since(&sign_in.person, sign_in.begun_at(), now);
        Ok::<_, tower_sessions::session::Error>(match &sign_in.session {
            Some(id) => revoked.await? || sessions.lives_on_as(id, now).await?.is_none(),
            None => revoked.await?,
        })
    };
    match revoked.await {
        Ok(false) => Ok(()),
        Ok(true) => Err(PopupError::SignedOut),
        Err(error) => Err(PopupError::Store(TicketError::Store(error.to_string()))),
    }
}

/// The person as the provider knows them by now. A call goes on for as long as the session does on which it hangs: without
/// one, nobody could ask.
async fn person_by_now(state: &AppState, sign_in: &SignIn) -> Result<Person, PopupError> {
    let known = &sign_in.person;
    let (Some(sessions), Some(id)) = (&state.sessions, &sign_in.session) else {
        return Ok(known.clone());
    };
    let now = state.clock.now();
    let person = async {
        // Twice: between the two questions the person may have signed in anew.
        for _ in 0..2 {
            let Some(id) = sessions.lives_on_as(id, now).await? else {
                break;
            };
            if let Some(signed_in) = sessions.recall_for_call(&id, now).await? {
                return Ok(join::by_now(state, &id, &signed_in).await);
            }
        }
        Ok::<_, tower_sessions::session::Error>(None)
    };
    let same = |person: &Arc<Person>| {
        person.issuer == known.issuer
            && person.subject == known.subject
            && person.provider == known.provider
    };
    match person.await {
        Ok(person) => person
            .filter(same)
            .map(Arc::unwrap_or_clone)
            .ok_or(PopupError::SignedOut),
        Err(error) => Err(PopupError::Store(TicketError::Store(error.to_string()))),
    }
}

/// Asks policy again, and mints what it grants.
fn mint(state: &AppState, visitor: &Visitor, sign_in: &SignIn) -> Result<TokenAnswer, Refusal> {
    let now = state.clock.now();
    let SignIn {
        person,
        request,
        nonce,
        session,
        ..
    } = sign_in;
    if state.providers.vouching_for(person).is_none() {
        return Err(Refusal::Denied);
    }
    if state.audit.forbids() {
        return Err(Refusal::AuditAway);
    }
    let outcome = state
        .admission
        .admit(person, request, now, &state.random)
        .map_err(Refusal::Mint)?;
    let about = visitor.about(session.as_deref());
    state.audit.decided(&about, person, request, &outcome);
    let Outcome::Admitted(admitted) = outcome else {
        return Err(Refusal::Denied);
    };
    // Without the seal the token is one claim short, and good for everything else.
    let sid = session
        .as_ref()
        .and_then(|session| state.seals.session_hint(session).ok());
    let subject = Subject {
        person_id: &person.id,
        nonce,
        sid,
    };
    let id_token = state
        .inline
        .id_tokens
        .sign(subject, now, admitted.expires)
        .map_err(|error| Refusal::Mint(error.into()))?;
    Ok(TokenAnswer {
        access_token: admitted.token,
        id_token,
        refresh_token: None,
        expires_in: (admitted.expires - now).whole_seconds(),
    })
}

impl From<PopupError> for Refusal {
    fn from(error: PopupError) -> Self {
        match error {
            PopupError::Store(_) | PopupError::Random => Self::Unavailable(error),
            error => Self::Grant(error),
        }
    }
}
