//! The one HTTP client for a provider: time-outs, bounded answers, no redirects, an extra CA, one connection pool.

mod exchange;
pub mod failure;

use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, StatusCode};
use tracing::Instrument as _;
use tracing::field::Empty;
use url::Url;

use self::failure::Failure;
use crate::observe::metrics::{Exchange, Metrics};
use crate::observe::traces;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;
/// How long to try to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection that nobody needs is kept: shorter than servers and what stands before them usually do (60
/// seconds and more), so that no request meets the other end's closing.
const KEPT_IDLE: Duration = Duration::from_secs(50);
/// The most connections that are kept so, a host: what 5,000 logins a second need at a provider that takes 200 ms. By HTTP/2
/// one is enough; and more than that are opened where they are needed, and closed after.
const MOST_KEPT: usize = 1000;
/// What is asked for.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Speaks to one provider.
#[derive(Debug, Clone)]
pub struct ProviderHttp {
    client: reqwest::Client,
    /// What the public origin is called on the inside, where browser and server reach the provider differently.
    inside: Option<Inside>,
    watch: Watch,
}

/// Who hears of exchanges.
#[derive(Debug, Clone, Default)]
struct Watch {
    provider: String,
    metrics: Metrics,
}

/// One of a provider's endpoints.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    http: &'a ProviderHttp,
    /// For metrics and traces.
    name: &'static str,
}

#[derive(Debug, Clone)]
struct Inside {
    public: Url,
    internal: Url,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The media type without parameters, lower-case; empty when not told.
    pub media_type: String,
    /// `Cache-Control: max-age`, unless the answer is not to be kept.
    pub fresh_for: Option<Duration>,
    /// All of its headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The client could not be set up.
    #[error("cannot set up the HTTP client: {0}")]
    Setup(String),
    /// A file of certificates without one.
    #[error("no certificate found: expected PEM, which begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// No connection, or it broke.
    #[error("no answer from {url}: {cause}")]
    NoAnswer {
        /// What was asked, without its query.
        url: String,
        /// The chain of causes.
        cause: String,
        /// What kind of failure it is.
        failure: Failure,
    },
    /// The answer is packed, though nobody asked for that.
    #[error("the answer from {url} is packed ({encoding}), which was not asked for")]
    Packed {
        /// What was asked, without its query.
        url: String,
        /// Its `Content-Encoding`.
        encoding: String,
    },
    /// The answer is too long.
    #[error("the answer from {url} is longer than {LONGEST_ANSWER} bytes")]
    TooLong {
        /// What was asked, without its query.
        url: String,
    },
}

impl ProviderHttp {
    /// `timeout` bounds a whole exchange; `extra_ca` is one or more certificates in PEM, trusted besides the system's.
    ///
    /// # Errors
    /// When the certificates cannot be read.
    pub fn new(
        timeout: Duration,
        extra_ca: Option<&[u8]>,
        issuer: &Url,
        internal: Option<&Url>,
    ) -> Result<Self, HttpError> {
        let client = client(timeout, extra_ca)?;
        let inside = internal.map(|internal| Inside {
            public: issuer.clone(),
            internal: internal.clone(),
        });
        let watch = Watch::default();
        Ok(Self {
            client,
            inside,
            watch,
        })
    }

    /// The same, whose exchanges are counted under this provider's name.
    #[must_use]
    pub fn watched(self, provider: &str, metrics: Metrics) -> Self {
        let provider = provider.to_owned();
        let watch = Watch { provider, metrics };
        Self { watch, ..self }
    }

    /// One of the endpoints, by the name that metrics and traces give it.
    #[must_use]
    pub fn at(&self, name: &'static str) -> Endpoint<'_> {
        Endpoint { http: self, name }
    }

    /// Whether these are certificates in PEM that can be trusted besides the system's.
    ///
    /// # Errors
    /// When they are not.
    pub fn check_certificates(extra_ca: &[u8]) -> Result<(), HttpError> {
        client(CONNECT_TIMEOUT, Some(extra_ca)).map(drop)
    }

    /// Asks for a JSON document, with an access token where one is needed.
    ///
    /// # Errors
    /// When no bounded answer comes in time.
    pub async fn get(&self, url: &Url, bearer: Option<&str>) -> Result<Answer, HttpError> {
        self.at("other").get(url, bearer).await
    }

    /// Asks for whatever is there, with these headers alone.
    ///
    /// # Errors
    /// When no bounded answer comes in time.
    pub async fn get_with(&self, url: &Url, headers: HeaderMap) -> Result<Answer, HttpError> {
        let url = self.on_the_inside(url);
        let request = self.client.get(url.clone()).headers(headers);
        self.at("other").send(&url, request).await
    }

    /// Whether the provider is reached under another address than the browser's.
    #[must_use]
    pub fn has_inside(&self) -> bool {
        self.inside.is_some()
    }

    /// The other address, where there is one.
    #[must_use]
    pub fn inside(&self) -> Option<&Url> {
        self.inside.as_ref().map(|inside| &inside.internal)
    }

    /// The address under which this server reaches what the browser calls `url`.
    fn on_the_inside(&self, url: &Url) -> Url {
        let Some(inside) = self
            .inside
            .as_ref()
            .filter(|inside| inside.public.origin() == url.origin())
        else {
            return url.clone();
        };
        let mut inner = inside.internal.clone();
        let prefix = inner.path().trim_end_matches('/').to_owned();
        inner.set_path(&format!("{prefix}{}", url.path()));
        inner.set_query(url.query());
        inner
    }
}

impl Endpoint<'_> {
    /// Asks for a JSON document, with an access token where one is needed.
    ///
    /// # Errors
    /// When no bounded answer comes in time.
    pub async fn get(self, url: &Url, bearer: Option<&str>) -> Result<Answer, HttpError> {
        let url = self.http.on_the_inside(url);
        let request = self.http.client.get(url.clone()).header(ACCEPT, JSON);
        self.send(
            &url,
            match bearer {
                Some(token) => request.bearer_auth(token),
                None => request,
            },
        )
        .await
    }

    /// Posts a form, with HTTP Basic credentials (already form-encoded, RFC 6749 2.3.1) where they are used.
    ///
    /// # Errors
    /// When no bounded answer comes in time.
    pub async fn post_form(
        self,
        url: &Url,
        form: String,
        basic: Option<(String, String)>,
    ) -> Result<Answer, HttpError> {
        let url = self.http.on_the_inside(url);
        let request = self
            .http
            .client
            .post(url.clone())
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        self.send(
            &url,
            match basic {
                Some((user, password)) => request.basic_auth(user, Some(password)),
                None => request,
            },
        )
        .await
    }

    async fn send(self, url: &Url, request: RequestBuilder) -> Result<Answer, HttpError> {
        let Watch { provider, metrics } = &self.http.watch;
        let span = traces::span!(
            "provider",
            otel.name = self.name,
            otel.kind = "client",
            provider.name = provider,
            http.response.status_code = Empty,
            otel.status_code = Empty
        );
        let begun = Instant::now();
        let answer = exchange::exchange(url, traces::passed_on(request, &span))
            .instrument(span.clone())
            .await;
        let answered = |answer: &Answer| Exchange::Answered(answer.status.as_u16());
        let outcome = answer.as_ref().map_or(Exchange::NoAnswer, answered);
        metrics.provider_asked(provider, self.name, outcome, begun);
        match outcome {
            Exchange::Answered(status) => {
                span.record("http.response.status_code", i64::from(status))
            }
            Exchange::NoAnswer => span.record("otel.status_code", "ERROR"),
        };
        answer
    }
}

pub(crate) fn client(
    timeout: Duration,
    extra_ca: Option<&[u8]>,
) -> Result<reqwest::Client, HttpError> {
    let setup = |e: reqwest::Error| HttpError::Setup(chain(&e));
    let mut builder = reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(KEPT_IDLE)
        .pool_max_idle_per_host(MOST_KEPT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("jitsi-oidc-bridge/", env!("CARGO_PKG_VERSION")));
    if let Some(pem) = extra_ca {
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(setup)?;
        if certificates.is_empty() {
            return Err(HttpError::NoCertificate);
        }
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(setup)
}

/// An address that may be logged.
fn without_query(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    bare.into()
}

/// An error and all that caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !told.contains(&text) {
            told = format!("{told}: {text}");
        }
        next = cause.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inside_address_replaces_the_public_origin_alone() {
        let issuer = Url::parse("https://meet.example.org/auth/realms/jitsi").unwrap();
        let internal = Url::parse("http://keycloak:8080").unwrap();
        let http =
            ProviderHttp::new(Duration::from_secs(1), None, &issuer, Some(&internal)).unwrap();
        let inside = |url: &str| http.on_the_inside(&Url::parse(url).unwrap()).to_string();
        assert_eq!(
            inside("https://meet.example.org/auth/token?x=1"),
            "http://keycloak:8080/auth/token?x=1"
        );
        assert_eq!(
            inside("https://graph.example.org/auth"),
            "https://graph.example.org/auth"
        );
        assert_eq!(
            inside("http://keycloak:8080/auth/token"),
            "http://keycloak:8080/auth/token"
        );
    }
}
