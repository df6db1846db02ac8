//! Whoever came from an app goes back into it, over a page with a button, and may take the browser instead.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::support::bridge::payload;
use super::support::browser::raw;
use super::support::{Bridge, Browser, JITSI, Landed, Provider, sara, usual};

const CHROME: &str = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1";
const DESK: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";
const FIREFOX: &str = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0";

/// A wish to join as an app sends it.
fn wish(bridge: &Bridge, app: &str) -> String {
    let state = format!(
        r#"{{"room":"Team","roomSafe":"team","tenant":"acme","{app}":true,"config.startSilent":true}}"#
    );
    bridge.at(&format!(
        "/join?room=Team&state={}",
        utf8_percent_encode(&state, NON_ALPHANUMERIC)
    ))
}

/// The addresses behind the page's buttons.
fn buttons(landed: &Landed) -> (String, String) {
    (
        landed.link("Open the app"),
        landed.link("Join in this browser instead"),
    )
}

/// Signs in, and comes again with this browser.
async fn again_with(bridge: &Bridge, app: &str, agent: &str) -> Landed {
    let mut browser = Browser::new();
    assert_eq!(browser.go(&wish(bridge, app)).await.status, 200);
    let target = wish(bridge, app).replace(&bridge.origin(), "");
    let cookies = browser.cookie_header();
    raw(
        &bridge.origin(),
        "GET",
        &target,
        &[("Cookie", &cookies), ("User-Agent", agent)],
    )
    .await
}

fn opens_by_itself(landed: &Landed) -> bool {
    landed.body.contains("http-equiv=\"refresh\"")
}

#[tokio::test]
async fn each_app_is_offered_its_own_address_and_the_browsers() {
    let (bridge, provider, _) = usual().await;
    for (app, begin, end) in [
        (
            "ios",
            "org.jitsi.meet://meet.example.org/acme/team?jwt=",
            "#config.startSilent=true",
        ),
        (
            "electron",
            "jitsi-meet://meet.example.org/acme/team?jwt=",
            "#config.startSilent=true",
        ),
        (
            "android",
            "intent://meet.example.org/acme/team?jwt=",
            ";end",
        ),
    ] {
        let before = bridge.tokens_minted();
        let landed = Browser::new().go(&wish(&bridge, app)).await;
        assert_eq!(landed.status, 200, "{landed:?}");
        let (open, web) = buttons(&landed);
        assert!(open.starts_with(begin) && open.ends_with(end), "{open}");
        assert!(
            web.starts_with(&format!("{JITSI}/acme/team#jwt=%22")),
            "{web}"
        );
        assert!(web.ends_with("&config.startSilent=true"), "{web}");
        let token = open
            .split_once("?jwt=")
            .unwrap()
            .1
            .split('#')
            .next()
            .unwrap();
        let claims = payload(token);
        assert_eq!(
            (&claims["room"], &claims["sub"]),
            (&"team".into(), &"acme".into())
        );
        assert!(web.contains(token), "two tokens for one sign-in");
        assert_eq!(bridge.tokens_minted(), before + 1);
        assert_eq!(landed.header("cache-control"), "no-store");
        assert_eq!(landed.header("referrer-policy"), "no-referrer");
    }
    assert_eq!(provider.count("POST /token"), 3);
}

#[tokio::test]
async fn an_app_is_opened_by_itself_but_never_by_chromium_on_android() {
    let (bridge, _provider, _) = usual().await;
    for (app, agent, by_itself) in [
        ("ios", IPHONE, true),
        ("electron", DESK, true),
        ("android", FIREFOX, true),
        ("android", CHROME, false),
        // Whoever made the link says what it is; the browser says where it runs.
        ("ios", DESK, false),
        ("ios", CHROME, false),
        ("electron", CHROME, false),
        ("electron", IPHONE, false),
        ("android", "", false),
        ("electron", "", false),
    ] {
        let landed = again_with(&bridge, app, agent).await;
        assert_eq!(opens_by_itself(&landed), by_itself, "{app} in {agent}");
    }
}

#[tokio::test]
async fn no_app_is_opened_by_itself_where_configuration_says_so() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "jitsi.apps.automatic_return = false").await;
    let landed = Browser::new().go(&wish(&bridge, "ios")).await;
    assert_eq!(landed.status, 200);
    assert!(!opens_by_itself(&landed), "{}", landed.body);
    assert!(buttons(&landed).0.starts_with("org.jitsi.meet://"));
}

#[tokio::test]
async fn a_branded_app_is_called_by_its_own_name() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let names = "jitsi.apps = { android_scheme = \"org.example.app\", android_package = \"org.example.pkg\" }";
    let bridge = Bridge::start(&provider, names).await;
    let (open, _) = buttons(&Browser::new().go(&wish(&bridge, "android")).await);
    assert!(
        open.contains("#Intent;scheme=org.example.app;package=org.example.pkg;"),
        "{open}"
    );
}

#[tokio::test]
async fn a_refused_person_gets_a_page_and_no_way_into_the_app() {
    let (bridge, provider, mut browser) = usual().await;
    provider.signs_in(super::support::nora());
    let landed = browser.go(&wish(&bridge, "ios")).await;
    assert_eq!((landed.status, bridge.tokens_minted()), (403, 0));
    assert!(
        !landed.body.contains("org.jitsi.meet:") && !landed.holds_a_token(),
        "{landed:?}"
    );
    // Signing in as somebody else still ends in the app.
    provider.signs_in(sara());
    let landed = browser.go(&landed.link("Sign in as somebody else")).await;
    assert!(
        buttons(&landed).0.starts_with("org.jitsi.meet://"),
        "{landed:?}"
    );
}
