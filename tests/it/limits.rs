//! Nobody gets more than their share: not at once, not within a minute, not in one request; and whoever is turned away is
//! told when to come back.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use jitsi_oidc_bridge::config::{Sources, load};
use time::Duration;

use super::support::browser::raw;
use super::support::stores::in_both_stores;
use super::support::{Bridge, Browser, Landed, Provider, sara};

in_both_stores! {
    login_starts_from_one_address_are_bounded_and_the_next_minute_begins_anew
    callbacks_from_one_address_are_bounded
    whoever_is_signed_in_starts_no_login_and_is_not_counted
}

const ROOM: &str = "/room/team";
const TOO_OFTEN: &str = "Too many sign-ins from your network";

/// A bridge behind a proxy on this machine, with few logins a minute.
async fn behind_a_proxy(store: &str) -> (Bridge, Provider) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let limits = "server.trusted_proxies = [\"127.0.0.1\"]\nlimits.login_starts_per_minute = 3\nlimits.callbacks_per_minute = 4";
    let bridge = Bridge::start(&provider, &format!("{limits}\n{store}")).await;
    // No minute of an earlier test, and none that ends before this one does.
    let into = bridge.clock.now_unix().rem_euclid(60);
    let mut minutes = [0; 2];
    aws_lc_rs::rand::fill(&mut minutes).unwrap();
    let minutes = i64::from(u16::from_be_bytes(minutes));
    bridge.clock.advance(Duration::seconds(60 * minutes - into));
    (bridge, provider)
}

/// A new browser at this address.
fn at(address: &'static str) -> Browser {
    let mut browser = Browser::new();
    browser.says = Some(("x-forwarded-for", address));
    browser
}

/// Somebody at this address who wants to sign in.
async fn begins(bridge: &Bridge, address: &'static str) -> Landed {
    at(address).hop(&bridge.at(ROOM)).await
}

#[track_caller]
fn is_too_often(bridge: &Bridge, landed: &Landed, cause: &str, wait: &str) {
    assert_eq!(landed.status, 429);
    assert!(landed.body.contains(TOO_OFTEN), "{}", landed.body);
    assert_eq!(landed.header("retry-after"), wait);
    assert!(landed.headers.get("location").is_none());
    assert_eq!(bridge.last_cause(), cause);
}

async fn login_starts_from_one_address_are_bounded_and_the_next_minute_begins_anew(store: &str) {
    let (bridge, _provider) = behind_a_proxy(store).await;
    bridge.clock.advance(Duration::seconds(20));
    for _ in 0..3 {
        assert_eq!(begins(&bridge, "192.0.2.1").await.status, 303);
    }
    let cause = "more than 3 login starts within a minute from 192.0.2.1/32 (limits.login_starts_per_minute)";
    is_too_often(&bridge, &begins(&bridge, "192.0.2.1").await, cause, "40");
    // What the visitor wrote there does not make them somebody else.
    let said = begins(&bridge, "203.0.113.5, 192.0.2.1").await;
    is_too_often(&bridge, &said, cause, "40");
    assert_eq!(begins(&bridge, "192.0.2.2").await.status, 303);
    bridge.clock.advance(Duration::seconds(40));
    let landed = at("192.0.2.1").go(&bridge.at(ROOM)).await;
    assert!(landed.in_meeting(), "{landed:?}");
}

async fn callbacks_from_one_address_are_bounded(store: &str) {
    let (bridge, provider) = behind_a_proxy(store).await;
    for _ in 0..4 {
        let landed = at("2001:db8::1")
            .hop(&bridge.at("/callback?state=x&code=y"))
            .await;
        assert_eq!(landed.status, 400);
    }
    // The neighbour in the same network of 64 bits is the same visitor.
    let mut neighbour = at("2001:db8::2");
    let door = neighbour.begin(&bridge.at(ROOM)).await;
    let landed = neighbour.go(&door).await;
    let cause =
        "more than 4 callbacks within a minute from 2001:db8::/64 (limits.callbacks_per_minute)";
    is_too_often(&bridge, &landed, cause, "60");
    assert_eq!(provider.count("POST /token"), 0);
    assert_eq!(bridge.tokens_minted(), 0);
    // The code was not spent and the login not lost: a minute later the same page is the meeting.
    bridge.clock.advance(Duration::MINUTE);
    let landed = neighbour.go(&landed.url).await;
    assert!(landed.in_meeting(), "{landed:?}");
}

async fn whoever_is_signed_in_starts_no_login_and_is_not_counted(store: &str) {
    let (bridge, _provider) = behind_a_proxy(store).await;
    let mut sara = at("192.0.2.1");
    for room in 0..9 {
        let landed = sara.go(&bridge.at(&format!("{ROOM}-{room}"))).await;
        assert!(landed.in_meeting(), "{landed:?}");
    }
}

#[tokio::test]
#[ignore = "needs a Redis: set REDIS_URL"]
async fn in_redis_replicas_count_together() {
    let store = super::support::stores::redis();
    let (one, provider) = behind_a_proxy(&store).await;
    let limits = "server.trusted_proxies = [\"127.0.0.1\"]\nlimits.login_starts_per_minute = 3";
    let other = Bridge::start(&provider, &format!("{limits}\n{store}")).await;
    assert_eq!(one.clock.now_unix(), other.clock.now_unix());
    for bridge in [&one, &other, &one] {
        assert_eq!(begins(bridge, "192.0.2.7").await.status, 303);
    }
    assert_eq!(begins(&other, "192.0.2.7").await.status, 429);
    assert_eq!(begins(&one, "192.0.2.7").await.status, 429);
}

#[tokio::test]
async fn exempt_networks_are_not_counted_nor_are_visitors_behind_a_proxy_that_nobody_named() {
    let provider = Provider::start().await;
    let exempt = "server.trusted_proxies = [\"127.0.0.1\"]\nlimits.login_starts_per_minute = 1\nlimits.exempt = [\"192.0.2.0/24\"]";
    let unnamed = "limits.login_starts_per_minute = 1";
    for settings in [exempt, unnamed] {
        let bridge = Bridge::start(&provider, settings).await;
        for _ in 0..5 {
            assert_eq!(begins(&bridge, "192.0.2.1").await.status, 303);
        }
    }
}

#[tokio::test]
async fn requests_beyond_those_at_once_are_told_to_come_back_and_health_is_told_all_the_same() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "limits.requests = 2").await;
    let mut waiting = Vec::new();
    provider.holds("POST /token");
    for _ in 0..2 {
        let url = bridge.at(ROOM);
        waiting.push(tokio::spawn(async move { Browser::new().go(&url).await }));
    }
    provider.is_asked("POST /token", 2).await;
    let landed = Browser::new().hop(&bridge.at(ROOM)).await;
    assert_eq!(landed.status, 503);
    assert_eq!(landed.header("retry-after"), "2");
    assert!(landed.body.contains("Many people are signing in right now"));
    assert_eq!(
        bridge.last_cause(),
        "too many requests at once; limits.requests says how many may be"
    );
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        // There are no keys here; that is an answer.
        ("/.well-known/jwks.json", 404),
    ] {
        assert_eq!(Browser::new().hop(&bridge.at(path)).await.status, status);
    }
    provider.releases();
    for login in waiting {
        assert!(login.await.unwrap().in_meeting());
    }
    assert!(Browser::new().go(&bridge.at(ROOM)).await.in_meeting());
}

/// What is answered to these bytes; the status alone.
fn status_of(bridge: &Bridge, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(bridge.origin().trim_start_matches("http://")).unwrap();
    let minute = Some(std::time::Duration::from_mins(1));
    stream.set_read_timeout(minute).unwrap();
    // The other side may close before it has read everything.
    let _ = stream.write_all(request);
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8(answer.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_bounded_in_its_head_its_headers_and_its_body() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, "").await;
    let long = "x".repeat(200_000);
    let many: String = (0..101).fold(String::new(), |all, n| all + &format!("X-{n}: 1\r\n"));
    let head = "Host: x\r\nConnection: close\r\n";
    for (request, status) in [
        (
            format!("GET /healthz HTTP/1.1\r\n{head}Cookie: {long}\r\n\r\n"),
            "431",
        ),
        (format!("GET /healthz?{long} HTTP/1.1\r\n{head}\r\n"), "431"),
        (format!("GET /healthz HTTP/1.1\r\n{head}{many}\r\n"), "431"),
        (format!("GET /healthz HTTP/1.1\r\n{head}\r\n"), "200"),
    ] {
        assert_eq!(
            status_of(&bridge, request.as_bytes()),
            format!("HTTP/1.1 {status}")
        );
    }
    let jitsi = super::support::JITSI;
    for (path, status) in [
        ("/token", "413"),
        ("/choose", "400"),
        ("/callback", "413"),
        ("/backchannel-logout", "400"),
    ] {
        let form = format!("Origin: {jitsi}\r\nContent-Type: application/x-www-form-urlencoded");
        let request =
            format!("POST {path} HTTP/1.1\r\n{head}{form}\r\nContent-Length: 200000\r\n\r\n{long}");
        assert_eq!(
            status_of(&bridge, request.as_bytes()),
            format!("HTTP/1.1 {status}"),
            "{path}"
        );
    }
    assert_eq!(Browser::new().hop(&bridge.at("/healthz")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_comes_is_not_waited_for() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, "").await;
    let request = "POST /choose HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nto=";
    assert_eq!(status_of(&bridge, request.as_bytes()), "HTTP/1.1 400");
}

#[test]
fn limits_that_make_no_sense_are_told_with_what_to_write() {
    let text = "server.trusted_proxies = [\"0.0.0.0/0\"]\nserver.forwarded_header = \"x-real-ip\"\n[limits]\nrequests = 0\n\
                connections = \"many\"\nexempt = [\"meet.example.org\"]\n";
    let problems = load(&Sources {
        file: Some(("bridge.toml".to_owned(), text.to_owned())),
        environment: Vec::new(),
    })
    .unwrap_err()
    .to_string();
    for said in [
        "server.trusted_proxies (bridge.toml:1): names every address there is, so that every visitor can say to be somebody else: name the proxies' own",
        "server.forwarded_header (bridge.toml:2): expected one of \"x-forwarded-for\", \"forwarded\", found \"x-real-ip\"",
        "limits.requests (bridge.toml:4): expected a whole number from 1 to 1000000, found 0",
        "limits.connections (bridge.toml:5): expected a whole number from 1 to 1000000, found \"many\"",
        "limits.exempt (bridge.toml:6): expected an address or a network, such as \"127.0.0.1\" or \"172.16.0.0/12\", found \"meet.example.org\"",
    ] {
        assert!(problems.contains(said), "{said}\n{problems}");
    }
}

#[tokio::test]
async fn a_picture_on_another_page_begins_nothing_and_spends_nothing() {
    let (bridge, provider) = behind_a_proxy("").await;
    let origin = bridge.origin();
    for path in [ROOM, "/callback?state=x&code=y"] {
        for _ in 0..9 {
            let headers = [
                ("x-forwarded-for", "192.0.2.1"),
                ("sec-fetch-mode", "no-cors"),
            ];
            let landed = raw(&origin, "GET", path, &headers).await;
            assert_eq!(landed.status, 400);
            assert!(landed.set_cookies.is_empty());
        }
    }
    assert!(bridge.last_cause().contains("Sec-Fetch-Mode"));
    let headers = [
        ("x-forwarded-for", "192.0.2.1"),
        ("sec-fetch-mode", "navigate"),
    ];
    assert_eq!(raw(&origin, "GET", ROOM, &headers).await.status, 303);
    assert!(at("192.0.2.1").go(&bridge.at(ROOM)).await.in_meeting());
    assert_eq!(provider.count("POST /token"), 1);
}
