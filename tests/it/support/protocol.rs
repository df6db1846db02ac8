//! The test provider's own part of every login: what it says of itself, the way to it, and its tokens.

use aws_lc_rs::digest;
use axum::Json;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use url::Url;

use super::fault::Fault;
use super::forge::id_token;
use super::keys::{SECOND, WEAK};
use super::provider::{CLIENT_ID, CLIENT_SECRET, Provider, TokenRequest};

pub(super) async fn discovery(State(provider): State<Provider>) -> Response {
    let inner = provider.inner();
    let at = |path: &str| format!("{}{path}", provider.issuer);
    let mut document = json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let members = document.as_object_mut().unwrap();
    if inner.userinfo.is_some() {
        members.insert("userinfo_endpoint".into(), at("/userinfo").into());
    }
    members.extend(inner.metadata.clone());
    match inner.fault {
        Some(Fault::HtmlDiscovery) => Html("<h1>Welcome</h1>").into_response(),
        Some(Fault::RedirectingDiscovery) => Redirect::to("/elsewhere").into_response(),
        Some(Fault::EndlessDiscovery) => "x".repeat(2 * 1024 * 1024).into_response(),
        Some(Fault::OtherIssuerInDiscovery) => {
            members.insert("issuer".into(), "https://other.example".into());
            Json(document).into_response()
        }
        _ => cached(inner.max_age, document),
    }
}

pub(super) async fn keys(State(provider): State<Provider>) -> Response {
    let inner = provider.inner();
    if let Some(key_set) = &inner.key_set {
        return (
            [(header::CONTENT_TYPE, "application/json")],
            key_set.clone(),
        )
            .into_response();
    }
    let mut keys = vec![inner.key().jwk.clone()];
    match inner.fault {
        Some(Fault::NoKid) => keys.push(SECOND.jwk.clone()),
        Some(Fault::WeakKey) => keys = vec![WEAK.clone()],
        _ => {}
    }
    // Keys that make no sense must not cost the good ones.
    keys.push(json!({ "kty": "unheard-of", "kid": "odd" }));
    keys.push(json!({ "kty": "RSA", "kid": 7, "n": "!", "e": "AQAB" }));
    cached(inner.max_age, json!({ "keys": keys }))
}

fn cached(max_age: Option<u32>, document: Value) -> Response {
    match max_age {
        Some(seconds) => (
            [(header::CACHE_CONTROL, format!("max-age={seconds}"))],
            Json(document),
        )
            .into_response(),
        None => Json(document).into_response(),
    }
}

pub(super) async fn authorize(
    State(provider): State<Provider>,
    Query(asked): Query<Map<String, Value>>,
) -> Response {
    let mut inner = provider.inner();
    let pushed = asked.get("request_uri").and_then(Value::as_str);
    let asked = match pushed {
        Some(name) => inner.pushed[name].clone(),
        None => asked,
    };
    let text = |name: &str| {
        asked
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut url = Url::parse(&text("redirect_uri")).unwrap();
    let nobodys = url.host_str().unwrap_or_default().ends_with(".invalid");
    if nobodys && inner.fault != Some(Fault::TakesAnyRedirectUri) {
        return (StatusCode::BAD_REQUEST, "Invalid parameter: redirect_uri").into_response();
    }
    let code = match inner.authorizations.len() {
        0 | 1 => "the-code".to_owned(),
        nth => format!("the-code-{nth}"),
    };
    let silent = text("prompt") == "none" && inner.person.is_null();
    {
        let mut query = url.query_pairs_mut();
        match inner.fault {
            _ if silent => query.append_pair("error", "login_required"),
            Some(Fault::AccessDenied) => query
                .append_pair("error", "access_denied")
                .append_pair("error_description", "<b>no</b>"),
            Some(Fault::LoginRequired) => query.append_pair("error", "login_required"),
            Some(Fault::ServerError) => query.append_pair("error", "server_error"),
            Some(Fault::TemporarilyUnavailable) => {
                query.append_pair("error", "temporarily_unavailable")
            }
            _ => query.append_pair("code", &code),
        };
        query.append_pair("state", &text("state"));
        match inner.fault {
            Some(Fault::ForeignIss) => query.append_pair("iss", "https://other.example"),
            Some(Fault::NoIss) => &mut query,
            Some(Fault::TwoStates) => query.append_pair("state", "another"),
            _ => query.append_pair("iss", &provider.issuer),
        };
    }
    inner.logins.insert(code, asked);
    Redirect::to(url.as_str()).into_response()
}

pub(super) async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<Map<String, Value>>,
) -> Response {
    let mut inner = provider.inner();
    inner.token_request = Some(TokenRequest {
        authorization: headers
            .get(header::AUTHORIZATION)
            .map(|value| value.to_str().unwrap().to_owned()),
        form: form.clone(),
    });
    let refuse = |error: &str| {
        (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": error, "error_description": "said so" })),
        )
            .into_response()
    };
    let asked = |login: &Map<String, Value>, name: &str| {
        login
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let given = |name: &str| form.get(name).and_then(Value::as_str).unwrap_or_default();
    match inner.fault {
        Some(Fault::InvalidClient) => return refuse("invalid_client"),
        Some(Fault::EndlessToken) => return "x".repeat(2 * 1024 * 1024).into_response(),
        Some(Fault::BareToken) => return Json("eyJhbGciOiJub25lIn0.secret.token").into_response(),
        Some(Fault::HtmlToken) => return Html("<h1>Oops</h1>").into_response(),
        _ => {}
    }
    if inner.fault != Some(Fault::AsksForNoSecret) && !client_is_known(&headers, &form) {
        return refuse("invalid_client");
    }
    if given("grant_type") == "refresh_token" {
        let token = given("refresh_token").to_owned();
        return super::endpoints::refresh(&provider, &mut inner, &token);
    }
    // A code counts once, with the verifier and the redirect URI of its own login.
    let Some(login) = inner.logins.remove(given("code")) else {
        return refuse("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(
        &digest::SHA256,
        given("code_verifier").as_bytes(),
    ));
    let proven = challenge == asked(&login, "code_challenge")
        || inner.fault == Some(Fault::ForgetsChallenges);
    let fits = given("grant_type") == "authorization_code" && proven;
    if !fits || given("redirect_uri") != asked(&login, "redirect_uri") {
        return refuse("invalid_grant");
    }
    let access_token = match &inner.access_token {
        Some(claims) => super::forge::sign(&inner, claims),
        None => "the-access-token".to_owned(),
    };
    let access_token = access_token.as_str();
    let mut answer = json!({ "access_token": access_token, "token_type": inner.token_type, "expires_in": "300" });
    if inner.fault != Some(Fault::NoIdToken) {
        let id_token = id_token(&provider, &inner, &login, access_token);
        answer
            .as_object_mut()
            .unwrap()
            .insert("id_token".into(), id_token.into());
    }
    if let Some(refresh) = &mut inner.refresh {
        let token = refresh.next();
        answer
            .as_object_mut()
            .unwrap()
            .insert("refresh_token".into(), token.into());
    }
    Json(answer).into_response()
}

/// Basic with form-encoded credentials (RFC 6749, 2.3.1), the form, or a public client.
pub(super) fn client_is_known(headers: &HeaderMap, form: &Map<String, Value>) -> bool {
    let encoded =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{}", encoded(CLIENT_ID), encoded(CLIENT_SECRET)))
    );
    if let Some(assertion) = form.get("client_assertion") {
        return form["client_assertion_type"]
            == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            && assertion
                .as_str()
                .is_some_and(|text| text.starts_with("eyJ"));
    }
    match headers.get(header::AUTHORIZATION) {
        Some(found) => found.to_str().unwrap() == basic,
        None => {
            form.get("client_id") == Some(&CLIENT_ID.into())
                && form.get("client_secret").is_none_or(|s| s == CLIENT_SECRET)
        }
    }
}
