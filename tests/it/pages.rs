//! What people read when a request does not end in a meeting: in their language, safe, and never with a token.

mod every_page;

use std::fmt::Write as _;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use self::every_page::{RULES, answered, every_page, state_of};
use super::support::browser::raw;
use super::support::{Bridge, Browser, JITSI, Landed, Provider, nora, sara, usual};

/// The text between the first `from` and the `to` behind it.
#[track_caller]
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, after) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("no {from} in {text}"));
    after.split_once(to).unwrap().0
}

/// What a person sees: a line for each piece of text, the request's id hidden, and links with what they lead to.
fn visible(page: &Landed) -> String {
    let mut seen = String::new();
    for piece in between(&page.body, "<main", "</main>").split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        let text = text
            .trim()
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#34;", "\"")
            .replace("&#38;", "&");
        let text = text.replace(page.header("x-request-id"), "[request id]");
        if text.is_empty() {
            continue;
        }
        match tag.split_once("href=\"") {
            Some((_, href)) => {
                let href = href.trim_end_matches('"').replace("&#38;", "&");
                let path = match href.split_once("http://127.0.0.1:") {
                    Some((_, path)) => path.trim_start_matches(|c: char| c.is_ascii_digit()),
                    None => &href,
                };
                writeln!(seen, "  [{text}]({path})").unwrap();
            }
            None if tag == "h1" => writeln!(seen, "  # {text}").unwrap(),
            None => writeln!(seen, "  {text}").unwrap(),
        }
    }
    seen
}

async fn all_that_is_seen(language: &'static str) -> String {
    let mut seen = String::new();
    for (name, page) in every_page(language).await {
        let (status, said) = (page.status, visible(&page));
        writeln!(seen, "{name}: {status}\n{said}").unwrap();
    }
    seen
}

#[tokio::test]
async fn every_page_in_english() {
    insta::assert_snapshot!(all_that_is_seen("en-GB,en;q=0.9").await);
}

#[tokio::test]
async fn every_page_in_german() {
    insta::assert_snapshot!(all_that_is_seen("de-CH,de;q=0.9,en;q=0.5").await);
}

#[tokio::test]
async fn every_page_in_french() {
    insta::assert_snapshot!(all_that_is_seen("fr-CA,fr;q=0.9").await);
}

#[tokio::test]
async fn every_page_in_spanish() {
    insta::assert_snapshot!(all_that_is_seen("es-419,es;q=0.9,en;q=0.8").await);
}

#[tokio::test]
async fn every_page_in_italian() {
    insta::assert_snapshot!(all_that_is_seen("it").await);
}

#[tokio::test]
async fn every_page_is_well_formed_safe_and_without_a_token() {
    for (language, lang) in [
        ("en", "en"),
        ("de", "de"),
        ("fr", "fr"),
        ("es", "es"),
        ("it", "it"),
        ("nl", "en"),
    ] {
        for (name, page) in every_page(language).await {
            let body = &page.body;
            assert!(!page.holds_a_token(), "{name}: {page:?}");
            assert!(body.contains(&format!("<html lang=\"{lang}\">")), "{name}");
            assert_eq!(body.matches("<h1").count(), 1, "{name}");
            let title = between(body, "<title>", "</title>");
            assert_eq!(title, between(body, "<h1>", "</h1>"), "{name}");
            assert_eq!(body.matches("<main").count(), 1, "{name}");
            assert!(body.contains("name=\"viewport\""), "{name}");

            let id = page.header("x-request-id");
            assert_eq!(between(body, "<code>", "</code>"), id, "{name}");
            assert_eq!(id.len(), 13, "{name}: {id}");

            // Nothing runs, and nothing is fetched.
            let lower = body.to_ascii_lowercase();
            for never in [
                "<script",
                "<link",
                "<img",
                "<iframe",
                "<object",
                "<form",
                "src=",
                "url(",
                "@import",
                "javascript:",
                " style=",
                " onload",
                " onclick",
                " onerror",
                "http-equiv",
            ] {
                let meant = match never {
                    "<form" => {
                        name == "welcome"
                            || name.starts_with("choose")
                            || name.starts_with("whoami, ") && !name.ends_with("signed out")
                            || name == "whoami"
                    }
                    "http-equiv" => name == "choose a provider, found",
                    _ => false,
                };
                assert!(meant || !lower.contains(never), "{name}: {never}");
            }
            let style = between(body, "<style>", "</style>");
            // The end of a sign-out may be in Jitsi's hidden frame.
            let in_frame = name.contains("sign")
                && name.contains("out")
                && !name.contains("everywhere")
                && !name.contains("whoami");
            let ancestors = if in_frame { JITSI } else { "'none'" };
            let hash = STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()));
            assert_eq!(
                page.header("content-security-policy"),
                format!(
                    "default-src 'none'; img-src data:; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
                ),
                "{name}"
            );
            for (header, value) in [
                ("content-type", "text/html; charset=utf-8"),
                ("cache-control", "no-store"),
                ("referrer-policy", "no-referrer"),
                ("x-content-type-options", "nosniff"),
            ] {
                assert_eq!(page.header(header), value, "{name}");
            }
            let framed = page.headers.get("x-frame-options");
            assert_eq!(framed.is_none(), in_frame, "{name}");
            assert!(framed.is_none_or(|value| value == "DENY"), "{name}");
            let retry = page.headers.contains_key("retry-after");
            assert_eq!(retry, matches!(page.status, 429 | 503), "{name}");
        }
    }
}

#[tokio::test]
async fn answers_without_a_page_are_as_safe() {
    let (bridge, provider, mut browser) = usual().await;
    let begun = browser.hop(&bridge.at("/room/a")).await;
    let back = browser.begin(&begun.location()).await;
    let landed = browser.hop(&back).await;
    assert!(landed.holds_a_token());
    let health = browser.hop(&bridge.at("/healthz")).await;
    for answer in [begun, landed, health] {
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-request-id").len(), 13);
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"));
    }
    assert_eq!(provider.count("POST /token"), 1);
}

#[tokio::test]
async fn the_request_id_is_never_the_clients_choice() {
    let (bridge, ..) = usual().await;
    let chosen = [("X-Request-Id", "chosen-by-somebody")];
    let page = raw(&bridge.origin(), "GET", "/nowhere", &chosen).await;
    assert_ne!(page.header("x-request-id"), "chosen-by-somebody");
    assert!(!page.body.contains("chosen-by-somebody"));
    let another = raw(&bridge.origin(), "GET", "/nowhere", &chosen).await;
    assert_ne!(page.header("x-request-id"), another.header("x-request-id"));
}

#[tokio::test]
async fn what_a_provider_a_person_or_a_rule_says_is_text_and_never_markup() {
    let provider = Provider::start().await;
    let bridge = Bridge::with_policy(&provider, RULES).await;
    let mut browser = Browser::new();
    let evil = "\"><script>alert('x')</script>&amp;{{7*7}}";
    provider.signs_in(json!({ "sub": evil, "name": evil, "groups": [evil] }));
    let denied = browser.go(&bridge.at("/room/board")).await;
    assert!(denied.body.contains("&#34;&#62;&#60;script&#62;alert("));
    assert!(denied.body.contains("&#38;amp;{{7*7}}"));
    assert!(
        denied
            .body
            .contains("This room is for the &#60;b&#62;board&#60;/b&#62; &#38; &#34;friends&#34;.")
    );

    let encoded = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let said = format!("error={encoded}&error_description={encoded}&iss={encoded}");
    let provider_said = answered(&bridge, &mut browser, &said).await;
    let wish = format!("/room/{encoded}?prompt=login");
    let door = browser.begin(&bridge.at(&wish)).await;
    let state = state_of(&door);
    let foreign = format!("/callback?code={encoded}&state={state}");
    let expired = Browser::new().hop(&bridge.at(&foreign)).await;
    assert!(
        expired
            .body
            .contains("Start again for “&#34;&#62;&#60;script&#62;"),
        "{}",
        expired.body
    );
    let nowhere = browser.hop(&bridge.at(&format!("/{encoded}"))).await;
    let no_state = browser
        .hop(&bridge.at(&format!("/callback?code=x&state={encoded}")))
        .await;
    for page in [denied, provider_said, expired, nowhere, no_state] {
        assert!((400..600).contains(&page.status));
        assert!(!page.body.contains("<script"), "{}", page.body);
        assert!(!page.body.contains("<b>"), "{}", page.body);
    }
}

#[tokio::test]
async fn a_refusal_names_the_person_and_offers_to_sign_in_as_somebody_else_for_the_same_meeting() {
    let provider = Provider::start().await;
    let bridge = Bridge::with_policy(&provider, RULES).await;
    provider.signs_in(nora());
    let mut browser = Browser::new();
    let wish = "/join?room=Team%20A&tenant=acme&state=%7B%22config.x%22%3A%22a%26b%22%7D";
    let refused = browser.go(&bridge.at(wish)).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("You are signed in as Nora Noack."));
    let other = refused.link("Sign in as somebody else");

    provider.signs_in(sara());
    let landed = browser.go(&other).await;
    let asked = provider.last_authorization();
    assert!(asked.contains(&("prompt".to_owned(), "login".to_owned())));
    let (address, settings) = landed.url.split_once('#').unwrap();
    assert_eq!(address, "https://meet.example.org/acme/team%20a");
    assert!(settings.ends_with("&config.x=%22a%26b%22"), "{settings}");
}

#[tokio::test]
async fn starting_again_leads_to_the_same_room() {
    let (bridge, _provider, mut browser) = usual().await;
    let back = browser.begin(&bridge.at("/room/acme/Caf%C3%A9")).await;
    let back = browser.begin(&back).await;
    assert_eq!(browser.hop(&back).await.status, 303);
    let reloaded = browser.hop(&back).await;
    assert_eq!(reloaded.status, 400);
    assert!(reloaded.body.contains("Start again for “café”"));
    let landed = browser.go(&reloaded.link("Start again")).await;
    assert!(
        landed
            .url
            .starts_with("https://meet.example.org/acme/caf%c3%a9#jwt=")
    );
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let (bridge, ..) = usual().await;
    for (target, status) in [
        ("/", 200),
        ("/healthz", 200),
        ("/nowhere", 404),
        ("/room/%2A", 400),
        ("/room/a", 303),
    ] {
        let get = raw(&bridge.origin(), "GET", target, &[]).await;
        let head = raw(&bridge.origin(), "HEAD", target, &[]).await;
        assert_eq!((get.status, head.status), (status, status), "{target}");
        assert_eq!(head.body, "", "{target}");
        let types = [&get, &head].map(|answer| answer.headers.get("content-type").cloned());
        assert_eq!(types[0], types[1], "{target}");
    }
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let (bridge, provider, _) = usual().await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
        for target in [
            "/",
            "/room/a",
            "/join?room=a",
            "/logged-out?state=y",
            "/healthz",
        ] {
            let page = raw(&bridge.origin(), method, target, &[]).await;
            assert_eq!(page.status, 405, "{method} {target}");
            // RFC 9110, 15.5.6: it must be told.
            assert_eq!(page.header("allow"), "GET,HEAD", "{method} {target}");
            assert!(page.body.contains("That does not work here"));
        }
    }
    assert_eq!(provider.count("GET /authorize"), 0);
}
