//! Signing out ends the session here, then the one at the provider, and says where one is left: for the browser that
//! asks, and for no other.

use serde_json::json;
use time::Duration;

use super::support::browser::raw;
use super::support::logout::{unique, with};
use super::support::stores::in_both_stores;
use super::support::{Bridge, Browser, Fault, JITSI, Landed, Provider, sara, usual};

in_both_stores! {
    signing_out_ends_the_session_here_and_at_the_provider
    the_session_of_another_browser_goes_on
    an_idle_session_still_tells_the_provider_whom_it_is_about
}

const SESSION: &str = "jitsi-session";
/// A store that does not answer.
const NOWHERE: &str = "session.store = \"redis\"\nsession.redis_url = \"redis://127.0.0.1:1\"";

async fn started(further: &str) -> (Bridge, Provider, Browser) {
    let provider = Provider::start().await;
    provider.ends_sessions();
    let bridge = Bridge::start(&provider, further).await;
    provider.signs_in(with(sara(), json!({ "sub": unique("sara") })));
    (bridge, provider, Browser::new())
}

fn sign_ins(provider: &Provider) -> usize {
    provider.count("GET /authorize")
}

fn given(parameters: &[(String, String)], name: &str) -> Option<String> {
    let mut named = parameters.iter().filter(|(key, _)| key == name);
    let value = named.next().map(|(_, value)| value.clone());
    assert!(named.next().is_none(), "{name} came twice: {parameters:?}");
    value
}

/// The answers of a sign-out may be framed by Jitsi and by nobody else.
#[track_caller]
fn is_framed_by_jitsi(answer: &Landed) {
    let policy = answer.header("content-security-policy");
    assert!(
        policy.ends_with(&format!("; frame-ancestors {JITSI}")),
        "{policy}"
    );
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(!answer.headers.contains_key("x-frame-options"));
}

async fn signing_out_ends_the_session_here_and_at_the_provider(store: &str) {
    let (bridge, provider, mut browser) = started(store).await;
    browser.go(&bridge.at("/room/a")).await;
    let id = browser.cookies[SESSION].clone();

    let sent_away = browser.hop(&bridge.at("/logout")).await;
    assert_eq!(sent_away.status, 303);
    assert!(!browser.cookies.contains_key(SESSION), "the cookie is gone");
    let door = sent_away.location();
    let endpoint = format!("{}/end-session?", provider.issuer);
    assert!(door.starts_with(&endpoint), "{door}");

    let landed = browser.go(&door).await;
    assert_eq!(landed.status, 200);
    assert!(landed.url.starts_with(&bridge.at("/logged-out?state=")));
    assert!(landed.body.contains("You are signed out here and at your"));
    assert_eq!(landed.link("Sign in again"), bridge.at("/sign-in"));
    assert_eq!(landed.link("To Jitsi Meet"), format!("{JITSI}/"));
    is_framed_by_jitsi(&sent_away);
    is_framed_by_jitsi(&landed);

    let asked = provider.last_end_session();
    assert_eq!(given(&asked, "client_id").unwrap(), "bridge");
    let back = given(&asked, "post_logout_redirect_uri").unwrap();
    assert_eq!(back, bridge.at("/logged-out"));
    // The hint is the ID token of the sign-in; the provider's own signature is on it.
    let hint = given(&asked, "id_token_hint").unwrap();
    assert_eq!(hint.matches('.').count(), 2, "{hint}");

    // Neither this browser nor whoever copied its cookie gets in without a sign-in.
    let mut thief = Browser::new();
    thief.cookies.insert(SESSION.to_owned(), id);
    for other in [&mut thief, &mut browser] {
        let door = other.begin(&bridge.at("/room/a")).await;
        assert!(door.starts_with(&provider.issuer), "{door}");
    }
    assert_eq!(bridge.tokens_minted(), 1);
}

async fn the_session_of_another_browser_goes_on(store: &str) {
    let (bridge, provider, mut browser) = started(store).await;
    let mut other = Browser::new();
    browser.go(&bridge.at("/room/a")).await;
    other.go(&bridge.at("/room/a")).await;
    browser.go(&bridge.at("/logout")).await;
    assert!(other.go(&bridge.at("/room/b")).await.in_meeting());
    assert_eq!(sign_ins(&provider), 2, "nobody was asked again");
    assert!(browser.go(&bridge.at("/room/b")).await.in_meeting());
    assert_eq!(sign_ins(&provider), 3, "but for the one who signed out");
}

async fn an_idle_session_still_tells_the_provider_whom_it_is_about(store: &str) {
    let (bridge, provider, mut browser) = started(store).await;
    browser.go(&bridge.at("/room/a")).await;
    bridge.clock.advance(Duration::hours(3));
    browser.go(&bridge.at("/logout")).await;
    assert!(given(&provider.last_end_session(), "id_token_hint").is_some());
}

#[tokio::test]
async fn the_id_token_is_in_no_cookie_and_no_answer_but_the_one_to_the_provider() {
    let (bridge, provider, mut browser) = started("").await;
    let landed = browser.go(&bridge.at("/room/a")).await;
    let out = browser.hop(&bridge.at("/logout")).await;
    let back = browser.go(&out.location()).await;
    let hint = given(&provider.last_end_session(), "id_token_hint").unwrap();
    let signature = hint.rsplit_once('.').unwrap().1.to_owned();
    for answer in [&landed, &back] {
        assert!(!format!("{answer:?}").contains(&signature));
    }
    assert!(!out.set_cookies.concat().contains(&signature));
    assert!(!out.body.contains(&signature));
}

#[tokio::test]
async fn an_id_token_too_long_for_an_address_is_left_out_and_the_provider_asks() {
    let (bridge, provider, mut browser) = started("").await;
    let groups: Vec<String> = (0..400).map(|n| format!("/group/number/{n}")).collect();
    provider.signs_in(with(sara(), json!({ "more": groups })));
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    let landed = browser.go(&bridge.at("/logout")).await;
    assert!(landed.body.contains("You are signed out"));
    let asked = provider.last_end_session();
    assert_eq!(given(&asked, "id_token_hint"), None);
    assert_eq!(given(&asked, "client_id").unwrap(), "bridge");
}

#[tokio::test]
async fn without_an_end_session_endpoint_the_page_says_what_is_left() {
    let (bridge, provider, mut browser) = usual().await;
    browser.go(&bridge.at("/room/a")).await;
    let before = provider.requests();
    let landed = browser.go(&bridge.at("/logout")).await;
    assert_eq!(landed.status, 200);
    assert!(landed.body.contains("You may still be signed in at your"));
    is_framed_by_jitsi(&landed);
    assert_eq!(provider.requests(), before, "the provider was not asked");
    browser.go(&bridge.at("/room/a")).await;
    assert_eq!(sign_ins(&provider), 2, "signed out here");
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_keeps_nobody_signed_in_here() {
    let provider = Provider::start().await;
    provider.misbehaves(Fault::Down);
    let bridge = Bridge::start(&provider, "").await;
    let landed = Browser::new().go(&bridge.at("/logout")).await;
    assert_eq!(landed.status, 200);
    assert!(landed.body.contains("You may still be signed in at your"));
}

#[tokio::test]
async fn without_a_session_the_provider_is_asked_to_ask() {
    for further in ["", "session.enabled = false"] {
        let (bridge, provider, mut browser) = started(further).await;
        browser.go(&bridge.at("/room/a")).await;
        browser.cookies.clear();
        let landed = browser.go(&bridge.at("/logout")).await;
        assert!(landed.body.contains("You are signed out here and at your"));
        let asked = provider.last_end_session();
        assert_eq!(given(&asked, "id_token_hint"), None);
        assert_eq!(given(&asked, "client_id").unwrap(), "bridge");
        assert!(landed.set_cookies.is_empty(), "{landed:?}");
    }
}

#[tokio::test]
async fn the_hint_that_jitsi_appends_is_no_hint_of_the_providers() {
    let (bridge, provider, mut browser) = started("").await;
    browser.go(&bridge.at("/room/a")).await;
    let foreign = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.";
    let out = format!("/logout?id_token_hint={foreign}");
    browser.go(&bridge.at(&out)).await;
    let hint = given(&provider.last_end_session(), "id_token_hint").unwrap();
    assert_ne!(hint, foreign);
}

#[tokio::test]
async fn in_the_hidden_frame_everything_ends_at_jitsis_own_page() {
    let page = format!("{JITSI}/static/logout.html");
    for further in ["", "jitsi.after_logout = \"jitsi\""] {
        let (bridge, provider, mut browser) = started(further).await;
        browser.go(&bridge.at("/room/a")).await;
        let landed = browser.go(&bridge.at("/logout?id_token_hint=x.y.z")).await;
        assert_eq!(landed.url, page);
        assert_eq!(provider.count("GET /end-session"), 1);

        // The browser says by itself that it is a frame. A provider that had to ask could not be seen in it.
        browser.says = Some(("sec-fetch-dest", "iframe"));
        let landed = browser.go(&bridge.at("/logout")).await;
        assert_eq!(landed.url, page);
        assert_eq!(provider.count("GET /end-session"), 1, "not asked again");
        let answer = browser.hop(&bridge.at("/logout")).await;
        assert_eq!((answer.status, answer.location()), (303, page.clone()));
        is_framed_by_jitsi(&answer);
    }
}

#[tokio::test]
async fn a_sign_out_ends_where_configuration_and_the_link_say() {
    let front = format!("{JITSI}/");
    for (further, link, end) in [
        ("", "/logout", None),
        ("", "/logout?return=jitsi", Some(&front)),
        ("", "/logout?return=https://evil.example/", None),
        ("jitsi.after_logout = \"page\"", "/logout", None),
        ("jitsi.after_logout = \"jitsi\"", "/logout", Some(&front)),
    ] {
        let (bridge, provider, mut browser) = started(further).await;
        for times in 1..=2 {
            let landed = browser.go(&bridge.at(link)).await;
            match end {
                Some(end) => assert_eq!(&landed.url, end, "{further} {link}"),
                None => assert!(landed.body.contains("You are signed out"), "{link}"),
            }
            assert_eq!(provider.count("GET /end-session"), times);
        }
    }
}

#[tokio::test]
async fn a_return_that_no_sign_out_of_ours_explains_claims_nothing() {
    let (bridge, provider, mut browser) = started("").await;
    let door = browser.begin(&bridge.at("/logout")).await;
    let (_, state) = door.split_once("&state=").unwrap();
    let state = state.split('&').next().unwrap().to_owned();
    let login = browser.begin(&bridge.at("/room/a")).await;
    let (_, other) = login.split_once("&state=").unwrap();
    let other = other.split('&').next().unwrap().to_owned();

    let unexplained = ["", "?state=", "?state=x", &format!("?state={other}")];
    for query in unexplained {
        let answer = browser
            .hop(&bridge.at(&format!("/logged-out{query}")))
            .await;
        assert_eq!((answer.status, answer.location()), (303, bridge.at("/")));
        assert_eq!(bridge.last_cause(), "no sign-out of ours has this state");
        is_framed_by_jitsi(&answer);
    }
    // Nor does it pass for a login.
    let login = format!("/callback?code=x&state={state}");
    assert_eq!(browser.hop(&bridge.at(&login)).await.status, 400);

    let back = bridge.at(&format!("/logged-out?state={state}"));
    bridge.clock.advance(Duration::minutes(59));
    let landed = browser.hop(&back).await;
    assert!(landed.body.contains("You are signed out"), "{landed:?}");
    bridge.clock.advance(Duration::minutes(1));
    assert_eq!(browser.hop(&back).await.location(), bridge.at("/"));
    assert_eq!(sign_ins(&provider), 0);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_told_and_the_cookie_kept_for_another_try() {
    let (bridge, provider, mut browser) = started(NOWHERE).await;
    let id = "AAAAAAAAAAAAAAAAAAAAAA";
    browser.cookies.insert(SESSION.to_owned(), id.to_owned());
    let landed = browser.go(&bridge.at("/logout")).await;
    assert_eq!(landed.status, 503);
    assert!(landed.body.contains("You are not signed out yet"));
    assert_eq!(landed.link("Try again"), bridge.at("/logout"));
    assert_eq!(browser.cookies[SESSION], id);
    assert_eq!(provider.count("GET /end-session"), 0);
    assert!(
        bridge
            .last_cause()
            .contains("the session store does not answer")
    );
}

#[tokio::test]
async fn a_look_at_the_link_signs_nobody_out() {
    let (bridge, provider, mut browser) = started("").await;
    browser.go(&bridge.at("/room/a")).await;
    let cookies = browser.cookie_header();
    let headers = [("Cookie", cookies.as_str())];
    let answer = raw(&bridge.origin(), "HEAD", "/logout", &headers).await;
    assert_eq!(answer.status, 405);
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    assert_eq!(sign_ins(&provider), 1);
}

#[tokio::test]
async fn the_providers_pages_speak_the_browsers_language() {
    let (bridge, provider, _) = started("").await;
    Browser::speaking("de-AT,de;q=0.9,en;q=0.5")
        .go(&bridge.at("/logout"))
        .await;
    let asked = given(&provider.last_end_session(), "ui_locales");
    assert_eq!(asked.unwrap(), "de-AT de en");
}

/// The pages of signing out, by name.
pub async fn pages(language: &'static str) -> [(&'static str, Landed); 4] {
    let (bridge, provider, _) = usual().await;
    let mut browser = Browser::speaking(language);
    let here = browser.go(&bridge.at("/logout")).await;
    provider.ends_sessions();
    let bridge = Bridge::start(&provider, "").await;
    let at_both = browser.go(&bridge.at("/logout")).await;
    browser.go(&bridge.at("/room/a")).await;
    let form = browser.go(&bridge.at("/")).await.hidden("form");
    let everywhere = browser
        .post(&bridge.at("/sign-out-everywhere"), &[("form", &form)])
        .await;
    let bridge = Bridge::start(&provider, NOWHERE).await;
    let id = "AAAAAAAAAAAAAAAAAAAAAA".to_owned();
    browser.cookies.insert(SESSION.to_owned(), id);
    let failed = browser.go(&bridge.at("/logout")).await;
    [
        ("signed out here", here),
        ("signed out", at_both),
        ("signed out everywhere", everywhere),
        ("sign-out failed", failed),
    ]
}
