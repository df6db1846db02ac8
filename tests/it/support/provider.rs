//! A provider that signs real tokens, records what it was asked, and misbehaves by name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use super::bridge::TestClock;
use super::endpoints::{self, Document};
use super::fault::Fault;
use super::fault::answer::{Bad, Taken};
use super::forge::Forger;
use super::keys::Key;
use super::protocol;

pub const CLIENT_ID: &str = "bridge";
pub const CLIENT_SECRET: &str = "client: secret/with+signs";

#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    pub clock: Arc<TestClock>,
    inner: Arc<Mutex<Inner>>,
    asked: Arc<Notify>,
    held: watch::Sender<Option<&'static str>>,
}

pub(super) struct Inner {
    pub(super) person: Value,
    pub(super) userinfo: Option<Value>,
    pub(super) fault: Option<Fault>,
    pub(super) metadata: Map<String, Value>,
    pub(super) rotated: bool,
    pub(super) key: Option<&'static Key>,
    /// Logins under way, by their codes.
    pub(super) logins: BTreeMap<String, Map<String, Value>>,
    pub(super) requests: Vec<String>,
    /// Requests that came as part of a trace (W3C Trace Context): which, and all that they said of it.
    pub(super) traced: Vec<(String, String)>,
    pub(super) authorizations: Vec<String>,
    pub(super) end_sessions: Vec<String>,
    pub(super) token_request: Option<TokenRequest>,
    pub(super) max_age: Option<u32>,
    /// Signs people in as strongly and as freshly as is asked.
    pub(super) obliges: bool,
    /// The claims of access tokens that are tokens of the provider's; nothing: they mean nothing to anybody else.
    pub(super) access_token: Option<Value>,
    /// What else is to be had, by its path.
    pub(super) documents: BTreeMap<String, Document>,
    /// Refresh tokens are granted; the one that works now.
    pub(super) refresh: Option<Refreshing>,
    /// Userinfo comes as a token.
    pub(super) signs_userinfo: bool,
    /// A request that is answered badly, and how.
    pub(super) bad: Option<(&'static str, Bad)>,
    pub(super) taken: Arc<Taken>,
    /// Makes the tokens instead.
    pub(super) forger: Option<Forger>,
    /// How access tokens are said to be used.
    pub(super) token_type: Value,
    /// How many seconds its clock is ahead of everybody else's.
    pub(super) ahead: i64,
    /// The key set, instead of the usual one.
    pub(super) key_set: Option<String>,
    /// Requests that were pushed, by what stands for them.
    pub(super) pushed: BTreeMap<String, Map<String, Value>>,
}

/// Refresh tokens, as far as they were granted.
#[derive(Debug, Default)]
pub(super) struct Refreshing {
    pub(super) with_id_token: bool,
    pub(super) forgotten: bool,
    granted: usize,
    pub(super) live: std::collections::BTreeSet<String>,
}

impl Refreshing {
    pub(super) fn next(&mut self) -> String {
        self.granted += 1;
        let token = format!("refresh-token-{}", self.granted);
        self.live.insert(token.clone());
        token
    }
}

/// What came to the token endpoint.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    pub authorization: Option<String>,
    pub form: Map<String, Value>,
}

impl Provider {
    pub async fn start() -> Self {
        Self::with_clock(Arc::new(TestClock::default())).await
    }

    /// Another provider, in the same time.
    pub async fn beside(other: &Self) -> Self {
        Self::with_clock(other.clock.clone()).await
    }

    async fn with_clock(clock: Arc<TestClock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            clock,
            inner: Arc::new(Mutex::new(Inner {
                person: Value::Null,
                userinfo: None,
                fault: None,
                metadata: Map::new(),
                rotated: false,
                key: None,
                logins: BTreeMap::new(),
                requests: Vec::new(),
                traced: Vec::new(),
                authorizations: Vec::new(),
                end_sessions: Vec::new(),
                token_request: None,
                max_age: None,
                obliges: false,
                access_token: None,
                signs_userinfo: false,
                refresh: None,
                documents: BTreeMap::new(),
                pushed: BTreeMap::new(),
                bad: None,
                taken: Arc::default(),
                forger: None,
                token_type: "Bearer".into(),
                key_set: None,
                ahead: 0,
            })),
            asked: Arc::new(Notify::new()),
            held: watch::Sender::new(None),
        };
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(protocol::discovery),
            )
            .route(
                "/organizations/v2.0/.well-known/openid-configuration",
                get(protocol::discovery),
            )
            .route("/keys", get(protocol::keys))
            .route("/authorize", get(protocol::authorize))
            .route("/token", post(protocol::token))
            .route("/par", post(endpoints::push))
            .route("/documents/{name}", get(endpoints::document))
            .route("/userinfo", get(endpoints::userinfo))
            .route("/end-session", get(super::logout::end_session))
            .layer(middleware::from_fn_with_state(provider.clone(), record))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Who signs in next, and from then on.
    pub fn signs_in(&self, person: Value) {
        self.inner().person = person;
    }

    /// What userinfo says; nothing: the endpoint is not offered.
    pub fn tells_by_userinfo(&self, claims: Value) {
        self.inner().userinfo = Some(claims);
    }

    pub fn misbehaves(&self, fault: Fault) {
        self.inner().fault = Some(fault);
    }

    pub fn behaves(&self) {
        self.inner().fault = None;
    }

    /// Adds to the metadata, or replaces what stands there.
    pub fn says(&self, name: &str, value: Value) {
        self.inner().metadata.insert(name.to_owned(), value);
    }

    /// Takes all of that back.
    pub fn says_nothing_more(&self) {
        self.inner().metadata.clear();
    }

    /// Its clock is so many seconds ahead, from now on, as far as its answers' `Date` says.
    pub fn is_ahead_by(&self, seconds: i64) {
        self.inner().ahead = seconds;
    }

    /// Answers with `Cache-Control: max-age` of so many seconds.
    pub fn keeps_for(&self, seconds: u32) {
        self.inner().max_age = Some(seconds);
    }

    /// Lets a request (`METHOD /path`) wait for its answer, until `releases`.
    pub fn holds(&self, request: &'static str) {
        self.held.send_replace(Some(request));
    }

    pub fn releases(&self) {
        self.held.send_replace(None);
    }

    /// Takes pushed requests.
    pub fn takes_pushed_requests(&self) {
        let endpoint = format!("{}/par", self.issuer);
        self.says("pushed_authorization_request_endpoint", endpoint.into());
    }

    /// Signs people in as strongly (`acr_values`, `claims`) and as freshly (`max_age`) as it is asked to, from now on.
    pub fn obliges(&self) {
        self.inner().obliges = true;
    }

    /// Grants refresh tokens from now on, each of which works once; with an ID token for each, or without.
    pub fn grants_refresh_tokens(&self, with_id_token: bool) {
        self.inner().refresh = Some(Refreshing {
            with_id_token,
            ..Refreshing::default()
        });
    }

    /// Does not know anybody any more: no refresh token works.
    pub fn forgets(&self) {
        self.inner().refresh.as_mut().unwrap().forgotten = true;
    }

    /// Says so of access tokens, from now on.
    pub fn hands_out_access_tokens_of(&self, token_type: Value) {
        self.inner().token_type = token_type;
    }

    /// Userinfo comes as a token, from now on.
    pub fn signs_userinfo(&self) {
        self.inner().signs_userinfo = true;
    }

    /// Access tokens are tokens of the provider's own, with these claims.
    pub fn tells_by_access_token(&self, claims: Value) {
        self.inner().access_token = Some(claims);
    }

    /// Answers a request for `/documents/{name}` and this query, from whoever has this access token.
    pub fn answers(&self, name_and_query: &str, document: Document) {
        let documents = &mut self.inner().documents;
        documents.insert(format!("/documents/{name_and_query}"), document);
    }

    /// The last request that was pushed.
    pub fn last_pushed(&self) -> Map<String, Value> {
        let pushed = self.inner().pushed.values().last().cloned();
        pushed.expect("nothing was pushed")
    }

    /// Publishes and signs with another key from now on.
    pub fn rotates(&self) {
        self.inner().rotated = true;
    }

    /// The last request to the token endpoint.
    pub fn last_token_request(&self) -> TokenRequest {
        let request = self.inner().token_request.clone();
        request.expect("nobody asked for a token")
    }

    /// `METHOD /path` of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.inner().requests.clone()
    }

    /// The `traceparent` of each request that had one; what came along with it stands behind it.
    pub fn traced(&self, request: &str) -> Vec<String> {
        let traced = self.inner().traced.clone();
        let of_request = traced.into_iter().filter(|(line, _)| line == request);
        of_request.map(|(_, said)| said).collect()
    }

    /// How often a path was asked for.
    pub fn count(&self, request: &str) -> usize {
        self.requests().iter().filter(|r| *r == request).count()
    }

    /// The parameters of the last authorization request.
    pub fn last_authorization(&self) -> Vec<(String, String)> {
        let query = self
            .inner()
            .authorizations
            .last()
            .cloned()
            .unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    /// The parameters of every authorization request so far.
    pub fn authorizations(&self) -> Vec<Vec<(String, String)>> {
        let queries = self.inner().authorizations.clone();
        let parsed = |query: &String| {
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect()
        };
        queries.iter().map(parsed).collect()
    }

    /// Waits until a path has been asked for so many times.
    pub async fn is_asked(&self, request: &str, times: usize) {
        loop {
            let next = self.asked.notified();
            if self.count(request) >= times {
                return;
            }
            next.await;
        }
    }
}

async fn record(State(provider): State<Provider>, request: Request, next: Next) -> Response {
    let line = format!("{} {}", request.method(), request.uri().path());
    let (fault, bad) = {
        let mut inner = provider.inner();
        inner.requests.push(line.clone());
        let said = ["traceparent", "tracestate", "baggage"]
            .iter()
            .filter_map(|name| request.headers().get(*name)?.to_str().ok())
            .collect::<Vec<_>>()
            .join(" ");
        if !said.is_empty() {
            inner.traced.push((line.clone(), said));
        }
        if line == "GET /authorize" {
            inner
                .authorizations
                .push(request.uri().query().unwrap_or_default().to_owned());
        }
        let bad = inner.bad.clone().filter(|(request, _)| *request == line);
        (inner.fault, bad.map(|(_, bad)| (bad, inner.taken.clone())))
    };
    if provider.held.borrow().is_some_and(|held| held == line) {
        provider.asked.notify_waiters();
        let _ = provider.held.subscribe().wait_for(Option::is_none).await;
    }
    if bad.is_some() {
        provider.asked.notify_waiters();
    }
    let mut response = match (bad, fault) {
        (Some((bad, taken)), _) => bad.answer(taken).await,
        (None, Some(Fault::Down)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => next.run(request).await,
    };
    let date = provider.clock.now_unix() + provider.inner().ahead;
    let date = std::time::UNIX_EPOCH + std::time::Duration::from_secs(date.try_into().unwrap());
    let date = match fault {
        // Left out, the server would write its own.
        Some(Fault::NoDate) => HeaderValue::from_static("unknown"),
        _ => httpdate::fmt_http_date(date).parse().unwrap(),
    };
    response.headers_mut().insert(header::DATE, date);
    provider.asked.notify_waiters();
    response
}
