//! Whole requests, through every layer of the server, in memory: a wish to join with a live session, and one without,
//! which begins a login.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jitsi_oidc_bridge::identity::provider_session::{ProviderSession, SignIn};
use jitsi_oidc_bridge::observe::Audit;
use jitsi_oidc_bridge::session::Sessions;
use jitsi_oidc_bridge::web;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::stages::{RULES, SECRET, Standing, config_of, now, runtime, sara};

/// A wish to join, as somebody's browser sends it.
pub struct Join {
    runtime: Runtime,
    router: Router,
    cookie: String,
    /// What the answer's address begins with.
    leads_to: &'static str,
}

impl Join {
    /// By somebody who has signed in.
    pub fn rejoin() -> Self {
        let runtime = runtime();
        let guard = runtime.enter();
        let config = config_of(
            "https://id.example.org/realms/company",
            &format!("{SECRET}{RULES}"),
        );
        let limits = config.session.limits;
        let app = web::build(config, Arc::new(Standing), Audit::default()).unwrap();
        drop(guard);
        let sign_in = SignIn {
            person: sara().into(),
            session: ProviderSession::default(),
            refresh_token: None,
        };
        let (store, ledger) = (app.lasting.store.clone(), app.lasting.ledger.clone());
        let sessions = Sessions::new(store, ledger, limits);
        let session = runtime.block_on(sessions.remember(None, &sign_in, None, now()));
        Self {
            runtime,
            router: app.router,
            cookie: format!("__Host-jitsi-session={}", session.unwrap()),
            leads_to: "https://meet.example.org/",
        }
    }

    /// By somebody who has not: a login begins.
    pub fn begin() -> Self {
        let runtime = runtime();
        let issuer = runtime.block_on(provider());
        let guard = runtime.enter();
        let config = config_of(&issuer, &format!("{SECRET}{RULES}"));
        let app = web::build(config, Arc::new(Standing), Audit::default()).unwrap();
        drop(guard);
        Self {
            runtime,
            router: app.router,
            cookie: "other=1".to_owned(),
            leads_to: "https://id.example.org/authorize",
        }
    }

    pub fn run(&self) -> StatusCode {
        let request = Request::get("/room/Team%20Rocket")
            .header(header::HOST, "sso.example.org")
            .header(
                header::USER_AGENT,
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
            )
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_LANGUAGE, "de-DE,de;q=0.9,en;q=0.8")
            .header(header::COOKIE, &self.cookie)
            .body(Body::empty());
        let answered = self.router.clone().oneshot(request.unwrap());
        let answer = self.runtime.block_on(answered).unwrap();
        let location = answer.headers().get(header::LOCATION);
        let location = location.map(|location| location.to_str().unwrap());
        assert!(
            location.is_some_and(|location| location.starts_with(self.leads_to)),
            "leads elsewhere: {:?}",
            answer.status()
        );
        answer.status()
    }
}

/// Says what a provider says of itself; gives its issuer. Asked before anything is measured, and never again.
async fn provider() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": "https://id.example.org/authorize",
        "token_endpoint": "https://id.example.org/token",
        "jwks_uri": format!("{issuer}/keys"),
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let keys =
        json!({ "keys": [crate::id_tokens::Key::new(jsonwebtoken::Algorithm::RS256).published()] });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 2048];
            let read = stream.read(&mut asked).await.unwrap_or(0);
            let for_keys = asked
                .get(..read)
                .is_some_and(|asked| asked.starts_with(b"GET /keys"));
            let body: &Value = if for_keys { &keys } else { &metadata };
            let body = body.to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    issuer
}
