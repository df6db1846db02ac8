//! A provider that turns bad after it was learnt: what is known of it stays in use, and counts for no more than it did.

use serde_json::json;
use time::Duration;

use super::support::fault::answer::{BOMB, Bad};
use super::support::forge::signed;
use super::support::keys::SECOND;
use super::support::{Bridge, Provider, sara};
use super::{Endpoint, is_refused, login};

/// What is known has aged, and the endpoint answers so when it is asked anew.
async fn stays_in_use(endpoint: Endpoint) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.keeps_for(60);
    let bridge = Bridge::start(&provider, "").await;
    assert!(login(&bridge).await.in_meeting());
    let elsewhere = Provider::start().await;
    elsewhere.rotates();
    let no_keys = match endpoint {
        Endpoint::Discovery => "missing field `issuer`",
        _ => "it is not an object with a list `keys`",
    };
    for (bad, reason) in [
        (Bad::Endless, "is longer than 1048576 bytes"),
        (Bad::GzipBomb(BOMB.clone()), "is packed (gzip)"),
        (Bad::ClosesMidway, "error decoding response body"),
        (
            Bad::Redirects(302, endpoint.address(&elsewhere)),
            "answered 302",
        ),
        (
            Bad::Says(200, "text/html", "<h1>Welcome</h1>".to_owned()),
            "it is not JSON (line 1, column 1)",
        ),
        (
            Bad::Says(200, "application/json", json!({ "keys": 7 }).to_string()),
            no_keys,
        ),
    ] {
        let asked = provider.count(endpoint.request());
        let what = format!("{bad:?}").chars().take(40).collect::<String>();
        provider.answers_badly(endpoint.request(), bad);
        // Beyond every pause after failures.
        bridge.clock.advance(Duration::minutes(3));
        provider.is_asked(endpoint.request(), asked + 1).await;
        assert!(
            login(&bridge).await.in_meeting(),
            "{what}: {}",
            bridge.last_cause()
        );
        // Nobody else's keys came in by that way: a token that only new ones could explain waits for those.
        let header = json!({ "alg": "RS256", "kid": "first" }).to_string();
        provider.forges(move |claims| signed(&header, &claims.to_string(), &SECOND));
        is_refused(&bridge, &login(&bridge).await, 503, reason);
        provider.is_honest();
    }
    assert_eq!(elsewhere.requests(), [""; 0]);
    assert_eq!(bridge.tokens_minted(), 7);
}

#[tokio::test]
async fn metadata_stay_in_use() {
    stays_in_use(Endpoint::Discovery).await;
}

#[tokio::test]
async fn keys_stay_in_use() {
    stays_in_use(Endpoint::Keys).await;
}
