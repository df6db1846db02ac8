//! Nothing that the provider does, at start or later, ends the bridge: it waits, learns, forgets and learns again.

use std::time::Duration as RealTime;

use serde_json::json;
use time::Duration;
use tokio::net::TcpListener;

use super::support::keys::ELLIPTIC;
use super::support::provider::{CLIENT_ID, CLIENT_SECRET};
use super::support::{Bridge, Browser, Fault, JITSI, Landed, Provider, sara, token_in};
use jitsi_oidc_bridge::config::{Sources, load};
use jitsi_oidc_bridge::observe::Audit;

const DISCOVERY: &str = "GET /.well-known/openid-configuration";
const KEYS: &str = "GET /keys";
const ROOM: &str = "/room/standup";

/// A provider that misbehaves so from the very start, and a bridge.
async fn that(fault: Fault) -> (Bridge, Provider) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.misbehaves(fault);
    (Bridge::start(&provider, "").await, provider)
}

async fn login(bridge: &Bridge) -> Landed {
    Browser::new().go(&bridge.at(ROOM)).await
}

async fn status(bridge: &Bridge, path: &str) -> (u16, String) {
    let landed = Browser::new().hop(&bridge.at(path)).await;
    (landed.status, landed.body)
}

/// Waits for what the background task brings about; the bound is for a bridge that never does.
async fn becomes_true(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let waiting = async { while !is().await {} };
    let in_time = tokio::time::timeout(RealTime::from_mins(1), waiting).await;
    assert!(in_time.is_ok(), "never happened: {what}");
}

async fn is_ready(bridge: &Bridge) {
    becomes_true("ready", async || status(bridge, "/readyz").await.0 == 200).await;
}

/// The page of a provider that cannot be reached, for this reason.
#[track_caller]
fn is_unavailable(bridge: &Bridge, landed: &Landed, reason: &str) {
    assert_eq!(landed.status, 503, "{landed:?}");
    assert!(
        landed
            .body
            .contains("The sign-in service cannot be reached"),
        "{landed:?}"
    );
    assert_eq!(landed.header("retry-after"), "5");
    assert_eq!(landed.link("Try again"), bridge.at(ROOM));
    assert!(
        bridge.last_cause().contains(reason),
        "{} is not {reason}",
        bridge.last_cause()
    );
    assert_eq!(bridge.tokens_minted(), 0);
}

#[tokio::test]
async fn the_bridge_starts_without_its_provider_and_learns_it_by_itself() {
    let (bridge, provider) = that(Fault::Down).await;
    is_unavailable(&bridge, &login(&bridge).await, "answered 500");
    assert_eq!(status(&bridge, "/healthz").await, (200, "ok\n".to_owned()));
    let not_yet = "not ready: the provider has not been reached yet\n".to_owned();
    assert_eq!(status(&bridge, "/readyz").await, (503, not_yet));

    provider.behaves();
    // Nobody signs in meanwhile: the bridge asks by itself, once the pause is over.
    bridge.clock.advance(Duration::seconds(4));
    is_ready(&bridge).await;
    assert!(login(&bridge).await.in_meeting());
}

#[tokio::test]
async fn a_provider_that_is_down_is_left_in_peace_for_two_seconds() {
    let (bridge, provider) = that(Fault::Down).await;
    is_unavailable(&bridge, &login(&bridge).await, "");
    assert_eq!(provider.count(DISCOVERY), 1);
    for _ in 0..5 {
        let landed = login(&bridge).await;
        is_unavailable(
            &bridge,
            &landed,
            "not reached a moment ago, not asked again yet",
        );
    }
    assert_eq!(provider.count(DISCOVERY), 1);
    provider.behaves();
    bridge.clock.advance(Duration::milliseconds(1999));
    is_unavailable(&bridge, &login(&bridge).await, "not asked again yet");
    bridge.clock.advance(Duration::MILLISECOND);
    assert!(login(&bridge).await.in_meeting());
}

#[tokio::test]
async fn discovery_that_is_none_is_told_and_survived() {
    for (fault, reason) in [
        (
            Fault::HtmlDiscovery,
            "answered something else than provider metadata",
        ),
        (
            Fault::OtherIssuerInDiscovery,
            "the provider calls itself \"https://other.example\", the configuration calls it",
        ),
        (Fault::RedirectingDiscovery, "answered 303"),
        (Fault::EndlessDiscovery, "is longer than 1048576 bytes"),
    ] {
        let (bridge, provider) = that(fault).await;
        is_unavailable(&bridge, &login(&bridge).await, reason);
        assert_eq!(
            provider.count("GET /elsewhere"),
            0,
            "no redirect is followed"
        );
        assert_eq!(status(&bridge, "/healthz").await.0, 200, "{fault:?}");
        provider.behaves();
        bridge.clock.advance(Duration::seconds(2));
        assert!(login(&bridge).await.in_meeting(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_in_time_is_told_and_survived() {
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = Provider::start().await;
    let further = format!(
        "provider.internal_url = \"http://{}\"\nprovider.timeout = \"50ms\"",
        silent.local_addr().unwrap()
    );
    let bridge = Bridge::start(&provider, &further).await;
    is_unavailable(&bridge, &login(&bridge).await, "no answer from http://");
    assert_eq!(status(&bridge, "/healthz").await.0, 200);
    drop(silent);
}

#[tokio::test]
async fn what_is_known_is_used_while_the_provider_does_not_answer_discovery() {
    let (bridge, provider) = that(Fault::NoAtHash).await;
    provider.keeps_for(120);
    assert!(login(&bridge).await.in_meeting());
    provider.misbehaves(Fault::HtmlDiscovery);
    bridge.clock.advance(Duration::seconds(120));
    provider.is_asked(DISCOVERY, 2).await;
    assert!(login(&bridge).await.in_meeting());
    assert_eq!(status(&bridge, "/readyz").await.0, 200);
}

#[tokio::test]
async fn metadata_and_keys_are_refreshed_when_they_have_aged() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.keeps_for(120);
    let bridge = Bridge::start(&provider, "").await;
    assert!(login(&bridge).await.in_meeting());
    bridge.clock.advance(Duration::seconds(119));
    assert!(login(&bridge).await.in_meeting());
    assert_eq!((provider.count(DISCOVERY), provider.count(KEYS)), (1, 1));

    let moved = "http://localhost:1/new/authorize";
    provider.says("authorization_endpoint", json!(moved));
    bridge.clock.advance(Duration::SECOND);
    provider.is_asked(DISCOVERY, 2).await;
    provider.is_asked(KEYS, 2).await;
    becomes_true("sent to the new address", async || {
        Browser::new()
            .begin(&bridge.at(ROOM))
            .await
            .starts_with(moved)
    })
    .await;
}

#[tokio::test]
async fn keys_may_rotate_without_a_restart() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    assert!(login(&bridge).await.in_meeting());
    assert_eq!(provider.count(KEYS), 1);
    provider.rotates();
    assert!(login(&bridge).await.in_meeting());
    assert_eq!(provider.count(KEYS), 2);
    assert!(login(&bridge).await.in_meeting());
    assert_eq!((provider.count(KEYS), provider.count(DISCOVERY)), (2, 2));
}

#[tokio::test]
async fn a_provider_may_move_to_another_algorithm_without_a_restart() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    assert!(login(&bridge).await.in_meeting());
    provider.signs_with(&ELLIPTIC);
    assert!(login(&bridge).await.in_meeting());
}

#[tokio::test]
async fn unknown_keys_are_looked_for_at_a_bounded_rate() {
    let (bridge, provider) = that(Fault::UnknownKey).await;
    for _ in 0..5 {
        let landed = login(&bridge).await;
        assert_eq!(landed.status, 502, "{landed:?}");
        assert!(
            bridge.last_cause().contains("hold none that fits"),
            "{}",
            bridge.last_cause()
        );
    }
    assert_eq!(
        provider.count(KEYS),
        2,
        "once to learn it, once for the unknown key"
    );
    bridge.clock.advance(Duration::seconds(29));
    assert_eq!(login(&bridge).await.status, 502);
    assert_eq!(provider.count(KEYS), 2);
    bridge.clock.advance(Duration::SECOND);
    assert_eq!(login(&bridge).await.status, 502);
    assert_eq!(provider.count(KEYS), 3);

    // Somebody's bogus token delays a real rotation by no more than that.
    provider.behaves();
    provider.rotates();
    bridge.clock.advance(Duration::seconds(30));
    assert!(login(&bridge).await.in_meeting());
    assert_eq!(bridge.tokens_minted(), 1);
}

#[tokio::test]
async fn many_logins_at_once_ask_the_provider_once() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    let begun: Vec<_> = (0..20)
        .map(|_| {
            let url = bridge.at(ROOM);
            tokio::spawn(async move { Browser::new().begin(&url).await })
        })
        .collect();
    for login in begun {
        assert!(login.await.unwrap().starts_with(&provider.issuer));
    }
    assert_eq!((provider.count(DISCOVERY), provider.count(KEYS)), (1, 1));
}

#[tokio::test]
async fn the_internal_address_is_for_the_server_alone() {
    // Nobody listens at the public one; the browser would be sent there all the same.
    let public = "http://sso.localhost:9";
    let provider = Provider::start().await;
    for (name, path) in [
        ("issuer", ""),
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("jwks_uri", "/keys"),
        ("userinfo_endpoint", "/userinfo"),
    ] {
        provider.says(name, json!(format!("{public}{path}")));
    }
    provider.tells_by_userinfo(sara());
    provider.signs_in(json!({ "sub": "s-sara", "iss": public }));
    provider.misbehaves(Fault::NoIss);
    let further = format!(
        "provider.issuer = {public:?}\nprovider.internal_url = {:?}",
        provider.issuer
    );
    let bridge = Bridge::start(&provider, &further).await;
    let mut browser = Browser::new();
    let sent_to = browser.begin(&bridge.at(ROOM)).await;
    let query = sent_to
        .strip_prefix(&format!("{public}/authorize?"))
        .unwrap();
    assert!(
        !query.contains(provider.issuer.trim_start_matches("http://")),
        "{query}"
    );

    let landed = browser
        .go(&format!("{}/authorize?{query}", provider.issuer))
        .await;
    assert_eq!(token_in(&landed)["context"]["user"]["name"], "Sara Stein");
    let asked = ["POST /token", "GET /userinfo", KEYS, DISCOVERY].map(|line| provider.count(line));
    assert_eq!(asked, [1, 1, 1, 1]);
}

/// What starting a bridge with this CA file says.
fn told_of_ca_file(test: &str, content: &str) -> String {
    let file = std::env::temp_dir().join(format!("bridge-{test}-{}.pem", std::process::id()));
    std::fs::write(&file, content).unwrap();
    let text = format!(
        "server.public_url = \"http://localhost:1\"\njitsi.url = {JITSI:?}\ntoken.secret = \"{}\"\n\
         provider.issuer = \"https://id.example.org\"\nprovider.client_id = {CLIENT_ID:?}\n\
         provider.client_secret = {CLIENT_SECRET:?}\nprovider.ca_file = '{}'\npolicy.default = \"participant\"\n",
        "s".repeat(32),
        file.display()
    );
    let loaded = load(&Sources {
        file: Some(("test.toml".to_owned(), text)),
        environment: Vec::new(),
    });
    let clock = std::sync::Arc::new(super::support::TestClock::default());
    let told = match loaded {
        Err(problems) => problems.to_string(),
        Ok(loaded) => match jitsi_oidc_bridge::web::build(loaded.config, clock, Audit::default()) {
            Err(error) => error.to_string(),
            Ok(_) => "nothing".to_owned(),
        },
    };
    std::fs::remove_file(&file).unwrap();
    told
}

#[tokio::test]
async fn a_broken_ca_file_is_told_at_the_start() {
    let broken =
        "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    let cut = "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlm";
    for (name, content) in [("broken", broken), ("cut", cut)] {
        let told = told_of_ca_file(name, content);
        assert!(
            told.contains("cannot set up the HTTP client"),
            "{name}: {told}"
        );
    }
}

#[tokio::test]
async fn a_ca_file_without_a_certificate_is_told_at_the_start() {
    for (name, content) in [("empty", ""), ("text", "this is no certificate\n")] {
        assert_ne!(told_of_ca_file(name, content), "nothing", "{name}");
    }
}
