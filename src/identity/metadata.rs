//! What a provider says of itself, and what of that is accepted.

use jsonwebtoken::Algorithm;
use serde::Deserialize;
use url::Url;

use super::claims::shown;
use super::keys::ASYMMETRIC;
use super::settings::ProviderSettings;

/// Provider metadata (OpenID Connect Discovery 1.0, 3), as far as it is used.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    /// Must be the configured issuer.
    pub issuer: String,
    /// Where the browser goes.
    pub authorization_endpoint: Url,
    /// Where codes are redeemed.
    pub token_endpoint: Url,
    /// Where more claims are.
    pub userinfo_endpoint: Option<Url>,
    /// Where browsers end their session (RP-Initiated Logout 1.0, 2.1).
    pub end_session_endpoint: Option<Url>,
    /// Where authorization requests are pushed to (RFC 9126, 5).
    pub pushed_authorization_request_endpoint: Option<Url>,
    /// Whether no others are taken.
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// Where the keys are.
    pub jwks_uri: Url,
    /// Client authentication at the token endpoint.
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// ID-token algorithms.
    #[serde(default)]
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// Whether answers name their issuer (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// The longest address of an endpoint, in bytes: browsers are sent there, with a request behind it.
const LONGEST_ADDRESS: usize = 2000;

/// Why metadata are not accepted.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// They belong to somebody else (OpenID Connect Discovery 1.0, 4.3).
    #[error(
        "the provider calls itself {found:?}, the configuration calls it {expected:?}: write its issuer exactly so, or mend the provider's public address"
    )]
    Issuer {
        /// The metadata's issuer.
        found: String,
        /// The configured one.
        expected: String,
    },
    /// An endpoint that no browser and no server can ask.
    #[error(
        "the provider's {name} is no web address, has a password in it, or is longer than {LONGEST_ADDRESS} bytes: {url}"
    )]
    Address {
        /// Which endpoint.
        name: &'static str,
        /// Where it is.
        url: String,
    },
    /// An endpoint without TLS.
    #[error("the provider's {name} is not https: {url}")]
    Insecure {
        /// Which endpoint.
        name: &'static str,
        /// Where it is.
        url: String,
    },
}

impl Metadata {
    /// The issuer is the one that was asked for, and no endpoint falls behind the issuer's transport.
    ///
    /// `inside`: this server reaches the provider under an internal address, so the operator has already decided how
    /// the servers speak to each other.
    ///
    /// # Errors
    /// When the metadata are another issuer's, or an endpoint is not https though the issuer is.
    pub fn check(&self, settings: &ProviderSettings, inside: bool) -> Result<(), MetadataError> {
        if self.issuer != settings.metadata_issuer {
            return Err(MetadataError::Issuer {
                found: shown(&self.issuer),
                expected: settings.metadata_issuer.clone(),
            });
        }
        let browser = [
            ("authorization_endpoint", Some(&self.authorization_endpoint)),
            ("end_session_endpoint", self.end_session_endpoint.as_ref()),
        ];
        let server = [
            ("token_endpoint", Some(&self.token_endpoint)),
            ("jwks_uri", Some(&self.jwks_uri)),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
            (
                "pushed_authorization_request_endpoint",
                self.pushed_authorization_request_endpoint.as_ref(),
            ),
        ];
        for (name, url) in browser.into_iter().chain(server) {
            if let Some(url) = url.filter(|url| !is_web_address(url)) {
                return Err(MetadataError::Address {
                    name,
                    url: shown(url.as_str()),
                });
            }
        }
        let server = server.into_iter().filter(|_| !inside);
        let behind = |url: &&Url| settings.issuer.starts_with("https:") && url.scheme() != "https";
        for (name, url) in browser.into_iter().chain(server) {
            if let Some(url) = url.filter(behind) {
                return Err(MetadataError::Insecure {
                    name,
                    url: shown(url.as_str()),
                });
            }
        }
        Ok(())
    }

    /// The algorithms that an ID token may be signed with.
    #[must_use]
    pub fn algorithms(&self, settings: &ProviderSettings) -> Vec<Algorithm> {
        if !settings.id_token_algorithms.is_empty() {
            return settings.id_token_algorithms.clone();
        }
        if self.id_token_signing_alg_values_supported.is_empty() {
            // RS256 is what every provider must support, and the default (OpenID Connect Core, 2).
            return vec![Algorithm::RS256];
        }
        let names = self.id_token_signing_alg_values_supported.iter();
        let advertised: Vec<Algorithm> = names.filter_map(|name| name.parse().ok()).collect();
        let is_advertised = |algorithm: &Algorithm| advertised.contains(algorithm);
        ASYMMETRIC.into_iter().filter(is_advertised).collect()
    }
}

fn is_web_address(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http")
        && url.password().is_none()
        && url.as_str().len() <= LONGEST_ADDRESS
}
