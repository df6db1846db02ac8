//! A sign-in without a question (`prompt=none`): straight in, or what configuration says; never in circles.

use super::support::bridge::POLICY;
use super::support::{Bridge, Browser, Fault, JITSI, Provider, sara};

const GUESTS: &str = "jitsi.not_signed_in = \"guest\"";

async fn started(further: &str) -> (Bridge, Provider, Browser) {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, further).await;
    (bridge, provider, Browser::new())
}

/// `prompt` of every authorization request so far.
fn prompts(provider: &Provider) -> Vec<Option<String>> {
    let all = provider.authorizations();
    let prompt = |all: &Vec<(String, String)>| {
        let found = all.iter().find(|(name, _)| name == "prompt");
        found.map(|(_, value)| value.clone())
    };
    all.iter().map(prompt).collect()
}

fn state_of(door: &str) -> String {
    let door = reqwest::Url::parse(door).unwrap();
    let state = door.query_pairs().find(|(name, _)| name == "state");
    state.unwrap().1.into_owned()
}

#[tokio::test]
async fn whoever_is_signed_in_at_the_provider_goes_straight_in() {
    let (bridge, provider, mut browser) = started(GUESTS).await;
    provider.signs_in(sara());
    assert!(
        browser
            .go(&bridge.at("/room/a?prompt=none"))
            .await
            .token()
            .is_some()
    );
    assert_eq!(prompts(&provider), [Some("none".to_owned())]);
    // And with a session here, not even the provider is asked.
    assert!(
        browser
            .go(&bridge.at("/room/b?prompt=none"))
            .await
            .token()
            .is_some()
    );
    assert_eq!(provider.count("GET /authorize"), 1);
}

#[tokio::test]
async fn whoever_is_not_is_a_guest_where_guests_are_let_in() {
    let (bridge, _provider, mut browser) = started(GUESTS).await;
    let state = "%7B%22room%22%3A%22a%22%2C%22config.x%22%3A1%7D";
    let url = bridge.at(&format!(
        "/join?room=a&tenant=acme&state={state}&prompt=none"
    ));
    let landed = browser.go(&url).await;
    assert_eq!(landed.url, format!("{JITSI}/acme/a#config.x=1"));
    assert_eq!((bridge.tokens_minted(), browser.logins_under_way()), (0, 0));
}

#[tokio::test]
async fn a_guest_whom_jitsi_sends_straight_back_signs_in() {
    let (bridge, provider, mut browser) = started(GUESTS).await;
    assert!(
        browser
            .go(&bridge.at("/room/a?prompt=none"))
            .await
            .in_meeting()
    );
    provider.signs_in(sara());
    provider.misbehaves(Fault::LoginRequired);
    let landed = browser.go(&bridge.at("/room/a?prompt=none")).await;
    let none = Some("none".to_owned());
    assert_eq!(prompts(&provider), [none.clone(), none, None]);
    assert_eq!(landed.status, 403, "the provider wants to see the person");
    assert!(landed.body.contains("Please sign in"), "{}", landed.body);
}

#[tokio::test]
async fn whoever_is_not_signs_in_where_nothing_else_is_configured() {
    let (bridge, provider, mut browser) = started("").await;
    let silent = browser.begin(&bridge.at("/room/a?prompt=none")).await;
    let back = browser.hop(&silent).await.location();
    let door = browser.begin(&back).await;
    // The same login: some providers answer with the state of a browser's first request, whatever follows it.
    assert_eq!(state_of(&door), state_of(&silent));
    assert_eq!(browser.logins_under_way(), 1);
    assert!(
        door.starts_with(&provider.issuer) && !door.contains("prompt="),
        "{door}"
    );
    provider.signs_in(sara());
    let landed = browser.go(&door).await;
    assert!(landed.token().is_some(), "{landed:?}");
}

#[tokio::test]
async fn an_error_of_the_providers_own_makes_nobody_a_guest() {
    let (bridge, provider, mut browser) = started(GUESTS).await;
    for fault in [Fault::AccessDenied, Fault::ServerError] {
        provider.signs_in(sara());
        provider.misbehaves(fault);
        let landed = browser.go(&bridge.at("/room/a?prompt=none")).await;
        assert!(!landed.in_meeting(), "{landed:?}");
    }
}

#[tokio::test]
async fn a_login_that_was_not_silent_makes_nobody_a_guest() {
    let (bridge, provider, mut browser) = started(GUESTS).await;
    provider.misbehaves(Fault::LoginRequired);
    let landed = browser.go(&bridge.at("/room/a")).await;
    assert_eq!(landed.status, 403);
}

#[tokio::test]
async fn nobody_is_asked_to_choose_a_provider_silently() {
    let home = Provider::start().await;
    let acme = Provider::beside(&home).await;
    let providers = [("home", &home, ""), ("acme", &acme, "")];
    let bridge = Bridge::between_with(&providers, GUESTS, POLICY).await;
    let landed = Browser::new().go(&bridge.at("/room/a?prompt=none")).await;
    assert_eq!(landed.url, format!("{JITSI}/a"));
    assert_eq!(
        home.count("GET /authorize") + acme.count("GET /authorize"),
        0
    );
}
