//! The demo's provider: OpenID Connect as any provider speaks it, but one signs in by a click.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use askama::Template;
use aws_lc_rs::digest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_extra::extract::cookie::CookieJar;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::people::{DemoAccount, DemoPerson, account, everybody};
use super::{Places, Shared};
use crate::clock::SharedClock;
use crate::web::page::STYLE;

/// The client that the bridge is.
pub const CLIENT_ID: &str = "jitsi-oidc-bridge";
/// The name of the one key.
const KEY_ID: &str = "demo";
/// The most codes that wait to be redeemed.
const MOST_CODES: usize = 100;

/// The provider's state.
#[derive(Clone)]
pub struct DemoProvider(Arc<Inner>);

struct Inner {
    issuer: String,
    redirect_uri: String,
    client_secret: String,
    key: EncodingKey,
    public_key: Value,
    clock: SharedClock,
    codes: Mutex<VecDeque<(String, Sold)>>,
}

/// What a code stands for.
struct Sold {
    person: &'static DemoAccount,
    nonce: Option<String>,
    code_challenge: String,
}

impl DemoProvider {
    /// A provider with a new key.
    pub fn new(places: &Places, shared: &Shared, clock: SharedClock) -> anyhow::Result<Self> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| anyhow!("no key"))?;
        let pkcs8 = key.to_pkcs8v1().map_err(|_| anyhow!("no key"))?;
        // An uncompressed point: 4, then x and y of 32 bytes each (SEC 1, 2.3.3).
        let point = key.public_key().as_ref();
        let (x, y) = point
            .get(1..)
            .unwrap_or_default()
            .split_at_checked(32)
            .ok_or_else(|| anyhow!("no key"))?;
        Ok(Self(Arc::new(Inner {
            issuer: places.provider.clone(),
            redirect_uri: format!("{}/callback", places.bridge),
            client_secret: shared.client_secret.clone(),
            key: EncodingKey::from_ec_der(pkcs8.as_ref()),
            public_key: json!({
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY_ID,
                "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
            }),
            clock,
            codes: Mutex::default(),
        })))
    }
}

/// The cookie of this name says who signs in next, without a form: one click on the meeting page.
const NEXT: &str = "demo-next";

/// A cookie by which this browser's next sign-in is this person's. Cookies know no ports, so the provider gets what the
/// meeting page sets; seconds are enough, and whoever is led elsewhere is soon forgotten.
pub fn sign_in_next(person: &DemoAccount) -> String {
    format!(
        "{NEXT}={}; Path=/authorize; Max-Age=5; HttpOnly; SameSite=Lax",
        person.username
    )
}

/// The provider's routes.
pub fn router(provider: DemoProvider) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/keys", get(keys))
        .route("/authorize", get(ask).post(answer))
        .route("/token", post(token))
        .with_state(provider)
}

async fn discovery(State(DemoProvider(provider)): State<DemoProvider>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn keys(State(DemoProvider(provider)): State<DemoProvider>) -> Json<Value> {
    Json(json!({ "keys": [provider.public_key] }))
}

/// An authorization request.
#[derive(Clone, Serialize, Deserialize)]
struct Asked {
    client_id: String,
    redirect_uri: String,
    state: String,
    nonce: Option<String>,
    code_challenge: String,
}

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/demo/askama.toml")]
struct SignIn<'a> {
    style: &'a str,
    people: Vec<DemoPerson>,
    client: &'a str,
    hidden: Vec<(String, String)>,
    action: &'a str,
}

async fn ask(
    State(DemoProvider(provider)): State<DemoProvider>,
    jar: CookieJar,
    Query(asked): Query<Asked>,
) -> Response {
    if let Some(next) = jar.get(NEXT).and_then(|cookie| account(cookie.value())) {
        let spent = format!("{NEXT}=; Path=/authorize; Max-Age=0");
        let back = provider.send_back(asked, Some(next));
        return ([(header::SET_COOKIE, spent)], back).into_response();
    }
    let hidden = [
        ("client_id", Some(asked.client_id.clone())),
        ("redirect_uri", Some(asked.redirect_uri)),
        ("state", Some(asked.state)),
        ("nonce", asked.nonce),
        ("code_challenge", Some(asked.code_challenge)),
    ];
    let hidden = hidden
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    let page = SignIn {
        style: STYLE,
        people: everybody(),
        client: &asked.client_id,
        hidden,
        action: "/authorize",
    };
    match page.render() {
        Ok(page) => Html(page).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Deserialize)]
struct Answered {
    username: String,
    #[serde(flatten)]
    asked: Asked,
}

async fn answer(
    State(DemoProvider(provider)): State<DemoProvider>,
    Form(answered): Form<Answered>,
) -> Response {
    provider.send_back(answered.asked, account(&answered.username))
}

impl Inner {
    fn send_back(&self, asked: Asked, person: Option<&'static DemoAccount>) -> Response {
        if asked.redirect_uri != self.redirect_uri || asked.client_id != CLIENT_ID {
            return (StatusCode::BAD_REQUEST, "unknown client or redirect URI").into_response();
        }
        let Ok(mut url) = Url::parse(&self.redirect_uri) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        match person {
            Some(person) => {
                let Ok(code) = super::random_text() else {
                    return StatusCode::INTERNAL_SERVER_ERROR.into_response();
                };
                url.query_pairs_mut().append_pair("code", &code);
                let sold = Sold {
                    person,
                    nonce: asked.nonce,
                    code_challenge: asked.code_challenge,
                };
                let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
                codes.truncate(MOST_CODES - 1);
                codes.push_front((code, sold));
            }
            None => {
                url.query_pairs_mut().append_pair("error", "access_denied");
            }
        }
        url.query_pairs_mut()
            .append_pair("state", &asked.state)
            .append_pair("iss", &self.issuer);
        Redirect::to(url.as_str()).into_response()
    }

    /// The code's person, once, and only for whoever began.
    fn redeem(&self, redeemed: &Redeemed) -> Option<Sold> {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let at = codes.iter().position(|(code, _)| *code == redeemed.code)?;
        let (_, sold) = codes.remove(at)?;
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(
            &digest::SHA256,
            redeemed.code_verifier.as_bytes(),
        ));
        (challenge == sold.code_challenge && redeemed.redirect_uri == self.redirect_uri)
            .then_some(sold)
    }

    fn id_token(&self, sold: &Sold) -> Result<String, jsonwebtoken::errors::Error> {
        let now = self.clock.now().unix_timestamp();
        let person = sold.person;
        let claims = json!({
            "iss": self.issuer, "aud": CLIENT_ID, "sub": format!("demo-{}", person.username),
            "iat": now, "exp": now + 300, "auth_time": now, "nonce": sold.nonce,
            "name": person.name, "preferred_username": person.username,
            "email": format!("{}@example.org", person.username), "email_verified": true,
            "groups": person.groups,
        });
        let header = Header {
            kid: Some(KEY_ID.to_owned()),
            ..Header::new(Algorithm::ES256)
        };
        encode(&header, &claims, &self.key)
    }
}

#[derive(Deserialize)]
struct Redeemed {
    code: String,
    code_verifier: String,
    redirect_uri: String,
}

async fn token(
    State(DemoProvider(provider)): State<DemoProvider>,
    headers: HeaderMap,
    Form(redeemed): Form<Redeemed>,
) -> Response {
    let expected = format!(
        "Basic {}",
        STANDARD.encode(format!("{CLIENT_ID}:{}", provider.client_secret))
    );
    if headers
        .get(header::AUTHORIZATION)
        .is_none_or(|found| found.as_bytes() != expected.as_bytes())
    {
        return (
            StatusCode::UNAUTHORIZED,
            Json(json!({ "error": "invalid_client" })),
        )
            .into_response();
    }
    let id_token = provider
        .redeem(&redeemed)
        .map(|sold| provider.id_token(&sold));
    match id_token {
        Some(Ok(id_token)) => {
            Json(json!({ "access_token": "unused", "token_type": "Bearer", "expires_in": 300, "id_token": id_token })).into_response()
        }
        Some(Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response(),
    }
}
