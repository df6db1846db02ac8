//! Shows `check` what arrives here through the reverse proxy, and nobody else.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};

use super::AppState;
use super::error::WebError;
use super::request::PathKept;
use super::visitor::{Peer, Visitor};
use crate::identity::claims::shown;
use crate::mirror::{HEADER, PADDING, Seen};

/// What proxies write, beside whatever else they write.
const FORWARDED: [&str; 2] = ["x-forwarded-for", "forwarded"];

/// `GET /mirror`: not there, but for somebody who has the secrets of this very configuration.
pub async fn get(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Option<Extension<Peer>>,
    kept: Option<Extension<PathKept>>,
) -> Result<Response, WebError> {
    let question = visitor.headers.get(HEADER);
    let question = question.and_then(|value| value.to_str().ok());
    let (Some(key), Some(question)) = (&state.mirror, question) else {
        return Err(WebError::NotFound);
    };
    let question = key.question(question, state.clock.now());
    let question = question.ok_or(WebError::NotFound)?;
    let forwarded = FORWARDED.into_iter().flat_map(|name| {
        let values = visitor.headers.get_all(name).iter();
        values.map(move |value| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_owned(), shown(&value))
        })
    });
    let seen = Seen {
        proof: String::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        path_kept: kept.is_some(),
        peer: peer.map(|Extension(Peer(ip))| ip.to_canonical().to_string()),
        visitor: visitor.address.map(|ip| ip.to_string()),
        forwarded: forwarded.collect(),
    };
    let mut answer = Json(key.prove(&question, seen)).into_response();
    if question.padding > 0
        && let Ok(padding) = HeaderValue::from_str(&"x".repeat(question.padding))
    {
        let name = HeaderName::from_static(PADDING);
        answer.headers_mut().insert(name, padding);
    }
    Ok(answer)
}
