//! A room that wants a stronger or more recent sign-in sends people back to their provider for it: once.

use serde_json::json;
use time::Duration;

use super::inline::popup;
use super::support::logout::with;
use super::support::{Bridge, Browser, Landed, Provider, sara, token_in};

const RULES: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "second factor"
rooms = ["vault"]
acr = ["mfa", "passkey"]
role = "moderator"
[[policy.rules]]
name = "passkey"
rooms = ["vault-2", "vault"]
acr = ["passkey"]
role = "moderator"
[[policy.rules]]
name = "afresh"
rooms = ["payroll"]
max_auth_age = "5min"
role = "moderator"
"#;

async fn started(further: &str) -> (Bridge, Provider, Browser) {
    let provider = Provider::start().await;
    provider.signs_in(with(
        sara(),
        json!({ "acr": "pwd", "auth_time": provider.clock.now_unix() }),
    ));
    let bridge = Bridge::set_up(&provider, "", further, RULES).await;
    (bridge, provider, Browser::new())
}

fn asked(provider: &Provider, name: &str) -> Option<String> {
    let all = provider.last_authorization();
    let found = all.into_iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value)
}

fn is_moderator(landed: &Landed) -> bool {
    token_in(landed)["moderator"] == true
}

#[tokio::test]
async fn a_stronger_sign_in_is_asked_for_and_then_counts() {
    let (bridge, provider, mut browser) = started("").await;
    provider.obliges();
    assert!(!is_moderator(&browser.go(&bridge.at("/room/a")).await));
    assert_eq!(asked(&provider, "acr_values"), None);

    let state = "%7B%22room%22%3A%22vault%22%2C%22config.x%22%3A1%7D";
    let landed = browser
        .go(&bridge.at(&format!("/join?room=vault&state={state}")))
        .await;
    assert!(is_moderator(&landed));
    assert!(landed.url.contains("config.x=1"), "{}", landed.url);
    // What satisfies both rules.
    assert_eq!(asked(&provider, "acr_values").as_deref(), Some("passkey"));
    assert_eq!(asked(&provider, "prompt"), None);
    assert_eq!(provider.count("GET /authorize"), 2);

    // The session knows it from now on.
    assert!(is_moderator(&browser.go(&bridge.at("/room/vault-2")).await));
    assert_eq!(provider.count("GET /authorize"), 2);
    assert_eq!(bridge.last_decision().0, "moderator");
}

#[tokio::test]
async fn a_first_sign_in_steps_up_on_its_way() {
    let (bridge, provider, mut browser) = started("").await;
    provider.obliges();
    assert!(is_moderator(&browser.go(&bridge.at("/room/vault")).await));
    assert_eq!(provider.count("GET /authorize"), 2);
    assert_eq!(bridge.tokens_minted(), 1);
}

#[tokio::test]
async fn a_provider_that_does_not_deliver_ends_on_a_page_that_says_so() {
    let (bridge, provider, mut browser) = started("").await;
    let landed = browser.go(&bridge.at("/room/vault")).await;
    assert_eq!(landed.status, 403);
    assert!(
        landed
            .body
            .contains("was asked for it just now and did not confirm it"),
        "{}",
        landed.body
    );
    assert_eq!(provider.count("GET /authorize"), 2, "asked once");
    assert!(
        bridge
            .last_cause()
            .contains("asked for acr passkey and did not deliver it: passkey | second factor"),
        "{}",
        bridge.last_cause()
    );
    assert_eq!(bridge.tokens_minted(), 0);
    assert_eq!(bridge.last_decision().0, "denied: acr");
    // Weakly signed in, for all other rooms.
    assert!(!is_moderator(&browser.go(&bridge.at("/room/a")).await));
}

#[tokio::test]
async fn a_sign_in_that_is_too_long_ago_is_made_afresh() {
    let (bridge, provider, mut browser) = started("").await;
    assert!(is_moderator(&browser.go(&bridge.at("/room/payroll")).await));
    assert_eq!(provider.count("GET /authorize"), 1, "fresh enough");
    bridge.clock.advance(Duration::minutes(6));
    provider.obliges();
    assert!(is_moderator(&browser.go(&bridge.at("/room/payroll")).await));
    assert_eq!(asked(&provider, "max_age").as_deref(), Some("300"));
    assert_eq!(provider.count("GET /authorize"), 2);
}

#[tokio::test]
async fn a_provider_that_does_not_say_when_is_not_believed() {
    let (bridge, provider, mut browser) = started("").await;
    provider.signs_in(sara());
    let landed = browser.go(&bridge.at("/room/payroll")).await;
    assert_eq!((landed.status, bridge.tokens_minted()), (403, 0));
    assert_eq!(provider.count("GET /authorize"), 2);
    assert!(
        bridge.last_cause().contains("a sign-in within 5m"),
        "{}",
        bridge.last_cause()
    );
}

/// Microsoft Entra ID: conditional access contexts stand in the claim `acrs` and are asked for as an essential claim.
#[tokio::test]
async fn a_context_can_be_asked_for_as_a_claim_and_stand_in_another() {
    let further = "provider.acr_request = \"claims\"\nprovider.claims.acr = [\"acrs\", \"acr\"]";
    let (bridge, provider, mut browser) = started(further).await;
    provider.obliges();
    assert!(is_moderator(&browser.go(&bridge.at("/room/vault-2")).await));
    assert_eq!(
        asked(&provider, "claims").as_deref(),
        Some(r#"{"id_token":{"acrs":{"essential":true,"value":"passkey"}}}"#)
    );
    assert_eq!(asked(&provider, "acr_values"), None);
}

#[tokio::test]
async fn a_popup_steps_up_as_well() {
    let (bridge, provider, mut browser) = started("").await;
    provider.obliges();
    browser.go(&bridge.at("/room/a")).await;
    let vault = popup(&bridge, &json!({ "room": "vault", "roomSafe": "vault" }));
    let landed = browser.go(&vault).await;
    assert!(landed.url.contains("/static/sso.html?code="), "{landed:?}");
    assert_eq!(provider.count("GET /authorize"), 2);
}
