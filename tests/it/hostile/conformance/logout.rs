//! Logout, by the person and by the provider.

use serde_json::{Value, json};

use super::support::logout::{send, unique, with};
use super::support::{Bridge, Browser, Fault, Provider, sara};

/// Signed in at a provider that signs people out.
async fn signed_in() -> (Bridge, Provider, Browser, Value) {
    let provider = Provider::start().await;
    provider.ends_sessions();
    let subject = unique("sara");
    let about = json!({ "sub": subject, "sid": unique("sid") });
    provider.signs_in(with(sara(), about.clone()));
    let bridge = Bridge::start(&provider, "").await;
    let mut browser = Browser::new();
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    (bridge, provider, browser, about)
}

async fn is_signed_in(bridge: &Bridge, browser: &mut Browser) -> bool {
    browser.hop(&bridge.at("/sign-in")).await.location() == bridge.at("/")
}

/// `rp-init-logout`
#[tokio::test]
async fn rp_init_logout() {
    let (bridge, provider, mut browser, _) = signed_in().await;
    let landed = browser.go(&bridge.at("/logout")).await;
    assert!(
        landed.body.contains("You are signed out"),
        "{}",
        landed.body
    );
    let asked = provider.last_end_session();
    let given = |name: &str| {
        asked
            .iter()
            .any(|(key, value)| key == name && !value.is_empty())
    };
    assert!(given("id_token_hint") && given("state"), "{asked:?}");
    let back = (
        "post_logout_redirect_uri".to_owned(),
        bridge.at("/logged-out"),
    );
    assert!(asked.contains(&back), "{asked:?}");
    assert!(!is_signed_in(&bridge, &mut browser).await);
}

/// `rp-init-logout-other-state` and `rp-init-logout-no-state`: nothing is claimed.
#[tokio::test]
async fn rp_init_logout_other_state_and_no_state() {
    let (bridge, _provider, mut browser, _) = signed_in().await;
    for query in ["?state=another", ""] {
        let landed = browser.go(&bridge.at(&format!("/logged-out{query}"))).await;
        assert!(
            !landed.body.contains("You are signed out"),
            "{}",
            landed.body
        );
    }
    assert!(is_signed_in(&bridge, &mut browser).await);
}

/// `rp-backchannel-rpinitlogout`
#[tokio::test]
async fn rp_backchannel_rpinitlogout() {
    let (bridge, provider, mut browser, about) = signed_in().await;
    assert_eq!(provider.signs_out(&bridge, about).await.status, 200);
    assert!(!is_signed_in(&bridge, &mut browser).await);
}

/// Another change to a good logout token's claims, or another way of signing it.
enum Wrong {
    Claims(Value),
    Signed(Fault),
}

/// A logout token that is wrong in this way ends nothing, for this reason, and a good one does right after it. So does a new
/// sign-in what it should.
async fn refused(wrong: Wrong, reason: &str) {
    let (bridge, provider, mut browser, about) = signed_in().await;
    let good = provider.logout_claims(about.clone());
    let token = match wrong {
        Wrong::Claims(claims) => provider.token_of(&with(good, claims)),
        Wrong::Signed(fault) => {
            provider.misbehaves(fault);
            let token = provider.token_of(&good);
            provider.behaves();
            token
        }
    };
    assert_eq!(send(&bridge, &token).await.status, 400);
    let cause = bridge.last_cause();
    assert!(cause.contains(reason), "{cause:?} is not {reason:?}");
    assert!(is_signed_in(&bridge, &mut browser).await);
    assert_eq!(provider.signs_out(&bridge, about).await.status, 200);
    assert!(!is_signed_in(&bridge, &mut browser).await);
    bridge.clock.advance(time::Duration::seconds(2));
    assert!(browser.go(&bridge.at("/room/b")).await.in_meeting());
    assert!(is_signed_in(&bridge, &mut browser).await);
}

/// `rp-backchannel-rpinitlogout-lt-alg-none`
#[tokio::test]
async fn rp_backchannel_rpinitlogout_lt_alg_none() {
    refused(
        Wrong::Signed(Fault::AlgNone),
        "the logout token is refused: signed with none",
    )
    .await;
}

/// `rp-backchannel-rpinitlogout-lt-wrong-alg`
#[tokio::test]
async fn rp_backchannel_rpinitlogout_lt_wrong_alg() {
    refused(
        Wrong::Signed(Fault::ClientSecretAlgorithm),
        "the logout token is refused: signed with HS256",
    )
    .await;
}

/// `rp-backchannel-rpinitlogout-lt-wrong-issuer`
#[tokio::test]
async fn rp_backchannel_rpinitlogout_lt_wrong_issuer() {
    let other = json!({ "iss": "https://other.example" });
    refused(Wrong::Claims(other), "issued by \"https://other.example\"").await;
}

/// `rp-backchannel-rpinitlogout-lt-wrong-aud`
#[tokio::test]
async fn rp_backchannel_rpinitlogout_lt_wrong_aud() {
    let other = json!({ "aud": "somebody-else" });
    refused(
        Wrong::Claims(other),
        "meant for \"somebody-else\", not for this client",
    )
    .await;
}

/// `rp-backchannel-rpinitlogout-lt-wrong-event`
#[tokio::test]
async fn rp_backchannel_rpinitlogout_lt_wrong_event() {
    let other = json!({ "events": { "http://schemas.openid.net/event/other": {} } });
    refused(
        Wrong::Claims(other),
        "its events hold no back-channel logout",
    )
    .await;
}

/// `rp-backchannel-rpinitlogout-lt-no-event`
#[tokio::test]
async fn rp_backchannel_rpinitlogout_lt_no_event() {
    refused(
        Wrong::Claims(json!({ "events": null })),
        "its events hold no back-channel logout",
    )
    .await;
}

/// `rp-backchannel-rpinitlogout-lt-with-nonce`
#[tokio::test]
async fn rp_backchannel_rpinitlogout_lt_with_nonce() {
    refused(
        Wrong::Claims(json!({ "nonce": "n" })),
        "it has a nonce, as only ID tokens have",
    )
    .await;
}
