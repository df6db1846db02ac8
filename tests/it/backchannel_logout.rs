//! The provider says that somebody has signed out, and exactly those sessions end, on every replica
//! (OpenID Connect Back-Channel Logout 1.0).

use serde_json::{Value, json};
use time::Duration;

use super::support::logout::{Answer, send, unique, with};
use super::support::stores::in_both_stores;
use super::support::{Bridge, Browser, Fault, Provider, sara, tim};

in_both_stores! {
    a_logout_of_a_session_ends_that_one_alone
    a_logout_of_a_person_ends_all_of_theirs_and_nobody_elses
    a_logout_by_the_session_alone_is_enough
    a_session_of_which_nobody_knows_the_providers_ends_with_the_person
    a_sign_in_after_the_logout_counts
    a_logout_during_a_sign_in_ends_what_comes_of_it
    a_logout_token_counts_once
    a_logout_holds_on_every_replica
}

/// Bridges and browsers of people whom no other test knows.
pub struct Scene {
    pub bridge: Bridge,
    pub provider: Provider,
    pub sara: String,
}

pub async fn scene(further: &str) -> Scene {
    let provider = Provider::start().await;
    Scene {
        bridge: Bridge::start(&provider, further).await,
        provider,
        sara: unique("sara"),
    }
}

impl Scene {
    /// A browser in which Sara has signed in, by a session of this name at the provider.
    pub async fn sara_by(&self, sid: Option<&str>) -> Browser {
        let sara = with(sara(), json!({ "sub": self.sara }));
        self.provider.signs_in(match sid {
            Some(sid) => with(sara, json!({ "sid": sid })),
            None => sara,
        });
        self.signed_in().await
    }

    async fn signed_in(&self) -> Browser {
        let mut browser = Browser::new();
        assert!(browser.go(&self.bridge.at("/room/a")).await.in_meeting());
        browser
    }

    /// Whether a browser's session is alive, at this bridge.
    pub async fn is_alive(&self, browser: &mut Browser) -> bool {
        is_alive(&self.bridge, browser).await
    }

    pub async fn signs_out(&self, about: Value) -> Answer {
        let answer = self.provider.signs_out(&self.bridge, about).await;
        assert_eq!(
            answer.status,
            200,
            "{answer:?}: {}",
            self.bridge.last_cause()
        );
        answer
    }
}

async fn is_alive(bridge: &Bridge, browser: &mut Browser) -> bool {
    let answer = browser.hop(&bridge.at("/room/b")).await;
    assert_eq!(answer.status, 303);
    answer.location().contains("jwt=")
}

async fn a_logout_of_a_session_ends_that_one_alone(store: &str) {
    let scene = scene(store).await;
    let (one, two) = (unique("sid"), unique("sid"));
    let mut first = scene.sara_by(Some(&one)).await;
    let mut second = scene.sara_by(Some(&two)).await;
    scene.provider.signs_in(with(
        tim(),
        json!({ "sub": unique("tim"), "sid": unique("sid") }),
    ));
    let mut tim = scene.signed_in().await;

    let answer = scene
        .signs_out(json!({ "sub": scene.sara, "sid": one }))
        .await;
    assert_eq!(answer.cache_control, "no-store");
    assert_eq!(answer.body, "");
    assert!(!scene.is_alive(&mut first).await);
    assert!(scene.is_alive(&mut second).await);
    assert!(scene.is_alive(&mut tim).await);
}

async fn a_logout_of_a_person_ends_all_of_theirs_and_nobody_elses(store: &str) {
    let scene = scene(store).await;
    let mut theirs = [
        scene.sara_by(Some(&unique("sid"))).await,
        scene.sara_by(Some(&unique("sid"))).await,
        scene.sara_by(None).await,
    ];
    scene
        .provider
        .signs_in(with(tim(), json!({ "sub": unique("tim") })));
    let mut tim = scene.signed_in().await;
    scene.signs_out(json!({ "sub": scene.sara })).await;
    for browser in &mut theirs {
        assert!(!scene.is_alive(browser).await);
    }
    assert!(scene.is_alive(&mut tim).await);
}

async fn a_logout_by_the_session_alone_is_enough(store: &str) {
    let scene = scene(store).await;
    let sid = unique("sid");
    let mut first = scene.sara_by(Some(&sid)).await;
    let mut second = scene.sara_by(None).await;
    scene.signs_out(json!({ "sid": sid })).await;
    assert!(!scene.is_alive(&mut first).await);
    assert!(scene.is_alive(&mut second).await);
}

async fn a_session_of_which_nobody_knows_the_providers_ends_with_the_person(store: &str) {
    let scene = scene(store).await;
    let mut unknown = scene.sara_by(None).await;
    let mut known = scene.sara_by(Some(&unique("sid"))).await;
    scene
        .signs_out(json!({ "sub": scene.sara, "sid": unique("sid") }))
        .await;
    assert!(!scene.is_alive(&mut unknown).await);
    assert!(scene.is_alive(&mut known).await);
}

async fn a_sign_in_after_the_logout_counts(store: &str) {
    let scene = scene(store).await;
    let mut browser = scene.sara_by(None).await;
    scene.signs_out(json!({ "sub": scene.sara })).await;
    assert!(!scene.is_alive(&mut browser).await);
    scene.bridge.clock.advance(Duration::SECOND);
    let mut again = scene.sara_by(None).await;
    assert!(scene.is_alive(&mut again).await);
    assert!(!scene.is_alive(&mut browser).await);
}

async fn a_logout_during_a_sign_in_ends_what_comes_of_it(store: &str) {
    let Scene {
        bridge,
        provider,
        sara: subject,
    } = scene(store).await;
    let sid = unique("sid");
    provider.signs_in(with(sara(), json!({ "sub": subject, "sid": sid })));
    let mut browser = Browser::new();
    let door = browser.begin(&bridge.at("/room/a")).await;
    let back = browser.begin(&door).await;
    provider.holds("POST /token");
    let returning = tokio::spawn(async move { (browser.hop(&back).await, browser) });
    provider.is_asked("POST /token", 1).await;
    let about = json!({ "sub": subject, "sid": sid });
    assert_eq!(provider.signs_out(&bridge, about).await.status, 200);
    provider.releases();
    let (landed, mut browser) = returning.await.unwrap();
    assert_eq!(landed.status, 400);
    assert!(landed.body.contains("Start again for “a”"), "{landed:?}");
    let cause = "the provider has signed the person out in the meantime";
    assert_eq!(bridge.last_cause(), cause);
    assert_eq!(bridge.tokens_minted(), 0);
    assert!(!is_alive(&bridge, &mut browser).await);
}

async fn a_logout_token_counts_once(store: &str) {
    let scene = scene(store).await;
    let (bridge, provider) = (&scene.bridge, &scene.provider);
    let other = Bridge::start(provider, store).await;
    let claims = provider.logout_claims(json!({ "sub": scene.sara }));
    let token = provider.token_of(&claims);
    assert_eq!(send(bridge, &token).await.status, 200);
    bridge.clock.advance(Duration::SECOND);
    let mut browser = scene.sara_by(None).await;
    // The same token, and another one of the same name.
    for token in [token, provider.token_of(&with(claims, json!({ "n": 1 })))] {
        let answer = send(bridge, &token).await;
        assert_eq!(answer.status, 400);
        assert!(
            bridge
                .last_cause()
                .contains("it has been used before (jti)")
        );
        if !store.is_empty() {
            assert_eq!(send(&other, &token).await.status, 400);
        }
        assert!(scene.is_alive(&mut browser).await);
    }
    scene.signs_out(json!({ "sub": scene.sara })).await;
    assert!(!scene.is_alive(&mut browser).await);
}

async fn a_logout_holds_on_every_replica(store: &str) {
    let scene = scene(store).await;
    let other = Bridge::start(&scene.provider, store).await;
    let mut browser = scene.sara_by(Some(&unique("sid"))).await;
    let shared = !store.is_empty();
    assert_eq!(is_alive(&other, &mut browser.clone()).await, shared);
    let about = json!({ "sub": scene.sara });
    assert_eq!(scene.provider.signs_out(&other, about).await.status, 200);
    assert_eq!(scene.is_alive(&mut browser).await, !shared);
}

#[tokio::test]
async fn keys_that_have_changed_are_learnt_anew() {
    let scene = scene("").await;
    let mut browser = scene.sara_by(None).await;
    scene.provider.rotates();
    scene.signs_out(json!({ "sub": scene.sara })).await;
    assert!(!scene.is_alive(&mut browser).await);
}

#[tokio::test]
async fn without_sessions_there_is_nothing_to_end_and_the_provider_is_told() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, "session.enabled = false").await;
    let answer = provider
        .signs_out(&bridge, json!({ "sub": "s-sara" }))
        .await;
    assert_eq!(answer.status, 501);
    assert!(bridge.last_cause().contains("session.enabled"));
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_told_and_not_taken_for_a_logout() {
    let provider = Provider::start().await;
    let nowhere = "session.store = \"redis\"\nsession.redis_url = \"redis://127.0.0.1:1\"";
    let bridge = Bridge::start(&provider, nowhere).await;
    let answer = provider
        .signs_out(&bridge, json!({ "sub": "s-sara" }))
        .await;
    assert_eq!(answer.status, 400);
    let said = answer.json()["error_description"].to_string();
    assert!(said.contains("send it again"), "{said}");
    assert!(
        bridge
            .last_cause()
            .contains("the session store does not answer")
    );
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_told_and_not_taken_for_a_logout() {
    let provider = Provider::start().await;
    provider.misbehaves(Fault::Down);
    let bridge = Bridge::start(&provider, "").await;
    let token = provider.token_of(&provider.logout_claims(json!({ "sub": "s-sara" })));
    assert_eq!(send(&bridge, &token).await.status, 400);
    provider.behaves();
    bridge.clock.advance(Duration::seconds(3));
    assert_eq!(send(&bridge, &token).await.status, 200);
}
