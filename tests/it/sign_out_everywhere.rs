//! Whoever lost a device signs out on all of them, and nobody else can do it for them.

use serde_json::json;
use time::Duration;

use super::support::logout::{unique, with};
use super::support::stores::in_both_stores;
use super::support::{Bridge, Browser, JITSI, Landed, Provider, sara, tim};

in_both_stores! {
    signing_out_everywhere_ends_every_session_of_the_person_and_nobody_elses
    a_form_of_another_session_signs_nobody_out
}

const SESSION: &str = "jitsi-session";

async fn started(store: &str) -> (Bridge, Provider) {
    let provider = Provider::start().await;
    provider.ends_sessions();
    let bridge = Bridge::start(&provider, store).await;
    provider.signs_in(with(sara(), json!({ "sub": unique("sara") })));
    (bridge, provider)
}

async fn signed_in(bridge: &Bridge) -> Browser {
    let mut browser = Browser::new();
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    browser
}

/// Presses the button of the home page.
async fn press(bridge: &Bridge, browser: &mut Browser) -> Landed {
    let form = browser.go(&bridge.at("/")).await.hidden("form");
    let action = bridge.at("/sign-out-everywhere");
    browser.post(&action, &[("form", &form)]).await
}

async fn signing_out_everywhere_ends_every_session_of_the_person_and_nobody_elses(store: &str) {
    let (bridge, provider) = started(store).await;
    let mut lost = signed_in(&bridge).await;
    let mut at_hand = signed_in(&bridge).await;
    provider.signs_in(with(tim(), json!({ "sub": unique("tim") })));
    let mut tim = signed_in(&bridge).await;
    bridge.clock.advance(Duration::MINUTE);

    let stolen = at_hand.cookies[SESSION].clone();
    let landed = press(&bridge, &mut at_hand).await;
    assert_eq!(landed.status, 200);
    assert!(landed.body.contains("You are signed out everywhere"));
    assert!(!at_hand.cookies.contains_key(SESSION), "the cookie is gone");
    let door = landed.link("Sign out at the sign-in service");
    at_hand.go(&door).await;
    assert_eq!(provider.count("GET /end-session"), 1);

    at_hand.cookies.insert(SESSION.to_owned(), stolen);
    for browser in [&mut lost, &mut at_hand] {
        let door = browser.begin(&bridge.at("/room/b")).await;
        assert!(door.starts_with(&provider.issuer), "{door}");
    }
    let landed = tim.go(&bridge.at("/room/b")).await;
    assert!(landed.in_meeting(), "{landed:?}");
    assert_eq!(
        provider.count("GET /authorize"),
        3,
        "tim was not asked again"
    );
}

async fn a_form_of_another_session_signs_nobody_out(store: &str) {
    let (bridge, _provider) = started(store).await;
    let mut attacker = signed_in(&bridge).await;
    let mut victim = signed_in(&bridge).await;
    let form = attacker.go(&bridge.at("/")).await.hidden("form");
    let action = bridge.at("/sign-out-everywhere");
    for fields in [
        vec![("form", form.as_str())],
        vec![("form", "x")],
        Vec::new(),
    ] {
        let landed = victim.post(&action, &fields).await;
        assert_eq!(landed.status, 400);
        assert_eq!(
            bridge.last_cause(),
            "no login under way belongs to this callback"
        );
    }
    assert_eq!(
        Browser::new()
            .post(&action, &[("form", &form)])
            .await
            .status,
        400
    );
    assert_eq!(victim.hop(&action).await.status, 405);
    let landed = victim.hop(&bridge.at("/room/b")).await;
    assert!(landed.location().starts_with(JITSI), "still signed in");
}
