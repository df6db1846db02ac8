//! Whatever a request contains, the way back leads to the configured Jitsi, with exactly one room segment, and the token
//! opens exactly that room.

use jitsi_oidc_bridge::meeting::MeetingRequest;
use jitsi_oidc_bridge::meeting::app::Apps;
use jitsi_oidc_bridge::meeting::url::{MeetingUrls, TokenPlace};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;
use url::Url;

use super::support::bridge::payload;
use super::support::browser::raw;
use super::support::{Bridge, Browser, Landed, Provider, sara, usual};

/// Names that look like hosts, paths, headers, queries and worse. As they may stand in a request line, one a word.
const NASTY: &str = r"
    //evil.example /evil.example ///evil.example/ %2F%2Fevil.example %2f%2fevil.example%2fx \\evil.example
    %5C%5Cevil.example /%5Cevil.example https://evil.example https:%2F%2Fevil.example
    https%3A%2F%2Fevil.example%2F javascript:alert(1) data:text/html,x @evil.example a@evil.example
    %40evil.example .evil.example :443@evil.example :80 %3A80 a#b a%23b a%23jwt=x a?b=c a%3Fjwt%3Dx a&b a%26b a;b
    . .. ... %2e %2E%2E %2e%2e%2f%2e%2e%2fetc ../../etc ..%2f..%2fetc a/../b a/./b a%0D%0ASet-Cookie:%20x=y
    %0d%0aLocation:%20https://evil.example a%00b %00 %7f % %% %2 %zz %25 %2525 %252F%252Fevil.example
    %25252e%25252e %ff%fe %c3%28 %C3%89cole École 🦀 %F0%9F%A6%80 %E2%80%AEevil %EF%BC%8F%EF%BC%8Fevil.example
    ｅｖｉｌ．ｅｘａｍｐｌｅ %E2%84%96 it's it%27s a%20b a+b * %2a <script>
";

/// Whatever else browsers and people send.
const LONG: [usize; 4] = [1000, 1024, 3000, 60_000];

/// JavaScript's `encodeURIComponent`.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The chat room that Jitsi's client joins for the last segment of an address.
fn joined_by_jitsi(segment: &str) -> String {
    const DROPPED: &str = ":?#[]@!$&'()*+,;=></\"";
    let kept: String = segment.chars().filter(|c| !DROPPED.contains(*c)).collect();
    let bytes: Vec<u8> = percent_decode_str(&kept).collect();
    let decoded = String::from_utf8(bytes).unwrap_or(kept);
    let folded = decoded.nfkc().collect::<String>().to_lowercase();
    utf8_percent_encode(&folded, COMPONENT)
        .to_string()
        .to_ascii_lowercase()
}

/// The room and the tenant that an address leads to; panics unless it is one of the Jitsi at `base`.
#[track_caller]
fn target(location: &str, base: &str) -> (String, Option<String>) {
    let url = Url::parse(location).unwrap();
    assert_eq!(url.as_str(), location, "a browser goes where it is sent");
    assert_eq!(url.username(), "");
    assert_eq!(url.password(), None);
    let expected = Url::parse(base).unwrap();
    assert_eq!(url.origin(), expected.origin());
    let below = location
        .strip_prefix(base)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or_else(|| panic!("{location} is not below {base}"));
    let path = below.split(['#', '?']).next().unwrap();
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [room] => ((*room).to_owned(), None),
        [tenant, room] => ((*room).to_owned(), Some((*tenant).to_owned())),
        _ => panic!("{path} is not one room"),
    }
}

/// Checks an answer to somebody with a live session; gives the token's claims if there is one.
#[track_caller]
fn safe(landed: &Landed, base: &str, input: &str) -> Option<Value> {
    // The session is live: nobody is sent to the provider.
    if landed.status != 303 {
        assert!((400..500).contains(&landed.status), "{input}: {landed:?}");
        assert!(!landed.headers.contains_key("location"), "{input}");
        assert!(!landed.holds_a_token(), "{input}");
        assert!(landed.set_cookies.is_empty(), "{input}");
        return None;
    }
    let location = landed.location();
    let (room, tenant) = target(&location, base);
    assert!(!room.is_empty(), "{input}");
    let (_, token) = location.split_once("#jwt=%22").unwrap();
    let claims = payload(token.split("%22").next().unwrap());
    assert_eq!(claims["room"], joined_by_jitsi(&room), "{input}");
    assert_eq!(claims["room"], room.as_str(), "{input}");
    assert_ne!(claims["room"], "*", "{input}");
    let sub = tenant.unwrap_or_else(|| "meet.jitsi".to_owned());
    assert_eq!(claims["sub"], sub.as_str(), "{input}");
    assert_eq!(landed.header("cache-control"), "no-store");
    assert_eq!(landed.header("referrer-policy"), "no-referrer");
    Some(claims)
}

/// A bridge, and the cookies of somebody who has signed in there.
async fn with_a_session(further: &str) -> (Bridge, Provider, String) {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, further).await;
    provider.signs_in(sara());
    let mut browser = Browser::new();
    let back = browser.begin(&bridge.at("/room/first")).await;
    let back = browser.begin(&back).await;
    assert_eq!(browser.hop(&back).await.status, 303);
    let cookies = browser.cookie_header();
    (bridge, provider, cookies)
}

#[tokio::test]
async fn nasty_names_never_lead_anywhere_but_to_jitsi() {
    for base in [
        "https://meet.example.org",
        "https://meet.example.org:8443/video/here",
    ] {
        let (bridge, provider, cookies) = with_a_session(&format!("jitsi.url = {base:?}")).await;
        let long = LONG.map(|bytes| "é".repeat(bytes / 2));
        let inputs = NASTY
            .split_whitespace()
            .chain(long.iter().map(String::as_str));
        let (mut led, mut refused) = (0, 0);
        for nasty in inputs {
            let state = |name: &str| {
                let json = serde_json::json!({ name: nasty, "roomSafe": null }).to_string();
                utf8_percent_encode(&json, COMPONENT).to_string()
            };
            for target in [
                format!("/room/{nasty}"),
                format!("/room/acme/{nasty}"),
                format!("/room/{nasty}/room"),
                format!("/join?room={nasty}"),
                format!("/join?room=a&tenant={nasty}"),
                format!("/join?room={nasty}&tenant=acme"),
                format!("/join?state={nasty}"),
                format!("/join?state={}", state("room")),
                format!("/join?room=a&state={}", state("tenant")),
                format!("/join?room=a&state={}", state("config.x")),
                format!("/{nasty}"),
            ] {
                let headers = [("Cookie", cookies.as_str())];
                let landed = raw(&bridge.origin(), "GET", &target, &headers).await;
                match safe(&landed, base, &target) {
                    Some(claims) => {
                        led += 1;
                        // What stands behind a '#' does not belong to a request.
                        let asked = target.split('#').next().unwrap().contains("acme");
                        assert_eq!(claims["sub"] == "acme", asked, "{target}");
                    }
                    None => refused += 1,
                }
            }
        }
        assert!(led > 200 && refused > 200, "{led} led, {refused} refused");
        // One token for each way that led somewhere, and the first.
        assert_eq!(bridge.tokens_minted(), led + 1);
        assert_eq!(provider.count("GET /authorize"), 1);
    }
}

#[tokio::test]
async fn nasty_names_survive_the_trip_to_the_provider() {
    let (bridge, _provider, mut browser) = usual().await;
    for (nasty, room) in [
        ("%2F%2Fevil.example", "%2f%2fevil.example"),
        ("a%0D%0ALocation:%20x", "a%0d%0alocation%20x"),
        ("%5C%5Cevil.example", "%5c%5cevil.example"),
        ("https:%2F%2Fevil.example", "https%2f%2fevil.example"),
        ("%C3%89cole", "%c3%a9cole"),
    ] {
        let landed = browser
            .go(&bridge.at(&format!("/room/{nasty}?prompt=login")))
            .await;
        let (found, tenant) = target(&landed.url, "https://meet.example.org");
        assert_eq!((found.as_str(), tenant), (room, None));
        assert_eq!(payload(&landed.token().unwrap())["room"], room);
    }
}

#[tokio::test]
async fn what_a_proxy_or_an_attacker_says_of_the_host_changes_nothing() {
    let (bridge, provider, cookies) = with_a_session("").await;
    let spoofed = [
        ("Host", "evil.example"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Prefix", "//evil.example"),
        ("X-Forwarded-For", "evil.example"),
        ("Forwarded", "host=evil.example;proto=http"),
        ("X-Original-URL", "//evil.example/room/x"),
        ("X-Rewrite-URL", "//evil.example/room/x"),
        ("Referer", "https://evil.example/"),
        ("Origin", "https://evil.example"),
    ];
    let absolute = "http://evil.example/room/a";
    for target in ["/room/a", absolute] {
        let stranger = raw(&bridge.origin(), "GET", target, &spoofed).await;
        let door = Url::parse(&stranger.location()).unwrap();
        assert!(door.as_str().starts_with(&provider.issuer));
        let redirect_uri = door.query_pairs().find(|(name, _)| name == "redirect_uri");
        assert_eq!(redirect_uri.unwrap().1, bridge.at("/callback"));

        let mut known = spoofed.to_vec();
        known.push(("Cookie", &cookies));
        let landed = raw(&bridge.origin(), "GET", target, &known).await;
        let claims = safe(&landed, "https://meet.example.org", target).unwrap();
        assert_eq!(claims["room"], "a");
    }
    let page = raw(
        &bridge.origin(),
        "GET",
        "/callback?state=x&code=y",
        &spoofed,
    )
    .await;
    assert!(!page.body.contains("evil.example"));
    let hosts_only = raw(
        &bridge.origin(),
        "GET",
        "//evil.example/room/a",
        &[("Cookie", &cookies)],
    )
    .await;
    assert_eq!(hosts_only.status, 404);
}

#[tokio::test]
async fn settings_of_the_visit_come_back_as_jitsi_writes_them() {
    let (bridge, _provider, cookies) = with_a_session("").await;
    let state = r#"{"room":"Ignored","roomSafe":"team","tenant":"acme","config.startWithAudioMuted":true,
        "config.toolbarButtons":["chat","a b"],"config.defaultLanguage":"de&x=#'é","interfaceConfig.N":2,
        "config.o":{"a":null},"iceServers.replace":[{"urls":"turn:x?y"}],"config.__proto__.x":1,"evil":"x",
        "config.a&jwt":1,"config.a#b":1,"jwt":"x","refreshToken":"x"}"#;
    let encoded = utf8_percent_encode(state, COMPONENT);
    let wish = format!("/join?room=Typed&state={encoded}");
    let landed = raw(&bridge.origin(), "GET", &wish, &[("Cookie", &cookies)]).await;
    let location = landed.location();
    let (address, settings) = location.split_once('#').unwrap();
    assert_eq!(address, "https://meet.example.org/acme/team");
    let mut settings: Vec<&str> = settings.split('&').collect();
    assert!(settings.remove(0).starts_with("jwt=%22ey"));
    settings.sort_unstable();
    assert_eq!(
        settings,
        [
            // encodeURIComponent(JSON.stringify(value)), in JavaScript.
            "config.defaultLanguage=%22de%26x%3D%23'%C3%A9%22",
            "config.o=%7B%22a%22%3Anull%7D",
            "config.startWithAudioMuted=true",
            "config.toolbarButtons=%5B%22chat%22%2C%22a%20b%22%5D",
            "iceServers.replace=%5B%7B%22urls%22%3A%22turn%3Ax%3Fy%22%7D%5D",
            "interfaceConfig.N=2",
        ]
    );
}

#[tokio::test]
async fn settings_of_the_visit_survive_the_trip_to_the_provider() {
    let (bridge, _provider, mut browser) = usual().await;
    let wish = bridge.at("/join?room=a&state=%7B%22config.startWithAudioMuted%22%3Atrue%7D");
    let landed = browser.go(&wish).await;
    assert!(landed.url.ends_with("%22&config.startWithAudioMuted=true"));
}

#[tokio::test]
async fn a_name_that_breaks_the_query_leads_to_the_room_that_jitsi_means() {
    let (bridge, _provider, cookies) = with_a_session("").await;
    // Jitsi's client puts {room} in as it was typed; its {state} is encoded and has the room's real name.
    let state = r#"{"room":"Q&A","roomSafe":"qa"}"#;
    let wish = format!(
        "/join?room=Q&A&state={}",
        utf8_percent_encode(state, COMPONENT)
    );
    let landed = raw(&bridge.origin(), "GET", &wish, &[("Cookie", &cookies)]).await;
    let claims = safe(&landed, "https://meet.example.org", &wish).unwrap();
    assert_eq!(claims["room"], "qa");
}

#[tokio::test]
async fn the_token_stands_in_the_query_where_an_older_jitsi_wants_it() {
    let (bridge, _provider, cookies) = with_a_session("jitsi.token_in = \"query\"").await;
    let wish = "/join?room=a&state=%7B%22config.x%22%3A1%7D";
    let landed = raw(&bridge.origin(), "GET", wish, &[("Cookie", &cookies)]).await;
    let url = Url::parse(&landed.location()).unwrap();
    let (name, token) = url.query_pairs().next().unwrap();
    assert_eq!(name, "jwt");
    assert_eq!(payload(&token)["room"], "a");
    assert_eq!(url.query_pairs().count(), 1);
    assert_eq!(url.path(), "/a");
    assert_eq!(url.fragment(), Some("config.x=1"));
}

#[tokio::test]
async fn the_prejoin_page_is_skipped_only_if_asked_and_unless_the_visit_says_otherwise() {
    let skip = "config.prejoinConfig.enabled=false";
    let state = "/join?room=a&state=%7B%22config.prejoinConfig.enabled%22%3Atrue%7D";
    for (settings, wish, skipped) in [
        ("", "/room/a", false),
        ("jitsi.skip_prejoin = true", "/room/a", true),
        ("jitsi.skip_prejoin = true", state, false),
    ] {
        let (bridge, _provider, cookies) = with_a_session(settings).await;
        let landed = raw(&bridge.origin(), "GET", wish, &[("Cookie", &cookies)]).await;
        assert_eq!(
            landed.location().contains(skip),
            skipped,
            "{settings} {wish}"
        );
        assert!(safe(&landed, "https://meet.example.org", wish).is_some());
    }
}

/// Anything, with a liking for what URLs are made of.
fn anything() -> impl Strategy<Value = String> {
    let pieces =
        prop::sample::select(NASTY.split_whitespace().collect::<Vec<_>>()).prop_map(str::to_owned);
    let marks = prop::sample::select(
        &[
            "/", "//", "\\", "%", "@", "#", "?", ":", ".", "..", "\r\n", "\t", " ", "%2", "%25",
            "\u{202e}", "\u{0}",
        ][..],
    )
    .prop_map(str::to_owned);
    let part = prop_oneof![
        pieces,
        marks,
        ".{0,8}",
        "[a-zA-Z0-9%]{0,6}",
        any::<String>()
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_room_tenant_or_state_leads_anywhere_but_to_jitsi(
        room in anything(), tenant in prop_oneof![Just(String::new()), "[a-zA-Z0-9._-]{0,9}", anything()],
        value in anything(), by_state in any::<bool>(),
    ) {
        let state = if by_state {
            serde_json::json!({ "room": room, "tenant": tenant, "config.x": value })
        } else {
            serde_json::json!({ "room": "other", "config.x": value })
        };
        let in_url = |name| (!by_state).then_some(name);
        let state = state.to_string();
        let request = MeetingRequest::parse(in_url(&*room), in_url(&*tenant), Some(&state));
        if let Ok(request) = request {
            let asked = request.tenant.as_ref().map(ToString::to_string);
            for base in ["https://meet.example.org", "https://meet.example.org:8443/video"] {
                for place in [TokenPlace::Fragment, TokenPlace::Query] {
                    let urls = MeetingUrls::new(&Url::parse(base).unwrap(), place, true, Apps::default());
                    let (found, in_tenant) = target(&urls.web(&request, "h.p.s"), base);
                    prop_assert_eq!(&in_tenant, &asked);
                    prop_assert_eq!(&found, request.room.as_str());
                    prop_assert_eq!(&joined_by_jitsi(&found), request.room.as_str());
                }
            }
        }
    }
}
