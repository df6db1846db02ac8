//! A provider that signs real tokens, records what it was asked, and misbehaves by name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::digest;
use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use url::Url;

use super::bridge::TestClock;
use super::endpoints::{self, Document};
use super::fault::Fault;
use super::forge::id_token;
use super::keys::{Key, SECOND, WEAK};

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
    metadata: Map<String, Value>,
    pub(super) rotated: bool,
    pub(super) key: Option<&'static Key>,
    /// Logins under way, by their codes.
    logins: BTreeMap<String, Map<String, Value>>,
    requests: Vec<String>,
    authorizations: Vec<String>,
    pub(super) end_sessions: Vec<String>,
    token_request: Option<TokenRequest>,
    max_age: Option<u32>,
    /// Signs people in as strongly and as freshly as is asked.
    pub(super) obliges: bool,
    /// The claims of access tokens that are tokens of the provider's; nothing: they mean nothing to anybody else.
    pub(super) access_token: Option<Value>,
    /// What else is to be had, by its path.
    pub(super) documents: BTreeMap<String, Document>,
    /// Userinfo comes as a token.
    pub(super) signs_userinfo: bool,
    /// Requests that were pushed, by what stands for them.
    pub(super) pushed: BTreeMap<String, Map<String, Value>>,
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
                authorizations: Vec::new(),
                end_sessions: Vec::new(),
                token_request: None,
                max_age: None,
                obliges: false,
                access_token: None,
                signs_userinfo: false,
                documents: BTreeMap::new(),
                pushed: BTreeMap::new(),
            })),
            asked: Arc::new(Notify::new()),
            held: watch::Sender::new(None),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route(
                "/organizations/v2.0/.well-known/openid-configuration",
                get(discovery),
            )
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
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
    let fault = {
        let mut inner = provider.inner();
        inner.requests.push(line.clone());
        if line == "GET /authorize" {
            inner
                .authorizations
                .push(request.uri().query().unwrap_or_default().to_owned());
        }
        inner.fault
    };
    if provider.held.borrow().is_some_and(|held| held == line) {
        provider.asked.notify_waiters();
        let _ = provider.held.subscribe().wait_for(Option::is_none).await;
    }
    let response = match fault {
        Some(Fault::Down) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => next.run(request).await,
    };
    provider.asked.notify_waiters();
    response
}

async fn discovery(State(provider): State<Provider>) -> Response {
    let inner = provider.inner();
    let at = |path: &str| format!("{}{path}", provider.issuer);
    let mut document = json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let members = document.as_object_mut().unwrap();
    if inner.userinfo.is_some() {
        members.insert("userinfo_endpoint".into(), at("/userinfo").into());
    }
    members.extend(inner.metadata.clone());
    match inner.fault {
        Some(Fault::HtmlDiscovery) => Html("<h1>Welcome</h1>").into_response(),
        Some(Fault::RedirectingDiscovery) => Redirect::to("/elsewhere").into_response(),
        Some(Fault::EndlessDiscovery) => "x".repeat(2 * 1024 * 1024).into_response(),
        Some(Fault::OtherIssuerInDiscovery) => {
            members.insert("issuer".into(), "https://other.example".into());
            Json(document).into_response()
        }
        _ => cached(inner.max_age, document),
    }
}

async fn keys(State(provider): State<Provider>) -> Response {
    let inner = provider.inner();
    let mut keys = vec![inner.key().jwk.clone()];
    match inner.fault {
        Some(Fault::NoKid) => keys.push(SECOND.jwk.clone()),
        Some(Fault::WeakKey) => keys = vec![WEAK.clone()],
        _ => {}
    }
    // Keys that make no sense must not cost the good ones.
    keys.push(json!({ "kty": "unheard-of", "kid": "odd" }));
    keys.push(json!({ "kty": "RSA", "kid": 7, "n": "!", "e": "AQAB" }));
    cached(inner.max_age, json!({ "keys": keys }))
}

fn cached(max_age: Option<u32>, document: Value) -> Response {
    match max_age {
        Some(seconds) => (
            [(header::CACHE_CONTROL, format!("max-age={seconds}"))],
            Json(document),
        )
            .into_response(),
        None => Json(document).into_response(),
    }
}

async fn authorize(
    State(provider): State<Provider>,
    Query(asked): Query<Map<String, Value>>,
) -> Redirect {
    let mut inner = provider.inner();
    let pushed = asked.get("request_uri").and_then(Value::as_str);
    let asked = match pushed {
        Some(name) => inner.pushed[name].clone(),
        None => asked,
    };
    let text = |name: &str| {
        asked
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut url = Url::parse(&text("redirect_uri")).unwrap();
    let code = match inner.authorizations.len() {
        0 | 1 => "the-code".to_owned(),
        nth => format!("the-code-{nth}"),
    };
    let silent = text("prompt") == "none" && inner.person.is_null();
    {
        let mut query = url.query_pairs_mut();
        match inner.fault {
            _ if silent => query.append_pair("error", "login_required"),
            Some(Fault::AccessDenied) => query
                .append_pair("error", "access_denied")
                .append_pair("error_description", "<b>no</b>"),
            Some(Fault::LoginRequired) => query.append_pair("error", "login_required"),
            Some(Fault::ServerError) => query.append_pair("error", "server_error"),
            Some(Fault::TemporarilyUnavailable) => {
                query.append_pair("error", "temporarily_unavailable")
            }
            _ => query.append_pair("code", &code),
        };
        query.append_pair("state", &text("state"));
        match inner.fault {
            Some(Fault::ForeignIss) => query.append_pair("iss", "https://other.example"),
            Some(Fault::NoIss) => &mut query,
            Some(Fault::TwoStates) => query.append_pair("state", "another"),
            _ => query.append_pair("iss", &provider.issuer),
        };
    }
    inner.logins.insert(code, asked);
    Redirect::to(url.as_str())
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<Map<String, Value>>,
) -> Response {
    let mut inner = provider.inner();
    inner.token_request = Some(TokenRequest {
        authorization: headers
            .get(header::AUTHORIZATION)
            .map(|value| value.to_str().unwrap().to_owned()),
        form: form.clone(),
    });
    let refuse = |error: &str| {
        (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": error, "error_description": "said so" })),
        )
            .into_response()
    };
    let asked = |login: &Map<String, Value>, name: &str| {
        login
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let given = |name: &str| form.get(name).and_then(Value::as_str).unwrap_or_default();
    match inner.fault {
        Some(Fault::InvalidClient) => return refuse("invalid_client"),
        Some(Fault::EndlessToken) => return "x".repeat(2 * 1024 * 1024).into_response(),
        Some(Fault::BareToken) => return Json("eyJhbGciOiJub25lIn0.secret.token").into_response(),
        Some(Fault::HtmlToken) => return Html("<h1>Oops</h1>").into_response(),
        _ => {}
    }
    if !client_is_known(&headers, &form) {
        return refuse("invalid_client");
    }
    // A code counts once, with the verifier and the redirect URI of its own login.
    let Some(login) = inner.logins.remove(given("code")) else {
        return refuse("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(
        &digest::SHA256,
        given("code_verifier").as_bytes(),
    ));
    let fits =
        given("grant_type") == "authorization_code" && challenge == asked(&login, "code_challenge");
    if !fits || given("redirect_uri") != asked(&login, "redirect_uri") {
        return refuse("invalid_grant");
    }
    let access_token = match &inner.access_token {
        Some(claims) => super::forge::sign(&inner, claims),
        None => "the-access-token".to_owned(),
    };
    let access_token = access_token.as_str();
    let mut answer =
        json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": "300" });
    if inner.fault != Some(Fault::NoIdToken) {
        let id_token = id_token(&provider, &inner, &login, access_token);
        answer
            .as_object_mut()
            .unwrap()
            .insert("id_token".into(), id_token.into());
    }
    Json(answer).into_response()
}

/// Basic with form-encoded credentials (RFC 6749, 2.3.1), the form, or a public client.
pub(super) fn client_is_known(headers: &HeaderMap, form: &Map<String, Value>) -> bool {
    let encoded =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{}", encoded(CLIENT_ID), encoded(CLIENT_SECRET)))
    );
    if let Some(assertion) = form.get("client_assertion") {
        return form["client_assertion_type"]
            == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            && assertion
                .as_str()
                .is_some_and(|text| text.starts_with("eyJ"));
    }
    match headers.get(header::AUTHORIZATION) {
        Some(found) => found.to_str().unwrap() == basic,
        None => {
            form.get("client_id") == Some(&CLIENT_ID.into())
                && form.get("client_secret").is_none_or(|s| s == CLIENT_SECRET)
        }
    }
}
