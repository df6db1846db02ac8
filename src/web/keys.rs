//! The public keys, for Prosody: as a JSON Web Key Set (its `cache_keys_url`) and one by one (its `asap_key_server`).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use serde_json::json;

use super::AppState;
use super::error::WebError;
use crate::identity::client_key::ClientKey;
use crate::token::keyring::Keyring;
use crate::token::keyring::live::LiveKeys;
use crate::token::keyring::published::Document;

/// `GET /.well-known/jwks.json` (RFC 7517, 5 and 8.5.2).
pub async fn jwks(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, WebError> {
    let live = live(&state)?;
    let keys = live.current();
    let set = keys.jwks(state.clock.now()).ok_or(WebError::NotFound)?;
    Ok(answer(set, "application/jwk-set+json", live, &headers))
}

/// `GET /asap/{sha256 hex of kid}.pem` (jitsi-meet, `resources/prosody-plugins/token/util.lib.lua`, `get_public_key`).
pub async fn asap(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let live = live(&state)?;
    let keys = live.current();
    let pem = keys
        .asap(&name, state.clock.now())
        .ok_or(WebError::NotFound)?;
    Ok(answer(pem, "application/x-pem-file", live, &headers))
}

/// `GET /.well-known/client-jwks.json`: for providers to which we prove ourselves by a signed assertion.
pub async fn client_jwks(State(state): State<AppState>) -> Result<Response, WebError> {
    let keys = state.providers.iter();
    let keys: Vec<_> = keys
        .filter_map(|provider| provider.settings.client_key.as_ref())
        .map(ClientKey::public)
        .collect();
    if keys.is_empty() {
        return Err(WebError::NotFound);
    }
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    Ok((headers, json!({ "keys": keys }).to_string()).into_response())
}

/// With a shared secret there is nothing that anybody may know.
fn live(state: &AppState) -> Result<&Arc<LiveKeys>, WebError> {
    match &state.admission.minter.keyring {
        Keyring::Keys(live) => Ok(live),
        Keyring::SharedSecret(..) => Err(WebError::NotFound),
    }
}

/// Prosody keeps the set for the `max-age` said here, and would ask for it without end if there were none.
fn answer(
    document: &Document,
    content_type: &'static str,
    live: &LiveKeys,
    headers: &HeaderMap,
) -> Response {
    let cache_control = format!("public, max-age={}", live.max_age().whole_seconds());
    let mut response = if is_known(headers, &document.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = Bytes::from_owner(document.body.clone());
        ([(header::CONTENT_TYPE, content_type)], body).into_response()
    };
    for (name, value) in [
        (header::CACHE_CONTROL, cache_control.as_str()),
        (header::ETAG, &document.etag),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// `If-None-Match` (RFC 9110, 13.1.2): a list of tags, compared weakly, or `*` for any.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
