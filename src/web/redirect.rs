//! The redirect that leaves this server: to the provider, or into the meeting.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::WebError;

/// `303 See Other`: whatever was asked, what follows is a plain GET.
#[must_use]
pub fn to(location: impl Into<String>) -> Response {
    let location = location.into();
    // A header may hold other letters than ASCII's, an address may not (RFC 3986, 2).
    let value = location
        .is_ascii()
        // Taken as it is, not copied: with a token in it, it is long.
        .then(|| HeaderValue::try_from(location));
    match value {
        Some(Ok(value)) => (StatusCode::SEE_OTHER, [(header::LOCATION, value)]).into_response(),
        _ => WebError::Internal("an address cannot stand in a header".to_owned()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_leads_nowhere() {
        let leads = |location: &str| {
            let response = to(location);
            let location = response.headers().get(header::LOCATION).cloned();
            (response.status(), location)
        };
        let (status, location) = leads("https://meet.example.org/Caf%C3%A9");
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert_eq!(location.unwrap(), "https://meet.example.org/Caf%C3%A9");
        for none in [
            "https://meet.example.org/Café",
            "/a\r\nSet-Cookie: b=c",
            "/\u{7f}",
        ] {
            let nowhere = (StatusCode::INTERNAL_SERVER_ERROR, None);
            assert_eq!(leads(none), nowhere, "{none:?}");
        }
    }
}
