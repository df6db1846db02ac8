//! What `/token` answers: tokens (RFC 6749, 5.1; OpenID Connect Core, 3.1.3.3), or an error (RFC 6749, 5.2).

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::error::Cause;
use super::outcome::Counted;
use crate::session::popups::PopupError;
use crate::token::MintError;

/// Tokens for a popup. Never logged.
#[derive(Serialize)]
pub struct TokenAnswer {
    /// The Jitsi token.
    pub access_token: String,
    /// With the popup's nonce.
    pub id_token: String,
    /// For the next Jitsi token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The Jitsi token's life, in seconds.
    pub expires_in: i64,
}

impl IntoResponse for TokenAnswer {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Whole {
            token_type: &'static str,
            #[serde(flatten)]
            answer: TokenAnswer,
        }
        let whole = Whole {
            token_type: "Bearer",
            answer: self,
        };
        Json(whole).into_response()
    }
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A page of another origin asks.
    #[error("asked by a page that is not Jitsi's: jitsi.url says which origin is")]
    ForeignOrigin,
    /// Not a form as it should be.
    #[error("{0}")]
    Malformed(&'static str),
    /// A parameter is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Neither a code nor a refresh token.
    #[error("grant_type is neither authorization_code nor refresh_token")]
    GrantType,
    /// Another client.
    #[error("client_id is not the one of inline.client_id")]
    Client,
    /// Another page.
    #[error("redirect_uri is not Jitsi's static/sso.html")]
    RedirectUri,
    /// The code or refresh token is not good.
    #[error(transparent)]
    Grant(PopupError),
    /// Policy says no, by now.
    #[error("policy does not let this person in any more")]
    Denied,
    /// The store does not answer.
    #[error(transparent)]
    Unavailable(PopupError),
    /// Nobody gets a token that is not written down.
    #[error("the audit cannot be written (audit.file), and audit.on_failure is \"refuse\"")]
    AuditAway,
    /// The token could not be made.
    #[error(transparent)]
    Mint(MintError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match &self {
            Self::ForeignOrigin => (StatusCode::FORBIDDEN, "invalid_request"),
            Self::Malformed(_) | Self::Missing(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::GrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::Client => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::RedirectUri | Self::Grant(_) | Self::Denied => {
                (StatusCode::BAD_REQUEST, "invalid_grant")
            }
            Self::Unavailable(_) | Self::AuditAway => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            Self::Mint(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        };
        let said = match &self {
            // What is behind these is for the log alone.
            Self::Unavailable(_) | Self::AuditAway => "try again in a moment".to_owned(),
            Self::Mint(_) => "the token could not be made".to_owned(),
            refusal => refusal.to_string(),
        };
        let body = Json(json!({ "error": error, "error_description": said }));
        let mut response = (status, body).into_response();
        response.extensions_mut().insert(Cause(self.to_string()));
        if matches!(self, Self::Mint(_)) {
            response.extensions_mut().insert(Counted::MintFailed);
        }
        response
    }
}
