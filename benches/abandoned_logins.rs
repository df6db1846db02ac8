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

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::KeyPair as _;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

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
    let server = Server::start(listen, &issuer);
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

async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap()
}

/// The program in a process of its own, ended when this one is done with it.
struct Server(Child);

impl Server {
    fn start(listen: SocketAddr, issuer: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"))
            .arg("serve")
            .env_clear()
            .env("BRIDGE_SERVER__LISTEN", listen.to_string())
            .env("BRIDGE_SERVER__PUBLIC_URL", format!("http://{listen}"))
            .env("BRIDGE_JITSI__URL", "https://meet.example.org")
            .env("BRIDGE_TOKEN__SECRET", "0123456789abcdef0123456789abcdef")
            .env("BRIDGE_PROVIDER__ISSUER", issuer)
            .env("BRIDGE_PROVIDER__CLIENT_ID", "bridge")
            .env("BRIDGE_POLICY__DEFAULT", "participant")
            .env("BRIDGE_LOG__LEVEL", "warn")
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        Self(child)
    }

    async fn wait_until_ready(&self, listen: SocketAddr) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let ready = async || {
            let answer = reqwest::get(format!("http://{listen}/readyz")).await;
            answer.is_ok_and(|answer| answer.status().is_success())
        };
        while !ready().await {
            assert!(Instant::now() < deadline, "the server is not ready");
            tokio::task::yield_now().await;
        }
    }

    /// Resident memory in kB.
    fn resident_kilobytes(&self) -> u32 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        number.and_then(|number| number.parse().ok()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
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
