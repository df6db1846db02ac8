//! The authorization request: what the provider is asked, in the browser's address or pushed to it beforehand (RFC 9126).

use std::borrow::Cow;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

use super::client::prove;
use super::error::LoginError;
use super::json::JsonError;
use super::login::LoginSecrets;
use super::metadata::Metadata;
use super::provider::Provider;
use super::settings::{AskAcr, ProviderSettings, Push, ResponseMode};
use super::token_endpoint::refusal;

/// The longest name of a pushed request, in bytes (RFC 9126, 2.2: a short one that cannot be guessed).
const LONGEST_REQUEST_URI: usize = 512;

/// What one login asks of the provider beyond the configuration.
#[derive(Debug, Default)]
pub struct Wishes {
    /// Another `prompt` than the configured one.
    pub prompt: Option<&'static str>,
    /// Other authentication contexts than the configured ones.
    pub acr: Vec<String>,
    /// A sign-in no older than this.
    pub max_age: Option<Duration>,
    /// The browser's languages, in order of preference.
    pub languages: Vec<String>,
}

/// The address at the provider to which the browser goes.
///
/// # Errors
/// When the request has to be pushed and is not accepted.
pub async fn begin(
    provider: &Provider,
    metadata: &Metadata,
    redirect_uri: &str,
    state: &str,
    secrets: &LoginSecrets,
    wishes: &Wishes,
) -> Result<Url, LoginError> {
    let settings = &provider.settings;
    let mut parameters = parameters(settings, redirect_uri, state, secrets, wishes);
    if let Some(endpoint) = pushed_to(settings.request.push, metadata)? {
        // Boxed, as few providers want it: every login would carry its size along.
        let request_uri = Box::pin(push(provider, metadata, endpoint, &parameters)).await?;
        parameters = vec![("request_uri".into(), request_uri.into())];
    }
    let mut url = metadata.authorization_endpoint.clone();
    url.query_pairs_mut()
        .append_pair("client_id", &settings.client_id)
        .extend_pairs(&parameters);
    Ok(url)
}

/// A parameter's name and value.
type Parameter<'a> = (Cow<'a, str>, Cow<'a, str>);

/// All but the client's id.
fn parameters<'a>(
    settings: &'a ProviderSettings,
    redirect_uri: &'a str,
    state: &'a str,
    secrets: &'a LoginSecrets,
    wishes: &'a Wishes,
) -> Vec<Parameter<'a>> {
    let request = &settings.request;
    // First, so that nobody's extra parameter can take the place of one of ours.
    let extra = request.parameters.iter();
    let mut all: Vec<Parameter<'a>> = extra
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let mut add = |name: &'static str, value: Cow<'a, str>| all.push((name.into(), value));
    add("response_type", "code".into());
    if request.response_mode == ResponseMode::FormPost {
        add("response_mode", "form_post".into());
    }
    add("redirect_uri", redirect_uri.into());
    add("scope", request.scopes.join(" ").into());
    add("state", state.into());
    add("nonce", (&secrets.nonce).into());
    add(
        "code_challenge",
        code_challenge(&secrets.code_verifier).into(),
    );
    add("code_challenge_method", "S256".into());
    if let Some(prompt) = wishes.prompt.or(request.prompt.as_deref()) {
        add("prompt", prompt.into());
    }
    let max_age = match (wishes.max_age, request.max_age) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    if let Some(max_age) = max_age {
        add("max_age", max_age.whole_seconds().to_string().into());
    }
    let acr = if wishes.acr.is_empty() {
        &request.acr_values
    } else {
        &wishes.acr
    };
    if !acr.is_empty() {
        match request.ask_acr {
            AskAcr::AcrValues => add("acr_values", acr.join(" ").into()),
            AskAcr::Claims => add("claims", essential(settings, acr).to_string().into()),
        }
    }
    if request.ui_locales && !wishes.languages.is_empty() {
        add("ui_locales", wishes.languages.join(" ").into());
    }
    all
}

/// OpenID Connect Core 1.0, 5.5.1: the claim in which contexts stand, with one of these.
fn essential(settings: &ProviderSettings, acr: &[String]) -> Value {
    let name = settings.claims.acr.first();
    let name = name.map_or("acr", |path| path.top());
    let claim = match acr {
        [one] => json!({ "essential": true, "value": one }),
        several => json!({ "essential": true, "values": several }),
    };
    json!({ "id_token": { name: claim } })
}

/// RFC 7636, 4.2.
fn code_challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(
        &digest::SHA256,
        verifier.expose_secret().as_bytes(),
    ))
}

/// Where the request is to be pushed; nothing where it goes with the browser.
fn pushed_to(push: Push, metadata: &Metadata) -> Result<Option<&Url>, LoginError> {
    let endpoint = metadata.pushed_authorization_request_endpoint.as_ref();
    match push {
        Push::Auto => Ok(endpoint),
        Push::Always => endpoint.map(Some).ok_or(LoginError::NoPush),
        Push::Never => Ok(endpoint.filter(|_| metadata.require_pushed_authorization_requests)),
    }
}

/// RFC 9126, 2.2.
#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

/// Pushes the request, as the client that the provider knows, and gives the name that stands for it.
async fn push(
    provider: &Provider,
    metadata: &Metadata,
    endpoint: &Url,
    parameters: &[Parameter<'_>],
) -> Result<String, LoginError> {
    const ENDPOINT: &str = "endpoint for pushed authorization requests";
    let fields: Vec<(&str, &str)> = parameters
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    // The semaphore is never closed; should it be, nobody waits. Before the proof, which is good for a minute only.
    let _turn = provider.pushing.acquire().await;
    let (now, random) = (provider.clock.now(), &provider.random);
    let mut proven = prove(&provider.settings, metadata, &fields, now, random)?;
    if proven.basic.is_some() {
        // The request itself names the client in any case.
        let mut form = Serializer::new(proven.form);
        form.append_pair("client_id", &provider.settings.client_id);
        proven.form = form.finish();
    }
    let answer = provider
        .http
        .at("par")
        .post_form(endpoint, proven.form, proven.basic)
        .await?;
    if !answer.status.is_success() {
        return Err(refusal(ENDPOINT, &answer));
    }
    let not_understood = |said: String| LoginError::Answer {
        endpoint: ENDPOINT,
        said,
    };
    let pushed: Pushed = serde_json::from_slice(&answer.body).map_err(|error| {
        let expected = "an object with a text as `request_uri`";
        not_understood(JsonError::of(&error, expected, &answer.body).to_string())
    })?;
    // It goes into an address that the browser is sent to.
    if pushed.request_uri.is_empty() || pushed.request_uri.len() > LONGEST_REQUEST_URI {
        let said =
            format!("its `request_uri` is empty, or longer than {LONGEST_REQUEST_URI} bytes");
        return Err(not_understood(said));
    }
    Ok(pushed.request_uri)
}
