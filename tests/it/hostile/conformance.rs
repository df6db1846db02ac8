//! The relying-party cases of the OpenID Foundation's conformance suite for the code flow and for logout, each under its
//! official name: what must be refused is, for its own reason, and a correct sign-in right after it succeeds.

use serde_json::{Value, json};

use super::support::logout::{send, unique, with};
use super::support::provider::{CLIENT_ID, CLIENT_SECRET};
use super::support::{Bridge, Browser, Fault, Provider, sara, usual};

/// Sara cannot sign in for this reason, and can as soon as `mended` is called.
async fn refused(bridge: &Bridge, reason: &str, mended: impl FnOnce()) {
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    assert!(matches!(landed.status, 502 | 503), "{landed:?}");
    assert!(!landed.holds_a_token());
    assert_eq!(bridge.tokens_minted(), 0);
    let cause = bridge.last_cause();
    assert!(cause.contains(reason), "{cause:?} is not {reason:?}");
    mended();
    succeeds(bridge).await;
}

async fn succeeds(bridge: &Bridge) {
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    assert!(landed.in_meeting(), "{landed:?}");
}

async fn refused_for_a_fault(fault: Fault, reason: &str) {
    let (bridge, provider, _) = usual().await;
    provider.misbehaves(fault);
    refused(&bridge, reason, || provider.behaves()).await;
}

async fn refused_for_claims(claims: Value, reason: &str) {
    let (bridge, provider, _) = usual().await;
    provider.signs_in(with(sara(), claims));
    refused(&bridge, reason, || provider.signs_in(sara())).await;
}

/// `rp-id_token-bad-sig-rs256`
#[tokio::test]
async fn rp_id_token_bad_sig_rs256() {
    refused_for_a_fault(Fault::WrongKey, "the signature is wrong").await;
}

/// `rp-id_token-sig-none`
#[tokio::test]
async fn rp_id_token_sig_none() {
    refused_for_a_fault(Fault::AlgNone, "signed with none").await;
}

/// `rp-id_token-sig-rs256`
#[tokio::test]
async fn rp_id_token_sig_rs256() {
    let (bridge, _provider, _) = usual().await;
    succeeds(&bridge).await;
}

/// `rp-id_token-aud`
#[tokio::test]
async fn rp_id_token_aud() {
    refused_for_a_fault(Fault::WrongAudience, "not for this client").await;
}

/// `rp-id_token-issuer-mismatch`
#[tokio::test]
async fn rp_id_token_issuer_mismatch() {
    refused_for_a_fault(Fault::WrongIssuer, "issued by").await;
}

/// `rp-id_token-iat`
#[tokio::test]
async fn rp_id_token_iat() {
    refused_for_claims(json!({ "iat": null }), "without a time of issue").await;
}

/// `rp-id_token-sub`
#[tokio::test]
async fn rp_id_token_sub() {
    refused_for_claims(json!({ "sub": null }), "the subject (sub) is missing").await;
}

/// `rp-id_token-bad-at_hash`
#[tokio::test]
async fn rp_id_token_bad_at_hash() {
    refused_for_a_fault(Fault::WrongAtHash, "the access token's hash").await;
}

/// `rp-id_token-kid-absent-single-jwks`
#[tokio::test]
async fn rp_id_token_kid_absent_single_jwks() {
    let (bridge, provider, _) = usual().await;
    provider.misbehaves(Fault::NoKidAndOneKey);
    succeeds(&bridge).await;
}

/// `rp-id_token-kid-absent-multiple-jwks`
#[tokio::test]
async fn rp_id_token_kid_absent_multiple_jwks() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.misbehaves(Fault::NoKid);
    let bridge = Bridge::start(&provider, "").await;
    refused(&bridge, "names no key (kid)", || provider.behaves()).await;
}

/// `rp-nonce-invalid`
#[tokio::test]
async fn rp_nonce_invalid() {
    refused_for_a_fault(Fault::WrongNonce, "the nonce is not the one of this login").await;
}

/// `rp-nonce-unless-code-flow`: it is sent in the code flow as well.
#[tokio::test]
async fn rp_nonce_unless_code_flow() {
    let (bridge, provider, _) = usual().await;
    succeeds(&bridge).await;
    let asked = provider.last_authorization();
    assert!(
        asked
            .iter()
            .any(|(name, value)| name == "nonce" && value.len() >= 43)
    );
}

/// `rp-response_type-code`
#[tokio::test]
async fn rp_response_type_code() {
    let (bridge, provider, _) = usual().await;
    succeeds(&bridge).await;
    let code = ("response_type".to_owned(), "code".to_owned());
    assert!(provider.last_authorization().contains(&code));
}

/// `rp-key-rotation-op-sign-key`
#[tokio::test]
async fn rp_key_rotation_op_sign_key() {
    let (bridge, provider, _) = usual().await;
    succeeds(&bridge).await;
    provider.rotates();
    succeeds(&bridge).await;
}

/// `rp-discovery-openid-configuration` and `rp-discovery-jwks_uri-keys`
#[tokio::test]
async fn rp_discovery_openid_configuration_and_jwks_uri_keys() {
    let (bridge, provider, _) = usual().await;
    succeeds(&bridge).await;
    assert_eq!(provider.count("GET /.well-known/openid-configuration"), 1);
    assert_eq!(provider.count("GET /keys"), 1);
}

/// `rp-discovery-issuer-not-matching-config`
#[tokio::test]
async fn rp_discovery_issuer_not_matching_config() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.misbehaves(Fault::OtherIssuerInDiscovery);
    let bridge = Bridge::start(&provider, "").await;
    let clock = bridge.clock.clone();
    refused(&bridge, "calls itself \"https://other.example\"", || {
        provider.behaves();
        // A provider that was of no use is left in peace for two seconds.
        clock.advance(time::Duration::seconds(3));
    })
    .await;
}

/// `rp-userinfo-bad-sub-claim`
#[tokio::test]
async fn rp_userinfo_bad_sub_claim() {
    let (bridge, provider, _) = usual().await;
    provider.signs_in(json!({ "sub": "s-sara" }));
    provider.tells_by_userinfo(sara());
    provider.misbehaves(Fault::OtherSubjectInUserinfo);
    refused(&bridge, "another subject", || provider.behaves()).await;
}

/// `rp-userinfo-bearer-header` and `rp-scope-userinfo-claims`: the test provider takes the token in the header alone.
#[tokio::test]
async fn rp_userinfo_bearer_header_and_scope_userinfo_claims() {
    let provider = Provider::start().await;
    provider.signs_in(json!({ "sub": "s-sara" }));
    provider.tells_by_userinfo(sara());
    let bridge = Bridge::start(&provider, "").await;
    succeeds(&bridge).await;
    assert_eq!(provider.count("GET /userinfo"), 1);
    let asked = provider.last_authorization();
    let scope = ("scope".to_owned(), "openid profile email".to_owned());
    assert!(asked.contains(&scope), "{asked:?}");
}

/// `rp-token_endpoint-client_secret_basic` and `rp-token_endpoint-client_secret_post`
#[tokio::test]
async fn rp_token_endpoint_client_secret_basic_and_post() {
    for (method, in_form) in [("client_secret_basic", false), ("client_secret_post", true)] {
        let provider = Provider::start().await;
        provider.signs_in(sara());
        let further = format!("provider.client_authentication = {method:?}");
        let bridge = Bridge::start(&provider, &further).await;
        succeeds(&bridge).await;
        let asked = provider.last_token_request();
        assert_eq!(asked.authorization.is_none(), in_form, "{method}");
        assert_eq!(
            asked.form.get("client_secret") == Some(&CLIENT_SECRET.into()),
            in_form,
            "{method}"
        );
    }
}

/// Signed in at a provider that signs people out.
async fn signed_in() -> (Bridge, Provider, Browser, Value) {
    let provider = Provider::start().await;
    provider.ends_sessions();
    let subject = unique("sara");
    let about = json!({ "sub": subject, "sid": unique("sid") });
    provider.signs_in(with(sara(), about.clone()));
    let bridge = Bridge::start(&provider, "").await;
    let mut browser = Browser::new();
    assert!(browser.go(&bridge.at("/room/a")).await.in_meeting());
    (bridge, provider, browser, about)
}

async fn is_signed_in(bridge: &Bridge, browser: &mut Browser) -> bool {
    browser.hop(&bridge.at("/sign-in")).await.location() == bridge.at("/")
}

/// `rp-init-logout`
#[tokio::test]
async fn rp_init_logout() {
    let (bridge, provider, mut browser, _) = signed_in().await;
    let landed = browser.go(&bridge.at("/logout")).await;
    assert!(
        landed.body.contains("You are signed out"),
        "{}",
        landed.body
    );
    let asked = provider.last_end_session();
    let given = |name: &str| {
        asked
            .iter()
            .any(|(key, value)| key == name && !value.is_empty())
    };
    assert!(given("id_token_hint") && given("state"), "{asked:?}");
    let back = (
        "post_logout_redirect_uri".to_owned(),
        bridge.at("/logged-out"),
    );
    assert!(asked.contains(&back), "{asked:?}");
    assert!(!is_signed_in(&bridge, &mut browser).await);
}

/// `rp-init-logout-other-state` and `rp-init-logout-no-state`: nothing is claimed.
#[tokio::test]
async fn rp_init_logout_other_state_and_no_state() {
    let (bridge, _provider, mut browser, _) = signed_in().await;
    for query in ["?state=another", ""] {
        let landed = browser.go(&bridge.at(&format!("/logged-out{query}"))).await;
        assert!(
            !landed.body.contains("You are signed out"),
            "{}",
            landed.body
        );
    }
    assert!(is_signed_in(&bridge, &mut browser).await);
}

/// `rp-backchannel-rpinitlogout`
#[tokio::test]
async fn rp_backchannel_rpinitlogout() {
    let (bridge, provider, mut browser, about) = signed_in().await;
    assert_eq!(provider.signs_out(&bridge, about).await.status, 200);
    assert!(!is_signed_in(&bridge, &mut browser).await);
}

/// `rp-backchannel-rpinitlogout-lt-alg-none`, `-wrong-alg`, `-wrong-issuer`, `-wrong-aud`, `-wrong-event`, `-no-event` and
/// `-with-nonce`: a logout token that is wrong in one way ends nothing, and a good one does right after it.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_lt() {
    let (bridge, provider, mut browser, about) = signed_in().await;
    let good = provider.logout_claims(about.clone());
    let signed_by = |fault| {
        provider.misbehaves(fault);
        let token = provider.token_of(&good);
        provider.behaves();
        token
    };
    let of = |claims: Value| provider.token_of(&with(good.clone(), claims));
    for (name, token, reason) in [
        ("alg-none", signed_by(Fault::AlgNone), "signed with none"),
        (
            "wrong-alg",
            signed_by(Fault::ClientSecretAlgorithm),
            "signed with HS256",
        ),
        (
            "wrong-issuer",
            of(json!({ "iss": "https://other.example" })),
            "issued by",
        ),
        (
            "wrong-aud",
            of(json!({ "aud": "somebody-else" })),
            "not for this client",
        ),
        (
            "wrong-event",
            of(json!({ "events": { "http://schemas.openid.net/event/other": {} } })),
            "no back-channel logout",
        ),
        (
            "no-event",
            of(json!({ "events": null })),
            "no back-channel logout",
        ),
        ("with-nonce", of(json!({ "nonce": "n" })), "it has a nonce"),
    ] {
        assert_eq!(send(&bridge, &token).await.status, 400, "{name}");
        let cause = bridge.last_cause();
        assert!(cause.contains(reason), "{name}: {cause}");
        assert!(is_signed_in(&bridge, &mut browser).await, "{name}");
    }
    assert_eq!(CLIENT_ID, good["aud"]);
    assert_eq!(provider.signs_out(&bridge, about).await.status, 200);
    assert!(!is_signed_in(&bridge, &mut browser).await);
}
