//! Faults of the session store.

use std::time::Duration;

use jitsi_oidc_bridge::check::Report;
use jitsi_oidc_bridge::check::Verdict::{Fault as Wrong, Good, Warning};

use super::{Expected, Scene, assert_found, checked, told};
use crate::support::bridge::{POLICY, settings};
use crate::support::store_stand_in::{self, Refuses};
use crate::support::{Provider, stores};

async fn with_store(store: &str) -> Report {
    let provider = Provider::start().await;
    let further = format!("session.cookie_keys = \"{}\"\n{store}", "k".repeat(40));
    checked(
        settings(&provider, "http://127.0.0.1:9/sso", &further, POLICY),
        &provider,
    )
    .await
}

async fn at(url: &str) -> Report {
    with_store(&format!(
        "session.store = \"redis\"\nsession.redis_url = {url:?}"
    ))
    .await
}

/// What the store answers to which command, and what is to be found.
#[rustfmt::skip]
const REFUSALS: &[(Refuses, Expected)] = &[
    (|_| None, ("store-rights", Good, "write, read and forget", "")),
    (|command| (command == "AUTH").then_some("WRONGPASS invalid username-password pair or user is disabled."),
        ("store-password", Wrong, "refuses the password", "redis://USER:PASSWORD@HOST")),
    (|command| (command == "GETDEL").then_some("NOPERM this user has no permissions to run the 'getdel' command"),
        ("store-rights", Wrong, "refuses GETDEL", "+getdel")),
    (|command| command.starts_with('Z').then_some("NOPERM No permissions to access a key"),
        ("store-rights", Wrong, "refuses ZADD, ZRANGE", "~jitsi-oidc-bridge:*")),
    (|command| (command == "GETDEL").then_some("ERR unknown command 'GETDEL'"),
        ("store-rights", Wrong, "refuses GETDEL", "Redis 6.2 or later")),
    (|command| matches!(command, "SET" | "INCR" | "DEL").then_some("READONLY You can't write against a read only replica."),
        ("store-rights", Wrong, "refuses SET, INCR, DEL", "names a replica")),
    (|command| (command == "SET").then_some("OOM command not allowed when used memory > 'maxmemory'."),
        ("store-rights", Wrong, "refuses SET", "maxmemory")),
];

#[tokio::test]
async fn what_a_store_refuses_is_found() {
    for (refuses, expected) in REFUSALS {
        let address = store_stand_in::start(*refuses, Duration::ZERO).await;
        let report = at(&format!("redis://bridge:the-store-password@{address}/0")).await;
        assert_found(&report, expected.3, *expected);
        assert!(
            !told(&report).contains("the-store-password"),
            "{}",
            told(&report)
        );
    }
}

#[tokio::test]
async fn a_store_that_is_not_reached_is_told() {
    let expected = (
        "store-connection",
        Wrong,
        "no connection",
        "session.redis_url",
    );
    assert_found(&at("redis://127.0.0.1:9/0").await, "refused", expected);
    let plain = store_stand_in::start(|_| None, Duration::ZERO).await;
    let expected = (
        "store-tls",
        Wrong,
        "no encrypted connection",
        "redis:// instead of rediss://",
    );
    assert_found(
        &at(&format!("rediss://{plain}/0")).await,
        "no TLS there",
        expected,
    );
}

#[tokio::test]
async fn a_slow_store_is_told() {
    let slow = store_stand_in::start(|_| None, Duration::from_millis(80)).await;
    let expected = ("store-latency", Warning, "answers in", "nearer");
    assert_found(&at(&format!("redis://{slow}/0")).await, "slow", expected);
}

#[tokio::test]
async fn a_store_of_its_own_says_what_a_restart_means() {
    let report = with_store("").await;
    assert_found(
        &report,
        "memory",
        ("store-memory", Good, "a restart signs everybody out", ""),
    );
    let missing = Scene::with("").await.checked().await;
    assert_found(
        &missing,
        "no keys",
        ("store-memory", Good, "sign-ins that are under way", ""),
    );
}

#[tokio::test]
#[ignore = "needs a Redis: set REDIS_URL"]
async fn in_redis_nothing_is_wrong() {
    let report = with_store(&stores::redis()).await;
    assert_found(
        &report,
        "Redis",
        ("store-rights", Good, "write, read and forget", ""),
    );
    assert_found(&report, "Redis", ("store-latency", Good, "answers in", ""));
}
