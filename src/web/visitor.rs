//! Who sent a request, as far as the request itself tells.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::OnceLock;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::AppState;
use super::cookies::Cookies;
use super::proxies::visitor_address;
use super::request::RequestId;
use crate::observe::event::About;
use crate::session::returns::Visits;

/// The other end of the connection; an extension of the request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Who sent a request, and what came along: cookies among it, so that it can be shown nowhere.
pub struct Visitor {
    /// The request's id.
    pub request: RequestId,
    /// Its headers.
    pub headers: HeaderMap,
    /// Where it comes from; nothing where a proxy that nobody vouches for stands before the visitor.
    pub address: Option<IpAddr>,
    /// The visits that its cookie counts, once somebody has looked.
    pub visits: OnceLock<Visits>,
}

impl Visitor {
    /// The cookies that came along.
    #[must_use]
    pub fn cookies(&self) -> Cookies<'_> {
        Cookies::of(&self.headers)
    }

    /// What the audit is told of the request, and of the session that it came with or that it has begun.
    #[must_use]
    pub fn about<'a>(&'a self, session: Option<&'a str>) -> About<'a> {
        About {
            request: &self.request.0,
            address: self.address,
            session,
        }
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let request = parts.extensions.get::<RequestId>().cloned();
        let peer = parts.extensions.get::<Peer>();
        Ok(Self {
            request: request.unwrap_or_default(),
            address: peer.and_then(|Peer(ip)| visitor_address(&state.proxies, *ip, &parts.headers)),
            headers: parts.headers.clone(),
            visits: OnceLock::new(),
        })
    }
}
