//! What answers is no Prosody, but something that wants tokens, or to keep `check` busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::any;
use jitsi_oidc_bridge::check::jitsi_page::Endpoints;
use jitsi_oidc_bridge::check::meetings::meetings;
use jitsi_oidc_bridge::check::{Findings, Verdict};
use jitsi_oidc_bridge::clock::{SharedClock, SystemClock};
use tokio::net::TcpListener;

use super::{IMPATIENT, configuration, patience, the, tried};
use crate::support::prosody::{Prosody, Settings};

/// Something that answers whatever is asked at once with the same.
struct Stranger {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Stranger {
    async fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let answers = move || {
            count.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            async move { answer }
        };
        let router = Router::new().fallback(any(answers));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn no_request_goes_to_another_address_than_jitsis_whatever_config_js_says() {
    let prosody = Prosody::start(Settings::default()).await;
    let stranger = Stranger::start(String::new()).await;
    let told = Endpoints {
        bosh: format!("{}/http-bind", stranger.url).parse().ok(),
        websocket: stranger.url.replace("http", "ws").parse().ok(),
        ..Endpoints::default()
    };
    let findings = tried(&prosody, "", Some(&told)).await;
    let said = the(&findings, "meetings-elsewhere");
    assert_eq!(said.verdict, Verdict::Warning);
    assert!(said.said.contains(&stranger.url), "{}", said.said);
    assert_eq!(stranger.asked(), 0);
    assert_eq!(the(&findings, "meetings-moderator").verdict, Verdict::Good);
}

async fn looked_at(stranger: &Stranger) -> Findings {
    let loaded = configuration(&stranger.url, "");
    let clock: SharedClock = Arc::new(SystemClock);
    meetings(&loaded.config, None, &clock, patience(IMPATIENT)).await
}

fn body(content: &str) -> String {
    format!("<body xmlns='http://jabber.org/protocol/httpbind' sid='x'>{content}</body>")
}

#[tokio::test]
async fn where_nothing_is_answered_at_once_it_is_not_asked_again_at_once() {
    let stranger = Stranger::start(body("")).await;
    let findings = looked_at(&stranger).await;
    assert_eq!(the(&findings, "meetings-bosh").verdict, Verdict::Fault);
    // To open it, two waits of half a second, and WebSocket.
    assert!((3..=6).contains(&stranger.asked()), "{}", stranger.asked());
}

#[tokio::test]
async fn questions_without_end_are_not_answered_without_end() {
    let question = "<iq xmlns='jabber:client' type='get' id='1' from='x'/>";
    let stranger = Stranger::start(body(question)).await;
    let findings = looked_at(&stranger).await;
    assert_eq!(the(&findings, "meetings-bosh").verdict, Verdict::Fault);
    assert!(stranger.asked() <= 202, "{}", stranger.asked());
}
