//! Links that somebody wrote to lead people, or their tokens, somewhere else: by any parameter, path, header, base path, or by
//! a name that only looks like another. They lead to the configured Jitsi, to the provider, to the bridge, or nowhere.

mod headers;
mod names;

use url::Url;

use super::support;
use super::support::bridge::payload;
use super::support::browser::raw;
use super::support::{Bridge, Browser, JITSI, Landed, Provider, sara, usual};
use super::{is_a_plain_line, is_clean, succeeds};

/// Values as they stand in a query or a path.
const HARMFUL: &[&str] = &[
    "//evil.example",
    "///evil.example/%2e%2e",
    "/%5Cevil.example",
    "%5C%5Cevil.example",
    "%2f%2fevil.example",
    "%252f%252fevil.example",
    "https://evil.example/",
    "https:evil.example",
    "https%3A%2F%2Fevil.example",
    "javascript:alert(1)",
    "javascript%3Aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "@evil.example",
    "%40evil.example",
    ".evil.example",
    ":443@evil.example",
    "..;/evil.example",
    "..%2f..%2fevil.example",
    "%2e%2e/%2e%2e/evil.example",
    "a%0d%0aX-Injected:%20yes",
    "a%0d%0a%0d%0a<script>alert(1)</script>",
    "%E5%98%8A%E5%98%8DX-Injected:%20yes",
    "a%0aLocation:%20https://evil.example",
    "%00",
    "a%00.example",
    "%E2%80%AEevil",
    "%EF%BC%8F%EF%BC%8Fevil.example",
    "%E3%80%82evil.example",
    "%c0%af%c0%afevil.example",
    "%ff%fe",
    "%<script>",
    "<script>alert(1)</script>",
    "\"onmouseover=\"alert(1)",
    "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
];

/// Every address that takes a parameter, with its parameters; and some that somebody may hope for.
const PARAMETERS: &[(&str, &[&str])] = &[
    (
        "/join",
        &[
            "room",
            "tenant",
            "state",
            "prompt",
            "idp",
            "nonce",
            "code_challenge",
            "redirect_uri",
            "next",
            "return",
            "url",
        ],
    ),
    (
        "/join?room=a",
        &[
            "tenant",
            "state",
            "prompt",
            "idp",
            "redirect_uri",
            "next",
            "jwt",
        ],
    ),
    (
        "/room/a",
        &[
            "state",
            "prompt",
            "idp",
            "tenant",
            "next",
            "redirect_uri",
            "jwt",
        ],
    ),
    (
        "/sign-in",
        &[
            "prompt",
            "idp",
            "next",
            "return",
            "redirect_uri",
            "iss",
            "target_link_uri",
        ],
    ),
    ("/open", &["room", "next"]),
    (
        "/logout",
        &[
            "return",
            "id_token_hint",
            "post_logout_redirect_uri",
            "state",
            "next",
            "redirect",
        ],
    ),
    (
        "/logged-out",
        &["state", "return", "post_logout_redirect_uri", "next"],
    ),
    (
        "/callback",
        &[
            "code",
            "state",
            "error",
            "error_description",
            "iss",
            "posted",
            "next",
        ],
    ),
    (
        "/callback?state=x",
        &["code", "error", "error_description", "error_uri", "iss"],
    ),
    (
        "/authorize",
        &[
            "room",
            "tenant",
            "state",
            "client_id",
            "redirect_uri",
            "nonce",
            "code_challenge",
            "scope",
        ],
    ),
    (
        "/authorize?room=a&nonce=0a&code_challenge=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        &["client_id", "redirect_uri", "state"],
    ),
    ("/", &["next", "room", "error"]),
];

/// An answer that leads, if anywhere, to the configured Jitsi, to the provider's door, or on to the bridge itself.
#[track_caller]
fn leads_nowhere_else(landed: &Landed, bridge: &Bridge, provider: &Provider, target: &str) {
    is_clean(landed);
    assert!(
        landed.status < 500 && landed.status != 429,
        "{target}: {landed:?}"
    );
    let Some(location) = landed.headers.get("location") else {
        return;
    };
    let location = location.to_str().unwrap();
    let bases = [JITSI, &provider.issuer, &bridge.url];
    let base = bases
        .iter()
        .find(|base| location.starts_with(&format!("{base}/")));
    let base = base.unwrap_or_else(|| panic!("{target} leads to {location}"));
    let url = Url::parse(location).unwrap();
    assert_eq!(
        url.as_str(),
        location,
        "{target}: a browser goes where it is sent"
    );
    assert_eq!(url.origin(), Url::parse(base).unwrap().origin(), "{target}");
    assert_eq!((url.username(), url.password()), ("", None), "{target}");
}

async fn no_parameter_leads_elsewhere(signed_in: bool) {
    let (bridge, provider, mut browser) = usual().await;
    provider.ends_sessions();
    let mut asked = 0;
    for (at, parameters) in PARAMETERS {
        if signed_in {
            browser.go(&bridge.at("/room/first?prompt=login")).await;
        }
        let cookies = browser.cookie_header();
        for parameter in *parameters {
            for value in HARMFUL {
                let mark = if at.contains('?') { '&' } else { '?' };
                let target = format!("{at}{mark}{parameter}={value}");
                let landed = raw(&bridge.origin(), "GET", &target, &[("Cookie", &cookies)]).await;
                leads_nowhere_else(&landed, &bridge, &provider, &target);
                asked += 1;
            }
            // So many in one minute would be too many.
            bridge.clock.advance(time::Duration::minutes(1));
        }
    }
    assert!(asked > 2000, "{asked} asked");
    assert!(Browser::new().go(&bridge.at("/room/a")).await.in_meeting());
}

#[tokio::test]
async fn no_parameter_leads_a_stranger_elsewhere() {
    no_parameter_leads_elsewhere(false).await;
}

#[tokio::test]
async fn no_parameter_leads_somebody_with_a_session_elsewhere() {
    no_parameter_leads_elsewhere(true).await;
}

/// In every place of a path, with a session: what is let in is let into one room of the configured Jitsi.
#[tokio::test]
async fn no_path_leads_elsewhere_whatever_the_base_path() {
    for path in ["", "/sso", "/deep/er"] {
        let provider = Provider::start().await;
        provider.signs_in(sara());
        let bridge = Bridge::under(&provider, path).await;
        let mut browser = Browser::new();
        assert!(browser.go(&bridge.at("/room/first")).await.in_meeting());
        // The session's alone: that of the visits makes the bridge stop a browser that goes to one room again and again.
        let session = format!("jitsi-session={}", browser.cookies["jitsi-session"]);
        let mut led = 0;
        for value in HARMFUL {
            for target in [
                format!("{path}{value}"),
                format!("{path}/{value}"),
                format!("{path}/room/{value}"),
                format!("{path}/room/acme/{value}"),
                format!("{path}/room/{value}/a"),
                format!("{path}/room/a/{value}"),
                format!("{path}/callback/{value}"),
                format!("{path}/invite/{value}"),
                format!("{path}/asap/{value}"),
                format!("/{value}{path}/room/a"),
                format!("/{path}/room/a?{value}"),
                format!("{path}//room/a#{value}"),
            ] {
                let target = if target.starts_with('/') {
                    target
                } else {
                    format!("/{target}")
                };
                let landed = raw(&bridge.origin(), "GET", &target, &[("Cookie", &session)]).await;
                leads_nowhere_else(&landed, &bridge, &provider, &target);
                if let Some(token) = landed
                    .headers
                    .contains_key("location")
                    .then(|| landed.location())
                    .filter(|to| to.starts_with(JITSI))
                {
                    let token = token
                        .split("jwt=%22")
                        .nth(1)
                        .unwrap()
                        .split("%22")
                        .next()
                        .unwrap();
                    assert_ne!(payload(token)["room"], "*", "{target}");
                    led += 1;
                }
            }
        }
        assert!(led > 20, "{path}: {led} led into a room");
    }
}

#[tokio::test]
async fn what_only_looks_like_the_base_path_is_none() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::under(&provider, "/sso").await;
    for target in [
        "/ssox/room/a",
        "/SSO/room/a",
        "/sso%2froom/a",
        "/sso../room/a",
        "/sso/../room/a",
        "/sso/%2e%2e/room/a",
        "/sso;x/room/a",
        "/sso@evil.example/room/a",
        "/sso.evil.example/room/a",
        "//sso/room/a",
        "/./sso/room/a",
        "/sso//room/a",
        "/%73so/room/a",
        "//evil.example/sso/room/a",
        "/sso/sso/room/a",
        "/sso\\room\\a",
    ] {
        let landed = raw(&bridge.origin(), "GET", target, &[]).await;
        assert!([400, 404].contains(&landed.status), "{target}: {landed:?}");
        is_clean(&landed);
        assert!(!landed.headers.contains_key("location"), "{target}");
    }
    assert_eq!(provider.count("GET /authorize"), 0);
    succeeds(&bridge).await;
}
