//! Browsers and links between them: codes of other logins, logins that somebody else began, answers that come again, sessions
//! that somebody chose.

mod mix_up;

use super::support;
use super::support::browser::raw;
use super::support::{
    Bridge, Browser, Fault, JITSI, Landed, Provider, nora, sara, token_in, usual,
};
use super::{gives_nothing, is_a_plain_line, is_refused};

const TOKEN: &str = "POST /token";

const SESSION: &str = "jitsi-session";

/// Signs in up to the way back: the callback's address, not yet visited.
async fn up_to_the_callback(browser: &mut Browser, bridge: &Bridge, path: &str) -> String {
    let door = browser.begin(&bridge.at(path)).await;
    browser.hop(&door).await.location()
}

/// The address with this parameter instead of the one of its name, or without it.
fn with_parameter(address: &str, name: &str, value: Option<&str>) -> String {
    let mut url = url::Url::parse(address).unwrap();
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| key != name)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .extend_pairs(value.map(|value| (name, value)));
    url.into()
}

fn parameter(address: &str, name: &str) -> String {
    let url = url::Url::parse(address).unwrap();
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap().1.into_owned()
}

/// The browser is none the worse for it: a new login ends in the meeting.
async fn signs_in(browser: &mut Browser, bridge: &Bridge, path: &str) -> Landed {
    let landed = browser.go(&bridge.at(path)).await;
    assert!(landed.in_meeting(), "{landed:?}: {}", bridge.last_cause());
    landed
}

/// RFC 9700, 4.5: a stolen code, brought in through the thief's own login.
#[tokio::test]
async fn a_code_of_another_login_is_worth_nothing() {
    let (bridge, provider, mut victim) = usual().await;
    // The first is held by the provider, by its challenge; the second by the nonce, where the provider forgets that.
    for (fault, status, reason) in [
        (None, 502, "the token endpoint answered 400: invalid_grant"),
        (
            Some(Fault::ForgetsChallenges),
            502,
            "the ID token is refused: the nonce is not the one of this login",
        ),
    ] {
        if let Some(fault) = fault {
            provider.misbehaves(fault);
        }
        let stolen = up_to_the_callback(&mut victim, &bridge, "/room/a").await;
        let mut thief = Browser::new();
        let own = up_to_the_callback(&mut thief, &bridge, "/room/a").await;
        let injected = with_parameter(&own, "code", Some(&parameter(&stolen, "code")));
        let landed = thief.go(&injected).await;
        is_refused(&bridge, &landed, status, reason);
        assert_eq!(bridge.tokens_minted(), 0);
        assert!(!thief.cookies.contains_key(SESSION));
        provider.behaves();
    }
    signs_in(&mut victim, &bridge, "/room/a").await;
}

#[tokio::test]
async fn a_code_that_nobody_gave_out_is_worth_nothing() {
    let (bridge, provider, _) = usual().await;
    for code in [
        "", "x", "<script>", "a\r\nb", "../../x", "\u{202e}", "a&code=b", "a%00b",
    ] {
        let mut browser = Browser::new();
        let back = up_to_the_callback(&mut browser, &bridge, "/room/a").await;
        let landed = browser.go(&with_parameter(&back, "code", Some(code))).await;
        is_refused(
            &bridge,
            &landed,
            502,
            "the token endpoint answered 400: invalid_grant",
        );
        // It came there as it was, and as nothing else.
        assert_eq!(provider.last_token_request().form["code"], code);
        assert_eq!(provider.last_token_request().form.len(), 4);
    }
    assert_eq!(bridge.tokens_minted(), 0);
    signs_in(&mut Browser::new(), &bridge, "/room/a").await;
}

const EXPIRED: &str = "no login under way belongs to this callback: ";

fn expired(why: &str) -> String {
    format!("{EXPIRED}{why}")
}

const NO_COOKIE: &str = "its state is ours, but this browser has no cookie for it: begun in another browser, or finished before";

/// The attacker signs in as themselves, stops before the callback, and sends the victim there.
#[tokio::test]
async fn nobody_signs_another_browser_in() {
    let (bridge, provider, mut attacker) = usual().await;
    let callback = up_to_the_callback(&mut attacker, &bridge, "/room/a").await;
    let (name, cookie) = attacker.cookies.first_key_value().unwrap();
    let mut victim = Browser::new();
    let landed = victim.go(&callback).await;
    is_refused(&bridge, &landed, 400, &expired(NO_COOKIE));
    // With a login of their own under way, and with its cookie under the name of the attacker's.
    let own = up_to_the_callback(&mut victim, &bridge, "/room/b").await;
    let (own_name, own_cookie) = victim.cookies.first_key_value().unwrap();
    let (own_name, own_cookie) = (own_name.clone(), own_cookie.clone());
    let landed = victim.go(&callback).await;
    is_refused(&bridge, &landed, 400, &expired(NO_COOKIE));
    for (value, why) in [
        (
            own_cookie.as_str(),
            "the cookie for it is that of another login",
        ),
        ("", "the cookie for it was not sealed by us"),
        ("AAAA", "the cookie for it was not sealed by us"),
        (&"A".repeat(400), "the cookie for it was not sealed by us"),
        (&cookie[1..], "the cookie for it was not sealed by us"),
    ] {
        let mut victim = Browser::new();
        victim.cookies.insert(name.clone(), value.to_owned());
        let landed = victim.go(&callback).await;
        is_refused(&bridge, &landed, 400, &expired(why));
    }
    // A state that nobody sealed, whatever the cookie.
    for state in ["x", "", "AAAA", &"A".repeat(4000), "<script>", "\r\n"] {
        let landed = victim.go(&with_parameter(&own, "state", Some(state))).await;
        is_refused(&bridge, &landed, 400, &expired("its state is none of ours"));
    }
    assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (0, 0));
    assert_eq!(
        victim.cookies.get(&own_name),
        Some(&own_cookie),
        "the victim's own login goes on"
    );
    assert!(victim.go(&own).await.in_meeting());
    assert!(
        attacker.go(&callback).await.in_meeting(),
        "and the attacker's, for the attacker"
    );
}

/// Where a browser can be made to hold a foreign cookie (a neighbour host, or plain HTTP), `__Host-` is what it cannot hold.
#[tokio::test]
async fn a_planted_login_needs_a_name_that_cannot_be_planted() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let public = "https://sso.example.org";
    let bridge = Bridge::start(&provider, &format!("server.public_url = {public:?}")).await;
    let begun = raw(&bridge.origin(), "GET", "/room/a", &[]).await;
    let pair = begun.set_cookies[0].split(';').next().unwrap().to_owned();
    assert!(pair.starts_with("__Host-jitsi-login-"), "{pair}");
    let back = Browser::new().hop(&begun.location()).await.location();
    let callback = back.strip_prefix(public).unwrap();
    for prefix in ["", "__Secure-", "__host-", "%5F%5FHost-", " __Host-x-"] {
        let planted = pair.replace("__Host-", prefix);
        let landed = raw(&bridge.origin(), "GET", callback, &[("Cookie", &planted)]).await;
        is_refused(&bridge, &landed, 400, &expired(NO_COOKIE));
    }
    assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (0, 0));
    let landed = raw(&bridge.origin(), "GET", callback, &[("Cookie", &pair)]).await;
    assert!(landed.location().starts_with(JITSI), "{landed:?}");
}

#[tokio::test]
async fn an_answer_counts_once() {
    let (bridge, provider, mut browser) = usual().await;
    let callback = up_to_the_callback(&mut browser, &bridge, "/room/a").await;
    let kept = browser.cookies.clone();
    signs_in(&mut browser, &bridge, &callback.replace(&bridge.url, "")).await;
    for _ in 0..3 {
        let landed = browser.go(&callback).await;
        is_refused(&bridge, &landed, 400, &expired(NO_COOKIE));
    }
    assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (1, 1));
    // Somebody who kept the cookie and the address finds the code spent.
    let mut thief = Browser::new();
    thief.cookies = kept;
    let landed = thief.go(&callback).await;
    is_refused(
        &bridge,
        &landed,
        502,
        "the token endpoint answered 400: invalid_grant",
    );
    assert_eq!(bridge.tokens_minted(), 1);
    // Ten minutes later not even that is asked.
    let late = up_to_the_callback(&mut thief, &bridge, "/room/a?prompt=login").await;
    bridge.clock.advance(time::Duration::minutes(10));
    let landed = thief.go(&late).await;
    is_refused(
        &bridge,
        &landed,
        400,
        &expired("it was begun more than ten minutes ago"),
    );
    assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (2, 1));
    signs_in(&mut thief, &bridge, "/room/a").await;
}

/// Whatever session cookie a browser was given before, a sign-in makes a new one, and what was there is worth nothing.
#[tokio::test]
async fn a_session_from_before_a_sign_in_is_never_kept() {
    let (bridge, provider, mut attacker) = usual().await;
    provider.signs_in(nora());
    attacker.go(&bridge.at("/room/a")).await;
    let planted = attacker.cookies[SESSION].clone();
    let mut values = vec![
        planted.clone(),
        String::new(),
        "x".to_owned(),
        "A".repeat(22),
        "A".repeat(3000),
    ];
    values.push(format!("{planted}x"));
    provider.signs_in(sara());
    for (at, value) in values.into_iter().enumerate() {
        let mut victim = Browser::new();
        victim.cookies.insert(SESSION.to_owned(), value.clone());
        let landed = victim
            .go(&bridge.at(&format!("/room/r{at}?prompt=login")))
            .await;
        assert_eq!(token_in(&landed)["context"]["user"]["name"], "Sara Stein");
        let new = victim.cookies[SESSION].clone();
        assert_ne!(new, value);
        attacker.cookies.insert(SESSION.to_owned(), value);
        let door = attacker.begin(&bridge.at(&format!("/room/r{at}"))).await;
        assert!(door.starts_with(&provider.issuer), "{door}");
        assert!(
            victim.hop(&bridge.at("/sign-in")).await.location() == bridge.at("/"),
            "the new one lives"
        );
    }
}

/// An error that the provider, or whoever writes the link, wants to have shown.
#[tokio::test]
async fn an_error_for_a_login_that_is_not_this_browsers_says_nothing() {
    let (bridge, provider, mut browser) = usual().await;
    let callback = up_to_the_callback(&mut browser, &bridge, "/room/a").await;
    let error = with_parameter(&callback, "code", None)
        + "&error=access_denied&error_description=Call+%2B49+123";
    let landed = Browser::new().go(&error).await;
    is_refused(&bridge, &landed, 400, &expired(NO_COOKIE));
    assert!(!landed.body.contains("+49"), "{landed:?}");
    let nothing = with_parameter(&callback, "code", None);
    let landed = browser.go(&nothing).await;
    is_refused(
        &bridge,
        &landed,
        400,
        "no login under way belongs to this callback",
    );
    let both = format!("{callback}&error=access_denied");
    let landed = browser.go(&both).await;
    is_refused(&bridge, &landed, 403, "the provider answered access_denied");
    assert_eq!((provider.count(TOKEN), bridge.tokens_minted()), (0, 0));
    signs_in(&mut browser, &bridge, "/room/a").await;
}

/// Another site makes the browser send requests: none of them signs in, out, or anywhere.
#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let (bridge, provider, mut browser) = usual().await;
    signs_in(&mut browser, &bridge, "/room/a").await;
    let asked = provider.requests();
    for (path, fields) in [
        ("/invitations", vec![("room", "a"), ("form", "x")]),
        ("/invitations/withdraw", vec![("id", "x"), ("form", "x")]),
        ("/choose", vec![("to", "x"), ("email", "a@b")]),
        ("/callback", vec![("code", "x"), ("state", "y")]),
        ("/logout", vec![]),
        ("/room/a", vec![]),
    ] {
        let landed = browser.post(&bridge.at(path), &fields).await;
        gives_nothing(&landed, path);
        assert!(
            [303, 400, 404, 405].contains(&landed.status),
            "{path}: {landed:?}"
        );
    }
    assert_eq!(provider.requests(), asked);
    assert_eq!(bridge.tokens_minted(), 1);
    signs_in(&mut browser, &bridge, "/room/b").await;
}
