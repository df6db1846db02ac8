//! Claims from anywhere: in a token of their own, at an endpoint of their own, in a signed userinfo; and clear words about
//! what is not believed (OpenID Connect Core 1.0, 5.3.2 and 5.6.2).

use serde_json::{Value, json};

use super::support::bridge::POLICY;
use super::support::endpoints::Document;
use super::support::logout::with;
use super::support::{Bridge, Browser, Fault, Landed, Provider, sara};

/// Sara, whose groups stand in this source.
async fn with_source(provider: &Provider, source: Value) -> (Bridge, Landed) {
    let elsewhere = json!({
        "groups": null, "_claim_names": { "groups": "src1", "credit_score": "src2" }, "_claim_sources": { "src1": source },
    });
    provider.signs_in(with(sara(), elsewhere));
    let bridge = Bridge::set_up(provider, "", "", POLICY).await;
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    (bridge, landed)
}

fn claims(provider: &Provider) -> Value {
    json!({ "iss": provider.issuer, "sub": "s-sara", "groups": ["/staff"] })
}

#[tokio::test]
async fn aggregated_claims_count_that_the_provider_signed() {
    let provider = Provider::start().await;
    let token = provider.token_of(&claims(&provider));
    let (bridge, landed) = with_source(&provider, json!({ "JWT": token })).await;
    assert!(landed.in_meeting(), "{}", bridge.last_cause());
    assert_eq!(bridge.last_decision().0, "participant");
}

#[tokio::test]
async fn distributed_claims_are_fetched_with_their_own_token() {
    let provider = Provider::start().await;
    let token = provider.token_of(&claims(&provider));
    let document = Document {
        opened_by: "another-token",
        ..Document::token(token)
    };
    provider.answers("groups", document);
    let endpoint = format!("{}/documents/groups", provider.issuer);
    let source = json!({ "endpoint": endpoint, "access_token": "another-token" });
    let (bridge, landed) = with_source(&provider, source).await;
    assert!(landed.in_meeting(), "{}", bridge.last_cause());
    assert_eq!(bridge.last_decision().0, "participant");
}

#[tokio::test]
async fn a_source_that_is_not_believed_lets_nobody_in() {
    let provider = Provider::start().await;
    let other = Provider::beside(&provider).await;
    other.rotates();
    let good = claims(&provider);
    let endpoint =
        |name: &str| json!({ "endpoint": format!("{}/documents/{name}", provider.issuer) });
    let plain = Document {
        opened_by: "",
        ..Document::json(good.clone())
    };
    provider.answers("plain", plain);
    for (source, reason) in [
        (
            json!({ "JWT": other.token_of(&good) }),
            "the token in which the claim \"groups\" stands is refused",
        ),
        (
            json!({ "JWT": provider.token_of(&with(good.clone(), json!({ "iss": "https://x.example" }))) }),
            "issued by \"https://x.example\"",
        ),
        (
            json!({ "JWT": provider.token_of(&with(good.clone(), json!({ "sub": "s-tim" }))) }),
            "another subject",
        ),
        (json!({ "JWT": "a.b.c.d.e" }), "encrypted"),
        (json!({ "JWT": "a.b.c" }), "not a signed JSON Web Token"),
        (json!({}), "neither a token nor an endpoint"),
        (
            json!({ "endpoint": "https://claims.example/x" }),
            "which is not the issuer's: add it to claim_sources",
        ),
        (
            json!({ "endpoint": other.issuer.clone() + "/documents/x" }),
            "which is not the issuer's",
        ),
        (endpoint("nowhere"), "status 404"),
        (endpoint("plain"), "status 401"),
    ] {
        let (bridge, landed) = with_source(&provider, source).await;
        assert_eq!(
            (landed.status, bridge.tokens_minted()),
            (502, 0),
            "{reason}"
        );
        assert!(
            bridge.last_cause().contains(reason),
            "{reason}: {}",
            bridge.last_cause()
        );
    }
    assert_eq!(other.requests().len(), 0, "nobody else was asked");
}

#[tokio::test]
async fn a_signed_userinfo_counts_as_a_plain_one_does() {
    let provider = Provider::start().await;
    provider.signs_userinfo();
    let userinfo = with(sara(), json!({ "iss": provider.issuer, "aud": "bridge" }));
    let started = async |userinfo: Value| {
        provider.signs_in(json!({ "sub": "s-sara" }));
        provider.tells_by_userinfo(userinfo);
        let bridge = Bridge::set_up(&provider, "", "", POLICY).await;
        let landed = Browser::new().go(&bridge.at("/room/a")).await;
        (bridge, landed)
    };
    let (bridge, _) = started(userinfo.clone()).await;
    assert_eq!(bridge.last_decision().0, "participant");
    for (claims, reason) in [
        (json!({ "iss": "https://other.example" }), "issued by"),
        (json!({ "aud": "somebody-else" }), "not for this client"),
        (json!({ "sub": "s-tim" }), "another subject"),
        (json!({ "exp": 1 }), "expired"),
    ] {
        let (bridge, landed) = started(with(userinfo.clone(), claims)).await;
        assert_eq!((landed.status, bridge.tokens_minted()), (502, 0));
        assert!(
            bridge.last_cause().contains(reason),
            "{}",
            bridge.last_cause()
        );
    }
    provider.misbehaves(Fault::AlgNone);
    provider.says(
        "id_token_signing_alg_values_supported",
        json!(["RS256", "none"]),
    );
    let (bridge, landed) = started(userinfo).await;
    assert_eq!((landed.status, bridge.tokens_minted()), (502, 0));
}
