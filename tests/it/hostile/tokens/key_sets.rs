//! The keys that the provider publishes: too many, of one name, of none, of the wrong kind.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::support::forge::signed;
use super::support::keys::{EDWARDS, FIRST, PSS, SECOND};
use super::support::logout::with;
use super::support::{Bridge, Provider, sara};
use super::{Forger, are_refused, is_refused, login, succeeds};

#[tokio::test]
async fn a_name_of_a_key_leads_nowhere() {
    let named = |kid: &str| -> Forger {
        let header = json!({ "alg": "RS256", "kid": kid }).to_string();
        Box::new(move |claims| signed(&header, &claims.to_string(), &SECOND))
    };
    are_refused(
        "",
        vec![
            (
                named("../../../../dev/null"),
                "none that fits (kid Some(\"../../../../dev/null\"), RS256)",
            ),
            (
                named("' OR '1'='1"),
                "none that fits (kid Some(\"' OR '1'='1\"), RS256)",
            ),
            (
                named("https://evil.example/k"),
                "none that fits (kid Some(\"https://evil.example/k\"), RS256)",
            ),
            (
                named("first\u{0}"),
                "none that fits (kid Some(\"first\"), RS256)",
            ),
            (
                named("First"),
                "none that fits (kid Some(\"First\"), RS256)",
            ),
            (named(""), "none that fits (kid Some(\"\"), RS256)"),
            (
                named("\u{202e}tsrif\r\nadmin: true"),
                "none that fits (kid Some(\"tsrif admin: true\"), RS256)",
            ),
            (
                named(&"k".repeat(100_000)),
                "none that fits (kid Some(\"kkkk",
            ),
        ],
    )
    .await;
}

/// Keys of the kind that takes the least room.
fn many_keys(count: usize, right_at: usize) -> String {
    let mut other = EDWARDS.jwk.clone();
    other["x"] = URL_SAFE_NO_PAD.encode([7; 32]).into();
    let keys: Vec<Value> = (0..count)
        .map(|at| match at {
            at if at == right_at => EDWARDS.jwk.clone(),
            at => with(other.clone(), json!({ "kid": format!("k{at}") })),
        })
        .collect();
    json!({ "keys": keys }).to_string()
}

#[tokio::test]
async fn of_five_thousand_keys_the_first_hundred_are_looked_at() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.signs_with(&EDWARDS);
    let keys = many_keys(5000, 4999);
    assert!(keys.len() < 1024 * 1024, "{} bytes", keys.len());
    provider.publishes(keys);
    let bridge = Bridge::start(&provider, "").await;
    let begun = std::time::Instant::now();
    let reason = "hold none that fits (kid Some(\"edwards\"), EdDSA) among the first 100; 4900 more are not looked at";
    is_refused(&bridge, &login(&bridge).await, 502, reason);
    assert_eq!(bridge.tokens_minted(), 0);
    provider.publishes(many_keys(5000, 99));
    bridge.clock.advance(time::Duration::seconds(31));
    assert!(login(&bridge).await.in_meeting(), "{}", bridge.last_cause());
    assert!(
        begun.elapsed().as_secs() < 20,
        "it took {:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn five_thousand_keys_that_are_too_long_are_not_read() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let keys = vec![FIRST.jwk.clone(); 5000];
    provider.publishes(json!({ "keys": keys }).to_string());
    let bridge = Bridge::start(&provider, "").await;
    is_refused(
        &bridge,
        &login(&bridge).await,
        503,
        "/keys is longer than 1048576 bytes",
    );
    provider.is_honest();
    bridge.clock.advance(time::Duration::seconds(3));
    succeeds(&bridge).await;
}

#[tokio::test]
async fn two_keys_of_one_name_are_both_tried_and_no_third() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let second = with(SECOND.jwk.clone(), json!({ "kid": "first" }));
    for keys in [json!([FIRST.jwk, second]), json!([second, FIRST.jwk])] {
        provider.publishes(json!({ "keys": keys }).to_string());
        let bridge = Bridge::start(&provider, "").await;
        provider.forges(|claims| {
            signed(
                "{\"alg\":\"RS256\",\"kid\":\"first\"}",
                &claims.to_string(),
                &PSS,
            )
        });
        is_refused(
            &bridge,
            &login(&bridge).await,
            502,
            "the signature is wrong",
        );
        for key in [&FIRST, &SECOND] {
            provider.forges(|claims| {
                signed(
                    "{\"alg\":\"RS256\",\"kid\":\"first\"}",
                    &claims.to_string(),
                    key,
                )
            });
            assert!(login(&bridge).await.in_meeting(), "{}", bridge.last_cause());
        }
        // Without a name nobody knows which is meant.
        provider.forges(|claims| signed("{\"alg\":\"RS256\"}", &claims.to_string(), &FIRST));
        is_refused(
            &bridge,
            &login(&bridge).await,
            502,
            "names no key (kid) and the provider has 2 that fit",
        );
    }
}

#[tokio::test]
async fn a_key_set_that_holds_no_key_for_this_lets_nobody_in() {
    let none = "hold none that fits (kid Some(\"first\"), RS256)";
    let first = |others: Value| json!({ "keys": [with(FIRST.jwk.clone(), others)] }).to_string();
    let secret = json!({ "keys": [{ "kty": "oct", "kid": "first", "k": "c2VjcmV0" }] }).to_string();
    for (keys, status, reason) in [
        (json!({ "keys": [] }).to_string(), 502, none),
        (first(json!({ "use": "enc" })), 502, none),
        (first(json!({ "kid": "First" })), 502, none),
        (first(json!({ "alg": "RS512" })), 502, none),
        (first(json!({ "kty": "EC" })), 502, none),
        (first(json!({ "n": "" })), 502, none),
        (
            first(json!({ "n": "AQAB" })),
            502,
            "the provider's RSA key has 17 bits; fewer than 2048 are refused",
        ),
        (secret, 502, none),
        (
            r#"{"keys":[],"keys":[]}"#.to_owned(),
            503,
            "a JSON Web Key Set: the name \"keys\" comes twice in it",
        ),
        (
            json!({ "keys": {} }).to_string(),
            503,
            "a JSON Web Key Set: it is not an object with a list `keys`",
        ),
        (
            json!({}).to_string(),
            503,
            "a JSON Web Key Set: it is not an object with a list `keys`",
        ),
    ] {
        let provider = Provider::start().await;
        provider.signs_in(sara());
        provider.publishes(keys);
        let bridge = Bridge::start(&provider, "").await;
        is_refused(&bridge, &login(&bridge).await, status, reason);
        provider.is_honest();
        bridge.clock.advance(time::Duration::seconds(31));
        succeeds(&bridge).await;
    }
}
