//! For everybody: health, and what is not there.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::AppState;
use super::error::WebError;
use crate::identity::provider::Provider;

/// `GET /healthz`: the process answers. It stays healthy whatever becomes of the provider.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: people can sign in now.
pub async fn readyz(
    State(state): State<AppState>,
    State(provider): State<Arc<Provider>>,
) -> (StatusCode, String) {
    let mut lacking = Vec::new();
    if provider.known().is_none() {
        lacking.push("the provider has not been reached yet");
    }
    if let Some(sessions) = &state.sessions
        && !sessions.are_ready().await
    {
        lacking.push("the session store does not answer");
    }
    if lacking.is_empty() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {}\n", lacking.join("; ")),
        )
    }
}

/// Any other path.
pub async fn not_found() -> WebError {
    WebError::NotFound
}

/// A known path, another method.
pub async fn method_not_allowed() -> WebError {
    WebError::MethodNotAllowed
}
