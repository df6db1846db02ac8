//! Who has signed in is remembered, for as long as configured and no longer, and every meeting is decided upon afresh.
//!
//! The promises of the store are one suite, run against the memory and against Redis or Valkey.

use time::Duration;

use super::support::stores::in_both_stores;
use super::support::{Bridge, Browser, Landed, Provider, nora, sara, tim, token_in, usual};

in_both_stores! {
    a_live_session_goes_straight_to_the_meeting
    every_meeting_is_decided_upon_afresh
    a_session_ends_with_its_lifetime_whatever_happens
    being_seen_prolongs_the_idle_time
    each_sign_in_gets_a_new_session_and_ends_the_old_one
    an_id_that_somebody_chose_never_becomes_a_session
    sign_in_as_somebody_else_ignores_the_session
    cookies_that_are_no_session_are_ignored
    a_login_begun_on_one_bridge_finishes_on_another_with_the_same_key
}

const SESSION: &str = "jitsi-session";

/// How often somebody was sent to the provider.
fn sign_ins(provider: &Provider) -> usize {
    provider.count("GET /authorize")
}

async fn started(store: &str, further: &str) -> (Bridge, Provider, Browser) {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, &format!("{store}\n{further}")).await;
    provider.signs_in(sara());
    (bridge, provider, Browser::new())
}

async fn a_live_session_goes_straight_to_the_meeting(store: &str) {
    let (bridge, provider, mut browser) = started(store, "").await;
    assert!(browser.go(&bridge.at("/room/first")).await.in_meeting());
    let before = provider.requests();
    let second = browser.hop(&bridge.at("/room/second")).await;
    assert_eq!(second.status, 303);
    let second = browser.go(&bridge.at("/room/second")).await;
    assert_eq!(token_in(&second)["room"], "second");
    assert_eq!(token_in(&second)["context"]["user"]["name"], "Sara Stein");
    assert_eq!(provider.requests(), before, "the provider was not asked");
    assert_eq!(bridge.tokens_minted(), 3);
}

async fn every_meeting_is_decided_upon_afresh(store: &str) {
    let (bridge, provider, mut browser) = started(store, "").await;
    provider.signs_in(tim());
    let landed = browser.go(&bridge.at("/room/lunch")).await;
    assert_eq!(token_in(&landed)["moderator"], false);
    let landed = browser.go(&bridge.at("/room/rocket")).await;
    assert_eq!(token_in(&landed)["moderator"], true);
    let refused = browser.go(&bridge.at("/room/board")).await;
    assert_eq!(refused.status, 403);
    assert!(!refused.holds_a_token());
    assert_eq!(bridge.tokens_minted(), 2);
    assert_eq!(sign_ins(&provider), 1);
}

async fn a_session_ends_with_its_lifetime_whatever_happens(store: &str) {
    let limits = "session.lifetime = \"1h\"\nsession.idle_timeout = \"30m\"";
    let (bridge, provider, mut browser) = started(store, limits).await;
    browser.go(&bridge.at("/room/a")).await;
    for minutes in [20, 20, 19] {
        bridge.clock.advance(Duration::minutes(minutes));
        assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
        assert_eq!(sign_ins(&provider), 1);
    }
    bridge.clock.advance(Duration::seconds(59));
    browser.go(&bridge.at("/room/a")).await;
    assert_eq!(sign_ins(&provider), 1, "a second before the end");
    bridge.clock.advance(Duration::seconds(1));
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    assert_eq!(sign_ins(&provider), 2, "at the end");
}

async fn being_seen_prolongs_the_idle_time(store: &str) {
    let (bridge, provider, mut browser) = started(store, "session.idle_timeout = \"30m\"").await;
    browser.go(&bridge.at("/room/a")).await;
    for _ in 0..4 {
        bridge
            .clock
            .advance(Duration::minutes(29) + Duration::seconds(59));
        browser.go(&bridge.at("/room/a")).await;
    }
    assert_eq!(sign_ins(&provider), 1);
    bridge.clock.advance(Duration::minutes(30));
    browser.go(&bridge.at("/room/a")).await;
    assert_eq!(sign_ins(&provider), 2);
}

async fn each_sign_in_gets_a_new_session_and_ends_the_old_one(store: &str) {
    let (bridge, provider, mut browser) = started(store, "").await;
    browser.go(&bridge.at("/room/a")).await;
    let old = browser.cookies[SESSION].clone();
    browser.go(&bridge.at("/room/a?prompt=login")).await;
    let new = browser.cookies[SESSION].clone();
    assert_ne!(old, new);
    assert_eq!(sign_ins(&provider), 2);

    let mut thief = Browser::new();
    thief.cookies.insert(SESSION.to_owned(), old);
    let sent_away = thief.begin(&bridge.at("/room/a")).await;
    assert!(sent_away.starts_with(&provider.issuer), "{sent_away}");
    thief.cookies.insert(SESSION.to_owned(), new);
    assert!(thief.go(&bridge.at("/room/a")).await.in_meeting());
}

async fn an_id_that_somebody_chose_never_becomes_a_session(store: &str) {
    let (bridge, _provider, mut browser) = started(store, "").await;
    let chosen = "AAAAAAAAAAAAAAAAAAAAAA";
    browser
        .cookies
        .insert(SESSION.to_owned(), chosen.to_owned());
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    assert_ne!(browser.cookies[SESSION], chosen);

    let mut attacker = Browser::new();
    attacker
        .cookies
        .insert(SESSION.to_owned(), chosen.to_owned());
    attacker.begin(&bridge.at("/room/a")).await;
    assert_eq!(bridge.tokens_minted(), 1);
}

async fn sign_in_as_somebody_else_ignores_the_session(store: &str) {
    let (bridge, provider, mut browser) = started(store, "").await;
    browser.go(&bridge.at("/room/rocket")).await;
    provider.signs_in(tim());
    let landed = browser.go(&bridge.at("/room/rocket?prompt=login")).await;
    let prompt = ("prompt".to_owned(), "login".to_owned());
    assert!(provider.last_authorization().contains(&prompt));
    assert_eq!(token_in(&landed)["context"]["user"]["name"], "Tim Lorenz");
    assert_eq!(token_in(&landed)["moderator"], true);

    // From then on it is the other person's session.
    let landed = browser.go(&bridge.at("/room/lunch")).await;
    assert_eq!(token_in(&landed)["context"]["user"]["name"], "Tim Lorenz");
    assert_eq!(sign_ins(&provider), 2);
}

async fn cookies_that_are_no_session_are_ignored(store: &str) {
    let (bridge, provider, _) = started(store, "").await;
    let elsewhere = started("", "").await;
    let mut there = Browser::new();
    there.go(&elsewhere.0.at("/room/a")).await;
    let foreign = there.cookies[SESSION].clone();
    for garbage in [
        "",
        "x",
        "\"quoted\"",
        "%00%ff",
        "AAAAAAAAAAAAAAAAAAAAAA==",
        "_____________________w",
        "../../etc/passwd",
        "-1",
        "🦀",
        &"A".repeat(4000),
        &foreign,
    ] {
        let mut browser = Browser::new();
        browser
            .cookies
            .insert(SESSION.to_owned(), garbage.to_owned());
        let door = browser.begin(&bridge.at("/room/a")).await;
        assert!(door.starts_with(&provider.issuer), "{garbage:?}: {door}");
        assert_eq!(bridge.tokens_minted(), 0, "{garbage:?}");
    }
}

async fn a_login_begun_on_one_bridge_finishes_on_another_with_the_same_key(store: &str) {
    let key = "session.cookie_keys = \"the-same-key-on-every-replica,-long-enough\"";
    let (first, provider, mut browser) = started(store, key).await;
    let address = format!(
        "{store}\n{key}\nserver.public_url = {:?}",
        first.url.as_str()
    );
    let second = Bridge::start(&provider, &address).await;
    let back = begun_and_signed_in(&mut browser, &first).await;
    let landed = browser.go(&back.replace(&first.url, &second.url)).await;
    assert_eq!(token_in(&landed)["room"], "shared");
    assert_eq!(first.tokens_minted(), 0);
    assert_eq!(second.tokens_minted(), 1);

    // A shared store shares the session as well; a memory does not.
    let next = browser.hop(&first.at("/room/next")).await;
    assert_eq!(next.location().contains("jwt="), !store.is_empty());
}

/// Begins a login for the room `shared` and signs in; gives the address that the provider sends the browser back to.
async fn begun_and_signed_in(browser: &mut Browser, bridge: &Bridge) -> String {
    let door = browser.begin(&bridge.at("/room/shared")).await;
    browser.begin(&door).await
}

#[tokio::test]
async fn a_login_begun_on_one_bridge_means_nothing_to_another_with_another_key() {
    for keys in [
        [
            "session.cookie_keys = \"the-one-key,-thirty-two-bytes-and-more\"",
            "session.cookie_keys = \"the-other-key,-thirty-two-bytes,-or-more\"",
        ],
        // Each draws its own.
        ["", ""],
    ] {
        let (first, provider, mut browser) = started("", keys[0]).await;
        let address = format!("{}\nserver.public_url = {:?}", keys[1], first.url);
        let second = Bridge::start(&provider, &address).await;
        let back = begun_and_signed_in(&mut browser, &first).await;
        let landed = browser.hop(&back.replace(&first.url, &second.url)).await;
        assert_eq!(landed.status, 400, "{landed:?}");
        assert!(!landed.holds_a_token());
        assert_eq!(provider.count("POST /token"), 0, "the code was not spent");
        assert_eq!(second.tokens_minted(), 0);
        // The browser's own bridge still finishes it.
        assert!(browser.go(&back).await.in_meeting());
    }
}

/// The first key encrypts, all decrypt: one replica after the other gets the new key, and nobody's login is lost.
#[tokio::test]
async fn a_key_is_replaced_while_people_sign_in() {
    let (old, new) = (
        "the-old-key-of-thirty-two-bytes--",
        "the-new-key-of-thirty-two-bytes--",
    );
    let keys = |keys: &str| format!("session.cookie_keys = {keys:?}");
    let (first, provider, _) = started("", &keys(old)).await;
    let replica = async |all: &str| {
        let further = format!("{}\nserver.public_url = {:?}", keys(all), first.url);
        Bridge::start(&provider, &further).await
    };
    let (knows_both, changed) = (
        replica(&format!("{old} {new}")).await,
        replica(&format!("{new}\n{old}")).await,
    );
    let alone = replica(new).await;
    for (begins, ends, succeeds) in [
        (&first, &knows_both, true),
        (&knows_both, &first, true),
        (&first, &changed, true),
        (&changed, &knows_both, true),
        (&changed, &alone, true),
        (&changed, &first, false),
        (&first, &alone, false),
    ] {
        let mut browser = Browser::new();
        let back = begun_and_signed_in(&mut browser, begins).await;
        let landed = browser.go(&back.replace(&first.url, &ends.url)).await;
        assert_eq!(landed.in_meeting(), succeeds, "{landed:?}");
    }
}

#[tokio::test]
async fn without_sessions_the_provider_is_asked_every_time() {
    let (bridge, provider, mut browser) = started("", "session.enabled = false").await;
    for times in 1..=3 {
        let landed = browser.go(&bridge.at("/room/a")).await;
        assert!(landed.in_meeting());
        assert_eq!(sign_ins(&provider), times);
        assert!(
            browser.cookies.keys().eq(["jitsi-visits"]),
            "nobody is remembered: {:?}",
            browser.cookies
        );
    }
}

#[tokio::test]
async fn a_refused_person_is_remembered_but_gets_no_token() {
    let (bridge, provider, mut browser) = usual().await;
    provider.signs_in(nora());
    for _ in 0..2 {
        let refused = browser.go(&bridge.at("/room/a")).await;
        assert_eq!(refused.status, 403);
        assert!(!refused.holds_a_token());
    }
    assert_eq!(sign_ins(&provider), 1);
    assert_eq!(bridge.tokens_minted(), 0);
}

/// A cookie of an answer: its name, and its attributes in lower case, sorted.
#[track_caller]
fn attributes(landed: &Landed, named: &str) -> (String, Vec<String>) {
    let cookie = landed
        .set_cookies
        .iter()
        .find(|cookie| cookie.contains(named) && !cookie.contains("Max-Age=0"))
        .unwrap_or_else(|| panic!("no {named} in {:?}", landed.set_cookies));
    let (pair, rest) = cookie.split_once(';').unwrap();
    let mut attributes: Vec<String> = rest
        .split(';')
        .map(|attribute| attribute.trim().to_ascii_lowercase())
        .collect();
    attributes.sort();
    (pair.split('=').next().unwrap().to_owned(), attributes)
}

#[tokio::test]
async fn cookies_are_as_safe_as_the_address_allows() {
    for (public_url, prefix, further) in [
        (None, "", vec!["path=/"]),
        (
            Some("https://sso.example.org"),
            "__Host-",
            vec!["path=/", "secure"],
        ),
        (
            Some("https://sso.example.org/login/here/"),
            "__Secure-",
            vec!["path=/login/here", "secure"],
        ),
    ] {
        let settings = public_url.map(|url| format!("server.public_url = {url:?}"));
        let (bridge, provider, mut browser) = started("", &settings.unwrap_or_default()).await;
        let expected = |life: &str| {
            let mut all = vec!["httponly", "samesite=lax", life];
            all.extend(&further);
            all.sort_unstable();
            all.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let begun = browser.hop(&bridge.at("/room/a")).await;
        let (name, found) = attributes(&begun, "jitsi-login-");
        assert!(name.starts_with(&format!("{prefix}jitsi-login-")), "{name}");
        assert_eq!(found, expected("max-age=600"));

        let back = browser.begin(&begun.location()).await;
        let base = public_url.unwrap_or(&bridge.url).trim_end_matches('/');
        assert!(back.starts_with(&format!("{base}/callback?")), "{back}");
        let landed = browser.hop(&back.replace(base, &bridge.url)).await;
        let (name, found) = attributes(&landed, SESSION);
        assert_eq!(name, format!("{prefix}{SESSION}"));
        assert_eq!(found, expected("max-age=36000"));
        assert_eq!(browser.logins_under_way(), 0, "the login's cookie is gone");

        let next = browser.hop(&bridge.at("/room/b")).await;
        assert!(next.location().contains("jwt="), "{next:?}");
        assert_eq!(sign_ins(&provider), 1);
    }
}

#[tokio::test]
async fn a_cookie_without_the_prefix_is_no_session_where_the_address_is_https() {
    let (bridge, provider, mut browser) =
        started("", "server.public_url = \"https://sso.example.org\"").await;
    let back = begun_and_signed_in(&mut browser, &bridge).await;
    browser
        .hop(&back.replace("https://sso.example.org", &bridge.url))
        .await;
    let id = browser.cookies[&format!("__Host-{SESSION}")].clone();
    let mut other = Browser::new();
    other.cookies.insert(SESSION.to_owned(), id);
    let door = other.begin(&bridge.at("/room/a")).await;
    assert!(door.starts_with(&provider.issuer));
}

#[tokio::test]
async fn a_store_that_does_not_answer_costs_a_sign_in_and_not_the_meeting() {
    let nowhere = "session.store = \"redis\"\nsession.redis_url = \"redis://127.0.0.1:1\"";
    let (bridge, provider, mut browser) = started("", nowhere).await;
    for times in 1..=2 {
        assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
        assert_eq!(sign_ins(&provider), times);
    }
    assert_eq!(browser.hop(&bridge.at("/readyz")).await.status, 503);
    assert_eq!(browser.hop(&bridge.at("/healthz")).await.status, 200);
}

#[tokio::test]
async fn even_a_short_idle_time_is_prolonged_by_being_seen() {
    let (bridge, provider, mut browser) = started("", "session.idle_timeout = \"40s\"").await;
    browser.go(&bridge.at("/room/a")).await;
    for _ in 0..3 {
        bridge.clock.advance(Duration::seconds(30));
        assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    }
    assert_eq!(sign_ins(&provider), 1);
}
