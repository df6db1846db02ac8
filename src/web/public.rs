//! For everybody: health, and what is not there.

use axum::extract::State;
use axum::http::StatusCode;

use super::AppState;
use super::error::WebError;

/// `GET /healthz`: the process answers. It stays healthy whatever becomes of the provider.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: people can sign in now, at one provider at least: the others' people are not served any better elsewhere.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, String) {
    let mut lacking = Vec::new();
    if state
        .providers
        .iter()
        .all(|provider| provider.known().is_none())
    {
        lacking.push(match state.providers.only() {
            Some(_) => "the provider has not been reached yet",
            None => "no provider has been reached yet",
        });
    }
    if let Some(sessions) = &state.sessions
        && !sessions.are_ready().await
    {
        lacking.push("the session store does not answer");
    }
    if lacking.is_empty() {
        let unknown = state
            .providers
            .iter()
            .filter(|provider| provider.known().is_none());
        let unknown: Vec<&str> = unknown
            .map(|provider| provider.settings.name.as_str())
            .collect();
        let but = match unknown.as_slice() {
            [] => String::new(),
            names => format!("; not reached yet: {}", names.join(", ")),
        };
        (StatusCode::OK, format!("ready{but}\n"))
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
