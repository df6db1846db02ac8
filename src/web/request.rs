//! What every request gets: an id, safe headers, and one line in the log.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use aws_lc_rs::rand;
use axum::extract::{Extension, MatchedPath, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::AppState;
use super::error::{Cause, WebError};
use super::outcome::Counted;
use super::page;
use super::proxies;
use super::visitor::Peer;
use crate::observe::traces;

/// A request's id: on its page, in its answer's `X-Request-Id`, and in every log line about it. Never the client's choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

impl RequestId {
    /// Counts on from a number that is drawn once, and mixes the count, so that ids of two replicas do not meet and those
    /// of one are easily told apart.
    fn new() -> Self {
        static COUNT: LazyLock<AtomicU64> = LazyLock::new(|| {
            let mut bytes = [0; 8];
            // Without randomness nothing else works either; an id that is counted from zero is still an id.
            let _ = rand::fill(&mut bytes);
            AtomicU64::new(u64::from_le_bytes(bytes))
        });
        let mixed = mixed(COUNT.fetch_add(1, Ordering::Relaxed));
        let [first, second] = [0, 32].map(|at| mixed >> at & 0xff_ffff);
        Self(format!("{first:06x}-{second:06x}").into())
    }
}

/// Each number becomes another one (the last steps of `SplitMix64`; Steele, Lea and Flood, 2014).
fn mixed(count: u64) -> u64 {
    let mut mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// The routes that are asked every few seconds.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
/// The longest path that the log shows, in bytes.
const LONGEST_PATH: usize = 300;

impl AppState {
    /// Whether the request comes from a proxy that is trusted.
    fn believes(&self, request: &Request) -> bool {
        let peer = request.extensions().get::<Peer>();
        peer.is_some_and(|Peer(ip)| proxies::are_trusted(&self.proxies, ip.to_canonical()))
    }
}

/// Tells the span what became of its request. A path may hold an invitation, a route does not.
fn note(span: &Span, method: &Method, response: &Response) {
    if span.is_disabled() {
        return;
    }
    let route = response.extensions().get::<Route>();
    let route = route.map_or("none", |Route(path)| path.as_str());
    traces::rename(span, traces::name(method, route));
    span.record("http.route", route);
    let status = response.status();
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// Gives the request its id, makes its answer a page where it is to be one, gives it the headers of every answer, and
/// writes the request's one line when that is done.
pub async fn tell(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = RequestId::new();
    let method = request.method().clone();
    let uri = request.uri().clone();
    let languages = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
    let begun = Instant::now();
    request.extensions_mut().insert(id.clone());
    let span = traces::span!(
        "request",
        otel.kind = "server",
        http.request.method = traces::method(&method),
        http.route = Empty,
        http.response.status_code = Empty,
        request.id = &*id.0,
        otel.status_code = Empty
    );
    if state.believes(&request) {
        traces::go_on(&span, request.headers());
    }
    let answer = async {
        let response = in_time(next.run(request).await);
        headers(
            &state,
            page::show(&state, &id, languages.as_ref(), response),
        )
    };
    let mut response = answer.instrument(span.clone()).await;
    note(&span, &method, &response);

    let status = response.status().as_u16();
    let within = begun.elapsed();
    count(&state, &response, within);
    let duration_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
    let cause = response
        .extensions()
        .get::<Cause>()
        .map(|Cause(cause)| cause.as_str());
    let path = shown(uri.path());
    let route = response.extensions().get::<Route>();
    let is_probe = route.is_some_and(|Route(path)| PROBES.contains(&path.as_str()));
    match (status, cause) {
        // Probes come every few seconds, and say by their own answer what is wrong.
        (_, None) if is_probe => {
            tracing::debug!(request.id = &*id.0, http.method = %method, http.path = &*path, http.status = status, duration_ms, "{method} {path} {status}");
        }
        // But for what was switched off here (501): anybody can ask for that.
        (500 | 502.., cause) => {
            tracing::error!(request.id = &*id.0, http.method = %method, http.path = &*path, http.status = status, duration_ms, error.cause = cause, "{method} {path} {status}");
        }
        (_, Some(cause)) => {
            tracing::warn!(request.id = &*id.0, http.method = %method, http.path = &*path, http.status = status, duration_ms, error.cause = cause, "{method} {path} {status}");
        }
        (_, None) => {
            tracing::info!(request.id = &*id.0, http.method = %method, http.path = &*path, http.status = status, duration_ms, "{method} {path} {status}");
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// Makes an error of what the layer answers that lets no request take for ever.
fn in_time(response: Response) -> Response {
    match response.status() {
        // Not passed on: browsers would ask for the same once more.
        StatusCode::REQUEST_TIMEOUT => WebError::TookTooLong.into_response(),
        _ => response,
    }
}

/// The route that a request took; an extension of the response.
#[derive(Debug, Clone)]
pub struct Route(MatchedPath);

impl Route {
    /// The one that this request takes.
    #[must_use]
    pub fn of(request: &Request) -> Option<Self> {
        request.extensions().get::<MatchedPath>().cloned().map(Self)
    }
}

/// Notes which route a request takes.
pub async fn routed(request: Request, next: Next) -> Response {
    let route = Route::of(&request);
    (route.map(Extension), next.run(request).await).into_response()
}

/// Counts an answer. What took no route of ours could have any path, and counts as one.
fn count(state: &AppState, response: &Response, within: Duration) {
    let (metrics, status) = (&state.metrics, response.status());
    let route = response.extensions().get::<Route>();
    metrics.answered(
        route.map_or("none", |Route(path)| path.as_str()),
        status.as_u16(),
        within,
    );
    match response.extensions().get::<Counted>() {
        Some(Counted::Limit(limit)) => metrics.rejected(limit),
        Some(Counted::MintFailed) => metrics.mint_failed(),
        None if status == StatusCode::PAYLOAD_TOO_LARGE => metrics.rejected("body"),
        None => {}
    }
}

/// The path as logs may hold it. Without the query: that holds codes and states; and without an invitation, which is a
/// secret among those whom it invites.
fn shown(path: &str) -> Cow<'_, str> {
    // However it is spelt: a mangled link leads nowhere here, but could be mended by whoever reads it.
    let plain: Cow<'_, [u8]> = percent_decode_str(path).into();
    let leads_to_invitation = |at: &[u8]| {
        at.first() == Some(&b'/')
            && ["/invite/", "/invite%"]
                .iter()
                .any(|to| at.eq_ignore_ascii_case(to.as_bytes()))
    };
    if plain.windows("/invite/".len()).any(leads_to_invitation) {
        return "/invite/…".into();
    }
    match path.char_indices().nth(LONGEST_PATH) {
        Some((end, _)) => path.get(..end).unwrap_or_default().into(),
        None => path.into(),
    }
}

/// An origin that may frame an answer; an extension of the response.
#[derive(Debug, Clone)]
pub struct FramedBy(pub String);

/// Headers of every answer: nothing is kept, sniffed, told to others, or framed but by whom the answer itself names.
fn headers(state: &AppState, mut response: Response) -> Response {
    let framed_by = response.extensions_mut().remove::<FramedBy>();
    let never_framed = framed_by.is_none();
    let policy = match framed_by {
        Some(FramedBy(origin)) => state.appearance.policy_framed_by(&origin),
        None => Some(state.appearance.content_security_policy.clone()),
    };
    let headers = response.headers_mut();
    let of_every_answer = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    // This one cannot name an origin; browsers that know it know the policy as well.
    let deny = never_framed.then(|| (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")));
    let policy = policy.map(|policy| (header::CONTENT_SECURITY_POLICY, policy));
    for (name, value) in of_every_answer.into_iter().chain(deny).chain(policy) {
        headers.entry(name).or_insert(value);
    }
    response
}

/// That a request came with the public URL's path; an extension of the request.
#[derive(Debug, Clone, Copy)]
pub struct PathKept;

/// The request without the public URL's path. Requests come with it or without: some proxies take it away.
pub fn without_path(mut request: Request, path: &str) -> Request {
    if path.is_empty() && request.uri().path().starts_with('/') {
        request.extensions_mut().insert(PathKept);
        return request;
    }
    let shorter = request.uri().path_and_query().and_then(|whole| {
        let rest = whole.as_str().strip_prefix(path)?;
        match rest.chars().next() {
            Some('/') => PathAndQuery::try_from(rest).ok(),
            None | Some('?') => PathAndQuery::try_from(format!("/{rest}")).ok(),
            Some(_) => None,
        }
    });
    if let Some(shorter) = shorter {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(shorter);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
            request.extensions_mut().insert(PathKept);
        }
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_an_error_with_a_page_and_a_cause() {
        let of_the_layer = in_time(StatusCode::REQUEST_TIMEOUT.into_response());
        let Some(Cause(cause)) = of_the_layer.extensions().get() else {
            panic!("no cause");
        };
        assert_eq!(cause, "the request took longer than 90 s");
        assert!(of_the_layer.extensions().get::<page::Notice>().is_some());
        let other = in_time(StatusCode::NOT_FOUND.into_response());
        assert!(other.extensions().get::<Cause>().is_none());
    }

    #[test]
    fn the_log_holds_no_invitation() {
        assert_eq!(shown("/invite/c2VhbGVk"), "/invite/…");
        for spelt in [
            "/sso/invite/a/b",
            "/Invite/a",
            "/invite%2Fa",
            "/%69nvite/a",
            "/invite%252fa",
        ] {
            assert_eq!(shown(spelt), "/invite/…");
        }
        assert_eq!(shown("/sso/room/a"), "/sso/room/a");
        assert_eq!(shown(&format!("/{}", "x".repeat(400))).len(), 300);
    }
}
