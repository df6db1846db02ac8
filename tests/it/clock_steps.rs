//! The system's clock is set while the bridge runs, forward or back: nothing waits until it has caught up.

use std::time::Duration as RealTime;

use time::Duration;

use super::support::{Bridge, Browser, Fault, Provider, sara};

const DISCOVERY: &str = "GET /.well-known/openid-configuration";
const ROOM: &str = "/room/standup";
const STEP: Duration = Duration::minutes(10);

/// A bridge whose provider misbehaves so from the very start.
async fn that(fault: Fault) -> (Bridge, Provider) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.misbehaves(fault);
    (Bridge::start(&provider, "").await, provider)
}

async fn status(bridge: &Bridge, path: &str) -> u16 {
    Browser::new().go(&bridge.at(path)).await.status
}

#[tokio::test]
async fn a_provider_that_failed_before_the_clock_was_set_back_is_asked_at_once() {
    let (bridge, provider) = that(Fault::Down).await;
    assert_eq!(status(&bridge, ROOM).await, 503);
    provider.behaves();
    bridge.clock.advance(-STEP);
    assert!(
        Browser::new().go(&bridge.at(ROOM)).await.in_meeting(),
        "{}",
        bridge.last_cause()
    );
}

#[tokio::test]
async fn a_provider_that_failed_before_the_clock_was_set_back_is_learnt_in_the_background() {
    let (bridge, provider) = that(Fault::Down).await;
    assert_eq!(status(&bridge, ROOM).await, 503);
    provider.behaves();
    bridge.clock.advance(-STEP);
    let is_ready = async { while status(&bridge, "/readyz").await != 200 {} };
    let in_time = tokio::time::timeout(RealTime::from_mins(1), is_ready).await;
    assert!(in_time.is_ok(), "it waits for the clock to catch up");
}

#[tokio::test]
async fn keys_that_rotate_after_the_clock_was_set_back_are_found_at_once() {
    let (bridge, provider) = that(Fault::UnknownKey).await;
    // A look for a key that nobody has, at a time that then comes once more.
    assert_eq!(status(&bridge, ROOM).await, 502);
    provider.behaves();
    provider.rotates();
    bridge.clock.advance(-STEP);
    assert!(
        Browser::new().go(&bridge.at(ROOM)).await.in_meeting(),
        "{}",
        bridge.last_cause()
    );
}

#[tokio::test]
async fn what_was_learnt_before_the_clock_was_set_back_is_learnt_again() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    assert!(Browser::new().go(&bridge.at(ROOM)).await.in_meeting());
    let before = provider.count(DISCOVERY);
    bridge.clock.advance(-STEP);
    let asked = async {
        while provider.count(DISCOVERY) == before {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(RealTime::from_mins(1), asked).await;
    assert!(
        in_time.is_ok(),
        "it takes what it knows for fresh until the clock has caught up"
    );
}

#[tokio::test]
async fn a_token_of_another_time_is_refused_with_the_difference_between_the_clocks() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    let now = provider.clock.now_unix();
    for (claim, time, said) in [
        ("exp", now - 600, "600 s ago by the clock here; issued "),
        ("iat", now + 600, "600 s ahead of the clock here)"),
        ("nbf", now + 600, "600 s ahead of the clock here)"),
    ] {
        let mut person = sara();
        person[claim] = time.into();
        provider.signs_in(person);
        assert_eq!(status(&bridge, ROOM).await, 502);
        let cause = bridge.last_cause();
        assert!(cause.contains(said), "{cause}");
    }
}
