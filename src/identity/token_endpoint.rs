//! Redeems a code at the token endpoint (RFC 6749, 4.1.3), as the client that the provider knows.

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::error::Category;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::claims::shown;
use super::login::{LoginError, LoginSecrets};
use super::metadata::Metadata;
use super::provider::Provider;
use super::settings::ClientAuthentication;

/// A token endpoint's answer; what is not used is not looked at.
#[derive(Deserialize)]
pub struct Tokens {
    /// The ID token.
    pub id_token: Option<String>,
    /// The access token.
    pub access_token: Option<String>,
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
    secrets: &LoginSecrets,
) -> Result<Tokens, LoginError> {
    let (form, basic) = token_request(provider, metadata, redirect_uri, code, secrets);
    let answer = provider
        .http
        .post_form(&metadata.token_endpoint, form, basic)
        .await?;
    if answer.status.is_success() {
        return serde_json::from_slice(&answer.body)
            .map_err(|error| LoginError::TokenAnswer(described(&error)));
    }
    let refusal: TokenRefusal = serde_json::from_slice(&answer.body).map_err(|_| {
        LoginError::TokenAnswer(format!(
            "status {} without an OAuth error",
            answer.status.as_u16()
        ))
    })?;
    Err(LoginError::Refused {
        status: answer.status.as_u16(),
        hint: hint(&refusal.error),
        error: shown(&refusal.error),
        description: shown(&refusal.error_description.unwrap_or_default()),
    })
}

/// The form, and the Basic credentials where the client proves itself by those.
fn token_request(
    provider: &Provider,
    metadata: &Metadata,
    redirect_uri: &str,
    code: &str,
    secrets: &LoginSecrets,
) -> (String, Option<(String, String)>) {
    let settings = &provider.settings;
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("code_verifier", secrets.code_verifier.expose_secret());
    let secret = settings
        .client_secret
        .as_ref()
        .map(ExposeSecret::expose_secret);
    match (
        client_authentication(settings.client_authentication, metadata),
        secret,
    ) {
        (ClientAuthentication::Basic, Some(secret)) => {
            return (
                form.finish(),
                Some((form_encoded(&settings.client_id), form_encoded(secret))),
            );
        }
        (ClientAuthentication::Post, Some(secret)) => {
            form.append_pair("client_id", &settings.client_id)
                .append_pair("client_secret", secret);
        }
        _ => {
            form.append_pair("client_id", &settings.client_id);
        }
    }
    (form.finish(), None)
}

/// `auto`: Basic unless the metadata list only the form (OpenID Connect Discovery, 3: Basic is the default).
fn client_authentication(
    configured: ClientAuthentication,
    metadata: &Metadata,
) -> ClientAuthentication {
    let lists = |method: &str| {
        metadata
            .token_endpoint_auth_methods_supported
            .as_ref()
            .map(|all| all.iter().any(|m| m == method))
    };
    match configured {
        ClientAuthentication::Auto if lists("client_secret_basic") != Some(false) => {
            ClientAuthentication::Basic
        }
        ClientAuthentication::Auto if lists("client_secret_post") == Some(true) => {
            ClientAuthentication::Post
        }
        ClientAuthentication::Auto => ClientAuthentication::Basic,
        chosen => chosen,
    }
}

/// RFC 6749, 2.3.1: id and secret are form-encoded before they become Basic credentials.
fn form_encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
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

/// What is wrong with an answer, without any of it: it may hold tokens.
fn described(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        Category::Io | Category::Eof => "it ends too early",
        Category::Syntax => "it is not JSON",
        Category::Data => "it is not an object with texts as tokens",
    };
    format!("{kind} (line {}, column {})", error.line(), error.column())
}
