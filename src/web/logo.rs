//! The operator's logo, from memory.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::error::WebError;

/// Should somebody open it by itself: nothing runs, nothing is fetched, and it counts as nobody's page.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// `GET /logo/{version}`: the logo of this version, which never changes.
pub async fn get(
    State(state): State<AppState>,
    Path(version): Path<String>,
) -> Result<Response, WebError> {
    let logo = state.appearance.logo.as_ref();
    let logo = logo.filter(|logo| logo.version == version);
    let logo = logo.ok_or(WebError::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, logo.media_type),
        (header::CACHE_CONTROL, "public, max-age=86400, immutable"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (
            axum::http::HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    Ok((headers, logo.bytes.clone()).into_response())
}
