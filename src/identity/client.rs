//! How we prove to the provider that it is us: HTTP Basic, the form (RFC 6749, 2.3.1), or an assertion signed with a key of
//! ours (`private_key_jwt`: OpenID Connect Core 1.0, 9; RFC 7523).

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use serde_json::json;
use time::{Duration, OffsetDateTime};
use url::form_urlencoded::{Serializer, byte_serialize};

use super::client_key::ClientKey;
use super::error::ProofError;
use super::metadata::Metadata;
use super::settings::{AssertionAudience, ClientAuthentication, ProviderSettings};

/// RFC 7523, 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion counts: it is used at once.
const ASSERTION_LIFETIME: Duration = Duration::MINUTE;

/// A form to be posted, and the Basic credentials that go with it.
pub struct ProvenForm {
    /// The body.
    pub form: String,
    /// User name and password, where the client proves itself by those.
    pub basic: Option<(String, String)>,
}

/// A form of these fields, with the proof.
///
/// # Errors
/// When an assertion is needed and cannot be made.
pub fn prove(
    settings: &ProviderSettings,
    metadata: &Metadata,
    fields: &[(&str, &str)],
    now: OffsetDateTime,
    random: &dyn SecureRandom,
) -> Result<ProvenForm, ProofError> {
    let mut form = Serializer::new(String::new());
    form.extend_pairs(fields);
    let secret = settings.client_secret.as_ref();
    let secret = secret.map(ExposeSecret::expose_secret);
    let way = way(settings, metadata);
    match (way, secret) {
        (ClientAuthentication::PrivateKeyJwt, _) => {
            let key = settings.client_key.as_ref().ok_or(ProofError::NoKey)?;
            let assertion = assertion(settings, metadata, key, now, random)?;
            form.append_pair("client_id", &settings.client_id)
                .append_pair("client_assertion_type", ASSERTION_TYPE)
                .append_pair("client_assertion", &assertion);
        }
        (ClientAuthentication::Basic, Some(secret)) => {
            let basic = Some((form_encoded(&settings.client_id), form_encoded(secret)));
            return Ok(ProvenForm {
                form: form.finish(),
                basic,
            });
        }
        (ClientAuthentication::Post, Some(secret)) => {
            form.append_pair("client_id", &settings.client_id)
                .append_pair("client_secret", secret);
        }
        _ => {
            form.append_pair("client_id", &settings.client_id);
        }
    }
    Ok(ProvenForm {
        form: form.finish(),
        basic: None,
    })
}

/// `auto`: an assertion where there is a key for it and no secret, else Basic, unless the metadata list only the form
/// (OpenID Connect Discovery, 3: Basic is the default).
#[must_use]
pub fn way(settings: &ProviderSettings, metadata: &Metadata) -> ClientAuthentication {
    let lists = |method: &str| {
        metadata
            .token_endpoint_auth_methods_supported
            .as_ref()
            .map(|all| all.iter().any(|m| m == method))
    };
    let key_alone = settings.client_key.is_some() && settings.client_secret.is_none();
    match settings.client_authentication {
        ClientAuthentication::Auto if key_alone => ClientAuthentication::PrivateKeyJwt,
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

fn assertion(
    settings: &ProviderSettings,
    metadata: &Metadata,
    key: &ClientKey,
    now: OffsetDateTime,
    random: &dyn SecureRandom,
) -> Result<String, ProofError> {
    let mut jti = [0; 16];
    random.fill(&mut jti).map_err(|_| ProofError::Random)?;
    let audience = match settings.assertion_audience {
        AssertionAudience::Issuer => &metadata.issuer,
        AssertionAudience::TokenEndpoint => metadata.token_endpoint.as_str(),
    };
    let now = now.unix_timestamp();
    Ok(key.sign(&json!({
        "iss": settings.client_id,
        "sub": settings.client_id,
        "aud": audience,
        "jti": URL_SAFE_NO_PAD.encode(jti),
        "iat": now,
        "exp": now + ASSERTION_LIFETIME.whole_seconds(),
    }))?)
}

/// RFC 6749, 2.3.1: id and secret are form-encoded before they become Basic credentials.
fn form_encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}
