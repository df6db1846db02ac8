//! Every page that people can be shown, reached as they would reach it.

use std::collections::BTreeMap;

use url::Url;

use super::super::support::browser::raw;
use super::super::support::{Bridge, Browser, Fault, Landed, Provider, nora, sara};

pub const RULES: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "board only"
rooms = ["board"]
unless_groups = ["/board"]
deny = "This room is for the <b>board</b> & \"friends\"."
[[policy.rules]]
name = "second factor"
rooms = ["vault"]
acr = ["mfa"]
role = "moderator"
"#;

/// A browser that came back from the provider with this answer to its login for the room `team`.
pub async fn answered(bridge: &Bridge, browser: &mut Browser, answer: &str) -> Landed {
    let door = browser.begin(&bridge.at("/room/team?prompt=login")).await;
    let state = state_of(&door);
    let back = format!("/callback?state={state}&{answer}");
    browser.hop(&bridge.at(&back)).await
}

pub fn state_of(door: &str) -> String {
    let door = Url::parse(door).unwrap();
    let state = door.query_pairs().find(|(name, _)| name == "state");
    state.unwrap().1.into_owned()
}

/// Every page that a person can be shown, by name, each reached over HTTP.
pub async fn every_page(language: &'static str) -> BTreeMap<&'static str, Landed> {
    let provider = Provider::start().await;
    let bridge = Bridge::with_policy(&provider, RULES).await;
    provider.signs_in(sara());
    let mut pages = BTreeMap::new();
    let mut browser = Browser::speaking(language);
    pages.insert("welcome", browser.hop(&bridge.at("/")).await);
    pages.insert(
        "denied by rule",
        browser.go(&bridge.at("/room/board")).await,
    );
    pages.insert(
        "denied for acr",
        browser.go(&bridge.at("/room/vault")).await,
    );
    for _ in 0..3 {
        browser.go(&bridge.at("/room/refusing")).await;
    }
    pages.insert("in circles", browser.go(&bridge.at("/room/refusing")).await);
    provider.signs_in(nora());
    let nobody = browser.go(&bridge.at("/room/a?prompt=login")).await;
    pages.insert("denied by default", nobody);
    for (name, answer) in [
        (
            "cancelled",
            "error=access_denied&error_description=%3Cb%3Eno",
        ),
        ("login required", "error=login_required"),
        (
            "provider error",
            "error=server_error&error_description=%3Cb%3Eno",
        ),
        ("provider busy", "error=temporarily_unavailable"),
    ] {
        pages.insert(name, answered(&bridge, &mut browser, answer).await);
    }
    provider.misbehaves(Fault::WrongNonce);
    pages.insert(
        "sign-in failed",
        browser.go(&bridge.at("/room/a?prompt=login")).await,
    );
    provider.behaves();

    let door = Browser::new().begin(&bridge.at("/room/%3Ci%3Eroom")).await;
    let foreign = format!("/callback?code=x&state={}", state_of(&door));
    pages.insert("login expired", browser.hop(&bridge.at(&foreign)).await);
    let unknown = browser.hop(&bridge.at("/callback?code=x&state=y")).await;
    pages.insert("login unknown", unknown);
    pages.insert("bad room", browser.hop(&bridge.at("/room/%2A")).await);
    pages.insert("bad link", browser.hop(&bridge.at("/join")).await);
    pages.insert(
        "two meanings",
        browser.hop(&bridge.at("/join?room=a&room=b")).await,
    );
    pages.insert("not found", browser.hop(&bridge.at("/nowhere")).await);
    let posted = [("Accept-Language", language)];
    let posted = raw(&bridge.origin(), "POST", "/room/a", &posted).await;
    pages.insert("method not allowed", posted);

    let large = format!("jitsi.group = \"{}\"", "x".repeat(7000));
    let large = Bridge::start(&provider, &large).await;
    provider.signs_in(sara());
    let mut other = Browser::speaking(language);
    pages.insert("token too large", other.go(&large.at("/room/a")).await);

    let strict = Bridge::start(&provider, "provider.acr_values = [\"mfa\"]").await;
    pages.insert(
        "too weak",
        other.go(&strict.at("/room/a?prompt=login")).await,
    );

    let limits = "server.trusted_proxies = [\"127.0.0.1\"]\nlimits.login_starts_per_minute = 1";
    let bounded = Bridge::start(&provider, limits).await;
    let mut crowd = Browser::speaking(language);
    crowd.says = Some(("x-forwarded-for", "192.0.2.1"));
    crowd.begin(&bounded.at("/room/a")).await;
    pages.insert("too often", crowd.hop(&bounded.at("/room/a")).await);
    // A sign-in for nothing but to be remembered.
    let nowhere = "session.store = \"redis\"\nsession.redis_url = \"redis://127.0.0.1:1\"";
    let forgetful = Bridge::start(&provider, nowhere).await;
    let forgotten = Browser::speaking(language)
        .go(&forgetful.at("/sign-in"))
        .await;
    pages.insert("store away", forgotten);

    let lonely = Provider::start().await;
    lonely.misbehaves(Fault::Down);
    let lonely = Bridge::start(&lonely, "").await;
    pages.insert(
        "provider unavailable",
        browser.hop(&lonely.at("/room/a")).await,
    );
    pages.extend(super::super::sign_out::pages(language).await);
    pages.extend(super::super::providers::pages(language).await);
    pages.extend(super::super::whoami::pages(language).await);
    pages
}
