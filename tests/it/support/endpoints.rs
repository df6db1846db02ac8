//! The test provider's endpoints beside those of every login: pushed requests, userinfo, and whatever else a test puts there.

use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::forge::id_token;
use super::protocol::client_is_known;
use super::provider::{Inner, Provider};

/// RFC 9126, 2.
pub(super) async fn push(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<Map<String, Value>>,
) -> Response {
    let mut inner = provider.inner();
    if inner.fault == Some(Fault::InvalidClient) || !client_is_known(&headers, &form) {
        let error = json!({ "error": "invalid_client", "error_description": "said so" });
        return (StatusCode::UNAUTHORIZED, Json(error)).into_response();
    }
    let name = format!("urn:ietf:params:oauth:request_uri:{}", inner.pushed.len());
    inner.pushed.insert(name.clone(), form);
    let answer = json!({ "request_uri": name, "expires_in": 60 });
    (StatusCode::CREATED, Json(answer)).into_response()
}

/// An answer of one of the provider's further endpoints.
#[derive(Debug, Clone)]
pub struct Document {
    pub status: u16,
    pub media_type: &'static str,
    pub body: String,
    /// The access token that opens it.
    pub opened_by: &'static str,
}

impl Document {
    /// JSON, opened by the person's access token.
    pub fn json(body: Value) -> Self {
        Self {
            status: 200,
            media_type: "application/json",
            body: body.to_string(),
            opened_by: "the-access-token",
        }
    }

    /// A token.
    pub fn token(body: String) -> Self {
        Self {
            media_type: "application/jwt",
            body,
            ..Self::json(Value::Null)
        }
    }
}

pub(super) async fn document(
    State(provider): State<Provider>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let inner = provider.inner();
    let Some(document) = inner.documents.get(&uri.to_string()) else {
        return (StatusCode::NOT_FOUND, uri.to_string()).into_response();
    };
    let bearer = format!("Bearer {}", document.opened_by);
    if headers
        .get(header::AUTHORIZATION)
        .is_none_or(|found| *found != bearer)
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let status = StatusCode::from_u16(document.status).unwrap();
    let kind = [(header::CONTENT_TYPE, document.media_type)];
    (status, kind, document.body.clone()).into_response()
}

pub(super) async fn userinfo(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    let inner = provider.inner();
    if headers
        .get(header::AUTHORIZATION)
        .is_none_or(|found| inner.access_token.is_none() && found != "Bearer the-access-token")
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut claims = inner.userinfo.clone().unwrap_or_default();
    match inner.fault {
        Some(Fault::UserinfoDown) => return StatusCode::BAD_GATEWAY.into_response(),
        Some(Fault::SignedUserinfo) => {
            // Good for nobody.
            return ([(header::CONTENT_TYPE, "application/jwt")], "a.b.c").into_response();
        }
        Some(Fault::OtherSubjectInUserinfo) => {
            claims
                .as_object_mut()
                .unwrap()
                .insert("sub".into(), "s-other".into());
        }
        _ => {}
    }
    if inner.signs_userinfo {
        let token = super::forge::sign(&inner, &claims);
        return ([(header::CONTENT_TYPE, "application/jwt")], token).into_response();
    }
    Json(claims).into_response()
}

/// RFC 6749, 6: a refresh token works once, and is answered with the next.
pub(super) fn refresh(provider: &Provider, inner: &mut Inner, token: &str) -> Response {
    let refresh = inner.refresh.as_mut().unwrap();
    if !refresh.live.remove(token) || refresh.forgotten {
        let error = json!({ "error": "invalid_grant", "error_description": "said so" });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let (next, with_id_token) = (refresh.next(), refresh.with_id_token);
    let access_token = "the-access-token";
    let mut answer =
        json!({ "access_token": access_token, "token_type": "Bearer", "refresh_token": next });
    if with_id_token {
        let id_token = id_token(provider, inner, &Map::new(), access_token);
        answer["id_token"] = id_token.into();
    }
    Json(answer).into_response()
}
