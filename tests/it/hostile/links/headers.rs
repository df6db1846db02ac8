//! Headers that name another host, scheme or path; and requests that can be read in two ways.

use super::support::browser::raw;
use super::support::{Browser, usual};
use super::{is_clean, leads_nowhere_else, succeeds};

/// The base path that a proxy, or somebody who plays one, tells is not the one that counts.
#[tokio::test]
async fn no_header_names_a_host_a_scheme_or_a_path() {
    let (bridge, provider, mut browser) = usual().await;
    provider.ends_sessions();
    let spoofed = [
        ("Host", "evil.example"),
        ("Host", "evil.example:443"),
        ("Host", "127.0.0.1@evil.example"),
        ("Host", ""),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Host", "evil.example, 127.0.0.1"),
        ("X-Forwarded-Proto", "javascript"),
        ("X-Forwarded-Scheme", "evil.example://"),
        ("X-Forwarded-Port", "1@evil.example"),
        ("X-Forwarded-Prefix", "//evil.example"),
        ("X-Forwarded-Server", "evil.example"),
        ("X-Forwarded-For", "evil.example"),
        ("X-Real-IP", "evil.example"),
        ("X-Host", "evil.example"),
        ("X-Original-Host", "evil.example"),
        ("X-Original-URL", "//evil.example/room/a"),
        ("X-Rewrite-URL", "https://evil.example/room/a"),
        ("X-HTTP-Host-Override", "evil.example"),
        ("X-HTTP-Method-Override", "POST"),
        (
            "Forwarded",
            "for=evil.example;host=evil.example;proto=https",
        ),
        ("Forwarded", "host=\"evil.example\\\"\""),
        ("Via", "1.1 evil.example"),
        ("Base-Url", "https://evil.example"),
        ("Proxy", "http://evil.example"),
        ("Origin", "https://evil.example"),
        ("Referer", "https://evil.example/"),
        ("Accept-Language", "<script>,evil.example"),
        ("User-Agent", "<script>evil.example</script>"),
        ("Sec-Fetch-Dest", "evil.example"),
    ];
    for header in spoofed {
        browser.go(&bridge.at("/room/first?prompt=login")).await;
        let session = format!("jitsi-session={}", browser.cookies["jitsi-session"]);
        for target in [
            "/room/a",
            "/join?room=a",
            "/sign-in",
            "/",
            "/logged-out",
            "/callback?state=x&code=y",
            "/nowhere",
            "/room/%2A",
            "/room/board",
            "/.well-known/jwks.json",
            "http://evil.example/room/a",
            "/logout",
        ] {
            for cookie in [None, Some(("Cookie", session.as_str()))] {
                let headers: Vec<(&str, &str)> = [header].into_iter().chain(cookie).collect();
                let landed = raw(&bridge.origin(), "GET", target, &headers).await;
                leads_nowhere_else(&landed, &bridge, &provider, target);
                let headers = format!("{:?}", landed.headers);
                assert!(
                    !landed.body.contains("evil.example") && !headers.contains("evil.example"),
                    "{header:?} {target}: {landed:?}"
                );
            }
        }
    }
    assert!(Browser::new().go(&bridge.at("/room/a")).await.in_meeting());
}

/// Two hosts, a header that is folded, one without a name, a method that is none: no request at all.
#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_is_read_in_none() {
    let (bridge, provider, _) = usual().await;
    for (method, target, headers) in [
        (
            "GET",
            "/room/a",
            vec![("Content-Length", "5"), ("Content-Length", "6")],
        ),
        ("GET", "/room/a", vec![("Content-Length", "-1")]),
        ("GET", "/room/a", vec![("X y", "z")]),
        ("GET", "/room/a", vec![("X", "a\rb")]),
        ("GET", "/room/a b", vec![]),
        ("G<T", "/room/a", vec![]),
        ("GET", "room/a", vec![]),
        ("GET", "/room/a\u{1}", vec![]),
    ] {
        let answer = raw(&bridge.origin(), method, target, &headers).await;
        assert!(
            (400..500).contains(&answer.status),
            "{method} {target} {headers:?}: {answer:?}"
        );
        is_clean(&answer);
    }
    assert_eq!(provider.count("GET /authorize"), 0);
    succeeds(&bridge).await;
}
