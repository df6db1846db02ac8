//! What people may see of what is known and decided about them: all of it, their own alone, and never what opens anything.

mod rooms;

use std::collections::BTreeMap;

use jitsi_oidc_bridge::identity::stable_id;
use jitsi_oidc_bridge::session::handle::handle;
use serde_json::{Value, json};
use time::Duration;

use super::support::bridge::TOKEN_SECRET;
use super::support::logout::with;
use super::support::{Bridge, Browser, Landed, Provider, nora, sara};

const RULES: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
features = ["recording"]
[[policy.rules]]
name = "finance runs its room"
rooms = ["finance"]
claims = { department = ["finance"] }
role = "moderator"
lobby_bypass = true
may_invite = true
[[policy.rules]]
name = "board only"
rooms = ["board"]
unless_groups = ["/board"]
deny = "This room is for the <b>board</b>."
[[policy.rules]]
name = "second factor, and lately"
rooms = ["vault"]
acr = ["mfa"]
max_auth_age = "5min"
role = "moderator"
"#;

/// Sara, with all that a provider may say of somebody.
fn sara_of_finance() -> Value {
    with(
        sara(),
        json!({ "department": "finance", "acr": "pwd", "auth_time": 2_099_996_400 }),
    )
}

async fn started() -> (Bridge, Provider, Browser) {
    let provider = Provider::start().await;
    provider.signs_in(sara_of_finance());
    let bridge = Bridge::set_up(&provider, "", "pages.whoami = true", RULES).await;
    (bridge, provider, Browser::new())
}

/// The session's cookie.
fn cookie(browser: &Browser) -> &str {
    &browser.cookies["jitsi-session"]
}

/// What the page says beside each label.
#[track_caller]
fn facts(page: &Landed) -> BTreeMap<String, Vec<String>> {
    let mut facts = BTreeMap::new();
    for entry in page.body.split("<dt>").skip(1) {
        let (label, rest) = entry.split_once("</dt>").unwrap();
        let rest = rest.split("</dl>").next().unwrap();
        let values = rest.split("<dd>").skip(1);
        let values = values.map(|value| value.split("</dd>").next().unwrap().to_owned());
        facts.insert(label.to_owned(), values.collect());
    }
    facts
}

#[track_caller]
fn says(page: &Landed, label: &str, value: &str) {
    let facts = facts(page);
    let found = facts.get(label).map(|values| values.join(" | "));
    assert_eq!(found.as_deref(), Some(value), "{label} in {facts:#?}");
}

/// The pages that people can be shown here, by name, with what differs from run to run left out.
pub async fn pages(language: &'static str) -> Vec<(&'static str, Landed)> {
    let (bridge, provider, _) = started().await;
    let mut browser = Browser::speaking(language);
    let mut pages = vec![(
        "whoami, signed out",
        browser.go(&bridge.at("/whoami")).await,
    )];
    let mut see = async |name, person: Value, query: &str| {
        let subject = person["sub"].as_str().unwrap().to_owned();
        provider.signs_in(person);
        browser.go(&bridge.at("/sign-in?prompt=login")).await;
        let mut page = browser.go(&bridge.at(&format!("/whoami{query}"))).await;
        let id = stable_id(&provider.issuer, &subject);
        for (changing, shown) in [
            (provider.issuer.as_str(), "[issuer]"),
            (&id, "[id]"),
            (&handle(&browser.cookies["jitsi-session"]), "[handle]"),
            (env!("CARGO_PKG_VERSION"), "[version]"),
        ] {
            assert!(page.body.contains(changing), "no {shown}: {}", page.body);
            page.body = page.body.replace(changing, shown);
        }
        pages.push((name, page));
    };
    see("whoami", sara_of_finance(), "").await;
    see("whoami, let in", sara_of_finance(), "?room=finance").await;
    see(
        "whoami, refused by a rule",
        sara_of_finance(),
        "?room=board",
    )
    .await;
    see("whoami, to step up", sara_of_finance(), "?room=vault").await;
    let unverified = with(nora(), json!({ "email": "nora@example.org" }));
    see("whoami, refused by default", unverified, "?room=Team+A").await;
    let unknown = json!({ "sub": "s-una", "name": "Una" });
    see("whoami, without groups, no room", unknown, "?room=*").await;
    pages
}

#[tokio::test]
async fn somebody_reads_what_is_known_about_them() {
    let (bridge, provider, mut browser) = started().await;
    let home = browser.go(&bridge.at("/")).await;
    assert!(!home.body.contains("/whoami"), "nobody is signed in yet");
    let home = browser.go(&bridge.at("/sign-in")).await;
    let page = browser
        .go(&home.link("What this service knows about you"))
        .await;
    assert_eq!(
        (page.status, page.url.as_str()),
        (200, bridge.at("/whoami").as_str())
    );
    let issuer = &provider.issuer;
    for (label, value) in [
        ("Name", "Sara Stein"),
        ("User name", "sara"),
        ("E-mail", "sara@example.org (verified)"),
        ("Groups", "/staff"),
        ("Sign-in service", &format!("default ({issuer})")),
        ("Id at the sign-in service", "s-sara"),
        ("User id", &stable_id(issuer, "s-sara")),
        ("How you signed in (acr)", "pwd"),
        ("Last identity check", "2036-07-18 12:20 UTC"),
        ("department", "finance"),
        ("Session number", &handle(cookie(&browser))),
        ("Signed in here", "2036-07-18 13:20 UTC"),
        (
            "Ends",
            "2036-07-18 23:20 UTC; without use, 2036-07-18 15:20 UTC",
        ),
        ("Groups asked for again", "only when you sign in again"),
        ("Version", env!("CARGO_PKG_VERSION")),
    ] {
        says(&page, label, value);
    }
    assert!(page.body.contains(page.header("x-request-id")));
    assert!(!facts(&page).contains_key("Decision"));
}

#[tokio::test]
async fn whether_groups_are_none_or_unknown_is_told_apart() {
    let (bridge, provider, mut browser) = started().await;
    for (claims, told) in [
        (
            json!({ "groups": [] }),
            "None: the sign-in service sent an empty list.",
        ),
        (
            json!({}),
            "Unknown: the sign-in service sent no groups claim.",
        ),
        (
            json!({ "groups": ["a", "b", "<i>c"] }),
            "&#60;i&#62;c | a | b",
        ),
    ] {
        provider.signs_in(with(json!({ "sub": "s-x", "name": "X" }), claims));
        browser.go(&bridge.at("/sign-in?prompt=login")).await;
        says(&browser.go(&bridge.at("/whoami")).await, "Groups", told);
    }
    let many: Vec<String> = (0..250).map(|number| format!("g{number:03}")).collect();
    provider.signs_in(json!({ "sub": "s-x", "name": "X", "groups": many }));
    browser.go(&bridge.at("/sign-in?prompt=login")).await;
    let page = browser.go(&bridge.at("/whoami")).await;
    let groups = &facts(&page)["Groups"];
    assert_eq!(
        (groups.len(), groups[200].as_str()),
        (201, "… (250 in all)")
    );
    says(&page, "department", "The sign-in service did not say.");
}

#[tokio::test]
async fn whoever_is_not_signed_in_reads_that_and_comes_back_after_the_sign_in() {
    let (bridge, provider, mut browser) = started().await;
    let page = browser.go(&bridge.at("/whoami?room=acme%2FBoard")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("You are not signed in here"));
    assert!(facts(&page).is_empty() && !page.body.contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(
        provider
            .requests()
            .iter()
            .filter(|r| r.contains("authorize"))
            .count(),
        0
    );

    let page = browser.go(&page.link("Sign in</a>")).await;
    assert_eq!(page.url, bridge.at("/whoami?room=acme%2Fboard"));
    says(&page, "Name", "Sara Stein");
    says(&page, "Room", "acme/board");
    assert_eq!(
        (bridge.tokens_minted(), provider.count("POST /token")),
        (0, 1)
    );
    // Where somebody says no at the provider, the way leads there as well.
    provider.misbehaves(super::support::Fault::AccessDenied);
    let no = browser.go(&page.link("Sign in as somebody else")).await;
    assert_eq!(no.status, 403);
    provider.behaves();
    let page = browser.go(&no.link("Try again")).await;
    assert_eq!(page.url, bridge.at("/whoami?room=acme%2Fboard"));
    // And nowhere else than to pages of ours.
    let elsewhere = bridge.at("/sign-in?to=https://evil.example/");
    assert_eq!(browser.go(&elsewhere).await.url, bridge.at("/"));
}

#[tokio::test]
async fn nobody_sees_another_person() {
    let (bridge, provider, mut saras) = started().await;
    saras.go(&bridge.at("/sign-in")).await;
    provider.signs_in(nora());
    let mut noras = Browser::new();
    noras.go(&bridge.at("/sign-in")).await;
    for _ in 0..2 {
        let hers = saras.go(&bridge.at("/whoami?room=finance")).await;
        let other = noras.go(&bridge.at("/whoami?room=finance")).await;
        says(&hers, "Name", "Sara Stein");
        says(&other, "Name", "Nora Noack");
        assert!(!other.body.contains("Sara") && !other.body.contains(&handle(cookie(&saras))));
        for page in [hers, other] {
            // No cache between them can mix them up.
            assert_eq!(page.header("cache-control"), "no-store");
            assert!(page.set_cookies.is_empty(), "{:?}", page.set_cookies);
        }
    }
    // Neither the number nor anything else that the page shows is a way in.
    let number = handle(cookie(&saras));
    let mut thief = Browser::new();
    thief.cookies.insert("jitsi-session".to_owned(), number);
    let page = thief
        .go(&bridge.at("/whoami?session=s-sara&user=s-sara"))
        .await;
    assert!(page.body.contains("You are not signed in here"));
    // Signed out is signed out.
    saras.go(&bridge.at("/logout")).await;
    let page = saras.go(&bridge.at("/whoami")).await;
    assert!(facts(&page).is_empty(), "{}", page.body);
}

#[tokio::test]
async fn the_page_holds_no_secret_and_is_framed_by_nobody() {
    let (bridge, _provider, mut browser) = started().await;
    browser.go(&bridge.at("/sign-in")).await;
    let page = browser.go(&bridge.at("/whoami?room=finance")).await;
    assert!(!page.holds_a_token());
    for secret in [
        cookie(&browser),
        TOKEN_SECRET,
        super::support::provider::CLIENT_SECRET,
    ] {
        assert!(!page.body.contains(secret), "{secret}");
    }
    assert_eq!(page.header("x-frame-options"), "DENY");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'") && policy.starts_with("default-src 'none'"));
}

#[tokio::test]
async fn what_a_provider_says_is_text() {
    let (bridge, provider, mut browser) = started().await;
    let evil = "\"><script>alert('x')</script>{name}";
    provider.signs_in(
        json!({ "sub": evil, "name": evil, "preferred_username": evil, "email": "a@example.org",
        "groups": [evil], "acr": evil, "department": [evil, { evil: evil }] }),
    );
    browser.go(&bridge.at("/sign-in")).await;
    let page = browser.go(&bridge.at("/whoami")).await;
    says(
        &page,
        "Name",
        "&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;{name}",
    );
    assert!(!page.body.contains("<script") && page.body.matches("&#60;script").count() >= 7);
}

#[tokio::test]
async fn groups_that_are_asked_for_again_are_those_that_are_shown() {
    let (bridge, provider, mut browser) = started().await;
    provider.grants_refresh_tokens(true);
    browser.go(&bridge.at("/sign-in")).await;
    let page = browser.go(&bridge.at("/whoami")).await;
    says(
        &page,
        "Groups asked for again",
        "at your first visit after 2036-07-18 13:35 UTC",
    );
    provider.signs_in(with(sara_of_finance(), json!({ "groups": ["/board"] })));
    bridge.clock.advance(Duration::minutes(16));
    let page = browser.go(&bridge.at("/whoami")).await;
    says(&page, "Groups", "/board");
    says(
        &page,
        "Groups asked for again",
        "at your first visit after 2036-07-18 13:51 UTC",
    );
    says(&page, "Signed in here", "2036-07-18 13:20 UTC");
}

#[tokio::test]
async fn switched_off_it_is_not_there_and_nothing_leads_there() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::set_up(&provider, "", "", RULES).await;
    let mut browser = Browser::new();
    let came = browser.go(&bridge.at("/sign-in?to=whoami")).await;
    assert_eq!(came.url, bridge.at("/"));
    for path in [
        "/whoami",
        "/whoami?room=finance",
        "/room/board",
        "/nowhere",
        "/",
    ] {
        let page = browser.go(&bridge.at(path)).await;
        assert!(!page.body.contains("whoami"), "{path}: {}", page.body);
        if path.starts_with("/whoami") {
            assert_eq!(page.status, 404, "{path}");
            assert!(!page.body.contains("Sara"));
        }
    }
}
