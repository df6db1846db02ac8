//! What do abandoned logins cost? Begins 100,000 of them and compares the server's resident memory before and after.
//!
//!     cargo bench --bench abandoned_logins [-- NUMBER]
//!
//! The server is the real program, in a process of its own; the provider has metadata and one key, and nobody ever comes
//! back from it. Fails when memory has grown by more than a tenth. Linux only: it reads `/proc`.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark may be blunt"
)]

#[path = "support/program.rs"]
#[expect(dead_code, reason = "the soak looks at more of it")]
mod program;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::KeyPair as _;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use program::{Program, free_address};

/// Enough for every buffer and pool to have its size.
const WARM_UP: u32 = 10_000;
const AT_ONCE: u32 = 32;
const MOST_GROWTH: f64 = 0.10;

#[tokio::main]
async fn main() -> ExitCode {
    let number = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(100_000);
    let issuer = provider().await;
    let listen = free_address().await;
    let server = Program::start(listen, &issuer, &[]);
    server.wait_until_ready(listen).await;

    begin_logins(listen, WARM_UP).await;
    let before = server.resident_kilobytes();
    let begun = Instant::now();
    begin_logins(listen, number).await;
    let seconds = begun.elapsed().as_secs_f64();
    let after = server.resident_kilobytes();

    let growth = f64::from(after) / f64::from(before) - 1.0;
    println!(
        "{number} abandoned logins in {seconds:.1} s ({:.0}/s); resident memory {before} kB before, {after} kB after: {:+.1} %",
        f64::from(number) / seconds,
        100.0 * growth
    );
    if growth > MOST_GROWTH {
        println!("more than {:.0} % is too much", 100.0 * MOST_GROWTH);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// A provider that can be learnt and never signs anybody in.
async fn provider() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
    });
    let keys = json!({ "keys": [public_key()] });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(Json(metadata)))
        .route("/keys", get(Json(keys)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    issuer
}

fn public_key() -> Value {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let key = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({ "kty": "RSA", "kid": "1", "use": "sig", "n": part(&key.n), "e": part(&key.e) })
}

/// Each from a browser that has no cookies yet.
async fn begin_logins(listen: SocketAddr, number: u32) {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let next = Arc::new(AtomicU32::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, next) = (client.clone(), next.clone());
        workers.spawn(async move {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= number {
                    return;
                }
                let url = format!("http://{listen}/room/room-{at}");
                let answer = client.get(url).send().await.unwrap();
                assert_eq!(answer.status(), 303, "a login was not begun");
            }
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended.unwrap();
    }
}
