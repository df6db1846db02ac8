//! An ID token that is wrong in one way is refused for that reason, and mints nothing (OpenID Connect Core 1.0, 3.1.3.7).

use serde_json::{Value, json};

use super::support::keys::{EDWARDS, ELLIPTIC, PSS};
use super::support::{Bridge, Browser, Fault, Landed, Provider, sara};

const ROOM: &str = "/room/standup";

/// Somebody signs in, in a browser of their own.
async fn login(bridge: &Bridge) -> Landed {
    Browser::new().go(&bridge.at(ROOM)).await
}

/// Sara with further claims, or others instead of her own; they also stand for those of the protocol.
fn sara_with(claims: Value) -> Value {
    let mut sara = sara();
    let further = claims.as_object().unwrap().clone();
    sara.as_object_mut().unwrap().extend(further);
    sara
}

async fn is_let_in(bridge: &Bridge, why: &str) {
    let before = bridge.tokens_minted();
    let landed = login(bridge).await;
    assert!(landed.in_meeting(), "{why}: {landed:?}");
    assert_eq!(bridge.tokens_minted(), before + 1, "{why}");
}

/// The login ends on a page, for this reason, without a token.
async fn is_refused(bridge: &Bridge, reason: &str) {
    let before = bridge.tokens_minted();
    let landed = login(bridge).await;
    assert_eq!(landed.status, 502, "{reason}: {landed:?}");
    assert!(landed.body.contains("The sign-in failed"), "{landed:?}");
    assert!(landed.body.contains(">Try again<"), "{landed:?}");
    assert!(!landed.holds_a_token(), "{reason}: {landed:?}");
    let cause = bridge.last_cause();
    assert!(cause.contains(reason), "{cause:?} is not {reason:?}");
    assert!(!landed.body.contains(reason), "{landed:?}");
    assert_eq!(bridge.tokens_minted(), before, "{reason}");
}

/// A provider that misbehaves so is refused for this reason, and believed again as soon as it behaves.
async fn fault_is_refused(fault: Fault, reason: &str) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.misbehaves(fault);
    let bridge = Bridge::start(&provider, "").await;
    is_refused(&bridge, reason).await;
    provider.behaves();
    is_let_in(&bridge, reason).await;
}

/// Each of these claims is refused for its reason, and the usual ones are believed right afterwards.
async fn claims_are_refused(further: &str, cases: Vec<(Value, &str)>) {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, further).await;
    for (claims, reason) in cases {
        provider.signs_in(sara_with(claims));
        is_refused(&bridge, reason).await;
        provider.signs_in(sara());
        is_let_in(&bridge, reason).await;
    }
}

/// Each of these claims is believed.
async fn claims_are_believed(further: &str, cases: Vec<Value>) {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, further).await;
    for claims in cases {
        let why = claims.to_string();
        provider.signs_in(sara_with(claims));
        is_let_in(&bridge, &why).await;
    }
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    let reason = "the ID token is refused: issued by \"https://other.example\"";
    fault_is_refused(Fault::WrongIssuer, reason).await;
}

#[tokio::test]
async fn a_token_for_another_client_is_refused() {
    let reason = "meant for [\"somebody-else\"], not for this client (\"bridge\")";
    fault_is_refused(Fault::WrongAudience, reason).await;
    claims_are_refused(
        "",
        vec![
            (
                json!({ "aud": "bridge2" }),
                "meant for \"bridge2\", not for",
            ),
            (json!({ "aud": [] }), "meant for [], not for this client"),
            (json!({ "aud": null }), "not for this client"),
            (json!({ "aud": { "bridge": 1 } }), "not for this client"),
        ],
    )
    .await;
    claims_are_believed("", vec![json!({ "aud": ["bridge"] })]).await;
}

#[tokio::test]
async fn a_token_that_is_also_for_others_is_refused_unless_they_are_trusted() {
    let reason = "also meant for clients that are not trusted: somebody-else";
    fault_is_refused(Fault::ExtraAudience, reason).await;

    let trusting = "provider.trusted_audiences = [\"somebody-else\"]";
    let both = json!(["bridge", "somebody-else"]);
    claims_are_believed(trusting, vec![json!({ "aud": both, "azp": "bridge" })]).await;
    claims_are_refused(
        trusting,
        vec![
            // With several audiences the authorized party has to be told.
            (
                json!({ "aud": both }),
                "the authorized party (azp) is None, not this client",
            ),
            (
                json!({ "aud": both, "azp": "somebody-else" }),
                "the authorized party (azp) is Some(\"somebody-else\")",
            ),
            (
                json!({ "aud": ["bridge", "stranger"], "azp": "bridge" }),
                "not trusted: stranger",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_token_issued_to_another_party_is_refused() {
    let reason = "the authorized party (azp) is Some(\"somebody-else\"), not this client";
    fault_is_refused(Fault::ForeignAzp, reason).await;
    claims_are_refused(
        "",
        vec![(json!({ "azp": 7 }), "the authorized party (azp)")],
    )
    .await;
    claims_are_believed("", vec![json!({ "azp": "bridge" })]).await;
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    fault_is_refused(Fault::AlgNone, "signed with none, but only RS256").await;
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let reason = "signed with HS256, but only RS256 is accepted";
    fault_is_refused(Fault::ConfusedAlgorithm, reason).await;
    // Even where HS256 counts, its key is the client secret and never what anybody can read.
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.misbehaves(Fault::ConfusedAlgorithm);
    let both = "provider.id_token_algorithms = [\"RS256\", \"HS256\"]";
    let bridge = Bridge::start(&provider, both).await;
    is_refused(&bridge, "the signature is wrong").await;
}

#[tokio::test]
async fn the_client_secret_signs_only_where_configuration_says_so() {
    let reason = "signed with HS256, but only RS256 is accepted";
    fault_is_refused(Fault::ClientSecretAlgorithm, reason).await;

    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.says(
        "id_token_signing_alg_values_supported",
        json!(["RS256", "HS256"]),
    );
    let bridge = Bridge::start(&provider, "").await;
    provider.misbehaves(Fault::ClientSecretAlgorithm);
    is_refused(&bridge, "signed with HS256, but only RS256").await;

    let told = Bridge::start(&provider, "provider.id_token_algorithms = [\"HS256\"]").await;
    is_let_in(&told, "HS256 as configured").await;
    provider.behaves();
    is_refused(&told, "signed with RS256, but only HS256 is accepted").await;
}

#[tokio::test]
async fn a_header_that_demands_extensions_is_refused() {
    fault_is_refused(Fault::Critical, "the header's `crit` demands extensions").await;
}

#[tokio::test]
async fn a_signature_by_a_key_that_is_not_published_is_refused() {
    fault_is_refused(Fault::WrongKey, "the signature is wrong").await;
    let reason = "the provider's keys hold none that fits (kid Some(\"unheard-of\"), RS256)";
    fault_is_refused(Fault::UnknownKey, reason).await;
}

#[tokio::test]
async fn a_token_that_names_no_key_is_refused_where_several_fit() {
    let reason = "the token names no key (kid) and the provider has 2 that fit";
    fault_is_refused(Fault::NoKid, reason).await;
}

#[tokio::test]
async fn an_encrypted_token_is_refused_with_the_way_out() {
    fault_is_refused(Fault::Encrypted, "the token is encrypted (JWE)").await;
}

#[tokio::test]
async fn an_rsa_key_below_2048_bits_is_refused() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.misbehaves(Fault::WeakKey);
    let bridge = Bridge::start(&provider, "").await;
    is_refused(&bridge, "the provider's RSA key has 1024 bits").await;
    assert_eq!(bridge.tokens_minted(), 0);
}

#[tokio::test]
async fn every_advertised_kind_of_signature_is_believed_and_no_other() {
    for key in [&PSS, &ELLIPTIC, &EDWARDS] {
        let provider = Provider::start().await;
        provider.signs_in(sara());
        provider.signs_with(key);
        let bridge = Bridge::start(&provider, "").await;
        is_let_in(&bridge, key.kid).await;
        provider.misbehaves(Fault::WrongAtHash);
        is_refused(&bridge, "the access token's hash (at_hash)").await;

        provider.behaves();
        let other = Bridge::start(&provider, "provider.id_token_algorithms = [\"RS256\"]").await;
        is_refused(&other, "but only RS256 is accepted").await;
    }
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    fault_is_refused(Fault::Expired, "expired, or without an expiry time").await;
    let reason = "expired, or without an expiry time (exp None)";
    claims_are_refused(
        "",
        vec![
            (json!({ "exp": null }), reason),
            (json!({ "exp": "never" }), reason),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_token_from_the_future_is_refused() {
    let reason = "issued in the future, or without a time of issue";
    fault_is_refused(Fault::IssuedInFuture, reason).await;
    let reason = "issued in the future, or without a time of issue (iat None)";
    claims_are_refused("", vec![(json!({ "iat": null }), reason)]).await;
}

#[tokio::test]
async fn clocks_may_differ_by_the_leeway_and_not_by_more() {
    let provider = Provider::start().await;
    let now = provider.clock.now_unix();
    claims_are_believed(
        "",
        vec![
            json!({ "exp": now - 59 }),
            json!({ "iat": now + 59 }),
            json!({ "nbf": now + 59 }),
        ],
    )
    .await;
    claims_are_refused(
        "",
        vec![
            (json!({ "exp": now - 61 }), "expired"),
            (json!({ "iat": now + 61 }), "issued in the future"),
            (json!({ "nbf": now + 61 }), "not valid yet"),
        ],
    )
    .await;
    claims_are_refused(
        "provider.clock_leeway = \"5s\"",
        vec![
            (json!({ "exp": now - 6 }), "expired"),
            (json!({ "iat": now + 6 }), "issued in the future"),
            (json!({ "nbf": now + 6 }), "not valid yet"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_token_of_another_login_is_refused() {
    fault_is_refused(Fault::WrongNonce, "the nonce is not the one of this login").await;
    fault_is_refused(
        Fault::NoNonce,
        "it has no nonce, though this login sent one",
    )
    .await;
}

#[tokio::test]
async fn an_access_token_that_was_swapped_is_refused() {
    let reason = "the access token's hash (at_hash) is wrong";
    fault_is_refused(Fault::WrongAtHash, reason).await;
    claims_are_refused("", vec![(json!({ "at_hash": 7 }), reason)]).await;
}

#[tokio::test]
async fn the_access_tokens_hash_counts_as_configured() {
    let reason = "the access token's hash (at_hash) is wrong";
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let usual = Bridge::start(&provider, "").await;
    let strict = Bridge::start(&provider, "provider.at_hash = \"required\"").await;
    let lenient = Bridge::start(&provider, "provider.at_hash = \"ignored\"").await;
    is_let_in(&strict, "required and right").await;

    provider.misbehaves(Fault::NoAtHash);
    is_let_in(&usual, "missing, which is allowed").await;
    let missing = "the access token's hash (at_hash) is missing, which configuration requires";
    is_refused(&strict, missing).await;
    is_let_in(&lenient, "missing and ignored").await;

    provider.misbehaves(Fault::WrongAtHash);
    is_refused(&strict, reason).await;
    is_let_in(&lenient, "wrong and ignored").await;
}

#[tokio::test]
async fn a_token_without_a_usable_subject_is_refused() {
    let reason = "the subject (sub) is missing, empty, or longer than 255 bytes";
    fault_is_refused(Fault::NoSubject, reason).await;
    fault_is_refused(Fault::NumericSubject, reason).await;
    claims_are_refused("", vec![(json!({ "sub": "s".repeat(256) }), reason)]).await;
    claims_are_believed("", vec![json!({ "sub": "s".repeat(255) })]).await;
}

/// A sign-in that was not strong or fresh enough ends on a page that offers a new one, for this reason.
async fn is_too_weak(bridge: &Bridge, reason: &str) {
    let landed = login(bridge).await;
    assert_eq!(landed.status, 403, "{landed:?}");
    assert!(landed.body.contains("stronger sign-in"), "{landed:?}");
    let again = landed.link("Sign in as somebody else");
    assert_eq!(again, bridge.at("/room/standup?prompt=login"));
    assert!(!landed.holds_a_token(), "{landed:?}");
    let cause = bridge.last_cause();
    assert!(cause.contains(reason), "{cause:?} is not {reason:?}");
    assert_eq!(bridge.tokens_minted(), 0);
}

#[tokio::test]
async fn an_acr_that_was_asked_for_must_be_delivered() {
    let provider = Provider::start().await;
    let asking = "provider.acr_values = [\"mfa\", \"phr\"]";
    let bridge = Bridge::start(&provider, asking).await;
    provider.signs_in(sara_with(json!({ "acr": "pwd" })));
    is_too_weak(
        &bridge,
        "signed in with acr [\"pwd\"], asked for [\"mfa\", \"phr\"]",
    )
    .await;
    let asked = provider.last_authorization();
    assert!(
        asked.contains(&("acr_values".to_owned(), "mfa phr".to_owned())),
        "{asked:?}"
    );
    provider.signs_in(sara());
    is_too_weak(&bridge, "signed in with acr []").await;
    provider.signs_in(sara_with(json!({ "acr": "phr" })));
    is_let_in(&bridge, "phr").await;
}

#[tokio::test]
async fn a_sign_in_older_than_max_age_is_not_enough() {
    let provider = Provider::start().await;
    let now = provider.clock.now_unix();
    let bridge = Bridge::start(&provider, "provider.max_age = \"10min\"").await;
    provider.signs_in(sara());
    is_too_weak(&bridge, "the sign-in (auth_time None)").await;
    let asked = provider.last_authorization();
    assert!(
        asked.contains(&("max_age".to_owned(), "600".to_owned())),
        "{asked:?}"
    );
    // Ten minutes and the leeway of one.
    provider.signs_in(sara_with(json!({ "auth_time": now - 661 })));
    is_too_weak(&bridge, "is older than max_age allows").await;
    provider.signs_in(sara_with(json!({ "auth_time": now - 659 })));
    is_let_in(&bridge, "just young enough").await;
}

#[tokio::test]
async fn claims_of_the_wrong_type_do_not_break_a_login() {
    let odd = json!({ "email_verified": "true", "updated_at": "2026-08-01T12:00:00Z" });
    let odder = json!({ "email_verified": "no", "updated_at": null, "picture": 7, "name": ["Sara"], "acr": 1,
                        "auth_time": "today", "locale": {} });
    claims_are_believed("", vec![odd, odder]).await;
}
