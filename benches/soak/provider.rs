//! A provider that costs little: it signs real ID tokens, insists on PKCE, and counts who comes to redeem a code.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::id_tokens::Key;

pub struct Provider {
    pub issuer: String,
    keys: [Key; 2],
    /// Logins that await their code's redemption.
    logins: Mutex<HashMap<String, Login>>,
    codes: AtomicU64,
    redeemed: AtomicU64,
    refused: AtomicU64,
}

struct Login {
    subject: String,
    nonce: String,
    code_challenge: String,
    redirect_uri: String,
}

impl Provider {
    pub async fn start() -> Arc<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let provider = Arc::new(Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            // Each signs every other token.
            keys: [Key::new(Algorithm::ES256), Key::new(Algorithm::RS256)],
            logins: Mutex::default(),
            codes: AtomicU64::new(0),
            redeemed: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        });
        let at = |path: &str| format!("{}{path}", provider.issuer);
        let metadata = json!({
            "issuer": provider.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"),
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        });
        let published: Vec<Value> = provider.keys.iter().map(Key::published).collect();
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(Json(metadata)))
            .route("/keys", get(Json(json!({ "keys": published }))))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// Whether this is the way to the provider.
    pub fn is_asked_by(&self, location: &str) -> bool {
        location.starts_with(&format!("{}/authorize?", self.issuer))
    }

    /// Signs somebody in who came by this address; gives the way back.
    pub fn sign_in(&self, location: &str, subject: &str) -> Result<String, String> {
        let asked = Url::parse(location).map_err(|error| error.to_string())?;
        let text = |name: &str| {
            let found = asked.query_pairs().find(|(key, _)| key == name);
            found
                .map(|(_, value)| value.into_owned())
                .ok_or_else(|| format!("the provider is not told its {name}"))
        };
        if text("code_challenge_method")? != "S256" {
            return Err("no S256 challenge".to_owned());
        }
        let code = format!("code-{}", self.codes.fetch_add(1, Ordering::Relaxed));
        let mut back = Url::parse(&text("redirect_uri")?).map_err(|error| error.to_string())?;
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &text("state")?)
            .append_pair("iss", &self.issuer);
        let login = Login {
            subject: subject.to_owned(),
            nonce: text("nonce")?,
            code_challenge: text("code_challenge")?,
            redirect_uri: text("redirect_uri")?,
        };
        self.logins.lock().unwrap().insert(code, login);
        Ok(back.into())
    }

    /// How many codes were redeemed, and how many requests were refused.
    pub fn redeemed_and_refused(&self) -> (u64, u64) {
        (
            self.redeemed.load(Ordering::Relaxed),
            self.refused.load(Ordering::Relaxed),
        )
    }

    /// The answer to whoever redeems a code; nothing for a code, verifier or redirect URI of no login.
    fn redeem(&self, form: &HashMap<String, String>) -> Option<Value> {
        let login = self.logins.lock().unwrap().remove(form.get("code")?)?;
        let digest = digest::digest(&digest::SHA256, form.get("code_verifier")?.as_bytes());
        let fits = URL_SAFE_NO_PAD.encode(digest) == login.code_challenge
            && *form.get("redirect_uri")? == login.redirect_uri;
        fits.then_some(())?;
        let count = self.redeemed.fetch_add(1, Ordering::Relaxed);
        let [elliptic, rsa] = &self.keys;
        let key = if count.is_multiple_of(2) {
            elliptic
        } else {
            rsa
        };
        let now = unix_time();
        let claims = json!({
            "iss": self.issuer, "aud": "bridge", "iat": now, "exp": now + 300, "nonce": login.nonce,
            "sub": login.subject, "name": "Sara Stein", "preferred_username": login.subject,
            "email": "sara@example.org", "email_verified": true, "sid": format!("sid-{count}"),
            "groups": ["/staff", "/teams/rocket/leads"],
        });
        let id_token = key.sign(&claims);
        Some(json!({ "access_token": "opaque", "token_type": "Bearer", "id_token": id_token }))
    }
}

async fn token(
    State(provider): State<Arc<Provider>>,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    if let Some(answer) = provider.redeem(&form) {
        return (StatusCode::OK, Json(answer));
    }
    provider.refused.fetch_add(1, Ordering::Relaxed);
    let error = json!({ "error": "invalid_grant" });
    (StatusCode::BAD_REQUEST, Json(error))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark lives in the real time"
)]
fn unix_time() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}
