//! The session at the provider that a sign-in belongs to: what is remembered of it, and where the browser goes to end
//! it (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::Person;
use super::metadata::Metadata;
use super::settings::ProviderSettings;

/// The longest ID token that is kept for the logout, in bytes: with it, the address of the logout still fits the 8 KB
/// that servers take.
const LONGEST_HINT: usize = 6 * 1024;

/// What one login ended in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Who.
    pub person: Arc<Person>,
    /// By which session at the provider.
    pub session: ProviderSession,
    /// By what the provider can be asked anew, where it granted that.
    pub refresh_token: Option<SecretString>,
}

/// What is remembered of a session at the provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ProviderSession {
    /// The ID token, by which the provider knows at the logout whom it is about. It lives in the store alone.
    #[serde(default, with = "stored")]
    id_token: Option<SecretString>,
}

/// The one place where the ID token is written out and read back: the store.
mod stored {
    use secrecy::{ExposeSecret, SecretString};
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "serde's own signature")]
    pub fn serialize<S: Serializer>(
        token: &Option<SecretString>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let exposed = token.as_ref().map(ExposeSecret::expose_secret);
        exposed.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SecretString>, D::Error> {
        let token = Option::<String>::deserialize(deserializer)?;
        Ok(token.map(SecretString::from))
    }
}

impl ProviderSession {
    /// The session that an ID token belongs to. A token too long for an address is not kept: the provider then
    /// asks the person whether they want to sign out.
    #[must_use]
    pub fn of(id_token: &str) -> Self {
        let hint = (id_token.len() <= LONGEST_HINT).then(|| id_token.into());
        Self { id_token: hint }
    }
}

/// Where the browser ends its session at the provider (RP-Initiated Logout 1.0, 2); `None` where the provider offers
/// nothing of the kind.
///
/// `session` is what is remembered of the session. Without it, the provider asks the person first. `languages` are the
/// browser's, for the provider's own pages.
#[must_use]
pub fn end_session_url(
    settings: &ProviderSettings,
    metadata: &Metadata,
    session: Option<&ProviderSession>,
    post_logout_redirect_uri: &str,
    state: &str,
    languages: &[String],
) -> Option<Url> {
    let mut url = metadata.end_session_endpoint.clone()?;
    let mut query = url.query_pairs_mut();
    if let Some(hint) = session.and_then(|session| session.id_token.as_ref()) {
        query.append_pair("id_token_hint", hint.expose_secret());
    }
    query
        .append_pair("client_id", &settings.client_id)
        .append_pair("post_logout_redirect_uri", post_logout_redirect_uri)
        .append_pair("state", state);
    if settings.request.ui_locales && !languages.is_empty() {
        query.append_pair("ui_locales", &languages.join(" "));
    }
    drop(query);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_token_reaches_the_store_and_no_debug_output() {
        let session = ProviderSession::of("header.payload.signature");
        assert!(!format!("{session:?}").contains("payload"));
        let stored = serde_json::to_string(&session).unwrap();
        assert_eq!(stored, r#"{"id_token":"header.payload.signature"}"#);
        let read: ProviderSession = serde_json::from_str(&stored).unwrap();
        assert_eq!(
            read.id_token.unwrap().expose_secret(),
            "header.payload.signature"
        );
    }

    #[test]
    fn what_does_not_fit_is_not_kept() {
        let long = "x".repeat(LONGEST_HINT + 1);
        assert!(ProviderSession::of(&long).id_token.is_none());
        assert!(
            ProviderSession::of(&"x".repeat(LONGEST_HINT))
                .id_token
                .is_some()
        );
    }
}
