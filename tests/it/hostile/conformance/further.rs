//! What a provider or a configuration may add to the code flow: claims from elsewhere, signed userinfo, answers as forms, keys
//! instead of secrets, refresh tokens.

use serde_json::{Value, json};
use time::Duration;

use super::client_authentication::{by_key, rsa, verified};
use super::support::bridge::POLICY;
use super::support::endpoints::Document;
use super::support::fault::answer::Bad;
use super::support::forge::signed;
use super::support::keys::SECOND;
use super::support::log::Log;
use super::support::logout::{unique, with};
use super::support::{Bridge, Browser, Fault, Landed, Provider, sara};
use super::{refused, succeeds};

/// `rp-userinfo-sig`, and one that is signed by somebody else, or not at all.
#[tokio::test]
async fn rp_userinfo_sig() {
    let provider = Provider::start().await;
    provider.signs_userinfo();
    provider.signs_in(json!({ "sub": "s-sara" }));
    provider.tells_by_userinfo(with(
        sara(),
        json!({ "iss": provider.issuer, "aud": "bridge" }),
    ));
    let bridge = Bridge::start(&provider, "").await;
    for (signature, reason) in [
        (
            "eyJhbGciOiJub25lIn0.e30.",
            "userinfo: the signed answer is refused: signed with none",
        ),
        (
            "a.b.c.d.e",
            "userinfo: the signed answer is refused: the token is encrypted (JWE)",
        ),
    ] {
        provider.answers_badly(
            "GET /userinfo",
            Bad::Says(200, "application/jwt", signature.to_owned()),
        );
        let landed = Browser::new().go(&bridge.at("/room/a")).await;
        assert_eq!((landed.status, bridge.tokens_minted()), (502, 0));
        let cause = bridge.last_cause();
        assert!(cause.contains(reason), "{cause}");
    }
    provider.answers_well();
    succeeds(&bridge).await;
}

/// A provider whose people's groups stand in this source, signed as the fault has it.
async fn elsewhere(
    source: impl Fn(&Provider, String) -> Value,
    claims: Value,
) -> (Bridge, Provider) {
    let provider = Provider::start().await;
    let good = json!({ "iss": provider.issuer, "sub": "s-sara", "groups": ["/staff"] });
    let token = provider.token_of(&with(good, claims));
    let names = json!({ "groups": null, "_claim_names": { "groups": "src1" } });
    let source = json!({ "_claim_sources": { "src1": source(&provider, token) } });
    provider.signs_in(with(with(sara(), names), source));
    let bridge = Bridge::set_up(&provider, "", "", POLICY).await;
    (bridge, provider)
}

fn aggregated(_: &Provider, token: String) -> Value {
    json!({ "JWT": token })
}

fn distributed(provider: &Provider, token: String) -> Value {
    provider.answers("groups", Document::token(token));
    json!({ "endpoint": format!("{}/documents/groups", provider.issuer), "access_token": "the-access-token" })
}

async fn claims_from_elsewhere(source: fn(&Provider, String) -> Value) {
    let (bridge, _provider) = elsewhere(source, json!({})).await;
    succeeds(&bridge).await;
    for (claims, reason) in [
        (
            json!({ "iss": "https://other.example" }),
            "the token in which the claim \"groups\" stands is refused: issued by",
        ),
        (
            json!({ "sub": "s-tim" }),
            "the token in which the claim \"groups\" stands is refused: it is about another subject",
        ),
        (
            json!({ "groups": [7] }),
            "a groups claim holds something else than names",
        ),
        (
            json!({ "exp": 1 }),
            "expired, or without an expiry time (exp Some(1.0), ",
        ),
    ] {
        let (bridge, provider) = elsewhere(source, claims).await;
        refused(&bridge, reason, || provider.signs_in(sara())).await;
    }
}

/// `rp-claims-aggregated`
#[tokio::test]
async fn rp_claims_aggregated() {
    claims_from_elsewhere(aggregated).await;
}

/// `rp-claims-distributed`
#[tokio::test]
async fn rp_claims_distributed() {
    claims_from_elsewhere(distributed).await;
}

/// `rp-claims_request-id_token`: what is asked for is what must come.
#[tokio::test]
async fn rp_claims_request_id_token() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let asking = "provider.acr_values = [\"mfa\"]\nprovider.acr_request = \"claims\"";
    let bridge = Bridge::start(&provider, asking).await;
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    assert_eq!((landed.status, bridge.tokens_minted()), (403, 0));
    let cause = bridge.last_cause();
    assert!(
        cause.contains("signed in with acr [], asked for [\"mfa\"]"),
        "{cause}"
    );
    let asked = provider.last_authorization();
    let (_, claims) = asked.iter().find(|(name, _)| name == "claims").unwrap();
    let expected = json!({ "id_token": { "acr": { "essential": true, "value": "mfa" } } });
    assert_eq!(serde_json::from_str::<Value>(claims).unwrap(), expected);
    provider.obliges();
    succeeds(&bridge).await;
}

/// Signs in where answers come as forms, up to the form.
async fn form_of(bridge: &Bridge, browser: &mut Browser) -> Vec<(String, String)> {
    let door = browser.begin(&bridge.at("/room/a")).await;
    assert!(door.contains("response_mode=form_post"), "{door}");
    let back = url::Url::parse(&browser.hop(&door).await.location()).unwrap();
    back.query_pairs().into_owned().collect()
}

async fn posted(bridge: &Bridge, browser: &mut Browser, form: &[(String, String)]) -> Landed {
    let fields: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    // Of another site: without cookies.
    let step = Browser::new().post(&bridge.at("/callback"), &fields).await;
    browser.go(&step.location()).await
}

/// `rp-response_mode-form_post` and `rp-response_mode-form_post-error`
#[tokio::test]
async fn rp_response_mode_form_post_and_error() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "provider.response_mode = \"form_post\"").await;
    let mut browser = Browser::new();
    provider.misbehaves(Fault::AccessDenied);
    let form = form_of(&bridge, &mut browser).await;
    let landed = posted(&bridge, &mut browser, &form).await;
    assert_eq!((landed.status, bridge.tokens_minted()), (403, 0));
    let cause = bridge.last_cause();
    assert!(
        cause.contains("the provider answered access_denied: <b>no</b>"),
        "{cause}"
    );
    provider.behaves();
    let form = form_of(&bridge, &mut browser).await;
    assert!(posted(&bridge, &mut browser, &form).await.in_meeting());
}

/// `rp-token_endpoint-private_key_jwt`
#[tokio::test]
async fn rp_token_endpoint_private_key_jwt() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, &by_key(&rsa())).await;
    provider.misbehaves(Fault::InvalidClient);
    refused(
        &bridge,
        "the token endpoint answered 400: invalid_client",
        || provider.behaves(),
    )
    .await;
    let asked = provider.last_token_request();
    verified(&bridge, &provider, &asked.form, &provider.issuer).await;
}

/// Somebody whose groups are asked for anew, by a refresh token, after a quarter of an hour; and what the log says of it.
async fn refreshed(then: impl Fn(&Provider, &str)) -> (Bridge, Provider, Browser, String) {
    let log = Log::of("info");
    let provider = Provider::start().await;
    provider.grants_refresh_tokens(true);
    let subject = unique("sara");
    provider.signs_in(with(sara(), json!({ "sub": subject })));
    let bridge = Bridge::start(&provider, "").await;
    let mut browser = Browser::new();
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    then(&provider, &subject);
    bridge.clock.advance(Duration::minutes(16));
    browser.hop(&bridge.at("/room/board")).await;
    assert_eq!(provider.count("POST /token"), 2);
    let text = log.text();
    (bridge, provider, browser, text)
}

/// A refreshed ID token that is wrong in this way counts for nothing, for this reason: the person keeps what they had.
async fn refresh_is_refused(claims: Value, reason: &str) {
    let (bridge, provider, mut browser, log) = refreshed(|provider, subject| {
        let more = json!({ "sub": subject, "groups": ["/staff", "/board"] });
        provider.signs_in(with(with(sara(), more), claims.clone()));
    })
    .await;
    assert!(
        log.contains("its answer is of no use; what it said before holds"),
        "{log}"
    );
    assert!(log.contains(reason), "{reason}: {log}");
    assert_eq!(
        bridge.last_decision(),
        ("denied: rule".to_owned(), vec!["board only".to_owned()])
    );
    assert_eq!(
        (bridge.tokens_minted(), provider.count("GET /authorize")),
        (1, 1)
    );
    provider.signs_in(sara());
    assert!(
        browser
            .go(&bridge.at("/room/b?prompt=login"))
            .await
            .in_meeting()
    );
}

/// `oidcc-client-test-refresh-token`
#[tokio::test]
async fn oidcc_client_test_refresh_token() {
    let (bridge, _provider, _browser, _log) = refreshed(|provider, subject| {
        let more = json!({ "sub": subject, "groups": ["/staff", "/board"] });
        provider.signs_in(with(sara(), more));
    })
    .await;
    assert_eq!(bridge.last_decision().0, "participant");
}

/// `oidcc-client-test-refresh-token-invalid-issuer`
#[tokio::test]
async fn oidcc_client_test_refresh_token_invalid_issuer() {
    let reason = "the ID token is refused: issued by \\\"https://other.example\\\"";
    refresh_is_refused(json!({ "iss": "https://other.example" }), reason).await;
}

/// `oidcc-client-test-refresh-token-invalid-aud`
#[tokio::test]
async fn oidcc_client_test_refresh_token_invalid_aud() {
    refresh_is_refused(json!({ "aud": "somebody-else" }), "not for this client").await;
}

/// `oidcc-client-test-refresh-token-invalid-sub`: it is somebody else, and nobody stays signed in.
#[tokio::test]
async fn oidcc_client_test_refresh_token_invalid_sub() {
    let (bridge, provider, mut browser, log) = refreshed(|provider, _| {
        provider.signs_in(with(
            sara(),
            json!({ "sub": "s-other", "groups": ["/board"] }),
        ));
    })
    .await;
    assert!(
        log.contains("the provider does not know this person any more"),
        "{log}"
    );
    assert_eq!(bridge.tokens_minted(), 1);
    let door = browser.begin(&bridge.at("/room/b")).await;
    assert!(door.starts_with(&provider.issuer), "{door}");
    provider.signs_in(sara());
    assert!(browser.go(&bridge.at("/room/b")).await.in_meeting());
}

/// A refreshed ID token that somebody else signed.
#[tokio::test]
async fn a_refreshed_token_by_another_key_counts_for_nothing() {
    let (bridge, provider, _browser, log) = refreshed(|provider, _| {
        let header = json!({ "alg": "RS256", "kid": "first" }).to_string();
        provider.forges(move |claims| signed(&header, &claims.to_string(), &SECOND));
    })
    .await;
    assert!(
        log.contains("the ID token is refused: the signature is wrong"),
        "{log}"
    );
    assert_eq!(bridge.tokens_minted(), 1);
    provider.is_honest();
    assert!(Browser::new().go(&bridge.at("/room/a")).await.in_meeting());
}
