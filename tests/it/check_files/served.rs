//! `config.js` and Jitsi's pages, as a web server hands them out.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use jitsi_oidc_bridge::check::Findings;
use jitsi_oidc_bridge::check::Verdict::{Fault, Good, Warning};
use jitsi_oidc_bridge::check::jitsi_page::{Endpoints, jitsi_page};
use tokio::net::TcpListener;

use super::config_js::INLINE;
use super::healthy::CONFIG_JS;
use super::{BRIDGE, config, nothing_is_wrong, told};

const INDEX: &str = "<!DOCTYPE html><script src=\"libs/lib-jitsi-meet.min.js?v=11146\"></script>";

type Pages = fn(&str, &str) -> Response;

/// A Jitsi of these pages, and what is found there; `more` stands in the bridge's `[jitsi]`.
async fn look(pages: Pages, more: &str) -> (Findings, Option<Endpoints>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let bridge = BRIDGE
        .replace("https://meet.example.org", &format!("http://{host}"))
        .replace("[token]", &format!("{more}\n[token]"));
    let app =
        Router::new().fallback(move |uri: axum::http::Uri| async move { pages(uri.path(), &host) });
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let found = jitsi_page(&config(&bridge)).await;
    server.abort();
    found
}

/// `config.js` with the bridge where the test has it.
fn script(text: &str, host: &str) -> Response {
    text.replace("https://meet.example.org", &format!("http://{host}"))
        .into_response()
}

fn healthy(path: &str, host: &str) -> Response {
    match path {
        "/config.js" => script(CONFIG_JS, host),
        "/" => Html(INDEX).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn has(findings: &Findings, id: &str, said: &str) -> bool {
    let mut findings = findings.iter();
    findings.any(|finding| finding.id == id && finding.said.contains(said))
}

#[tokio::test]
async fn a_healthy_jitsi_is_good() {
    let (findings, endpoints) = look(healthy, "").await;
    nothing_is_wrong(&findings);
    assert!(
        has(&findings, "page-token-place", "Jitsi 11146"),
        "{}",
        told(&findings)
    );
    let bosh = endpoints.unwrap().bosh.unwrap();
    assert_eq!(bosh.path(), "/http-bind");
}

#[tokio::test]
async fn what_is_no_config_js_is_told() {
    let rows: [(Pages, &str, &str); 5] = [
        (
            |_, _| Html("<!DOCTYPE html><title>Nextcloud</title>").into_response(),
            "is a page, not Jitsi's config.js",
            "another program",
        ),
        (
            |_, _| "{\"status\": \"ok\"}".into_response(),
            "something else",
            "another program",
        ),
        (
            |_, _| StatusCode::NOT_FOUND.into_response(),
            "answers 404",
            "jitsi.url",
        ),
        (
            |_, _| Redirect::to("https://elsewhere.example/").into_response(),
            "answers 303",
            "at which Jitsi itself answers",
        ),
        (
            |_, _| "x".repeat(2 * 1024 * 1024).into_response(),
            "longer than",
            "",
        ),
    ];
    for (pages, said, mend) in rows {
        let (findings, endpoints) = look(pages, "").await;
        let [finding] = &findings.iter().collect::<Vec<_>>()[..] else {
            panic!("{}", told(&findings));
        };
        assert_eq!((finding.id, finding.verdict), ("page-config-js", Fault));
        assert!(
            finding.said.contains(said) && finding.mend.contains(mend),
            "{finding}"
        );
        assert_eq!(endpoints, None);
    }
}

#[tokio::test]
async fn a_jitsi_that_is_not_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let bridge = BRIDGE.replace("https://meet.example.org", &format!("http://{host}"));
    let (findings, _) = jitsi_page(&config(&bridge)).await;
    assert!(
        has(&findings, "page-config-js", "no answer from"),
        "{}",
        told(&findings)
    );
}

#[tokio::test]
async fn a_jitsi_too_old_for_the_fragment_is_told() {
    let old: Pages = |path, host| match path {
        "/" => Html(INDEX.replace("11146", "9364")).into_response(),
        _ => healthy(path, host),
    };
    let (findings, _) = look(old, "").await;
    let found = findings
        .iter()
        .find(|finding| finding.id == "page-token-place")
        .unwrap();
    assert_eq!(found.verdict, Fault);
    assert!(found.mend.contains("jitsi.token_in = \"query\""), "{found}");
    let (findings, _) = look(old, "token_in = \"query\"").await;
    let verdict = |findings: &Findings| {
        findings
            .iter()
            .find(|finding| finding.id == "page-token-place")
            .unwrap()
            .verdict
    };
    assert_eq!(verdict(&findings), Good);
    let (findings, _) = look(healthy, "token_in = \"query\"").await;
    assert_eq!(verdict(&findings), Warning);
}

/// Over http, inline sign-in is a fault of its own; what is looked at here is the page.
#[tokio::test]
async fn the_page_that_ends_an_inline_sign_in_is_looked_for() {
    let with: Pages = |path, host| match path {
        "/config.js" => script(&format!("{CONFIG_JS}{INLINE}"), host),
        "/static/sso.html" => Html("<script>window.opener</script>").into_response(),
        _ => healthy(path, host),
    };
    let without: Pages = |path, host| match path {
        "/config.js" => script(&format!("{CONFIG_JS}{INLINE}"), host),
        _ => healthy(path, host),
    };
    let for_a_room: Pages = |path, host| match path {
        "/config.js" => script(&format!("{CONFIG_JS}{INLINE}"), host),
        _ => Html(INDEX).into_response(),
    };
    for (pages, verdict, said) in [
        (with, Good, "is there"),
        (without, Fault, "answers 404"),
        (for_a_room, Fault, "is Jitsi's front page"),
    ] {
        let (findings, _) = look(pages, "").await;
        let page = findings
            .iter()
            .find(|finding| finding.id == "page-sso-html")
            .unwrap();
        assert_eq!(page.verdict, verdict, "{page}");
        assert!(page.said.contains(said), "{page}");
        assert!(
            has(&findings, "page-inline-sign-in", "https"),
            "{}",
            told(&findings)
        );
    }
}
