//! A loop is told, not ridden: a Jitsi that refuses tokens sends people back at once, and the third time they are told.

use time::Duration;

use super::inline::{at_sso_page, popup, standup};
use super::support::{Bridge, Browser, Landed, Provider, sara, token_in, usual};

const ROOM: &str = "/room/standup";

/// The page that stops.
#[track_caller]
fn is_stopped(landed: &Landed) {
    assert_eq!(landed.status, 409, "{landed:?}");
    assert!(
        landed.body.contains("Jitsi keeps sending you back"),
        "{landed:?}"
    );
    assert!(!landed.holds_a_token(), "{landed:?}");
}

/// Goes to a room so many times, `apart` one from the next, and gets in every time.
async fn gets_in(
    bridge: &Bridge,
    browser: &mut Browser,
    room: &str,
    times: usize,
    apart: Duration,
) {
    for time in 0..times {
        let landed = browser.go(&bridge.at(room)).await;
        assert!(landed.in_meeting(), "{time}: {landed:?}");
        bridge.clock.advance(apart);
    }
}

#[tokio::test]
async fn the_third_return_within_a_minute_stops_at_a_page_that_names_what_to_look_at() {
    let (bridge, provider, mut browser) = usual().await;
    gets_in(&bridge, &mut browser, ROOM, 3, Duration::seconds(2)).await;
    let stopped = browser.go(&bridge.at(ROOM)).await;
    is_stopped(&stopped);
    for cause in [
        "token.secret",
        "jitsi.app_id",
        "jitsi.audience",
        "jitsi.xmpp_domain",
        "clocks",
        "The room:",
        "jitsi.token_in",
    ] {
        assert!(
            stopped.body.contains(cause),
            "{cause} is not in {}",
            stopped.body
        );
    }
    assert!(stopped.body.contains(stopped.header("x-request-id")));
    assert_eq!(bridge.tokens_minted(), 3, "none for the page");
    assert_eq!(provider.count("GET /authorize"), 1);
    let cause = bridge.last_cause();
    assert!(
        cause.contains("standup") && cause.contains("third time"),
        "{cause}"
    );
}

#[tokio::test]
async fn trying_once_more_works_once() {
    let (bridge, _provider, mut browser) = usual().await;
    gets_in(&bridge, &mut browser, ROOM, 3, Duration::SECOND).await;
    for round in 0..3 {
        let stopped = browser.go(&bridge.at(ROOM)).await;
        is_stopped(&stopped);
        let once_more = browser.go(&stopped.link("Try once more")).await;
        assert!(once_more.in_meeting(), "{round}: {once_more:?}");
        assert_eq!(token_in(&once_more)["room"], "standup");
    }
    is_stopped(&browser.go(&bridge.at(ROOM)).await);
    assert_eq!(bridge.tokens_minted(), 6);
}

#[tokio::test]
async fn trying_once_more_keeps_tenant_and_settings() {
    let (bridge, _provider, mut browser) = usual().await;
    let wish = "/join?room=standup&tenant=acme&state=%7B%22config.startSilent%22%3Atrue%7D";
    gets_in(&bridge, &mut browser, wish, 3, Duration::ZERO).await;
    let stopped = browser.go(&bridge.at(wish)).await;
    is_stopped(&stopped);
    let once_more = browser.go(&stopped.link("Try once more")).await;
    assert!(
        once_more
            .url
            .starts_with("https://meet.example.org/acme/standup#jwt="),
        "{once_more:?}"
    );
    assert!(
        once_more.url.ends_with("&config.startSilent=true"),
        "{once_more:?}"
    );
}

#[tokio::test]
async fn a_loop_through_the_provider_is_told_as_well() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "session.enabled = false").await;
    let mut browser = Browser::new();
    gets_in(&bridge, &mut browser, ROOM, 3, Duration::seconds(5)).await;
    assert_eq!(provider.count("GET /authorize"), 3);
    let stopped = browser.go(&bridge.at(ROOM)).await;
    is_stopped(&stopped);
    assert_eq!(
        provider.count("GET /authorize"),
        3,
        "nobody signs in only to be told"
    );
    let once_more = browser.go(&stopped.link("Try once more")).await;
    assert!(once_more.in_meeting(), "{once_more:?}");
    is_stopped(&browser.go(&bridge.at(ROOM)).await);
}

#[tokio::test]
async fn opening_a_meeting_anew_now_and_then_is_no_loop() {
    let (bridge, _provider, mut browser) = usual().await;
    gets_in(&bridge, &mut browser, ROOM, 10, Duration::seconds(20)).await;
    assert_eq!(bridge.tokens_minted(), 10);
}

#[tokio::test]
async fn a_minute_later_all_is_forgotten() {
    let (bridge, _provider, mut browser) = usual().await;
    gets_in(&bridge, &mut browser, ROOM, 3, Duration::ZERO).await;
    bridge.clock.advance(Duration::seconds(59));
    is_stopped(&browser.go(&bridge.at(ROOM)).await);
    bridge.clock.advance(Duration::SECOND);
    gets_in(&bridge, &mut browser, ROOM, 3, Duration::ZERO).await;
}

#[tokio::test]
async fn rooms_tenants_and_browsers_are_counted_apart() {
    let (bridge, _provider, mut browser) = usual().await;
    gets_in(&bridge, &mut browser, ROOM, 3, Duration::ZERO).await;
    for room in ["/room/another", "/room/acme/standup", "/room/other/standup"] {
        gets_in(&bridge, &mut browser, room, 3, Duration::ZERO).await;
    }
    gets_in(&bridge, &mut Browser::new(), ROOM, 3, Duration::ZERO).await;
    is_stopped(&browser.go(&bridge.at("/room/Acme/STANDUP")).await);
    is_stopped(&browser.go(&bridge.at(ROOM)).await);
}

#[tokio::test]
async fn only_visits_count_not_wishes_that_went_nowhere() {
    let (bridge, _provider, mut browser) = usual().await;
    for _ in 0..5 {
        browser
            .begin(&bridge.at(&format!("{ROOM}?prompt=login")))
            .await;
        let refused = browser.go(&bridge.at("/room/board")).await;
        assert_eq!(refused.status, 403);
    }
    gets_in(&bridge, &mut browser, ROOM, 3, Duration::ZERO).await;
}

#[tokio::test]
async fn the_count_is_a_small_sealed_short_lived_cookie_and_a_forged_one_counts_nothing() {
    let (bridge, _provider, mut browser) = usual().await;
    let long = "r".repeat(900);
    for n in 0..40 {
        let landed = browser.go(&bridge.at(&format!("/room/{long}{n}"))).await;
        assert!(landed.in_meeting());
    }
    let landed = browser.hop(&bridge.at(ROOM)).await;
    let cookie = landed
        .set_cookies
        .iter()
        .find(|cookie| cookie.starts_with("jitsi-visits="));
    let cookie = cookie.expect("no cookie counts");
    assert!(cookie.len() < 900, "{} bytes", cookie.len());
    assert!(
        !cookie.contains("standup") && !cookie.contains("rrr"),
        "{cookie}"
    );
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=60"] {
        assert!(cookie.contains(attribute), "{attribute} is not in {cookie}");
    }
    gets_in(&bridge, &mut browser, ROOM, 2, Duration::ZERO).await;
    browser
        .cookies
        .insert("jitsi-visits".to_owned(), "forged".to_owned());
    assert!(browser.go(&bridge.at(ROOM)).await.in_meeting());
}

#[tokio::test]
async fn an_app_that_opens_by_itself_is_told_as_well() {
    let (bridge, _provider, mut browser) = usual().await;
    let wish = "/join?room=standup&state=%7B%22ios%22%3Atrue%7D";
    for _ in 0..3 {
        let page = browser.go(&bridge.at(wish)).await;
        assert_eq!(page.status, 200);
        assert!(
            page.body
                .contains("org.jitsi.meet://meet.example.org/standup?jwt="),
            "{page:?}"
        );
    }
    let stopped = browser.go(&bridge.at(wish)).await;
    is_stopped(&stopped);
    let once_more = browser.go(&stopped.link("Try once more")).await;
    assert!(
        once_more.body.contains("org.jitsi.meet://"),
        "back into the app: {once_more:?}"
    );
}

#[tokio::test]
async fn a_popup_within_the_call_neither_counts_nor_is_stopped() {
    let (bridge, _provider, mut browser) = usual().await;
    for _ in 0..5 {
        let landed = browser.go(&popup(&bridge, &standup())).await;
        assert!(at_sso_page(&landed).0.is_some(), "{landed:?}");
    }
    gets_in(&bridge, &mut browser, ROOM, 3, Duration::ZERO).await;
    let landed = browser.go(&popup(&bridge, &standup())).await;
    assert!(at_sso_page(&landed).0.is_some(), "{landed:?}");
    is_stopped(&browser.go(&bridge.at(ROOM)).await);
}
