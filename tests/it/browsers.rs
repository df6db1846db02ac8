//! Browsers as people use them: several tabs, many abandoned logins, any language, and a bridge below a path.

use std::collections::BTreeMap;

use time::Duration;

use super::support::browser::raw;
use super::support::{Bridge, Browser, JITSI, Provider, sara, token_in, usual};

#[tokio::test]
async fn logins_in_several_tabs_all_finish_each_in_its_own_room_in_any_order() {
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]] {
        let (bridge, _provider, mut browser) = usual().await;
        let mut doors = Vec::new();
        for tab in 0..5 {
            doors.push(browser.begin(&bridge.at(&format!("/room/tab{tab}"))).await);
        }
        assert_eq!(browser.logins_under_way(), 5);
        for tab in order {
            let landed = browser.go(&doors[tab]).await;
            assert_eq!(token_in(&landed)["room"], format!("tab{tab}"));
            let room = format!("{JITSI}/tab{tab}#jwt=");
            assert!(landed.url.starts_with(&room), "{}", landed.url);
        }
        assert_eq!(browser.logins_under_way(), 0);
        assert_eq!(bridge.tokens_minted(), 5);
    }
}

#[tokio::test]
async fn tabs_with_all_of_jitsis_settings_finish_as_well() {
    let (bridge, _provider, mut browser) = usual().await;
    // What Jitsi's client sends for a visitor who changed a few settings on the way.
    let state = "%7B%22config.prejoinConfig.enabled%22%3Afalse%2C%22config.startWithAudioMuted%22%3Atrue%2C\
                 %22config.startWithVideoMuted%22%3Atrue%2C%22config.defaultLanguage%22%3A%22de%22%7D";
    let mut doors = Vec::new();
    for tab in 0..4 {
        let url = bridge.at(&format!("/join?room=tab{tab}&state={state}"));
        doors.push(browser.begin(&url).await);
    }
    for (tab, door) in doors.iter().enumerate() {
        let landed = browser.go(door).await;
        assert_eq!(token_in(&landed)["room"], format!("tab{tab}"));
        assert!(landed.url.contains("config.startWithAudioMuted=true"));
    }
}

#[tokio::test]
async fn abandoned_logins_do_not_pile_up_in_the_browser() {
    let (bridge, _provider, mut browser) = usual().await;
    for n in 0..200 {
        browser.begin(&bridge.at(&format!("/room/gone{n}"))).await;
        assert!(browser.logins_under_way() <= 8);
        let header = browser.cookie_header().len();
        assert!(header <= 6000, "{header} bytes of cookies");
    }
    let landed = browser.go(&bridge.at("/room/meant")).await;
    assert_eq!(token_in(&landed)["room"], "meant");
    assert_eq!(bridge.tokens_minted(), 1);
}

#[tokio::test]
async fn abandoned_logins_with_long_settings_do_not_pile_up_either() {
    let (bridge, _provider, mut browser) = usual().await;
    let long = "x".repeat(1300);
    for n in 0..20 {
        let url = format!("/join?room=gone{n}&state=%7B%22config.subject%22%3A%22{long}%22%7D");
        browser.begin(&bridge.at(&url)).await;
        let header = browser.cookie_header().len();
        assert!(header <= 6000, "{header} bytes of cookies");
    }
    let landed = browser.go(&bridge.at("/room/meant")).await;
    assert_eq!(token_in(&landed)["room"], "meant");
}

#[tokio::test]
async fn the_oldest_logins_give_way() {
    let (bridge, provider, mut browser) = usual().await;
    let mut doors = Vec::new();
    for tab in 0..12 {
        doors.push(browser.begin(&bridge.at(&format!("/room/tab{tab}"))).await);
        bridge.clock.advance(Duration::seconds(1));
    }
    assert_eq!(browser.logins_under_way(), 8);
    for door in &doors[..4] {
        let landed = browser.go(door).await;
        assert_eq!(landed.status, 400, "{landed:?}");
        assert!(!landed.holds_a_token());
    }
    assert_eq!(provider.count("POST /token"), 0);
    for (tab, door) in doors.iter().enumerate().skip(4) {
        let landed = browser.go(door).await;
        assert_eq!(token_in(&landed)["room"], format!("tab{tab}"));
    }
}

#[tokio::test]
async fn login_cookies_that_are_not_ours_give_way_first() {
    let (bridge, _provider, mut browser) = usual().await;
    for n in 0..50 {
        let name = format!("jitsi-login-{n:012}");
        browser.cookies.insert(name, "garbage".to_owned());
    }
    let ours = browser.begin(&bridge.at("/room/ours")).await;
    browser.begin(&bridge.at("/room/another")).await;
    assert!(browser.logins_under_way() <= 8);
    let landed = browser.go(&ours).await;
    assert_eq!(token_in(&landed)["room"], "ours");
}

/// The `ui_locales` of the authorization request to which a browser with this `Accept-Language` is sent.
async fn ui_locales(bridge: &Bridge, accept_language: &str) -> Option<String> {
    let headers = [("Accept-Language", accept_language)];
    let landed = raw(&bridge.origin(), "GET", "/room/a", &headers).await;
    assert_eq!(landed.status, 303, "{accept_language:?}: {landed:?}");
    parameters(&landed.location()).remove("ui_locales")
}

/// The parameters of an authorization request, none of which may come twice.
#[track_caller]
fn parameters(url: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in url::Url::parse(url).unwrap().query_pairs() {
        let twice = found.insert(name.to_string(), value.to_string());
        assert_eq!(twice, None, "{name} came twice");
    }
    found
}

#[tokio::test]
async fn the_provider_is_told_the_browsers_languages() {
    let (bridge, ..) = usual().await;
    for (accepted, told) in [
        ("de-AT,de;q=0.9,en;q=0.5", "de-AT de en"),
        ("en;q=0.1, de", "de en"),
        ("fr", "fr"),
        ("zh-Hant-TW, *;q=0.1", "zh-Hant-TW"),
        ("a1,b2,c3,d4,e5,f6,g7", "a1 b2 c3 d4 e5"),
    ] {
        assert_eq!(
            ui_locales(&bridge, accepted).await.as_deref(),
            Some(told),
            "{accepted}"
        );
    }
    let silent = raw(&bridge.origin(), "GET", "/room/a", &[]).await;
    assert!(!parameters(&silent.location()).contains_key("ui_locales"));
}

#[tokio::test]
async fn a_language_that_is_refused_outright_is_not_told() {
    let (bridge, ..) = usual().await;
    // RFC 9110, 12.4.2: a weight of 0 means "not acceptable".
    assert_eq!(
        ui_locales(&bridge, "nl, de;q=0").await.as_deref(),
        Some("nl")
    );
    let headers = [("Accept-Language", "nl, de;q=0")];
    let page = raw(&bridge.origin(), "GET", "/nowhere", &headers).await;
    assert!(page.body.contains("<html lang=\"en\">"), "{}", page.body);
}

#[tokio::test]
async fn the_provider_is_not_told_languages_where_that_is_switched_off() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, "provider.ui_locales = false").await;
    assert_eq!(ui_locales(&bridge, "de").await, None);
}

#[tokio::test]
async fn weird_languages_are_harmless() {
    let (bridge, ..) = usual().await;
    for weird in [
        "",
        "*",
        ";;;",
        ",,,,",
        "q=1",
        "de;q=much",
        "de;q=NaN, en;q=inf",
        "de;q=-1",
        "de=q;1",
        "日本語",
        "de\u{ff}",
        "de&prompt=none",
        "de%26scope%3Dall",
        "<script>alert(1)</script>",
        "de\ten",
        &"x".repeat(100),
        &"de,".repeat(2000),
        &"a-".repeat(450),
    ] {
        let told = ui_locales(&bridge, weird).await.unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ' ');
        assert!(told.chars().all(plain), "{weird:?}: {told:?}");
        assert!(told.len() < 200, "{weird:?}: {told:?}");
        let headers = [("Accept-Language", weird)];
        let page = raw(&bridge.origin(), "GET", "/nowhere", &headers).await;
        assert_eq!(page.status, 404, "{weird:?}");
    }
}

#[tokio::test]
async fn weights_that_are_no_numbers_are_harmless() {
    let (bridge, ..) = usual().await;
    // Sorting by weights that do not compare with each other may panic.
    let weights = "NaN .1 .3 .6 NaN NaN .4 NaN NaN .5 NaN NaN .2 .2 .7 .1 .9 NaN .2 .8 NaN";
    let weird: Vec<String> = weights
        .split(' ')
        .map(|weight| format!("a;q={weight}"))
        .collect();
    let weird = weird.join(",");
    let headers = [("Accept-Language", weird.as_str())];
    for (target, status) in [("/room/a", 303), ("/nowhere", 404)] {
        let answer = raw(&bridge.origin(), "GET", target, &headers).await;
        assert_eq!(answer.status, status, "{target}");
    }
}

#[tokio::test]
async fn the_authorization_request_asks_for_a_code_and_nothing_more() {
    let (bridge, _provider, mut browser) = usual().await;
    let asked = parameters(&browser.begin(&bridge.at("/room/a")).await);
    let names: Vec<&str> = asked.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "client_id",
            "code_challenge",
            "code_challenge_method",
            "nonce",
            "redirect_uri",
            "response_type",
            "scope",
            "state"
        ]
    );
    assert_eq!(asked["client_id"], "bridge");
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["redirect_uri"], bridge.at("/callback"));
    assert_eq!(asked["scope"], "openid profile email");
    // 32 bytes in base64url each.
    assert_eq!(asked["code_challenge"].len(), 43);
    assert_eq!(asked["nonce"].len(), 43);

    let again = parameters(&browser.begin(&bridge.at("/room/a")).await);
    for secret in ["state", "nonce", "code_challenge"] {
        assert_ne!(asked[secret], again[secret], "{secret} is drawn afresh");
    }
}

#[tokio::test]
async fn the_authorization_request_carries_what_is_configured() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(
        &provider,
        r#"provider.scopes = ["openid", "groups", "https://example.com/scope"]
           provider.prompt = "select_account"
           provider.max_age = "12h"
           provider.acr_values = ["mfa", "hardware"]
           provider.authorization_parameters = { kc_idp_hint = "saml & co", resource = "x" }"#,
    )
    .await;
    let mut browser = Browser::new();
    let asked = parameters(&browser.begin(&bridge.at("/room/a")).await);
    for (name, value) in [
        ("scope", "openid groups https://example.com/scope"),
        ("prompt", "select_account"),
        ("max_age", "43200"),
        ("acr_values", "mfa hardware"),
        ("kc_idp_hint", "saml & co"),
        ("resource", "x"),
        ("response_type", "code"),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
    let asked = parameters(&browser.begin(&bridge.at("/room/a?prompt=login")).await);
    assert_eq!(asked["prompt"], "login", "a person's wish goes first");
    let asked = parameters(&browser.begin(&bridge.at("/room/a?prompt=create")).await);
    assert_eq!(asked["prompt"], "select_account", "but not any wish");
}

#[tokio::test]
async fn a_base_url_with_a_path_works_everywhere() {
    for path in ["/sso", "/deep/er/sso"] {
        // Some proxies hand the path on, and some take it away.
        for stripped in [false, true] {
            let provider = Provider::start().await;
            let bridge = Bridge::under(&provider, path).await;
            provider.signs_in(sara());
            let inside = if stripped {
                bridge.origin()
            } else {
                bridge.url.clone()
            };
            let seen = |url: String| url.replace(&bridge.url, &inside);
            let mut browser = Browser::new();
            for (wish, room) in [
                ("/room/a?prompt=login", "a"),
                ("/room/acme/b?prompt=login", "acme/b"),
                ("/join?room=c&prompt=login", "c"),
            ] {
                let door = browser.begin(&seen(bridge.at(wish))).await;
                assert_eq!(parameters(&door)["redirect_uri"], bridge.at("/callback"));
                let back = browser.begin(&door).await;
                assert!(back.starts_with(&bridge.at("/callback?")), "{back}");
                let landed = browser.go(&seen(back.clone())).await;
                let meeting = format!("{JITSI}/{room}#jwt=");
                assert!(landed.url.starts_with(&meeting), "{path}: {}", landed.url);
                let cookies = landed.set_cookies.iter();
                let with_path = format!("Path={path}");
                let all = cookies
                    .clone()
                    .all(|c| c.split("; ").any(|a| a == with_path));
                assert!(all && cookies.count() == 3, "{:?}", landed.set_cookies);

                // The page that offers to start again leads below the path as well.
                let page = browser.hop(&seen(back)).await;
                let again = page.link("Start again");
                assert!(again.starts_with(&bridge.at("/room/")), "{again}");
            }
            for (ours, status) in [
                ("/healthz", 200),
                ("/readyz", 200),
                ("/nowhere", 404),
                ("/callback", 400),
            ] {
                let landed = browser.hop(&seen(bridge.at(ours))).await;
                assert_eq!(landed.status, status, "{path} {stripped} {ours}");
            }
            let posted = seen(bridge.at("/room/a")).replace(&bridge.origin(), "");
            let posted = raw(&bridge.origin(), "POST", &posted, &[]).await;
            assert_eq!(posted.status, 405, "{path} {stripped}");
        }
    }
}

#[tokio::test]
async fn the_path_of_the_base_url_may_be_one_that_the_bridge_has_itself() {
    for path in ["/room", "/join", "/callback", "/healthz", "/:sso", "/*sso"] {
        let provider = Provider::start().await;
        let bridge = Bridge::under(&provider, path).await;
        provider.signs_in(sara());
        let landed = Browser::new().go(&bridge.at("/room/a")).await;
        assert!(landed.in_meeting(), "{path}: {landed:?}");
    }
}

#[tokio::test]
async fn the_home_page_of_a_base_url_with_a_path_needs_no_slash_and_minds_none() {
    let provider = Provider::start().await;
    let bridge = Bridge::under(&provider, "/sso").await;
    let mut browser = Browser::new();
    for home in ["", "/"] {
        let landed = browser.hop(&bridge.at(home)).await;
        assert_eq!(landed.status, 200, "/sso{home}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_base_url_changes_nothing() {
    let provider = Provider::start().await;
    let slash = Bridge::under(&provider, "/sso/").await;
    provider.signs_in(sara());
    let mut browser = Browser::new();
    let door = browser.begin(&slash.at("room/a")).await;
    assert_eq!(parameters(&door)["redirect_uri"], slash.at("callback"));
    assert!(browser.go(&door).await.in_meeting());
}
