//! What a provider says of itself, and the addresses that it writes: they are followed where they may lead, and nowhere else.

use serde_json::{Value, json};

use super::support::fault::answer::Bad;
use super::support::logout::with;
use super::support::{Bridge, Browser, Provider, sara, usual};
use super::{ROOM, is_a_plain_line, is_clean, is_refused, login, nasty, succeeds};

async fn metadata_are_refused(name: &str, value: Value, reason: &str) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.says(name, value);
    let bridge = Bridge::start(&provider, "").await;
    let landed = login(&bridge).await;
    is_refused(&bridge, &landed, 503, reason);
    is_a_plain_line(&bridge.last_cause());
    provider.says_nothing_more();
    bridge.clock.advance(time::Duration::seconds(3));
    succeeds(&bridge).await;
}

/// What a provider says of itself.
#[tokio::test]
async fn addresses_that_lead_nowhere_are_not_followed() {
    let long = format!("https://id.example/{}", "x".repeat(3000));
    let no_address = |name: &str| {
        format!(
            "the provider's {name} is no web address, has a password in it, or is longer than 2000 bytes: "
        )
    };
    let no_metadata = |_: &str| "answered something else than provider metadata: ".to_owned();
    let every = [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "end_session_endpoint",
        "pushed_authorization_request_endpoint",
    ];
    for name in every {
        for (address, reason) in [
            ("javascript:alert(document.cookie)", no_address(name)),
            ("data:text/html,<script>alert(1)</script>", no_address(name)),
            ("file:///etc/passwd", no_address(name)),
            ("gopher://127.0.0.1:6379/_FLUSHALL", no_address(name)),
            ("https://user:password@id.example/", no_address(name)),
            (long.as_str(), no_address(name)),
            ("//evil.example/authorize", no_metadata(name)),
            ("/authorize", no_metadata(name)),
            ("", no_metadata(name)),
            ("https://", no_metadata(name)),
            ("http://[::1", no_metadata(name)),
        ] {
            metadata_are_refused(name, json!(address), &reason).await;
        }
    }
}

#[tokio::test]
async fn what_a_provider_calls_itself_stays_a_string() {
    for text in nasty() {
        metadata_are_refused("issuer", json!(text), "the provider calls itself \"").await;
    }
    for value in [
        json!(["x"]),
        json!(7),
        json!({ "<script>": "\u{202e}" }),
        Value::Null,
    ] {
        metadata_are_refused(
            "issuer",
            value,
            "answered something else than provider metadata: invalid type",
        )
        .await;
    }
}

#[tokio::test]
async fn line_breaks_in_an_address_are_none() {
    let (bridge, provider, _) = usual().await;
    let broken = format!("{}/autho\r\n\trize", provider.issuer);
    provider.says("authorization_endpoint", json!(broken));
    succeeds(&bridge).await;
}

/// Algorithms that a provider advertises do not count because it does.
#[tokio::test]
async fn a_provider_that_advertises_nothing_good_is_told_so() {
    let reason = "the provider advertises no algorithm for ID tokens that counts";
    for advertised in [
        json!(["none"]),
        json!(["HS256", "HS512"]),
        json!(["<script>", "\u{202e}"]),
        json!(["rs256"]),
    ] {
        let provider = Provider::start().await;
        provider.signs_in(sara());
        provider.says("id_token_signing_alg_values_supported", advertised);
        let bridge = Bridge::start(&provider, "").await;
        is_refused(&bridge, &login(&bridge).await, 502, reason);
        provider.says_nothing_more();
        bridge.clock.advance(time::Duration::seconds(31));
        succeeds(&bridge).await;
    }
}

/// Where claims stand elsewhere, the provider writes the address that is asked.
#[tokio::test]
async fn nobody_is_asked_whom_a_claim_names() {
    let (bridge, provider, _) = usual().await;
    let other = Provider::start().await;
    for (before, (endpoint, reason)) in [
        (
            format!("{}/documents/x", other.issuer),
            "which is not the issuer's",
        ),
        (
            format!("{}@evil.example/", provider.issuer),
            "is to be fetched from http://evil.example, which is not the issuer's",
        ),
        (
            "http://169.254.169.254/latest/meta-data".to_owned(),
            "from http://169.254.169.254, which is not the issuer's",
        ),
        (
            "http://localhost:6379/".to_owned(),
            "from http://localhost:6379, which is not the issuer's",
        ),
        (
            "file:///etc/passwd".to_owned(),
            "from null, which is not the issuer's",
        ),
        (
            "javascript:alert(1)".to_owned(),
            "from null, which is not the issuer's",
        ),
        (
            "//evil.example".to_owned(),
            "neither a token nor an endpoint",
        ),
        ("<script>".to_owned(), "neither a token nor an endpoint"),
        (String::new(), "neither a token nor an endpoint"),
    ]
    .into_iter()
    .enumerate()
    {
        let elsewhere = json!({ "groups": null, "_claim_names": { "groups": "x" }, "_claim_sources": { "x": { "endpoint": endpoint } } });
        provider.signs_in(with(sara(), elsewhere));
        is_refused(&bridge, &login(&bridge).await, 502, reason);
        is_a_plain_line(&bridge.last_cause());
        assert_eq!(bridge.tokens_minted(), before);
        provider.signs_in(sara());
        assert!(login(&bridge).await.in_meeting());
    }
    assert_eq!(other.requests(), [""; 0]);
}

/// A name for a pushed request goes into an address that the browser is sent to.
#[tokio::test]
async fn the_name_of_a_pushed_request_stays_one_parameter() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.takes_pushed_requests();
    let bridge = Bridge::start(&provider, "").await;
    for name in [
        "&client_id=evil",
        "#x",
        "\r\nX-Injected: yes",
        "<script>",
        "\u{202e}",
        "%0d%0a",
        "//evil.example",
    ] {
        let body = json!({ "request_uri": name, "expires_in": 60 }).to_string();
        provider.answers_badly("POST /par", Bad::Says(201, "application/json", body));
        let begun = Browser::new().hop(&bridge.at(ROOM)).await;
        is_clean(&begun);
        let door = url::Url::parse(&begun.location()).unwrap();
        let asked: Vec<(String, String)> = door.query_pairs().into_owned().collect();
        let expected = [("client_id", "bridge"), ("request_uri", name)]
            .map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(asked, expected);
        assert!(
            door.as_str()
                .starts_with(&format!("{}/authorize?", provider.issuer))
        );
    }
    for name in [String::new(), "x".repeat(513), "x".repeat(500_000)] {
        let body = json!({ "request_uri": name, "expires_in": 60 }).to_string();
        provider.answers_badly("POST /par", Bad::Says(201, "application/json", body));
        is_refused(
            &bridge,
            &login(&bridge).await,
            502,
            "its `request_uri` is empty, or longer than 512 bytes",
        );
    }
    provider.answers_well();
    succeeds(&bridge).await;
}
