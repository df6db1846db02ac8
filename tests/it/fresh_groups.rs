//! Groups become old: the provider is asked anew, without anybody noticing, and a session ends whose person it does not know
//! any more.

use jitsi_oidc_bridge::clock::Clock as _;
use jitsi_oidc_bridge::session::{SessionLimits, Sessions};
use serde_json::json;
use time::Duration;

use super::inline::{code, is_refused, redeem, refresh, refresh_token, with_token};
use super::support::logout::{unique, with};
use super::support::stores::in_both_stores;
use super::support::{Bridge, Browser, Fault, Provider, sara};

in_both_stores! {
    a_changed_group_counts_from_the_next_time_on
    somebody_whom_the_provider_forgot_is_signed_out
    many_requests_at_once_ask_once
    a_call_of_a_session_that_nobody_uses_goes_by_the_groups_of_now
}

const RULES: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "moderators"
groups = ["/moderators"]
role = "moderator"
"#;

struct Scene {
    bridge: Bridge,
    provider: Provider,
    browser: Browser,
    subject: String,
}

/// Sara, signed in in a browser, at a provider that grants refresh tokens.
async fn scene(store: &str, with_id_token: bool) -> Scene {
    let provider = Provider::start().await;
    provider.grants_refresh_tokens(with_id_token);
    let subject = unique("sara");
    provider.tells_by_userinfo(json!({ "sub": subject, "groups": ["/staff"] }));
    provider.signs_in(with(
        sara(),
        json!({ "sub": subject, "acr": "mfa", "auth_time": 2_100_000_000 }),
    ));
    let bridge = Bridge::set_up(&provider, "", store, RULES).await;
    let mut browser = Browser::new();
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    assert_eq!(bridge.last_decision().0, "participant");
    Scene {
        bridge,
        provider,
        browser,
        subject,
    }
}

impl Scene {
    fn is_now_in(&self, group: &str) {
        self.provider.signs_in(with(
            sara(),
            json!({ "sub": self.subject, "groups": [group] }),
        ));
    }

    async fn decision(&mut self) -> String {
        let room = self
            .bridge
            .at(&format!("/room/{}", unique("r").to_lowercase()));
        let landed = self.browser.go(&room).await;
        assert!(landed.status < 500, "{landed:?}");
        self.bridge.last_decision().0
    }

    fn asked(&self) -> usize {
        self.provider.count("POST /token")
    }
}

async fn a_changed_group_counts_from_the_next_time_on(store: &str) {
    let mut scene = scene(store, true).await;
    scene.is_now_in("/moderators");
    scene.bridge.clock.advance(Duration::minutes(14));
    assert_eq!(
        (scene.decision().await.as_str(), scene.asked()),
        ("participant", 1)
    );
    scene.bridge.clock.advance(Duration::minutes(2));
    assert_eq!(
        (scene.decision().await.as_str(), scene.asked()),
        ("moderator", 2)
    );
    assert_eq!(scene.provider.count("GET /authorize"), 1, "nobody noticed");
    let asked = scene.provider.last_token_request();
    assert_eq!(asked.form["refresh_token"], "refresh-token-1");
    // And once more, with the token that came for it.
    scene.is_now_in("/nobody");
    assert_eq!(
        (scene.decision().await.as_str(), scene.asked()),
        ("moderator", 2)
    );
    scene.bridge.clock.advance(Duration::minutes(16));
    assert_eq!(
        (scene.decision().await.as_str(), scene.asked()),
        ("denied: no_rule", 3)
    );
    let asked = scene.provider.last_token_request();
    assert_eq!(asked.form["refresh_token"], "refresh-token-2");
}

async fn somebody_whom_the_provider_forgot_is_signed_out(store: &str) {
    let mut scene = scene(store, true).await;
    let code = code(&scene.bridge, &mut scene.browser).await;
    let token = refresh_token(&redeem(&scene.bridge, &code).await);
    let token = refresh_token(&refresh(&scene.bridge, &token).await);
    scene.provider.forgets();
    scene.bridge.clock.advance(Duration::minutes(16));
    let minted = scene.bridge.tokens_minted();
    let door = scene.browser.begin(&scene.bridge.at("/room/b")).await;
    assert!(door.starts_with(&scene.provider.issuer), "{door}");
    // The call that was signed in with it gets no further token either.
    is_refused(&refresh(&scene.bridge, &token).await, 400, "invalid_grant");
    assert_eq!(scene.bridge.tokens_minted(), minted);
}

async fn many_requests_at_once_ask_once(store: &str) {
    let scene = scene(store, true).await;
    scene.is_now_in("/moderators");
    scene.bridge.clock.advance(Duration::minutes(16));
    let mut going = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (mut browser, url) = (
            scene.browser.clone(),
            scene.bridge.at(&format!("/room/r{number}")),
        );
        going.spawn(async move { browser.go(&url).await.in_meeting() });
    }
    assert!(going.join_all().await.into_iter().all(|arrived| arrived));
    assert_eq!(scene.asked(), 2, "a refresh token works once");
    let mut scene = scene;
    assert_eq!(
        (scene.decision().await.as_str(), scene.asked()),
        ("moderator", 2)
    );
}

#[tokio::test]
async fn a_call_renews_its_token_with_the_groups_of_now() {
    let mut scene = scene("", true).await;
    let code = code(&scene.bridge, &mut scene.browser).await;
    let token = refresh_token(&redeem(&scene.bridge, &code).await);
    scene.is_now_in("/moderators");
    scene.bridge.clock.advance(Duration::minutes(16));
    let token = refresh_token(&refresh(&scene.bridge, &token).await);
    assert_eq!(scene.bridge.last_decision().0, "moderator");
    scene.is_now_in("/nobody");
    scene.bridge.clock.advance(Duration::minutes(16));
    is_refused(&refresh(&scene.bridge, &token).await, 400, "invalid_grant");
}

async fn a_call_of_a_session_that_nobody_uses_goes_by_the_groups_of_now(store: &str) {
    let mut scene = scene(store, true).await;
    let code = code(&scene.bridge, &mut scene.browser).await;
    let token = refresh_token(&redeem(&scene.bridge, &code).await);
    scene.is_now_in("/moderators");
    scene.bridge.clock.advance(Duration::hours(3));
    let token = refresh_token(&refresh(&scene.bridge, &token).await);
    assert_eq!(scene.bridge.last_decision().0, "moderator");
    let door = scene.browser.begin(&scene.bridge.at("/room/b")).await;
    assert!(door.starts_with(&scene.provider.issuer), "{door}");
    scene.provider.forgets();
    scene.bridge.clock.advance(Duration::hours(3));
    is_refused(&refresh(&scene.bridge, &token).await, 400, "invalid_grant");
    assert_eq!(scene.asked(), 3);
}

/// A session at the provider that nobody used ends there, often long before the first token of a call does.
#[tokio::test]
async fn whoever_the_provider_wants_to_see_again_is_led_there_from_the_call() {
    let mut scene = scene("", true).await;
    let first = code(&scene.bridge, &mut scene.browser).await;
    let token = refresh_token(&redeem(&scene.bridge, &first).await);
    scene.bridge.clock.advance(Duration::hours(3));
    scene.provider.forgets();
    let (code, _) = with_token(&scene.bridge, &mut scene.browser, &token).await;
    assert_eq!(scene.provider.count("GET /authorize"), 2);
    refresh_token(&redeem(&scene.bridge, &code.unwrap()).await);
}

#[tokio::test]
async fn without_an_id_token_userinfo_says_what_is_new() {
    let mut scene = scene("", false).await;
    let userinfo = json!({ "sub": scene.subject, "name": "Sara Neu", "groups": ["/moderators"] });
    scene.provider.tells_by_userinfo(userinfo);
    scene.bridge.clock.advance(Duration::minutes(16));
    assert_eq!(scene.decision().await, "moderator");
    assert_eq!(
        (scene.asked(), scene.provider.count("GET /userinfo")),
        (2, 1)
    );
    // Without groups in it, nobody loses theirs.
    scene
        .provider
        .tells_by_userinfo(json!({ "sub": scene.subject }));
    scene.bridge.clock.advance(Duration::minutes(16));
    assert_eq!(scene.decision().await, "moderator");
    assert_eq!(
        (scene.asked(), scene.provider.count("GET /userinfo")),
        (3, 2)
    );
    // And another person's userinfo is none.
    scene
        .provider
        .tells_by_userinfo(json!({ "sub": "s-tim", "groups": ["/staff"] }));
    scene.bridge.clock.advance(Duration::minutes(16));
    assert_eq!(scene.decision().await, "moderator");
}

#[tokio::test]
async fn an_answer_that_is_not_to_be_believed_counts_for_nothing() {
    for claims in [
        json!({ "iss": "https://other.example", "groups": ["/moderators"] }),
        json!({ "aud": "somebody-else", "groups": ["/moderators"] }),
    ] {
        let mut scene = scene("", true).await;
        let sara = with(sara(), json!({ "sub": scene.subject }));
        scene.provider.signs_in(with(sara, claims));
        scene.bridge.clock.advance(Duration::minutes(16));
        assert_eq!(scene.decision().await, "participant");
        assert_eq!(scene.asked(), 2);
        // The refresh token that came along is not lost: a spent one would end the session.
        scene.is_now_in("/moderators");
        scene.bridge.clock.advance(Duration::seconds(61));
        assert_eq!(scene.decision().await, "moderator");
        assert_eq!(
            (scene.asked(), scene.provider.count("GET /authorize")),
            (3, 1)
        );
    }
}

#[tokio::test]
async fn an_answer_about_somebody_else_ends_the_session() {
    let mut scene = scene("", true).await;
    scene.provider.signs_in(with(
        sara(),
        json!({ "sub": "s-tim", "groups": ["/moderators"] }),
    ));
    scene.bridge.clock.advance(Duration::minutes(16));
    let door = scene.browser.begin(&scene.bridge.at("/room/b")).await;
    assert!(door.starts_with(&scene.provider.issuer), "{door}");
}

#[tokio::test]
async fn a_new_key_of_the_providers_is_learnt_on_the_way() {
    let mut scene = scene("", true).await;
    scene.provider.rotates();
    scene.is_now_in("/moderators");
    scene.bridge.clock.advance(Duration::minutes(16));
    assert_eq!(scene.decision().await, "moderator");
    assert_eq!(scene.provider.count("GET /authorize"), 1);
}

/// Where userinfo is always asked, it says all: a group that is no longer there is gone.
#[tokio::test]
async fn the_last_group_can_be_lost_without_an_id_token_too() {
    let mut scene = scene("provider.userinfo = \"always\"", false).await;
    scene
        .provider
        .tells_by_userinfo(json!({ "sub": scene.subject, "name": "Sara" }));
    scene.bridge.clock.advance(Duration::minutes(16));
    assert_eq!(scene.decision().await, "denied: no_rule");
    assert_eq!(scene.provider.count("GET /authorize"), 1);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_ends_nothing_and_is_asked_again_later() {
    let mut scene = scene("", true).await;
    scene.is_now_in("/moderators");
    scene.provider.misbehaves(Fault::HtmlToken);
    scene.bridge.clock.advance(Duration::minutes(16));
    assert_eq!(
        (scene.decision().await.as_str(), scene.asked()),
        ("participant", 2)
    );
    // Not at once.
    assert_eq!(
        (scene.decision().await.as_str(), scene.asked()),
        ("participant", 2)
    );
    scene.provider.behaves();
    scene.bridge.clock.advance(Duration::seconds(61));
    assert_eq!(
        (scene.decision().await.as_str(), scene.asked()),
        ("moderator", 3)
    );
}

#[tokio::test]
async fn a_server_that_stops_waits_for_the_next_refresh_token() {
    let patient = "provider.timeout = \"10min\"\nserver.shutdown_timeout = \"5min\"";
    let mut scene = scene(patient, true).await;
    scene.is_now_in("/moderators");
    scene.bridge.clock.advance(Duration::minutes(16));
    scene.provider.holds("POST /token");
    // Who asks goes on without it.
    assert_eq!(scene.decision().await, "participant");
    let live = scene.bridge.live.clone();
    let now = scene.bridge.clock.now();
    scene.bridge.stop();
    let mut ended = tokio::spawn(scene.bridge.finished());
    let early = tokio::time::timeout(std::time::Duration::from_secs(3), &mut ended).await;
    assert!(early.is_err(), "the server did not wait");
    scene.provider.releases();
    ended.await.unwrap();
    let lasting = live.current().lasting.clone();
    let limits = SessionLimits {
        lifetime: Duration::hours(10),
        idle_timeout: Duration::hours(2),
        refresh_groups_after: Duration::minutes(15),
    };
    let sessions = Sessions::new(lasting.store.clone(), lasting.ledger.clone(), limits);
    let id = &scene.browser.cookies["jitsi-session"];
    let signed_in = sessions.recall(id, now).await.unwrap().unwrap();
    assert_eq!(
        sessions.refresh_due_at(&signed_in),
        Some(now + Duration::minutes(15))
    );
}

#[tokio::test]
async fn how_and_when_somebody_signed_in_stays_what_it_was() {
    let provider = Provider::start().await;
    provider.grants_refresh_tokens(true);
    let signed_in = |acr: &str| {
        with(
            sara(),
            json!({ "acr": acr, "auth_time": provider.clock.now_unix() }),
        )
    };
    provider.signs_in(signed_in("pwd"));
    let rules = format!(
        "{RULES}[[policy.rules]]\nname = \"mfa\"\nrooms = [\"vault\"]\nacr = [\"mfa\"]\nrole = \"moderator\"\n"
    );
    let bridge = Bridge::set_up(&provider, "", "", &rules).await;
    let mut browser = Browser::new();
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    // A refreshed token that says more than the sign-in was is not a stronger sign-in.
    provider.signs_in(signed_in("mfa"));
    bridge.clock.advance(Duration::minutes(16));
    let door = browser.begin(&bridge.at("/room/vault")).await;
    assert!(door.starts_with(&provider.issuer), "{door}");
    assert_eq!(provider.count("POST /token"), 2);
}
