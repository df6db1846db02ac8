//! Faults of the reverse proxy, and of what it leads to.

use jitsi_oidc_bridge::check::Verdict::{Fault as Wrong, Good, Warning};

use super::{Expected, Scene, assert_found, told};
use crate::support::proxy::Twist;

/// What the proxy does, and what is to be found.
#[rustfmt::skip]
const TWISTS: &[(Twist, Expected)] = &[
    (Twist::TakesPathAway, ("public-address-bridge", Good, "takes its path away", "")),
    (Twist::DoublesPath, ("public-address-path", Wrong, "changes the path", "location ^~ /sso/")),
    (Twist::ShowsJitsi, ("public-address-other-program", Wrong, "Jitsi Meet", "location ^~")),
    (Twist::KnowsNoPath, ("public-address-other-program", Wrong, "with 404", "pass on to the bridge")),
    (Twist::SendsToHttps, ("public-address-redirect", Wrong, "https://other.example/x", "server.public_url")),
    (Twist::WantsAPassword, ("public-address-barred", Wrong, "401", "without a password")),
    (Twist::WantsHttps, ("public-address-scheme", Wrong, "speaks https", "https://")),
    (Twist::TakesJoinForARoom, ("public-address-join", Wrong, "another program, with 200 \"Jitsi Meet\"", "location ^~")),
    (Twist::NamesNobody, ("public-address-forwarded", Wrong, "does not write x-forwarded-for", "X-Forwarded-For $remote_addr")),
    (Twist::LetsVisitorsSay, ("public-address-forwarded", Wrong, "anybody can pretend to come from another address", "$remote_addr")),
    (Twist::DropsCookies, ("public-address-cookies", Wrong, "does not come through", "Set-Cookie")),
    (Twist::RenamesCookies, ("public-address-cookies", Wrong, "under another name: proxied-", "Set-Cookie")),
    (Twist::OpensCookies, ("public-address-cookies", Wrong, "its HttpOnly", "proxy_cookie_flags")),
    (Twist::SendsCookiesAnywhere, ("public-address-cookies", Wrong, "its SameSite=Lax", "proxy_cookie_flags")),
    (Twist::MovesCookies, ("public-address-cookies", Wrong, "its Path", "proxy_cookie_path")),
    (Twist::LetsKeep, ("public-address-cache", Wrong, "changes Cache-Control: \"public, max-age=600\"", "proxy_cache")),
    (Twist::Keeps, ("public-address-cache", Wrong, "two people would share", "proxy_cache")),
    (Twist::AddsFrameOptions, ("public-address-headers", Warning, "x-frame-options comes 2 times", "add_header")),
    (Twist::DropsPolicy, ("public-address-headers", Warning, "content-security-policy is taken away", "proxy_hide_header")),
    (Twist::RewritesLocations, ("public-address-join", Wrong, "sent to https://proxy.example/, and not", "proxy_redirect off")),
    (Twist::RefusesLongRequests, ("public-address-long-requests", Wrong, "answers 414", "large_client_header_buffers")),
    (Twist::RefusesLongAnswers, ("public-address-long-answers", Wrong, "502 right after signing in", "proxy_buffer_size")),
    (Twist::DropsQueries, ("public-address-join", Wrong, "a wish to join is answered by", "query")),
];

#[tokio::test]
async fn each_fault_of_a_proxy_is_found() {
    let scene = Scene::with("").await;
    for (twist, expected) in TWISTS {
        scene.proxy.misbehaves(*twist);
        let report = scene.checked().await;
        assert_found(&report, &format!("{twist:?}"), *expected);
        // What is behind a query stays there.
        assert!(!told(&report).contains("state="), "{}", told(&report));
        scene.proxy.misbehaves(Twist::Good);
    }
    let report = scene.checked().await;
    assert_eq!(report.verdict(), Good, "{}", told(&report));
}

#[tokio::test]
async fn a_proxy_that_nobody_trusts_is_told_with_its_address() {
    let scene = Scene::with("").await;
    let nobody = scene.checked_with("server.trusted_proxies = []").await;
    let expected = (
        "public-address-forwarded",
        Warning,
        "server.trusted_proxies is empty",
        "[\"127.0.0.1\"]",
    );
    assert_found(&nobody, "nobody is trusted", expected);
    let another = scene
        .checked_with("server.trusted_proxies = [\"10.0.0.0/8\"]")
        .await;
    let expected = (
        "public-address-forwarded",
        Wrong,
        "from 127.0.0.1",
        "add 127.0.0.1",
    );
    assert_found(&another, "another is trusted", expected);
}

#[tokio::test]
async fn a_bridge_that_does_not_run_is_told_and_one_that_does_is_named() {
    let scene = Scene::with("").await;
    scene.proxy.stands_alone();
    let report = scene.checked().await;
    let expected = (
        "public-address-not-running",
        Wrong,
        "answers 502",
        "the bridge runs on this machine",
    );
    assert_found(&report, "a proxy that leads nowhere", expected);
    let report = scene.checked_with("server.listen = \"127.0.0.1:9\"").await;
    let expected = (
        "public-address-not-running",
        Wrong,
        "none runs on this machine",
        "jitsi-oidc-bridge serve",
    );
    assert_found(&report, "no bridge", expected);
    let nowhere = "server.public_url = \"http://127.0.0.1:9/sso\"\nserver.listen = \"127.0.0.1:9\"";
    let expected = (
        "public-address-connection",
        Wrong,
        "no bridge runs on this machine",
        "start it",
    );
    assert_found(
        &scene.checked_with(nowhere).await,
        "nothing at all",
        expected,
    );
}

#[tokio::test]
async fn another_bridge_is_not_taken_for_this_one() {
    let (scene, other) = (Scene::with("").await, Scene::with("").await);
    scene.proxy.stands_before(&other.behind);
    let report = scene.checked().await;
    let expected = (
        "public-address-bridge",
        Wrong,
        "is not this bridge",
        "restart the bridge there",
    );
    assert_found(&report, "another bridge", expected);
    // Nor one that started with another secret.
    scene.proxy.stands_before(&scene.behind);
    let other_secret = format!("token.secret = \"{}\"", "x".repeat(40));
    assert_found(
        &scene.checked_with(&other_secret).await,
        "another secret",
        expected,
    );
}

#[tokio::test]
async fn what_arrives_is_shown_to_nobody_else() {
    let scene = Scene::with("").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = |header: String| {
        let url = scene.bridge.at("/mirror");
        client.get(url).header("x-bridge-mirror", header).send()
    };
    let at = scene.bridge.clock.now_unix();
    for header in [
        String::new(),
        "x".repeat(300),
        format!("{at}.0.nonce.AAAA"),
        format!("{at}.7000.nonce."),
    ] {
        let answer = asked(header.clone()).await.unwrap();
        assert_eq!(answer.status(), 404, "{header}");
        assert!(!answer.text().await.unwrap().contains("peer"), "{header}");
    }
}

#[tokio::test]
async fn a_bridge_that_is_not_ready_is_told_in_its_own_words() {
    let provider_away = Scene::with("provider.issuer = \"http://127.0.0.1:9\"").await;
    let report = provider_away.checked().await;
    let expected = (
        "public-address-ready",
        Wrong,
        "the provider has not been reached yet",
        "above",
    );
    assert_found(&report, "no provider", expected);
    let expected = (
        "public-address-join",
        Wrong,
        "does not reach the provider",
        "bridge's log",
    );
    assert_found(&report, "no provider", expected);
}

#[tokio::test]
async fn a_wish_to_join_is_tried_at_a_provider_that_is_for_it() {
    let of_acme = "tenants = [\"acme\"]";
    let scene = Scene::between(of_acme, "").await;
    let report = scene.checked().await;
    let expected = (
        "public-address-join",
        Good,
        "is sent to http://127.0.0.1",
        "",
    );
    assert_found(&report, "the first is for a tenant", expected);
    // Where none is for rooms without a tenant, people still sign in on the home page.
    let scene = Scene::between(of_acme, "tenants = [\"staff\"]").await;
    let report = scene.checked().await;
    assert_found(&report, "each is for a tenant", expected);
}
