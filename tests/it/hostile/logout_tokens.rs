//! A logout token that is wrong in one way is refused for that reason, and ends nothing (OpenID Connect Back-Channel
//! Logout 1.0, 2.6).

use serde_json::{Value, json};

use super::backchannel_logout::{Scene, scene};
use super::support::logout::{post, send, with};
use super::support::{Bridge, Browser, Fault, TestClock, sara, usual};

/// This token ends nothing, for this reason, which the log has and the answer has not.
async fn is_refused(scene: &Scene, token: &str, reason: &str) {
    let mut browser = scene.sara_by(Some("sid-1")).await;
    let answer = send(&scene.bridge, token).await;
    assert_eq!(answer.status, 400, "{reason}");
    assert_eq!(answer.cache_control, "no-store");
    assert_eq!(answer.json()["error"], "invalid_request", "{reason}");
    let cause = scene.bridge.last_cause();
    assert!(cause.contains(reason), "{cause:?} is not {reason:?}");
    assert!(!answer.body.contains(reason), "{answer:?}");
    assert!(scene.is_alive(&mut browser).await, "{reason}");
}

/// Each of these claims, `null` for none, is refused for its reason.
async fn claims_are_refused(cases: Vec<(Value, &str)>) {
    let scene = scene("").await;
    for (claims, reason) in cases {
        let about = json!({ "sub": scene.sara, "sid": "sid-1" });
        let mut all = scene.provider.logout_claims(about);
        for (name, value) in claims.as_object().unwrap() {
            match value {
                Value::Null => drop(all.as_object_mut().unwrap().remove(name)),
                value => all[name] = value.clone(),
            }
        }
        is_refused(&scene, &scene.provider.token_of(&all), reason).await;
    }
    let mut browser = scene.sara_by(Some("sid-1")).await;
    scene
        .signs_out(json!({ "sub": scene.sara, "sid": "sid-1" }))
        .await;
    assert!(!scene.is_alive(&mut browser).await);
}

#[tokio::test]
async fn a_token_whose_signature_does_not_count_ends_nothing() {
    let scene = scene("").await;
    for (fault, reason) in [
        (Fault::AlgNone, "signed with none, but only RS256"),
        (
            Fault::ConfusedAlgorithm,
            "signed with HS256, but only RS256",
        ),
        (
            Fault::ClientSecretAlgorithm,
            "signed with HS256, but only RS256",
        ),
        (Fault::Critical, "the header's `crit` demands extensions"),
        (Fault::WrongKey, "the signature is wrong"),
        (Fault::UnknownKey, "the provider's keys hold none that fits"),
        (Fault::Encrypted, "the token is encrypted (JWE)"),
    ] {
        scene.provider.misbehaves(fault);
        let about = json!({ "sub": scene.sara, "sid": "sid-1" });
        let token = scene
            .provider
            .token_of(&scene.provider.logout_claims(about));
        scene.provider.behaves();
        is_refused(&scene, &token, reason).await;
    }
    is_refused(&scene, "nonsense", "not a signed JSON Web Token").await;
    is_refused(&scene, "", "not a signed JSON Web Token").await;
}

#[tokio::test]
async fn a_token_of_another_type_ends_nothing() {
    let scene = scene("").await;
    let claims = || scene.provider.logout_claims(json!({ "sub": scene.sara }));
    for typ in [json!("at+jwt"), json!("id_token"), json!(7)] {
        let token = scene.provider.token_of_type(Some(typ), &claims());
        is_refused(&scene, &token, "its type (typ) is").await;
    }
    for typ in [
        None,
        Some("logout+jwt"),
        Some("Logout+JWT"),
        Some("application/logout+jwt"),
        Some("JWT"),
    ] {
        let token = scene
            .provider
            .token_of_type(typ.map(Value::from), &claims());
        assert_eq!(send(&scene.bridge, &token).await.status, 200, "{typ:?}");
    }
}

#[tokio::test]
async fn a_token_of_another_issuer_or_for_others_ends_nothing() {
    claims_are_refused(vec![
        (
            json!({ "iss": "https://other.example" }),
            "refused: issued by \"https://other.example\"",
        ),
        (json!({ "iss": null }), "refused: issued by \"\""),
        (
            json!({ "aud": "somebody-else" }),
            "meant for \"somebody-else\", not for this client",
        ),
        (
            json!({ "aud": null }),
            "meant for nobody, not for this client",
        ),
        (
            json!({ "aud": ["bridge", "somebody-else"] }),
            "also meant for clients that are not trusted",
        ),
        (
            json!({ "azp": "somebody-else" }),
            "the authorized party (azp) is",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_token_that_is_old_or_from_the_future_ends_nothing() {
    let now = TestClock::default().now_unix();
    claims_are_refused(vec![
        (
            json!({ "exp": now - 61 }),
            "expired, or without an expiry time",
        ),
        (
            json!({ "exp": null }),
            "expired, or without an expiry time (exp None)",
        ),
        (json!({ "iat": now + 61 }), "issued in the future"),
        (json!({ "iat": null }), "without a time of issue (iat None)"),
        (json!({ "nbf": now + 61 }), "not valid yet"),
        // Ten minutes and the leeway of one, however long it claims to live.
        (
            json!({ "iat": now - 660, "exp": now + 9999 }),
            "issued too long ago (iat 2099999340)",
        ),
    ])
    .await;
    let scene = scene("").await;
    for times in [
        json!({ "exp": now - 59 }),
        json!({ "iat": now + 59 }),
        json!({ "iat": now - 659, "exp": now + 9999 }),
    ] {
        scene
            .signs_out(with(json!({ "sub": scene.sara }), times))
            .await;
    }
}

#[tokio::test]
async fn a_token_that_is_no_logout_token_ends_nothing() {
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let nobody = "it names neither a subject (sub) nor a session (sid)";
    claims_are_refused(vec![
        (json!({ "sub": null, "sid": null }), nobody),
        (json!({ "sub": "" }), "its subject (sub) is empty, no text"),
        (json!({ "sub": 7 }), "its subject (sub) is empty, no text"),
        (
            json!({ "sub": "s".repeat(256) }),
            "its subject (sub) is empty, no text",
        ),
        (json!({ "sid": "" }), "its session (sid) is empty, no text"),
        (
            json!({ "sid": ["sid-1"] }),
            "its session (sid) is empty, no text",
        ),
        (
            json!({ "events": null }),
            "its events hold no back-channel logout",
        ),
        (
            json!({ "events": [event] }),
            "its events hold no back-channel logout",
        ),
        (
            json!({ "events": { "http://example.org/other": {} } }),
            "its events hold no back-channel",
        ),
        (
            json!({ "events": { event: true } }),
            "its events hold no back-channel logout",
        ),
        (json!({ "nonce": "n" }), "it has a nonce"),
        (json!({ "jti": null }), "it has no identifier (jti)"),
        (json!({ "jti": "" }), "it has no identifier (jti)"),
        (json!({ "jti": 7 }), "it has no identifier (jti)"),
    ])
    .await;
}

#[tokio::test]
async fn an_id_token_is_no_logout_token() {
    let scene = scene("").await;
    scene.provider.ends_sessions();
    let bridge = Bridge::start(&scene.provider, "").await;
    scene
        .provider
        .signs_in(with(sara(), json!({ "jti": "x", "sub": scene.sara })));
    let mut browser = Browser::new();
    browser.go(&bridge.at("/room/a")).await;
    browser.go(&bridge.at("/logout")).await;
    let asked = scene.provider.last_end_session();
    let (_, id_token) = asked
        .iter()
        .find(|(name, _)| name == "id_token_hint")
        .unwrap();
    is_refused(&scene, id_token, "its events hold no back-channel logout").await;
}

#[tokio::test]
async fn a_request_that_is_no_form_with_one_token_is_refused() {
    let (bridge, provider, _) = usual().await;
    let form = "application/x-www-form-urlencoded";
    let token = provider.token_of(&provider.logout_claims(json!({ "sub": "s-sara" })));
    let twice = format!("logout_token={token}&logout_token={token}");
    for (content_type, body, reason) in [
        (form, String::new(), "none, or several"),
        (form, "token=x".to_owned(), "none, or several"),
        (form, twice, "none, or several"),
        (
            "application/json",
            json!({ "logout_token": token }).to_string(),
            "one logout_token",
        ),
        (
            form,
            format!("logout_token={}", "x".repeat(65 * 1024)),
            "one logout_token",
        ),
    ] {
        let answer = post(&bridge, content_type, body).await;
        assert_eq!(answer.status, 400, "{reason}");
        assert_eq!(answer.json()["error"], "invalid_request");
        assert!(
            bridge.last_cause().contains(reason),
            "{}",
            bridge.last_cause()
        );
    }
    let get = Browser::new().hop(&bridge.at("/backchannel-logout")).await;
    assert_eq!((get.status, get.header("allow")), (405, "POST"));
    // None of that has spent the token.
    assert_eq!(send(&bridge, &token).await.status, 200);
}

/// `LemonLDAP::NG` names no end.
#[tokio::test]
async fn a_token_without_an_end_counts_while_it_is_recent_where_that_is_configured() {
    let scene = scene("provider.endless_logout_tokens = true").await;
    let endless = |issued: i64| {
        let about = json!({ "sub": scene.sara, "sid": "sid-1", "iat": scene.provider.clock.now_unix() + issued });
        let mut claims = scene.provider.logout_claims(about);
        claims.as_object_mut().unwrap().remove("exp");
        scene.provider.token_of(&claims)
    };
    is_refused(&scene, &endless(-660), "expired").await;
    is_refused(&scene, &endless(62), "issued in the future").await;
    let mut browser = scene.sara_by(Some("sid-1")).await;
    let token = endless(-500);
    assert_eq!(send(&scene.bridge, &token).await.status, 200);
    assert!(!scene.is_alive(&mut browser).await);
    assert_eq!(send(&scene.bridge, &token).await.status, 400, "once");
    // One that names an end keeps to it. (Within the second of a logout nobody could sign in.)
    scene.bridge.clock.advance(time::Duration::seconds(2));
    let mut claims = scene
        .provider
        .logout_claims(json!({ "sub": scene.sara, "sid": "sid-1" }));
    claims["exp"] = (scene.provider.clock.now_unix() - 61).into();
    is_refused(&scene, &scene.provider.token_of(&claims), "expired").await;
}
