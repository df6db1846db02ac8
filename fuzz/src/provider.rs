//! A provider on the loopback interface: metadata, keys, and ID tokens for whoever has the one code.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::bridge::{CLIENT_ID, NOW};
use crate::keys::Keys;

/// The code that can be redeemed, any number of times.
pub const CODE: &str = "good-code";

/// The provider, and what it knows.
pub struct Provider {
    /// Its address.
    pub issuer: String,
    /// Its keys.
    pub keys: Keys,
    /// What the next ID token holds.
    pub nonce: Mutex<String>,
    /// How often somebody came with a code.
    pub redeemed: AtomicUsize,
}

impl Provider {
    /// A provider that serves for as long as the runtime lives.
    pub async fn start() -> Arc<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let provider = Arc::new(Self {
            issuer: format!("http://{address}"),
            keys: Keys::default(),
            nonce: Mutex::default(),
            redeemed: AtomicUsize::new(0),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }
}

async fn metadata(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "id_token_signing_alg_values_supported": ["ES256", "EdDSA", "RS256"],
    }))
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<Value> {
    Json(provider.keys.jwks.clone())
}

async fn token(
    State(provider): State<Arc<Provider>>,
    Form(form): Form<Vec<(String, String)>>,
) -> (StatusCode, Json<Value>) {
    provider.redeemed.fetch_add(1, Ordering::SeqCst);
    if !form.contains(&("code".to_owned(), CODE.to_owned())) {
        return (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": "invalid_grant" })),
        );
    }
    let nonce = provider.nonce.lock().expect("nobody panics").clone();
    let claims = json!({
        "iss": provider.issuer, "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 300, "nonce": nonce,
        "sub": "s-1", "name": "Anna", "preferred_username": "anna", "groups": ["/staff"],
    });
    let header = json!({ "alg": "ES256", "kid": "elliptic" });
    let id_token = provider
        .keys
        .elliptic
        .token(&header.to_string(), &claims.to_string());
    let answer = json!({ "access_token": "access", "token_type": "Bearer", "id_token": id_token });
    (StatusCode::OK, Json(answer))
}
