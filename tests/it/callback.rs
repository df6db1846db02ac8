//! Coming back from the provider: the state counts before the code, and every failure has its page.

mod exchange;

use serde_json::json;
use time::Duration;

use super::support::{Bridge, Browser, Fault, Landed, Provider, token_in, usual};

const TOKEN: &str = "POST /token";

/// Signs in up to the way back: the callback's address, not yet visited.
async fn up_to_the_callback(browser: &mut Browser, bridge: &Bridge, path: &str) -> String {
    let provider = browser.begin(&bridge.at(path)).await;
    browser.hop(&provider).await.location()
}

/// The page of a login that is no longer valid, with the way to begin again, and nothing else.
#[track_caller]
fn is_expired(landed: &Landed, room: &str, again: &str) {
    assert_eq!(landed.status, 400, "{landed:?}");
    assert!(
        landed.body.contains("This sign-in is no longer valid"),
        "{landed:?}"
    );
    assert_eq!(landed.link(&format!("Start again for “{room}”")), again);
    assert!(!landed.holds_a_token(), "{landed:?}");
}

#[tokio::test]
async fn a_callback_in_another_browser_spends_no_code() {
    let (bridge, provider, mut browser) = usual().await;
    let callback = up_to_the_callback(&mut browser, &bridge, "/room/standup").await;

    let mut other = Browser::new();
    let again = bridge.at("/room/standup");
    is_expired(&other.go(&callback).await, "standup", &again);
    // Nor in a browser that has a login of its own under way.
    other.begin(&bridge.at("/room/other")).await;
    is_expired(&other.go(&callback).await, "standup", &again);
    // Nor with that login's cookie under the name of this one's.
    let (name, _) = browser.cookies.first_key_value().unwrap();
    let (_, foreign) = other.cookies.first_key_value().unwrap();
    let swapped = (name.clone(), foreign.clone());
    other.cookies = [swapped].into();
    is_expired(&other.go(&callback).await, "standup", &again);
    assert_eq!(provider.count(TOKEN), 0);
    assert_eq!(bridge.tokens_minted(), 0);

    // The browser that it belongs to is none the worse for it.
    assert!(browser.go(&callback).await.in_meeting());
}

#[tokio::test]
async fn a_state_that_is_not_ours_spends_no_code_and_names_no_room() {
    let (bridge, provider, mut browser) = usual().await;
    browser.begin(&bridge.at("/room/standup")).await;
    for query in [
        "",
        "?state=x",
        "?code=the-code",
        "?code=the-code&state=",
        "?code=the-code&state=x",
        "?error=access_denied&state=x",
    ] {
        let landed = browser.go(&bridge.at(&format!("/callback{query}"))).await;
        assert_eq!(landed.status, 400, "{query}: {landed:?}");
        assert!(
            landed.body.contains("This sign-in is no longer valid"),
            "{landed:?}"
        );
        assert!(!landed.body.contains("Start again"), "{landed:?}");
    }
    assert_eq!(provider.count(TOKEN), 0);
    assert_eq!(
        browser.logins_under_way(),
        1,
        "the real login may still end"
    );
}

#[tokio::test]
async fn a_reloaded_callback_spends_nothing_and_leads_back_to_the_room() {
    let (bridge, provider, mut browser) = usual().await;
    let callback = up_to_the_callback(&mut browser, &bridge, "/room/acme/standup").await;
    let kept = browser.cookies.clone();
    assert!(browser.go(&callback).await.in_meeting());
    assert_eq!(browser.logins_under_way(), 0);

    let again = bridge.at("/room/acme/standup");
    let reloaded = browser.go(&callback).await;
    is_expired(&reloaded, "standup", &again);
    assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (1, 1));
    let back = browser.go(&again).await;
    assert!(
        back.url
            .starts_with("https://meet.example.org/acme/standup#"),
        "{back:?}"
    );

    // Whoever kept the login's cookie has a code that counts no more.
    let mut thief = Browser::new();
    thief.cookies = kept;
    let replayed = thief.go(&callback).await;
    assert_eq!(replayed.status, 502, "{replayed:?}");
    assert!(
        bridge.last_cause().contains("invalid_grant"),
        "{}",
        bridge.last_cause()
    );
    assert!(!replayed.holds_a_token(), "{replayed:?}");
}

#[tokio::test]
async fn a_login_lives_for_ten_minutes() {
    let (bridge, provider, mut browser) = usual().await;
    let callback = up_to_the_callback(&mut browser, &bridge, "/room/standup").await;
    bridge
        .clock
        .advance(Duration::minutes(10) - Duration::SECOND);
    assert!(browser.go(&callback).await.in_meeting());

    let mut late = Browser::new();
    let callback = up_to_the_callback(&mut late, &bridge, "/room/standup").await;
    bridge.clock.advance(Duration::minutes(10));
    is_expired(
        &late.go(&callback).await,
        "standup",
        &bridge.at("/room/standup"),
    );
    assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (1, 1));
}

#[tokio::test]
async fn a_parameter_that_comes_twice_has_no_meaning() {
    let (bridge, provider, mut browser) = usual().await;
    provider.misbehaves(Fault::TwoStates);
    let landed = browser.go(&bridge.at("/room/standup")).await;
    assert_eq!(landed.status, 400, "{landed:?}");
    assert_eq!(bridge.last_cause(), "a parameter came twice");
    provider.behaves();
    for twice in [
        "code=x",
        "iss=x",
        "state=x",
        "error=a&error=b",
        "error=a&error_description=b&error_description=c",
    ] {
        let callback = up_to_the_callback(&mut browser, &bridge, "/room/standup").await;
        let landed = browser.go(&format!("{callback}&{twice}")).await;
        assert_eq!(landed.status, 400, "{twice}: {landed:?}");
        assert_eq!(bridge.last_cause(), "a parameter came twice", "{twice}");
    }
    assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (0, 0));
}

/// The login fails at the response's issuer, before the code is spent.
async fn issuer_is_refused(bridge: &Bridge, provider: &Provider, reason: &str) {
    let landed = Browser::new().go(&bridge.at("/room/standup")).await;
    assert_eq!(landed.status, 502, "{landed:?}");
    assert!(
        bridge.last_cause().contains(reason),
        "{}",
        bridge.last_cause()
    );
    assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (0, 0));
}

#[tokio::test]
async fn the_responses_issuer_is_compared_before_the_code_is_spent() {
    let unadvertised = usual().await;
    let (bridge, provider, _) = usual().await;
    provider.says(
        "authorization_response_iss_parameter_supported",
        json!(true),
    );

    provider.misbehaves(Fault::NoIss);
    issuer_is_refused(&bridge, &provider, "the answer names the issuer None").await;
    provider.misbehaves(Fault::ForeignIss);
    let foreign = "the answer names the issuer Some(\"https://other.example\")";
    issuer_is_refused(&bridge, &provider, foreign).await;
    provider.behaves();
    assert!(
        Browser::new()
            .go(&bridge.at("/room/standup"))
            .await
            .in_meeting()
    );

    // A provider that promises none may leave it out, but not send another's.
    let (bridge, provider, mut browser) = unadvertised;
    provider.misbehaves(Fault::ForeignIss);
    issuer_is_refused(&bridge, &provider, foreign).await;
    provider.behaves();
    assert!(
        Browser::new()
            .go(&bridge.at("/room/standup"))
            .await
            .in_meeting()
    );
    provider.misbehaves(Fault::NoIss);
    assert!(browser.go(&bridge.at("/room/standup")).await.in_meeting());
}

#[tokio::test]
async fn the_issuer_of_an_error_counts_as_well() {
    let (bridge, _provider, mut browser) = usual().await;
    let callback = up_to_the_callback(&mut browser, &bridge, "/room/standup").await;
    // RFC 9207, 2.4: compared in error responses too, before anything is made of them.
    let another = callback.replace("code=the-code", "error=access_denied");
    let (before, _) = another.split_once("&iss=").unwrap();
    let landed = browser
        .go(&format!("{before}&iss=https://other.example"))
        .await;
    assert_eq!(landed.status, 502, "{landed:?}");
    let cause = bridge.last_cause();
    assert!(cause.contains("the answer names the issuer"), "{cause}");
}

#[tokio::test]
async fn a_providers_error_becomes_a_page_with_a_way_on() {
    for (fault, status, title, label, way) in [
        (
            Fault::AccessDenied,
            403,
            "The sign-in was cancelled",
            "Try again",
            "",
        ),
        (
            Fault::AccessDenied,
            403,
            "The sign-in was cancelled",
            "Sign in as somebody else",
            "?prompt=login",
        ),
        (
            Fault::LoginRequired,
            403,
            "Please sign in",
            ">Sign in<",
            "?prompt=login",
        ),
        (
            Fault::ServerError,
            502,
            "The sign-in service reported an error",
            "Try again",
            "",
        ),
        (
            Fault::TemporarilyUnavailable,
            503,
            "The sign-in service cannot be reached",
            "Try again",
            "",
        ),
    ] {
        let (bridge, provider, mut browser) = usual().await;
        provider.misbehaves(fault);
        let landed = browser.go(&bridge.at("/room/acme/standup")).await;
        assert_eq!(landed.status, status, "{fault:?}: {landed:?}");
        assert!(landed.body.contains(title), "{fault:?}: {landed:?}");
        assert!(!landed.body.contains("<b>no</b>"), "{landed:?}");
        assert!(!landed.holds_a_token(), "{landed:?}");
        assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (0, 0));
        assert_eq!(
            browser.logins_under_way(),
            0,
            "{fault:?}: that login is over"
        );

        provider.behaves();
        let again = landed.link(label);
        assert_eq!(again, bridge.at(&format!("/room/acme/standup{way}")));
        let landed = browser.go(&again).await;
        assert!(
            landed
                .url
                .starts_with("https://meet.example.org/acme/standup#"),
            "{landed:?}"
        );
    }
}

#[tokio::test]
async fn several_tabs_finish_each_in_its_own_room() {
    let (bridge, provider, mut browser) = usual().await;
    let mut callbacks = Vec::new();
    for room in ["one", "two", "three"] {
        callbacks.push((
            room,
            up_to_the_callback(&mut browser, &bridge, &format!("/room/{room}")).await,
        ));
    }
    assert_eq!(browser.logins_under_way(), 3);
    // In another order than they were begun.
    callbacks.rotate_left(1);
    for (room, callback) in callbacks {
        let landed = browser.go(&callback).await;
        assert!(
            landed
                .url
                .starts_with(&format!("https://meet.example.org/{room}#")),
            "{landed:?}"
        );
        assert_eq!(token_in(&landed)["room"], room);
    }
    assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (3, 3));
    assert_eq!(browser.logins_under_way(), 0);
}
