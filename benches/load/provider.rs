//! A provider that costs next to nothing but the signature of an ID token, in a process of its own: it keeps nothing, for
//! its codes are the nonces of the logins, and believes whoever comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, StatusCode};
use jitsi_oidc_bridge::token::keyring::rsa::{RsaAlgorithm, SigningKey};
use serde_json::json;

use crate::http::{Answer, body_of, json as json_answer, listen, parameter, serve, status};

/// So many people sign in, one after the other and then anew.
const PEOPLE: u64 = 10_000;

struct Provider {
    issuer: String,
    key: SigningKey,
    metadata: Bytes,
    keys: Bytes,
    pem: Bytes,
    /// What answers to codes take longer than they have to.
    delay: Duration,
    redeemed: AtomicU64,
}

/// Runs until the process is ended.
pub async fn run(delay: Duration) {
    let listener = listen().await;
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let (key, _) = SigningKey::generate("1".to_owned(), aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let keys = json!({ "keys": [key.jwk(RsaAlgorithm::Rs256)] });
    let provider = Arc::new(Provider {
        issuer,
        metadata: metadata.to_string().into(),
        keys: keys.to_string().into(),
        pem: key.public_pem().unwrap().into(),
        key,
        delay,
        redeemed: AtomicU64::new(0),
    });
    serve(listener, move |request| answer(provider.clone(), request)).await;
}

async fn answer(provider: Arc<Provider>, request: Request<Incoming>) -> Answer {
    match request.uri().path() {
        "/token" => redeem(&provider, &body_of(request).await).await,
        "/.well-known/openid-configuration" => json_answer(provider.metadata.clone()),
        "/keys" => json_answer(provider.keys.clone()),
        "/pem" => json_answer(provider.pem.clone()),
        "/redeemed" => {
            let redeemed = provider.redeemed.load(Ordering::Relaxed);
            json_answer(Body::from(redeemed.to_string()))
        }
        _ => status(StatusCode::NOT_FOUND),
    }
}

async fn redeem(provider: &Provider, form: &[u8]) -> Answer {
    let Some(nonce) = parameter(form, "code") else {
        return status(StatusCode::BAD_REQUEST);
    };
    if !provider.delay.is_zero() {
        tokio::time::sleep(provider.delay).await;
    }
    let count = provider.redeemed.fetch_add(1, Ordering::Relaxed);
    let now = unix_time();
    let subject = format!("s-{}", count % PEOPLE);
    let id_token = provider.key.sign(
        RsaAlgorithm::Rs256,
        &json!({
            "iss": provider.issuer, "aud": "bridge", "iat": now, "exp": now + 300, "nonce": nonce,
            "sub": subject, "name": "Sara Stein", "preferred_username": "sara",
            "email": "sara@example.org", "email_verified": true,
            "groups": ["/staff", "/teams/rocket/leads"],
        }),
    );
    let tokens =
        json!({ "access_token": "opaque", "token_type": "Bearer", "id_token": id_token.unwrap() });
    json_answer(tokens.to_string())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark lives in the real time"
)]
pub fn unix_time() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}
