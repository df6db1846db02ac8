//! The two ways to Prosody that browsers know, and the one HTTP client for both.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, LOCATION};
use reqwest::{Certificate, Client};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use url::Url;

use super::trouble::Trouble;
use crate::identity::claims::shown;
use crate::identity::http::chain;

/// How long to try to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How Prosody is reached.
#[derive(Debug, Clone)]
pub struct Way {
    /// By which protocol.
    pub kind: Kind,
    /// Where.
    pub url: Url,
    client: Client,
}

/// The protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// XMPP over HTTP (XEP-0124, XEP-0206).
    Bosh,
    /// XMPP over WebSocket (RFC 7395).
    WebSocket,
}

/// Whom a connection is for, as Jitsi's page writes it into the address.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// The room.
    pub room: &'a str,
    /// Its tenant.
    pub tenant: Option<&'a str>,
    /// The token: a secret.
    pub token: Option<&'a str>,
}

impl Way {
    /// By that protocol to that address. `timeout` bounds a whole exchange of HTTP; `authorities` are certificates in PEM,
    /// trusted besides the system's.
    ///
    /// # Errors
    /// When the client cannot be set up.
    pub fn new(
        kind: Kind,
        url: Url,
        timeout: Duration,
        authorities: Option<&[u8]>,
    ) -> Result<Self, Trouble> {
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("jitsi-oidc-bridge/", env!("CARGO_PKG_VERSION")));
        builder = match kind {
            Kind::Bosh => builder.timeout(timeout),
            // Only HTTP/1.1 knows an upgrade, after which there is no exchange to bound.
            Kind::WebSocket => builder.http1_only(),
        };
        if let Some(pem) = authorities {
            let certificates = Certificate::from_pem_bundle(pem).map_err(no_answer)?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(no_answer)?;
        Ok(Self { kind, url, client })
    }

    /// The client.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The address for a visit. It may hold a token: never to be shown.
    pub(super) fn address(&self, visit: Visit<'_>) -> Url {
        let mut url = self.url.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("room", visit.room);
        if let Some(tenant) = visit.tenant {
            query.append_pair("prefix", tenant);
        }
        if let Some(token) = visit.token {
            query.append_pair("token", token);
        }
        drop(query);
        url
    }
}

/// What went wrong with HTTP, without the address, which may hold a token.
pub(super) fn no_answer(error: reqwest::Error) -> Trouble {
    Trouble::NoAnswer(chain(&error.without_url()))
}

/// An answer that is not the one that is wanted.
pub(super) fn unwanted(answer: &reqwest::Response) -> Trouble {
    let to = answer.headers().get(LOCATION);
    let to = to.and_then(|to| to.to_str().ok());
    // What follows a question mark may be our own query.
    let to = to.map(|to| shown(to.split(['?', '#']).next().unwrap_or_default()));
    Trouble::Status(answer.status(), to)
}

/// What time it is there, as far as HTTP tells: to the second.
pub(super) fn date(headers: &HeaderMap) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(headers.get(DATE)?.to_str().ok()?, &Rfc2822).ok()
}
