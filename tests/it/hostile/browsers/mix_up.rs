//! Two providers, of which one is the attacker's (RFC 9700, 4.4; RFC 9207).

use serde_json::json;

use super::support::bridge::POLICY;
use super::support::logout::with;
use super::support::{Bridge, Browser, Fault, Provider, sara, tim, token_in};
use super::{TOKEN, is_a_plain_line, is_refused, signs_in, up_to_the_callback, with_parameter};

/// Two providers, of which the second is the attacker's.
async fn honest_and_evil(iss: bool) -> (Provider, Provider, Bridge) {
    let honest = Provider::start().await;
    let evil = Provider::beside(&honest).await;
    honest.signs_in(sara());
    evil.signs_in(tim());
    if !iss {
        honest.misbehaves(Fault::NoIss);
        evil.misbehaves(Fault::NoIss);
    }
    let label = "label = \"one of two\"";
    let both = [("honest", &honest, label), ("evil", &evil, label)];
    let bridge = Bridge::between(&both, POLICY).await;
    (honest, evil, bridge)
}

/// RFC 9700, 4.4.1: the browser thinks it is at the attacker's provider, whose door leads on to the honest one; the code that
/// comes back must not be shown to the attacker's token endpoint.
#[tokio::test]
async fn a_mix_up_shows_nobody_the_others_code() {
    for names_itself in [true, false] {
        let (honest, evil, bridge) = honest_and_evil(names_itself).await;
        let mut browser = Browser::new();
        let door = browser.begin(&bridge.at("/room/a?idp=evil")).await;
        assert!(door.starts_with(&evil.issuer), "{door}");
        // The attacker sends the browser to the honest door, with everything that the bridge asked for.
        let door = door.replace(&evil.issuer, &honest.issuer);
        let back = browser.hop(&door).await.location();
        // It comes back to where this login began; or, with the honest redirect URI, to where it did not.
        let there = back.replace("/callback/evil", "/callback/honest");
        let landed = browser.go(&there).await;
        let reason = "the answer came to /callback/honest; the login began with /callback/evil";
        is_refused(&bridge, &landed, 502, reason);
        if names_itself {
            let mut browser = Browser::new();
            let door = browser.begin(&bridge.at("/room/a?idp=evil")).await;
            let door = door.replace(&evil.issuer, &honest.issuer);
            let back = browser.hop(&door).await.location();
            let landed = browser.go(&back).await;
            let reason = format!(
                "the answer names the issuer Some({:?}); the login began at {:?}",
                honest.issuer, evil.issuer
            );
            is_refused(&bridge, &landed, 502, &reason);
        }
        assert_eq!((honest.count(TOKEN), evil.count(TOKEN)), (0, 0));
        assert_eq!(bridge.tokens_minted(), 0);
        let landed = signs_in(&mut browser, &bridge, "/room/a?idp=honest").await;
        assert_eq!(token_in(&landed)["context"]["user"]["name"], "Sara Stein");
    }
}

#[tokio::test]
async fn an_issuer_in_the_answer_is_the_one_that_was_asked_or_nobody() {
    let (honest, evil, bridge) = honest_and_evil(true).await;
    honest.says(
        "authorization_response_iss_parameter_supported",
        json!(true),
    );
    let slash = format!("{}/", honest.issuer);
    let long = format!("https://{}", "x".repeat(20_000));
    for (iss, reason) in [
        (None, "the answer names the issuer None".to_owned()),
        (
            Some(""),
            "the answer names the issuer Some(\"\")".to_owned(),
        ),
        (
            Some(evil.issuer.as_str()),
            format!("the answer names the issuer Some({:?})", evil.issuer),
        ),
        (
            Some(slash.as_str()),
            format!("the answer names the issuer Some({slash:?})"),
        ),
        (
            Some("<script>\r\nX: y\u{202e}"),
            "the answer names the issuer Some(\"<script> X: y\")".to_owned(),
        ),
        (
            Some(long.as_str()),
            "the answer names the issuer Some(\"https://xxxx".to_owned(),
        ),
    ] {
        let mut browser = Browser::new();
        let back = up_to_the_callback(&mut browser, &bridge, "/room/a?idp=honest").await;
        let landed = browser.go(&with_parameter(&back, "iss", iss)).await;
        is_refused(&bridge, &landed, 502, &reason);
        is_a_plain_line(&bridge.last_cause());
        assert_eq!(
            (
                honest.count(TOKEN),
                evil.count(TOKEN),
                bridge.tokens_minted()
            ),
            (0, 0, 0)
        );
    }
    signs_in(&mut Browser::new(), &bridge, "/room/a?idp=honest").await;
}

/// A provider that tells the other's people, and the other's subject, as its own.
#[tokio::test]
async fn a_provider_cannot_speak_for_the_other() {
    let (honest, evil, bridge) = honest_and_evil(true).await;
    evil.signs_in(with(sara(), json!({ "iss": honest.issuer })));
    let landed = Browser::new().go(&bridge.at("/room/a?idp=evil")).await;
    is_refused(
        &bridge,
        &landed,
        502,
        &format!("the ID token is refused: issued by {:?}", honest.issuer),
    );
    assert_eq!(bridge.tokens_minted(), 0);
    evil.signs_in(sara());
    let theirs = token_in(&signs_in(&mut Browser::new(), &bridge, "/room/a?idp=evil").await);
    let ours = token_in(&signs_in(&mut Browser::new(), &bridge, "/room/a?idp=honest").await);
    assert_ne!(
        theirs["context"]["user"]["id"],
        ours["context"]["user"]["id"]
    );
}
