//! What is no token, or far too much of one; and logout tokens, which are read in the same way.

use jsonwebtoken::Algorithm;
use serde_json::json;

use super::support::forge::{keyed, message, signed};
use super::support::keys::{FIRST, SECOND};
use super::support::logout::{post, send, unique, with};
use super::support::{Bridge, Browser, Provider, sara};
use super::{Forger, ROOM, are_refused, bare, is_a_plain_line, is_refused, login, saying, written};

#[tokio::test]
async fn what_is_no_token_is_told_from_one() {
    let three = "not a signed JSON Web Token: it does not have three parts";
    let no_base64 = "not a signed JSON Web Token: a part is no base64url";
    are_refused(
        "",
        vec![
            (bare(""), three),
            (bare(" "), three),
            (bare("null"), three),
            (bare("a.b"), three),
            (bare("a.b.c.d"), three),
            (bare("a.b.c.d.e"), "the token is encrypted (JWE)"),
            (bare(".."), "its header is no JSON object: it is empty"),
            (bare("e30.e30."), "its header has no `alg`"),
            (
                bare("W10.e30."),
                "its header is no JSON object: it is not an object",
            ),
            (bare("<script>.x.y"), no_base64),
            (bare("eyJhbGciOiJSUzI1NiJ9==.e30.x"), no_base64),
            (bare("\u{ff0e}\u{ff0e}"), three),
            (
                written("\"RS256\"".to_owned()),
                "its header is no JSON object: it is not an object",
            ),
            (
                written("{\"alg\":\"RS256\"".to_owned()),
                "its header is no JSON object: it ends too early",
            ),
            (
                saying(|claims| format!("[{claims}]")),
                "its payload is no JSON object: it is not an object",
            ),
            (
                saying(|claims| format!("{claims}{claims}")),
                "its payload is no JSON object: it is not JSON",
            ),
            (
                saying(|_| String::new()),
                "its payload is no JSON object: it is empty",
            ),
            // A token within a token.
            (
                saying(|claims| json!(message("{}", &claims)).to_string()),
                "its payload is no JSON object: it is not an object",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn nesting_without_end_ends() {
    let deep = |what: &str| what.repeat(30_000);
    let (lists, objects) = (deep("["), deep("{\"a\":"));
    let claims = format!("{{\"sub\":{lists}");
    let header = format!("{{\"alg\":\"RS256\",\"typ\":{objects}");
    are_refused(
        "",
        vec![
            (
                saying(move |_| claims.clone()),
                "its payload is no JSON object: it is nested too deep",
            ),
            (
                written(header),
                "its header is no JSON object: it is nested too deep",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_token_of_ten_megabytes_is_not_read() {
    let padded = |bytes: usize| {
        saying(move |claims| format!("{{\"x\":\"{}\",{}", "x".repeat(bytes), &claims[1..]))
    };
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    // Beyond what is read of any answer, and beyond what is looked at of any token.
    for (before, (bytes, status, reason)) in [
        (10 * 1024 * 1024, 503, "/token is longer than 1048576 bytes"),
        (
            300 * 1024,
            502,
            "not a signed JSON Web Token: it is too long",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        provider.forges(padded(bytes));
        is_refused(&bridge, &login(&bridge).await, status, reason);
        assert_eq!(bridge.tokens_minted(), before);
        provider.is_honest();
        assert!(login(&bridge).await.in_meeting());
    }
    // A long one that is right is right.
    provider.forges(padded(100 * 1024));
    assert!(login(&bridge).await.in_meeting(), "{}", bridge.last_cause());
}

#[tokio::test]
async fn a_signature_of_any_other_length_is_wrong() {
    let with_signature = |signature: &str| -> Forger {
        let signature = signature.to_owned();
        Box::new(move |claims| {
            let header = json!({ "alg": "RS256", "kid": "first" }).to_string();
            format!("{}.{signature}", message(&header, &claims.to_string()))
        })
    };
    let wrong = "the signature is wrong";
    are_refused(
        "",
        vec![
            (with_signature(""), wrong),
            (with_signature("AA"), wrong),
            (with_signature(&"A".repeat(342)), wrong),
            (with_signature(&"A".repeat(200_000)), wrong),
            (with_signature("!!!"), wrong),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_access_token_of_another_type_is_not_used() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    for (before, (kind, reason)) in [
        (
            json!("DPoP"),
            "its access token is of the type \"DPoP\", not Bearer",
        ),
        (
            json!("mac"),
            "its access token is of the type \"mac\", not Bearer",
        ),
        (
            json!("<script>\r\n"),
            "its access token is of the type \"<script>\", not Bearer",
        ),
        (
            json!(["Bearer"]),
            "it is not an object with texts as tokens",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        provider.hands_out_access_tokens_of(kind);
        is_refused(&bridge, &login(&bridge).await, 502, reason);
        assert_eq!(bridge.tokens_minted(), before);
        provider.hands_out_access_tokens_of(json!("bearer"));
        assert!(login(&bridge).await.in_meeting());
    }
}

/// Logout tokens are read as ID tokens are.
#[tokio::test]
async fn a_forged_logout_token_ends_nothing() {
    let provider = Provider::start().await;
    let sub = unique("sara");
    provider.signs_in(with(sara(), json!({ "sub": sub })));
    let bridge = Bridge::start(&provider, "").await;
    let mut browser = Browser::new();
    assert!(browser.go(&bridge.at(ROOM)).await.in_meeting());
    let claims = provider.logout_claims(json!({ "sub": sub }));
    let usual = json!({ "alg": "RS256", "kid": "first" }).to_string();
    let good = claims.to_string();
    let adding = |members: &str| format!("{},{members}}}", good.strip_suffix('}').unwrap());
    let events = r#""events":{"http://schemas.openid.net/event/backchannel-logout":{}}"#;
    let brings = json!({ "alg": "RS256", "kid": "first", "jwk": SECOND.jwk }).to_string();
    for (at, (token, reason)) in [
        (
            signed(&usual, &adding(events), &FIRST),
            "the name \"events\" comes twice in it",
        ),
        (
            signed(&usual, &adding("\"sub\":\"s-tim\""), &FIRST),
            "the name \"sub\" comes twice in it",
        ),
        (
            signed(&usual, &adding("\"jti\":\"x\""), &FIRST),
            "the name \"jti\" comes twice in it",
        ),
        (
            signed(&brings, &good, &SECOND),
            "the header brings a key of its own (jwk), which never counts",
        ),
        (
            keyed(
                "{\"alg\":\"HS256\"}",
                &good,
                FIRST.jwk.to_string().as_bytes(),
                Algorithm::HS256,
            ),
            "signed with HS256",
        ),
        (
            message("{\"alg\":\"none\"}", &good) + ".",
            "signed with none",
        ),
        (
            signed(&usual, &"[".repeat(20_000), &FIRST),
            "it is nested too deep",
        ),
        ("a.b.c.d.e".to_owned(), "the token is encrypted (JWE)"),
        (String::new(), "it does not have three parts"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(send(&bridge, &token).await.status, 400, "{reason}");
        let cause = bridge.last_cause();
        assert!(cause.contains(reason), "{cause:?} is not {reason:?}");
        is_a_plain_line(&cause);
        let still = browser.hop(&bridge.at(&format!("/room/r{at}"))).await;
        assert!(still.location().contains("jwt="), "{reason}: signed out");
    }
    // Ten megabytes are not even read.
    let form = format!("logout_token={}", "x".repeat(10 * 1024 * 1024));
    let answer = post(&bridge, "application/x-www-form-urlencoded", form).await;
    assert_eq!(answer.status, 400);
    assert!(
        bridge.last_cause().contains("one logout_token"),
        "{}",
        bridge.last_cause()
    );

    assert_eq!(
        send(&bridge, &signed(&usual, &good, &FIRST)).await.status,
        200
    );
    let door = browser.begin(&bridge.at("/room/b")).await;
    assert!(door.starts_with(&provider.issuer), "{door}");
}
