//! The home page: who one is, a room to open, and the rooms that the rules name.

use super::support::{Bridge, Browser, Provider, sara, usual};

const POLICY: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "the lobby is run by staff"
groups = ["/staff"]
rooms = ["reception", "Réunion A"]
role = "moderator"
[[policy.rules]]
name = "board only"
rooms = ["board"]
unless_groups = ["/board"]
deny = "This room is for the board."
[[policy.rules]]
name = "with a second factor, and lately"
rooms = ["vault"]
acr = ["mfa"]
max_auth_age = "5min"
role = "moderator"
[[policy.rules]]
name = "a room that anybody may join"
rooms = ["all-hands", "team-*"]
role = "participant"
"#;

#[tokio::test]
async fn whoever_is_not_signed_in_may_sign_in_or_type_a_room() {
    let (bridge, provider, mut browser) = usual().await;
    let home = browser.go(&bridge.at("/")).await;
    assert_eq!(home.status, 200);
    assert!(home.body.contains("name=\"room\""), "{}", home.body);
    let signed_in = browser.go(&home.link("Sign in")).await;
    assert_eq!(signed_in.url, bridge.at("/"));
    assert!(
        signed_in
            .body
            .contains("You are signed in as Sara Stein (sara@example.org).")
    );
    assert_eq!(
        (provider.count("POST /token"), bridge.tokens_minted()),
        (1, 0)
    );
    assert_eq!(signed_in.link("Sign out</a>"), bridge.at("/logout"));
    // From here on no meeting asks for a sign-in.
    assert!(browser.go(&bridge.at("/room/standup")).await.in_meeting());
    assert_eq!(provider.count("POST /token"), 1);
    // Signing in once more is not needed.
    assert_eq!(browser.go(&bridge.at("/sign-in")).await.url, bridge.at("/"));
    assert_eq!(provider.count("POST /token"), 1);
}

#[tokio::test]
async fn the_rooms_that_rules_name_are_listed_with_ones_own_role() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::with_policy(&provider, POLICY).await;
    let home = Browser::new().go(&bridge.at("/sign-in")).await;
    let room = |name: &str| home.link(&format!("{name} <span"));
    assert_eq!(room("reception"), bridge.at("/room/reception"));
    // One would step up on the way.
    assert_eq!(room("vault"), bridge.at("/room/vault"));
    assert_eq!(room("réunion a"), bridge.at("/room/r%c3%a9union%20a"));
    assert_eq!(room("all-hands"), bridge.at("/room/all-hands"));
    assert_eq!(
        home.body.matches(">moderator</span>").count(),
        3,
        "{}",
        home.body
    );
    assert_eq!(
        home.body.matches(">participant</span>").count(),
        1,
        "{}",
        home.body
    );
    // Not the board's, and no pattern.
    assert!(
        !home.body.contains("/room/board") && !home.body.contains("team-"),
        "{}",
        home.body
    );
}

#[tokio::test]
async fn a_typed_room_is_the_room_that_jitsi_would_open() {
    let (bridge, _provider, mut browser) = usual().await;
    for (typed, room) in [
        ("Team+Meeting", "team%20meeting"),
        ("%C3%89cole", "%c3%a9cole"),
        ("+x+", "x"),
        ("a%2Fb", "ab"),
    ] {
        let page = browser.go(&bridge.at(&format!("/open?room={typed}"))).await;
        assert_eq!(page.status, 200);
        assert_eq!(
            page.link("Open the meeting"),
            bridge.at(&format!("/room/{room}")),
            "{typed}"
        );
        let refresh = format!("content=\"0; url={}\"", bridge.at(&format!("/room/{room}")));
        assert!(page.body.contains(&refresh), "{}", page.body);
    }
    for typed in ["", "*", "%3F", ".."] {
        let page = browser.go(&bridge.at(&format!("/open?room={typed}"))).await;
        assert_eq!(page.status, 400, "{typed}");
    }
}

#[tokio::test]
async fn where_nothing_is_remembered_nobody_signs_in_for_nothing() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, "session.enabled = false").await;
    let home = Browser::new().go(&bridge.at("/sign-in")).await;
    assert_eq!(home.url, bridge.at("/"));
    assert!(!home.body.contains("Sign in<"), "{}", home.body);
    assert_eq!(provider.count("GET /authorize"), 0);
}

#[tokio::test]
async fn a_sign_in_without_a_meeting_that_fails_offers_to_sign_in_again() {
    let (bridge, provider, mut browser) = usual().await;
    provider.misbehaves(super::support::Fault::AccessDenied);
    let page = browser.go(&bridge.at("/sign-in")).await;
    assert_eq!(
        (page.status, page.link("Try again")),
        (403, bridge.at("/sign-in"))
    );
    provider.behaves();
    assert_eq!(
        browser.go(&page.link("Try again")).await.url,
        bridge.at("/")
    );
}
