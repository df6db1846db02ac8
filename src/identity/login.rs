//! One trip to the provider: [`begin`](super::authorization::begin) sends the browser there, [`finish`] turns what it brings back into a
//! [`SignIn`].
//!
//! Authorization code flow with PKCE (S256), state and nonce: OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9207.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::claims::{Claims, shown};
use super::error::LoginError;
use super::gather::gather;
use super::id_token::{Expected, IdTokenError, text, validate};
use super::provider::{Known, Provider};
use super::provider_session::{ProviderSession, SignIn};
use super::token_endpoint::{Tokens, redeem};

/// The secrets of one login: bound to the browser, spent once.
#[derive(Clone)]
pub struct LoginSecrets {
    /// Returns inside the ID token.
    pub nonce: String,
    /// Proves at the token endpoint that the login was begun here.
    pub code_verifier: SecretString,
}

/// Redeems the code and validates all that comes for it. The caller has already compared the state.
///
/// `answer_issuer` is the `iss` of the authorization response.
///
/// # Errors
/// When the provider, the answer or a token is not to be trusted, or not to be had.
pub async fn finish(
    provider: &Provider,
    redirect_uri: &str,
    code: &str,
    answer_issuer: Option<&str>,
    secrets: &LoginSecrets,
) -> Result<SignIn, LoginError> {
    let known = provider.current().await?;
    check_answer_issuer(provider, answer_issuer)?;
    let verifier = &secrets.code_verifier;
    let tokens = redeem(provider, &known.metadata, redirect_uri, code, verifier).await?;
    let id_token = tokens.id_token.as_deref().ok_or(LoginError::NoIdToken)?;

    let (known, subject, claims) = validated(provider, known, id_token, &tokens, secrets).await?;
    let session = ProviderSession::of(id_token);
    let settings = &provider.settings;
    let issuer = text(&claims, "iss").unwrap_or(&settings.issuer).to_owned();
    let gathered = gather(provider, &known, &tokens, &subject, Some(claims)).await?;
    let person = settings
        .claims
        .person(&issuer, &settings.name, &subject, gathered)?;
    Ok(SignIn {
        person: Arc::new(person),
        session,
        refresh_token: tokens.refresh_token.map(Into::into),
    })
}

/// The `iss` of an authorization response, an error among them (RFC 9207, 2.4): compared whenever it came, and missed
/// only where the provider promises it.
///
/// # Errors
/// When the response is another issuer's.
pub fn check_answer_issuer(provider: &Provider, found: Option<&str>) -> Result<(), LoginError> {
    let settings = &provider.settings;
    let promised = |known: Arc<Known>| {
        known
            .metadata
            .authorization_response_iss_parameter_supported
    };
    match found {
        Some(issuer) if settings.issuers.iter().any(|ours| ours == issuer) => Ok(()),
        None if !provider.known().is_some_and(promised) => Ok(()),
        found => Err(LoginError::ForeignIssuer {
            found: found.map(shown),
            expected: settings.issuer.clone(),
        }),
    }
}

/// Where the answer came to, below our own address. Each of several providers has a redirect URI of its own, so that a
/// provider that names no issuer in its answers cannot hand us another's code either (RFC 9700, 4.4.2.2).
///
/// # Errors
/// When it is another provider's.
pub fn check_callback(provider: &Provider, path: &str) -> Result<(), LoginError> {
    let expected = &provider.settings.redirect_path;
    if path == expected {
        return Ok(());
    }
    Err(LoginError::ForeignCallback {
        found: shown(path),
        expected: expected.clone(),
    })
}

/// Validates the ID token, learning the provider once more when what is known of it may be out of date.
async fn validated(
    provider: &Provider,
    known: Arc<Known>,
    id_token: &str,
    tokens: &Tokens,
    secrets: &LoginSecrets,
) -> Result<(Arc<Known>, String, Claims), LoginError> {
    let settings = &provider.settings;
    let validate_by = |known: &Known| {
        let algorithms = known.metadata.algorithms(settings);
        let expected = Expected {
            issuers: &settings.issuers,
            client_id: &settings.client_id,
            trusted_audiences: &settings.trusted_audiences,
            algorithms: &algorithms,
            secret: settings
                .client_secret
                .as_ref()
                .map(|secret| secret.expose_secret().as_bytes()),
            nonce: Some(&secrets.nonce),
            access_token: tokens.access_token.as_deref(),
            at_hash: settings.at_hash,
            acr_values: &settings.request.acr_values,
            acr_claims: &settings.claims.acr,
            max_age: settings.request.max_age,
            leeway: settings.clock_leeway,
            // Of now, when the token is there: it may have been issued a moment ago.
            now: provider.clock.now(),
        };
        validate(id_token, &known.keys, &expected)
    };
    let stale = |error: &IdTokenError| matches!(error, IdTokenError::Signature(error) if error.may_be_stale());
    let (known, (subject, claims)) = provider
        .checked::<_, _, LoginError>(known, validate_by, stale)
        .await?;
    Ok((known, subject, claims))
}
