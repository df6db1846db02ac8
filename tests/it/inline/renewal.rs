//! How a call renews its tokens: each refresh token once, for as long as the session lives on which the call hangs.

use std::os::unix::fs::symlink;

use tokio::task::JoinSet;

use super::*;
use crate::support::keyring::KeyFolder;

in_both_stores! {
    a_refresh_token_works_once_and_is_followed_by_the_next
    a_spent_refresh_token_ends_its_family
    of_several_who_come_with_one_refresh_token_nobody_goes_on
}

async fn a_refresh_token_works_once_and_is_followed_by_the_next(store: &str) {
    let (bridge, provider, mut browser) = started(store).await;
    let first = refresh_token(&redeem(&bridge, &code(&bridge, &mut browser).await).await);
    bridge.clock.advance(Duration::hours(3));
    let answer = refresh(&bridge, &first).await;
    let second = refresh_token(&answer);
    assert_ne!(first, second);
    let token = payload(answer.body["access_token"].as_str().unwrap());
    assert_eq!(token["exp"], bridge.clock.now_unix() + 3 * 3600);
    assert_eq!(token["room"], "standup");
    assert_eq!(
        unverified(answer.body["id_token"].as_str().unwrap())["nonce"],
        NONCE
    );
    let third = refresh_token(&refresh(&bridge, &second).await);
    assert_ne!(second, third);
    // Each time policy was asked again, and the provider was not.
    assert_eq!(bridge.decisions().len(), 3);
    assert_eq!(provider.count("POST /token"), 1);
}

async fn a_spent_refresh_token_ends_its_family(store: &str) {
    let (bridge, _provider, mut browser) = started(store).await;
    let first = refresh_token(&redeem(&bridge, &code(&bridge, &mut browser).await).await);
    let second = refresh_token(&refresh(&bridge, &first).await);
    is_refused(&refresh(&bridge, &first).await, 400, "invalid_grant");
    is_refused(&refresh(&bridge, &second).await, 400, "invalid_grant");
    assert_eq!(bridge.tokens_minted(), 2);
    // Another sign-in is another family.
    assert_eq!(
        redeem(&bridge, &code(&bridge, &mut browser).await)
            .await
            .status,
        200
    );
}

async fn of_several_who_come_with_one_refresh_token_nobody_goes_on(store: &str) {
    let (bridge, _provider, mut browser) = started(store).await;
    let bridge = std::sync::Arc::new(bridge);
    let stolen = refresh_token(&redeem(&bridge, &code(&bridge, &mut browser).await).await);
    let mut asking = JoinSet::new();
    for _ in 0..8 {
        let (bridge, token) = (bridge.clone(), stolen.clone());
        asking.spawn(async move { refresh(&bridge, &token).await });
    }
    let answers = asking.join_all().await;
    let given: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert!(given.len() <= 1, "{}", given.len());
    for answer in given {
        let next = refresh_token(answer);
        is_refused(&refresh(&bridge, &next).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn tokens_are_refreshed_for_as_long_as_a_session_may_live() {
    let (bridge, _provider, mut browser) = usual().await;
    let token = refresh_token(&redeem(&bridge, &code(&bridge, &mut browser).await).await);
    bridge
        .clock
        .advance(Duration::hours(10) - Duration::seconds(1));
    let token = refresh_token(&refresh(&bridge, &token).await);
    bridge.clock.advance(Duration::seconds(1));
    is_refused(&refresh(&bridge, &token).await, 400, "invalid_grant");
}

#[tokio::test]
async fn tokens_are_not_refreshed_beyond_the_session_on_which_the_call_hangs() {
    let (bridge, _provider, mut browser) = usual().await;
    assert!(browser.go(&bridge.at("/room/standup")).await.in_meeting());
    bridge.clock.advance(Duration::hours(1));
    let token = refresh_token(&redeem(&bridge, &code(&bridge, &mut browser).await).await);
    bridge
        .clock
        .advance(Duration::hours(9) - Duration::seconds(1));
    let token = refresh_token(&refresh(&bridge, &token).await);
    bridge.clock.advance(Duration::seconds(1));
    is_refused(&refresh(&bridge, &token).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_call_goes_on_after_its_session_was_unused_for_too_long_and_does_not_bring_it_back() {
    let (bridge, provider, mut browser) = usual().await;
    let token = refresh_token(&redeem(&bridge, &code(&bridge, &mut browser).await).await);
    bridge.clock.advance(Duration::hours(2));
    let token = refresh_token(&refresh(&bridge, &token).await);
    let door = browser.begin(&bridge.at("/room/standup")).await;
    assert!(door.starts_with(&provider.issuer), "{door}");
    // Nor does signing in anew end the call.
    assert!(browser.go(&bridge.at("/room/standup")).await.in_meeting());
    assert_eq!(refresh(&bridge, &token).await.status, 200);
}

#[tokio::test]
async fn a_popup_with_a_refresh_token_goes_straight_back() {
    let (bridge, provider, mut browser) = usual().await;
    let token = refresh_token(&redeem(&bridge, &code(&bridge, &mut browser).await).await);
    let decided = bridge.decisions().len();
    let (code, back) = with_token(&bridge, &mut browser, &token).await;
    assert_eq!((code, &back["refreshToken"]), (None, &json!(token)));
    assert_eq!(back["roomSafe"], "standup");
    assert_eq!(
        (provider.count("GET /authorize"), bridge.decisions().len()),
        (1, decided)
    );
    assert_eq!(refresh(&bridge, &token).await.status, 200);
}

/// Jitsi's page would otherwise come with the same one, and end in an error, each time.
#[tokio::test]
async fn a_popup_with_a_dead_refresh_token_signs_in() {
    let (bridge, _provider, mut browser) = usual().await;
    let spent = refresh_token(&redeem(&bridge, &code(&bridge, &mut browser).await).await);
    assert_eq!(refresh(&bridge, &spent).await.status, 200);
    for dead in [spent.as_str(), "family.secret", ""] {
        let (code, back) = with_token(&bridge, &mut browser, dead).await;
        assert!(back.get("refreshToken").is_none(), "{back}");
        assert_eq!(redeem(&bridge, &code.unwrap()).await.status, 200);
    }
}

#[tokio::test]
async fn a_popup_of_a_session_that_has_ended_signs_in() {
    let (bridge, _provider, mut browser) = usual().await;
    let token = refresh_token(&redeem(&bridge, &code(&bridge, &mut browser).await).await);
    bridge.clock.advance(Duration::hours(10));
    let mut state = standup();
    state["refreshToken"] = token.into();
    let door = browser.begin(&popup(&bridge, &state)).await;
    assert!(door.contains("/authorize"), "{door}");
}

#[tokio::test]
async fn a_failure_that_passes_costs_no_call_its_tokens() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let folder = KeyFolder::new();
    let file = folder.path().join("audit.jsonl");
    let settings = format!(
        "audit.file = \"{}\"\naudit.on_failure = \"refuse\"",
        file.display()
    );
    let bridge = Bridge::start(&provider, &settings).await;
    let mut browser = Browser::new();
    let token = refresh_token(&redeem(&bridge, &code(&bridge, &mut browser).await).await);
    let waiting = code(&bridge, &mut browser).await;

    let audit = bridge.live.current().lasting.audit.clone();
    let trail = audit.trail().unwrap();
    trail.flush();
    std::fs::remove_file(&file).unwrap();
    symlink("/dev/full", &file).unwrap();
    trail.reopen();
    // Brings it to light.
    browser.go(&bridge.at("/room/standup")).await;
    trail.flush();
    for answer in [
        refresh(&bridge, &token).await,
        redeem(&bridge, &waiting).await,
    ] {
        is_refused(&answer, 503, "temporarily_unavailable");
    }

    std::fs::remove_file(&file).unwrap();
    let written_again = async {
        while audit.forbids() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, written_again).await.unwrap();
    assert_eq!(refresh(&bridge, &token).await.status, 200);
    assert_eq!(redeem(&bridge, &waiting).await.status, 200);
}
