//! Redeems a code at the token endpoint (RFC 6749, 4.1.3), as the client that the provider knows.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::claims::shown;
use super::client::prove;
use super::error::LoginError;
use super::http::Answer;
use super::json::JsonError;
use super::metadata::Metadata;
use super::provider::Provider;

/// A token endpoint's answer; what is not used is not looked at.
#[derive(Deserialize)]
pub struct Tokens {
    /// The ID token.
    pub id_token: Option<String>,
    /// The access token.
    pub access_token: Option<String>,
    /// The refresh token, where one was granted.
    pub refresh_token: Option<String>,
    /// How the access token is used.
    #[serde(default)]
    pub token_type: Option<String>,
}

/// RFC 6749, 5.2.
#[derive(Deserialize)]
struct TokenRefusal {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

/// Redeems a code, with the verifier of the login that it belongs to.
///
/// # Errors
/// When the endpoint does not answer, refuses, or makes no sense.
pub async fn redeem(
    provider: &Provider,
    metadata: &Metadata,
    redirect_uri: &str,
    code: &str,
    code_verifier: &SecretString,
) -> Result<Tokens, LoginError> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", code_verifier.expose_secret()),
    ];
    ask(provider, metadata, &fields, "token").await
}

/// New tokens for a refresh token (RFC 6749, 6).
///
/// # Errors
/// As [`redeem`].
pub async fn refresh(
    provider: &Provider,
    metadata: &Metadata,
    refresh_token: &str,
) -> Result<Tokens, LoginError> {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    ask(provider, metadata, &fields, "refresh").await
}

/// Asks the token endpoint.
async fn ask(
    provider: &Provider,
    metadata: &Metadata,
    fields: &[(&str, &str)],
    name: &'static str,
) -> Result<Tokens, LoginError> {
    let (now, random) = (provider.clock.now(), &provider.random);
    let proven = prove(&provider.settings, metadata, fields, now, random)?;
    let answer = provider
        .http
        .at(name)
        .post_form(&metadata.token_endpoint, proven.form, proven.basic)
        .await?;
    if answer.status.is_success() {
        let tokens: Tokens =
            serde_json::from_slice(&answer.body).map_err(|error| LoginError::Answer {
                endpoint: "token endpoint",
                said: JsonError::of(&error, "an object with texts as tokens", &answer.body)
                    .to_string(),
            })?;
        return of_known_type(tokens);
    }
    Err(refusal("token endpoint", &answer))
}

/// An access token of a type that is not understood must not be used (RFC 6749, 7.1). Some endpoints leave the type out.
fn of_known_type(tokens: Tokens) -> Result<Tokens, LoginError> {
    match &tokens.token_type {
        Some(other) if !other.eq_ignore_ascii_case("Bearer") => Err(LoginError::Answer {
            endpoint: "token endpoint",
            said: format!(
                "its access token is of the type {:?}, not Bearer",
                shown(other)
            ),
        }),
        _ => Ok(tokens),
    }
}

/// The error of an endpoint (RFC 6749, 5.2).
pub(super) fn refusal(endpoint: &'static str, answer: &Answer) -> LoginError {
    let status = answer.status.as_u16();
    match serde_json::from_slice::<TokenRefusal>(&answer.body) {
        Ok(refusal) => LoginError::Refused {
            endpoint,
            status,
            hint: hint(&refusal.error),
            error: shown(&refusal.error),
            description: shown(&refusal.error_description.unwrap_or_default()),
        },
        Err(_) => LoginError::Answer {
            endpoint,
            said: format!("status {status} without an OAuth error"),
        },
    }
}

fn hint(error: &str) -> &'static str {
    match error {
        "invalid_client" | "unauthorized_client" => {
            " (look at the provider's client_id, client_secret and client_authentication)"
        }
        "invalid_grant" => {
            " (the code was used before, has expired, or the redirect URI registered at the provider is another)"
        }
        _ => "",
    }
}
