//! The redirect that leaves this server: to the provider, or into the meeting.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::WebError;

/// `303 See Other`: whatever was asked, what follows is a plain GET.
#[must_use]
pub fn to(location: impl Into<String>) -> Response {
    // Taken as it is, not copied: with a token in it, it is long.
    match HeaderValue::try_from(location.into()) {
        Ok(value) => (StatusCode::SEE_OTHER, [(header::LOCATION, value)]).into_response(),
        Err(_) => {
            WebError::Internal("an address cannot stand in a header".to_owned()).into_response()
        }
    }
}
