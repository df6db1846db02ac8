//! The relying-party cases of the OpenID Foundation's conformance suite for the code flow and for logout, each under its
//! official name: what must be refused is, for its own reason, and a correct sign-in right after it succeeds. Names that begin
//! with `rp-` are those of the suite's first edition, which its second still refers to; `oidcc-client-test-` begins those of
//! the second that the first does not have.
//!
//! Not here, because the bridge does not do what they are about:
//!
//! - `rp-response_type-code+id_token`, `-code+token`, `-code+id_token+token`, `-id_token`, `-id_token+token`,
//!   `rp-id_token-bad-c_hash`, `rp-id_token-missing-c_hash`: other flows than the code flow; it never asks for them.
//! - `rp-registration-dynamic`, `rp-discovery-webfinger-acct`, `-http-href`, `-url`, `-unknown-member`: an administrator
//!   registers it, and names the provider.
//! - `rp-request_uri-unsigned`, `-sig`, `-enc`, `-sig+enc`: it pushes requests instead (RFC 9126; `pushed_requests.rs`).
//! - `rp-token_endpoint-client_secret_jwt`: it signs with a key of its own (`private_key_jwt`) or shows the secret.
//! - `rp-id_token-sig+enc`, `-sig+enc-a128kw`, `rp-userinfo-enc`, `-sig+enc`, `rp-key-rotation-op-enc-key`: it takes no
//!   encrypted tokens, and says so; that they are refused is here.
//! - `rp-userinfo-bearer-body`: the access token goes in the header.
//! - `rp-claims_request-userinfo`: it asks for claims by scope, and by `claims` for a context alone.
//! - `rp-3rd_party-init-login`: nobody else begins a sign-in here; a link to a room does.
//! - `rp-frontchannel-rpinitlogout`, `-wrong-issuer`, `-wrong-sid`: it offers no front-channel logout, which browsers that
//!   keep third-party cookies apart have made useless.
//! - `rp-init-logout-session`: it offers no session management by frames, for the same reason.

mod further;
mod logout;

use serde_json::{Value, json};

use super::support::forge::{message, signed};
use super::support::keys::ELLIPTIC;
use super::support::logout::with;
use super::support::provider::CLIENT_SECRET;
use super::support::{Bridge, Browser, Fault, Provider, sara, usual};
use super::{client_authentication, gives_nothing, support};

/// Sara cannot sign in for this reason, and can as soon as `mended` is called.
async fn refused(bridge: &Bridge, reason: &str, mended: impl FnOnce()) {
    let landed = Browser::new().go(&bridge.at("/room/a")).await;
    assert!(matches!(landed.status, 502 | 503), "{landed:?}");
    gives_nothing(&landed, reason);
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

/// `rp-id_token-sig-es256` and `rp-id_token-bad-sig-es256`
#[tokio::test]
async fn rp_id_token_sig_es256_and_bad_sig_es256() {
    let (bridge, provider, _) = usual().await;
    provider.signs_with(&ELLIPTIC);
    // The signature of something else.
    provider.forges(|claims| {
        let header = json!({ "alg": "ES256", "kid": "elliptic" }).to_string();
        let other = signed(&header, "{}", &ELLIPTIC);
        let (_, signature) = other.rsplit_once('.').unwrap();
        format!("{}.{signature}", message(&header, &claims.to_string()))
    });
    refused(&bridge, "the signature is wrong", || provider.is_honest()).await;
}

/// `rp-id_token-sig-hs256` and `rp-id_token-bad-sig-hs256`: where configuration says so.
#[tokio::test]
async fn rp_id_token_sig_hs256_and_bad_sig_hs256() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "provider.id_token_algorithms = [\"HS256\"]").await;
    provider.misbehaves(Fault::ConfusedAlgorithm);
    refused(&bridge, "the signature is wrong", || {
        provider.misbehaves(Fault::ClientSecretAlgorithm);
    })
    .await;
}

/// `rp-id_token-sig+enc` and `rp-id_token-sig+enc-a128kw`: not taken, with the way out.
#[tokio::test]
async fn rp_id_token_sig_enc() {
    let reason = "the token is encrypted (JWE), which is not supported: switch its encryption off";
    refused_for_a_fault(Fault::Encrypted, reason).await;
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

/// `oidcc-client-test-missing-aud`
#[tokio::test]
async fn oidcc_client_test_missing_aud() {
    refused_for_claims(
        json!({ "aud": null }),
        "meant for null, not for this client",
    )
    .await;
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

/// `rp-id_token-missing-at_hash`: in the code flow it may be, unless configuration asks for it.
#[tokio::test]
async fn rp_id_token_missing_at_hash() {
    let (bridge, provider, _) = usual().await;
    provider.misbehaves(Fault::NoAtHash);
    succeeds(&bridge).await;
    let strict = Bridge::start(&provider, "provider.at_hash = \"required\"").await;
    let reason = "the access token's hash (at_hash) is missing, which configuration requires";
    refused(&strict, reason, || provider.behaves()).await;
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

/// `rp-key-rotation-op-sign-key-native`: the new key is published only after a token was signed with it.
#[tokio::test]
async fn rp_key_rotation_op_sign_key_native() {
    let (bridge, provider, _) = usual().await;
    let stale = json!({ "keys": [provider.published_key()] }).to_string();
    provider.publishes(stale);
    provider.rotates();
    let clock = bridge.clock.clone();
    refused(
        &bridge,
        "the provider's keys hold none that fits (kid Some(\"second\"), RS256)",
        || {
            provider.is_honest();
            // Keys are looked for every thirty seconds at most.
            clock.advance(time::Duration::seconds(31));
        },
    )
    .await;
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
