//! What a signed token says: for whom, by whom, when, and for which login.

use serde_json::{Value, json};

use super::support::logout::with;
use super::support::{Bridge, Provider, sara};
use super::{
    Forger, adding, are_refused, is_a_plain_line, is_refused, login, saying, saying_with, succeeds,
    written,
};

#[tokio::test]
async fn what_is_said_twice_is_not_said() {
    let twice = |name: &str| -> &'static str {
        format!("its payload is no JSON object: the name {name:?} comes twice in it").leak()
    };
    let mut cases: Vec<(Forger, &str)> = vec![
        (adding(r#""sub":"s-admin""#), twice("sub")),
        (adding(r#""aud":"bridge""#), twice("aud")),
        (adding(r#""iss":"https://other.example""#), twice("iss")),
        (adding(r#""exp":9999999999"#), twice("exp")),
        (adding(r#""nonce":"another""#), twice("nonce")),
        (adding(r#""groups":["/board"]"#), twice("groups")),
        (adding(r#""\u0073ub":"s-admin""#), twice("sub")),
        (
            adding(r#""a":{"roles":[],"roles":["admin"]}"#),
            twice("roles"),
        ),
    ];
    let header = "its header is no JSON object: the name \"alg\" comes twice in it";
    cases.push((
        written(r#"{"alg":"none","alg":"RS256","kid":"first"}"#.to_owned()),
        header,
    ));
    cases.push((
        written(r#"{"alg":"RS256","alg":"none","kid":"first"}"#.to_owned()),
        header,
    ));
    let header = "its header is no JSON object: the name \"kid\" comes twice in it";
    cases.push((
        written(r#"{"alg":"RS256","kid":"first","kid":"second"}"#.to_owned()),
        header,
    ));
    are_refused("", cases).await;
}

#[tokio::test]
async fn an_audience_is_this_client_and_nothing_like_it() {
    let meant_for = |aud: Value| saying_with(json!({ "aud": aud }));
    let mut cases: Vec<(Forger, &str)> = [
        json!("Bridge"),
        json!("bridge "),
        json!("bridge\u{0}"),
        json!("bridge,other"),
        json!("bridge other"),
        json!("bridg\u{435}"),
        json!(""),
        json!("*"),
        json!(["Bridge"]),
        json!([["bridge"]]),
        json!(["bridge", null]),
        json!(["bridge", 7]),
        json!({ "bridge": true }),
        json!(true),
        json!(0),
    ]
    .into_iter()
    .map(|aud| (meant_for(aud), ", not for this client (\"bridge\")"))
    .collect();
    cases.push((
        meant_for(json!(["bridge", "evil"])),
        "also meant for clients that are not trusted: evil",
    ));
    // Twice is several, and several need a party.
    cases.push((
        meant_for(json!(["bridge", "bridge"])),
        "the authorized party (azp) is None, not this client",
    ));
    are_refused("", cases).await;
}

#[tokio::test]
async fn an_authorized_party_is_this_client_and_nothing_like_it() {
    let party = |azp: Value| saying_with(json!({ "azp": azp }));
    let mut cases: Vec<(Forger, &str)> = vec![
        (
            party(json!("Bridge")),
            "the authorized party (azp) is Some(\"Bridge\"), not this client",
        ),
        (
            party(json!("evil")),
            "the authorized party (azp) is Some(\"evil\"), not this client",
        ),
        (
            party(json!("")),
            "the authorized party (azp) is Some(\"\"), not this client",
        ),
    ];
    for azp in [
        json!(["bridge"]),
        json!({ "bridge": 1 }),
        json!(7),
        json!(true),
    ] {
        cases.push((
            party(azp),
            "the authorized party (azp) is None, not this client",
        ));
    }
    are_refused("", cases).await;
    let trusting = "provider.trusted_audiences = [\"*\"]";
    let both = |azp: Value| saying_with(json!({ "aud": ["bridge", "evil"], "azp": azp }));
    are_refused(
        trusting,
        vec![
            (
                both(json!("evil")),
                "the authorized party (azp) is Some(\"evil\"), not this client",
            ),
            (
                both(Value::Null),
                "the authorized party (azp) is None, not this client",
            ),
            (
                saying_with(json!({ "aud": ["evil"], "azp": "bridge" })),
                "not for this client",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_issuer_is_this_one_and_nothing_like_it() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    let host = provider.issuer.trim_start_matches("http://");
    for (before, iss) in [
        json!(format!("{}/", provider.issuer)),
        json!(format!("HTTP://{host}")),
        json!(format!("https://{host}")),
        json!(format!("http://x@{host}")),
        json!(format!("{}#", provider.issuer)),
        json!(format!("{}\u{0}", provider.issuer)),
        json!([provider.issuer]),
        json!("<script>alert(1)</script>"),
        json!(null),
    ]
    .into_iter()
    .enumerate()
    {
        provider.forges(saying_with(json!({ "iss": iss })));
        let landed = login(&bridge).await;
        is_refused(
            &bridge,
            &landed,
            502,
            "the ID token is refused: issued by \"",
        );
        is_a_plain_line(&bridge.last_cause());
        assert_eq!(bridge.tokens_minted(), before, "{iss}");
        provider.is_honest();
        assert!(login(&bridge).await.in_meeting(), "{iss}");
    }
}

#[tokio::test]
async fn a_time_is_a_number() {
    let (expired, issued) = (
        "expired, or without an expiry time (exp None)",
        "without a time of issue (iat None)",
    );
    are_refused(
        "",
        vec![
            (saying_with(json!({ "exp": "2100000300" })), expired),
            (saying_with(json!({ "exp": [2_100_000_300_u32] })), expired),
            (saying_with(json!({ "exp": true })), expired),
            (
                saying_with(json!({ "exp": -1 })),
                "expired, or without an expiry time (exp Some(-1.0), ",
            ),
            (
                saying_with(json!({ "exp": 0 })),
                "expired, or without an expiry time (exp Some(0.0), ",
            ),
            (
                saying(|claims| claims.replace("\"exp\":2100000300", "\"exp\":1e999")),
                "its payload is no JSON object: it is not JSON",
            ),
            (
                saying(|claims| claims.replace("\"exp\":2100000300", "\"exp\":NaN")),
                "its payload is no JSON object: it is not JSON",
            ),
            (saying_with(json!({ "iat": "2100000000" })), issued),
            (saying_with(json!({ "iat": {} })), issued),
            (
                saying_with(json!({ "iat": 1e300 })),
                "issued in the future, or without a time of issue (iat Some(",
            ),
            (
                saying_with(json!({ "nbf": "tomorrow" })),
                "its nbf is no time",
            ),
            (saying_with(json!({ "nbf": [] })), "its nbf is no time"),
            (saying_with(json!({ "nbf": 1e300 })), "not valid yet (nbf 1"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_nonce_is_this_logins_and_nothing_like_it() {
    let wrong = "the nonce is not the one of this login";
    let nonce = |change: fn(&str) -> Value| -> Forger {
        saying(move |claims| {
            let claims: Value = serde_json::from_str(&claims).unwrap();
            let other = change(claims["nonce"].as_str().unwrap());
            with(claims, json!({ "nonce": other })).to_string()
        })
    };
    are_refused(
        "",
        vec![
            (nonce(|n| json!(n.to_uppercase())), wrong),
            (nonce(|n| json!(format!("{n} "))), wrong),
            (nonce(|n| json!(&n[1..])), wrong),
            (nonce(|n| json!([n])), wrong),
            (nonce(|_| json!("")), wrong),
            (nonce(|_| json!(0)), wrong),
            (
                nonce(|_| Value::Null),
                "it has no nonce, though this login sent one",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_logout_token_is_no_id_token() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    let logout = provider.token_of(&provider.logout_claims(json!({ "sub": "s-sara" })));
    provider.forges(move |_| logout.clone());
    is_refused(
        &bridge,
        &login(&bridge).await,
        502,
        "it has no nonce, though this login sent one",
    );
    provider.is_honest();
    succeeds(&bridge).await;
}
