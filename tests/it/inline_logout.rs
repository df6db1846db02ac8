//! Whoever signs out, or is signed out by the provider, renews no token in a call any more.

use serde_json::json;
use time::Duration;

use super::inline::{code, is_refused, redeem, refresh, refresh_token, started};
use super::support::logout::{unique, with};
use super::support::stores::in_both_stores;
use super::support::{Bridge, Browser, Provider, sara};

in_both_stores! {
    a_logout_by_the_provider_ends_the_refresh_tokens_of_that_session_alone
    signing_out_ends_the_refresh_tokens_of_that_browser_alone
    a_code_of_somebody_who_has_been_signed_out_is_refused
    the_hidden_frame_ends_the_session_without_a_cookie
    signing_out_ends_the_call_of_a_provider_that_names_no_session
    signing_in_anew_goes_on_with_the_call_and_somebody_else_does_not
}

const SIGNED_OUT: &str = "the person has signed out since";

/// A call, signed in by a session of this name at the provider: its browser and its refresh token.
async fn call(bridge: &Bridge, provider: &Provider, subject: &str, sid: &str) -> (Browser, String) {
    provider.signs_in(with(sara(), json!({ "sub": subject, "sid": sid })));
    let mut browser = Browser::new();
    let code = code(bridge, &mut browser).await;
    let answer = redeem(bridge, &code).await;
    (browser, refresh_token(&answer))
}

async fn a_logout_by_the_provider_ends_the_refresh_tokens_of_that_session_alone(store: &str) {
    let (bridge, provider, _) = started(store).await;
    let (subject, one, two) = (unique("sara"), unique("sid"), unique("sid"));
    let (_, first) = call(&bridge, &provider, &subject, &one).await;
    let (_, second) = call(&bridge, &provider, &subject, &two).await;
    bridge.clock.advance(Duration::HOUR);
    let about = json!({ "sub": subject, "sid": one });
    assert_eq!(provider.signs_out(&bridge, about).await.status, 200);

    is_refused(&refresh(&bridge, &first).await, 400, "invalid_grant");
    assert_eq!(bridge.last_cause(), SIGNED_OUT);
    let minted = bridge.tokens_minted();
    let second = refresh_token(&refresh(&bridge, &second).await);
    assert_eq!(bridge.tokens_minted(), minted + 1);

    // All of the person's, where the provider names no session.
    let about = json!({ "sub": subject });
    assert_eq!(provider.signs_out(&bridge, about).await.status, 200);
    is_refused(&refresh(&bridge, &second).await, 400, "invalid_grant");
    assert_eq!(bridge.last_cause(), SIGNED_OUT);
    assert_eq!(bridge.tokens_minted(), minted + 1);
}

async fn signing_out_ends_the_refresh_tokens_of_that_browser_alone(store: &str) {
    let (bridge, provider, _) = started(store).await;
    let subject = unique("sara");
    let (mut browser, first) = call(&bridge, &provider, &subject, &unique("sid")).await;
    let (_, second) = call(&bridge, &provider, &subject, &unique("sid")).await;
    browser.go(&bridge.at("/logout")).await;
    is_refused(&refresh(&bridge, &first).await, 400, "invalid_grant");
    assert_eq!(bridge.last_cause(), SIGNED_OUT);
    refresh_token(&refresh(&bridge, &second).await);
}

async fn a_code_of_somebody_who_has_been_signed_out_is_refused(store: &str) {
    let (bridge, provider, mut browser) = started(store).await;
    let subject = unique("sara");
    provider.signs_in(with(sara(), json!({ "sub": subject })));
    let code = code(&bridge, &mut browser).await;
    let about = json!({ "sub": subject });
    assert_eq!(provider.signs_out(&bridge, about).await.status, 200);
    is_refused(&redeem(&bridge, &code).await, 400, "invalid_grant");
    assert_eq!(bridge.last_cause(), SIGNED_OUT);
    assert_eq!(bridge.tokens_minted(), 0);
}

async fn the_hidden_frame_ends_the_session_without_a_cookie(store: &str) {
    let (bridge, provider, mut browser) = started(store).await;
    provider.signs_in(with(sara(), json!({ "sub": unique("sara") })));
    let answer = redeem(&bridge, &code(&bridge, &mut browser).await).await;
    let answer = answer.body;
    let (id_token, token) = (&answer["id_token"], &answer["access_token"]);
    let (id_token, token) = (id_token.as_str().unwrap(), token.as_str().unwrap());
    let is_alive = async |browser: &mut Browser| {
        let answer = browser.hop(&bridge.at("/sign-in")).await;
        answer.location() == bridge.at("/")
    };
    // A frame whose browser keeps our cookie for itself.
    let framed = async |hint: &str| {
        let mut frame = Browser::new();
        frame.says = Some(("Sec-Fetch-Dest", "iframe"));
        let at = bridge.at(&format!("/logout?id_token_hint={hint}"));
        frame.go(&at).await.url
    };
    let (head, signature) = id_token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    for nothing in ["", "x", &forged, token] {
        let end = framed(nothing).await;
        assert!(end.ends_with("/static/logout.html"), "{end}");
        assert!(is_alive(&mut browser).await, "{nothing:?}");
    }
    // Whatever the token's own time: who signs out late signs out all the same.
    bridge.clock.advance(Duration::hours(1));
    assert!(framed(id_token).await.ends_with("/static/logout.html"));
    assert!(!is_alive(&mut browser).await);
}

async fn signing_out_ends_the_call_of_a_provider_that_names_no_session(store: &str) {
    let (bridge, provider, mut browser) = started(store).await;
    provider.signs_in(with(sara(), json!({ "sub": unique("sara") })));
    let code = code(&bridge, &mut browser).await;
    let token = refresh_token(&redeem(&bridge, &code).await);
    let token = refresh_token(&refresh(&bridge, &token).await);
    browser.go(&bridge.at("/logout")).await;
    let minted = bridge.tokens_minted();
    is_refused(&refresh(&bridge, &token).await, 400, "invalid_grant");
    assert_eq!(
        (bridge.last_cause().as_str(), bridge.tokens_minted()),
        (SIGNED_OUT, minted)
    );
}

async fn signing_in_anew_goes_on_with_the_call_and_somebody_else_does_not(store: &str) {
    let (bridge, provider, mut browser) = started(store).await;
    let subject = unique("sara");
    provider.signs_in(with(sara(), json!({ "sub": subject })));
    let code = code(&bridge, &mut browser).await;
    let token = refresh_token(&redeem(&bridge, &code).await);
    // The same person once more, in another tab, with other groups: these count from now on.
    let again = with(
        sara(),
        json!({ "sub": subject, "groups": ["/staff", "/teams/standup/leads"] }),
    );
    provider.signs_in(again);
    browser.go(&bridge.at("/room/a?prompt=login")).await;
    let token = refresh_token(&refresh(&bridge, &token).await);
    assert_eq!(bridge.last_decision().0, "moderator");
    let none = with(sara(), json!({ "sub": subject, "groups": [] }));
    provider.signs_in(none);
    browser.go(&bridge.at("/room/a?prompt=login")).await;
    let minted = bridge.tokens_minted();
    is_refused(&refresh(&bridge, &token).await, 400, "invalid_grant");

    assert_eq!(bridge.tokens_minted(), minted);

    // Somebody else in the same browser is not the person in the call.
    let (bridge, provider, mut browser) = started(store).await;
    provider.signs_in(with(sara(), json!({ "sub": subject })));
    let code = super::inline::code(&bridge, &mut browser).await;
    let token = refresh_token(&redeem(&bridge, &code).await);
    provider.signs_in(with(
        sara(),
        json!({ "sub": unique("tim"), "groups": ["/teams/standup/leads"] }),
    ));
    browser.go(&bridge.at("/room/standup?prompt=login")).await;
    is_refused(&refresh(&bridge, &token).await, 400, "invalid_grant");
    assert_eq!(bridge.last_cause(), SIGNED_OUT);
}
