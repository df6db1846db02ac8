//! A token says exactly what was granted, in the one form that Jitsi's Prosody accepts, and nothing a provider made up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jitsi_oidc_bridge::identity::stable_id;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use super::support::bridge::{POLICY, TOKEN_SECRET};
use super::support::{Bridge, Browser, Landed, Provider, sara, tim, token_in};

/// Somebody signs in for a room, at a bridge with these settings and rules.
pub(super) async fn login(
    person: Value,
    path: &str,
    further: &str,
    policy: &str,
) -> (Landed, Bridge, Provider) {
    let provider = Provider::start().await;
    provider.signs_in(person);
    let bridge = Bridge::set_up(&provider, "", further, policy).await;
    let landed = Browser::new().go(&bridge.at(path)).await;
    (landed, bridge, provider)
}

/// The token's payload, with `[jti]` and `[id]` in place of what is never twice the same.
pub(super) async fn minted(person: Value, path: &str, further: &str, policy: &str) -> Value {
    let subject = person["sub"].as_str().unwrap().to_owned();
    let (landed, _bridge, provider) = login(person, path, further, policy).await;
    let mut token = token_in(&landed);
    let jti = token["jti"].as_str().unwrap();
    assert_eq!(jti.len(), 22, "128 bits at random");
    token["jti"] = "[jti]".into();
    let id = token["context"]["user"]["id"].as_str().unwrap();
    if id == stable_id(&provider.issuer, &subject) {
        token["context"]["user"]["id"] = "[id]".into();
    }
    token
}

/// What the token says of Sara with these claims instead of her name, address and picture.
async fn user(claims: Value) -> Value {
    let mut person = json!({ "sub": "s-sara", "groups": ["/staff"] });
    let further = claims.as_object().unwrap().clone();
    person.as_object_mut().unwrap().extend(further);
    let token = minted(person, "/room/standup", "", POLICY).await;
    token["context"]["user"].clone()
}

#[tokio::test]
async fn a_participants_token_is_exactly_this() {
    assert_eq!(
        minted(sara(), "/room/Standup", "", POLICY).await,
        json!({
            "iss": "jitsi", "aud": "jitsi", "sub": "meet.jitsi", "room": "standup",
            "iat": 2_100_000_000, "nbf": 2_099_999_970, "exp": 2_100_010_800, "jti": "[jti]",
            "moderator": false,
            "context": { "user": {
                "id": "[id]", "name": "Sara Stein", "email": "sara@example.org",
                "affiliation": "member", "moderator": false,
            } },
        })
    );
}

#[tokio::test]
async fn a_moderators_token_is_exactly_this() {
    assert_eq!(
        minted(tim(), "/room/rocket-retro", "", POLICY).await,
        json!({
            "iss": "jitsi", "aud": "jitsi", "sub": "meet.jitsi", "room": "rocket-retro",
            "iat": 2_100_000_000, "nbf": 2_099_999_970, "exp": 2_100_010_800, "jti": "[jti]",
            "moderator": true,
            "context": { "user": {
                "id": "[id]", "name": "Tim Lorenz", "affiliation": "owner", "moderator": true,
            } },
        })
    );
}

#[tokio::test]
async fn a_token_names_the_tenant_and_what_configuration_says_of_jitsi() {
    let further = "jitsi.app_id = \"app\"\njitsi.audience = \"aud\"\njitsi.xmpp_domain = \"xmpp.example\"\n\
                   jitsi.group = \"staff of Example\"\ntoken.lifetime = \"20min\"\ntoken.not_before_leeway = \"5s\"\n\
                   provider.claims.id = \"employee\"\n";
    for (path, sub, tenant) in [
        ("/room/standup", "xmpp.example", None),
        ("/room/Acme/standup", "acme", Some("acme")),
    ] {
        let mut person = sara();
        person["employee"] = json!(4711);
        let (landed, _bridge, _provider) = login(person, path, further, POLICY).await;
        let mut token = verified(&landed, Algorithm::HS256, "aud", "app");
        token["jti"] = "[jti]".into();
        let mut expected = json!({
            "iss": "app", "aud": "aud", "sub": sub, "room": "standup",
            "iat": 2_100_000_000, "nbf": 2_099_999_995, "exp": 2_100_001_200, "jti": "[jti]",
            "moderator": false,
            "context": {
                "user": {
                    "id": "4711", "name": "Sara Stein", "email": "sara@example.org",
                    "affiliation": "member", "moderator": false,
                },
                "group": "staff of Example",
            },
        });
        if let Some(tenant) = tenant {
            expected["context"]["tenant"] = tenant.into();
        }
        assert_eq!(token, expected);
    }
}

#[tokio::test]
async fn features_are_a_complete_set_of_booleans() {
    let policy = "[[policy.rules]]\nname = \"staff\"\ngroups = [\"/staff\"]\nrole = \"participant\"\n\
                  features = [\"recording\", \"file-upload\"]";
    let token = minted(sara(), "/room/standup", "", policy).await;
    assert_eq!(
        token["context"]["features"],
        json!({
            "branding": false, "calendar": false, "create-polls": true, "file-upload": true, "flip": false,
            "inbound-call": false, "list-visitors": false, "live-translation": false,
            "live-translation-subscribe": true, "livestreaming": false,
            "lobby": false, "moderation": false, "outbound-call": false, "recording": true, "room": false,
            "screen-sharing": true, "send-groupchat": true, "send-private-message": true,
            "sip-inbound-call": false, "sip-outbound-call": false, "transcription": false,
        })
    );
}

#[tokio::test]
async fn rules_give_a_lifetime_every_room_and_ways_past_the_door() {
    let policy = r#"
[[policy.rules]]
name = "host"
groups = ["/staff"]
role = "moderator"
lifetime = "1h"
any_room = true
lobby_bypass = true
security_bypass = true
hidden_from_recorder = true
"#;
    assert_eq!(
        minted(sara(), "/room/standup", "", policy).await,
        json!({
            "iss": "jitsi", "aud": "jitsi", "sub": "meet.jitsi", "room": "*",
            "iat": 2_100_000_000, "nbf": 2_099_999_970, "exp": 2_100_003_600, "jti": "[jti]",
            "moderator": true,
            "context": { "user": {
                "id": "[id]", "name": "Sara Stein", "email": "sara@example.org", "affiliation": "owner", "moderator": true,
                "lobby_bypass": true, "security_bypass": true, "hidden-from-recorder": true,
            } },
        })
    );
}

/// The payload, verified as Prosody would with this algorithm, audience and issuer.
#[track_caller]
fn verified(landed: &Landed, algorithm: Algorithm, audience: &str, issuer: &str) -> Value {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.set_audience(&[audience]);
    validation.set_issuer(&[issuer]);
    let token = landed
        .token()
        .unwrap_or_else(|| panic!("no token in {landed:?}"));
    let key = DecodingKey::from_secret(TOKEN_SECRET.as_bytes());
    decode::<Value>(&token, &key, &validation).unwrap().claims
}

#[tokio::test]
async fn the_header_is_what_prosody_accepts_by_every_algorithm() {
    for (name, algorithm) in [
        ("HS256", Algorithm::HS256),
        ("HS384", Algorithm::HS384),
        ("HS512", Algorithm::HS512),
    ] {
        let further = format!("token.algorithm = {name:?}");
        let (landed, _bridge, _provider) = login(sara(), "/room/standup", &further, POLICY).await;
        assert_eq!(
            verified(&landed, algorithm, "jitsi", "jitsi")["room"],
            "standup"
        );
        let token = landed.token().unwrap();
        let header = URL_SAFE_NO_PAD
            .decode(token.split('.').next().unwrap())
            .unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header, json!({ "typ": "JWT", "alg": name }));
    }
}

#[tokio::test]
async fn every_token_has_an_identifier_of_its_own() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "").await;
    let mut browser = Browser::new();
    let first = token_in(&browser.go(&bridge.at("/room/standup")).await);
    let second = token_in(&browser.go(&bridge.at("/room/standup")).await);
    assert_ne!(first["jti"], second["jti"]);
    assert_eq!(
        first["context"]["user"]["id"],
        second["context"]["user"]["id"]
    );
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(entries) => entries.iter().any(holds_null),
        Value::Object(members) => members.values().any(holds_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[tokio::test]
async fn nothing_is_ever_null() {
    let nothing = json!({ "sub": "s", "groups": ["/staff"] });
    let nulls = json!({ "sub": "s", "groups": ["/staff"], "name": null, "given_name": null, "preferred_username": null,
                        "email": null, "picture": null, "email_verified": null, "acr": null });
    for person in [nothing, nulls] {
        let token = minted(person, "/room/standup", "", POLICY).await;
        assert!(!holds_null(&token), "{token}");
        assert_eq!(
            token["context"],
            json!({ "user": { "id": "[id]", "name": "Guest", "affiliation": "member", "moderator": false } })
        );
    }
}

#[tokio::test]
async fn what_a_provider_says_of_roles_in_jitsi_is_not_copied() {
    let user = user(json!({ "affiliation": "owner", "moderator": true, "role": "moderator", "name": "Sara",
                            "lobby_bypass": true, "features": { "recording": true }, "context": { "user": {} } }))
    .await;
    assert_eq!(
        user,
        json!({ "id": "[id]", "name": "Sara", "affiliation": "member", "moderator": false })
    );
}

#[tokio::test]
async fn what_breaks_other_peoples_clients_is_taken_out_of_names() {
    for (written, kept) in [
        ("Sara\u{0}\u{1}\u{7f}\u{9f} Stein", "Sara Stein"),
        ("Sara\r\n\tStein", "Sara Stein"),
        ("\u{202E}nietS araS\u{202C}", "nietS araS"),
        ("\u{2066}Sara\u{2069} \u{200F}Stein\u{200E}", "Sara Stein"),
        ("Sa\u{200B}ra\u{FEFF} Stein", "Sara Stein"),
        ("Sara\u{FFFE}\u{FFFF}\u{1FFFE}\u{FDD0} Stein", "Sara Stein"),
        ("  Sara \u{a0}  Stein ", "Sara Stein"),
        ("Zoë O’Brien 🦀 李", "Zoë O’Brien 🦀 李"),
    ] {
        assert_eq!(
            user(json!({ "name": written })).await["name"],
            kept,
            "{written:?}"
        );
    }
    // What rules compare is not cleaned but left out: it could pass for somebody else's.
    let user = user(json!({ "name": "Sara", "email": "sara\u{0}@example.org\n" })).await;
    assert_eq!(user.get("email"), None);
}

#[tokio::test]
async fn every_mark_that_turns_the_direction_of_writing_is_taken_out_of_names() {
    // Unicode's property Bidi_Control, complete.
    let marks = "\u{61C}\u{200E}\u{200F}\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2066}\u{2067}\u{2068}\u{2069}";
    for mark in marks.chars() {
        let user = user(json!({ "name": format!("Sara{mark} Stein") })).await;
        assert_eq!(user["name"], "Sara Stein", "{mark:?}");
    }
}

#[tokio::test]
async fn somebody_without_a_name_is_called_by_the_next_best_thing() {
    for (claims, name) in [
        (
            json!({ "name": "Sara Stein", "given_name": "S", "preferred_username": "sara" }),
            "Sara Stein",
        ),
        (
            json!({ "name": " ", "given_name": "Sara", "family_name": "Stein", "preferred_username": "sara" }),
            "Sara Stein",
        ),
        (
            json!({ "given_name": "Sara", "preferred_username": "sara" }),
            "Sara",
        ),
        (
            json!({ "family_name": "Stein", "preferred_username": "sara" }),
            "Stein",
        ),
        (
            json!({ "name": 7, "preferred_username": "sara", "email": "s@example.org" }),
            "sara",
        ),
        (
            json!({ "preferred_username": "\u{200B}", "email": "s@example.org" }),
            "s@example.org",
        ),
        (json!({}), "Guest"),
    ] {
        let why = claims.to_string();
        assert_eq!(user(claims).await["name"], name, "{why}");
    }
}

#[tokio::test]
async fn only_a_picture_by_https_is_shown_to_others() {
    let fits = format!("https://example.org/{}", "p".repeat(492));
    let too_long = format!("{fits}p");
    for (picture, shown) in [
        (
            "https://example.org/sara.png",
            Some("https://example.org/sara.png"),
        ),
        (fits.as_str(), Some(fits.as_str())),
        (too_long.as_str(), None),
        ("http://example.org/sara.png", None),
        ("javascript:alert(1)", None),
        ("data:image/png;base64,AAAA", None),
        ("//example.org/sara.png", None),
        ("", None),
    ] {
        let user = user(json!({ "name": "Sara", "picture": picture })).await;
        assert_eq!(
            user.get("avatar").and_then(Value::as_str),
            shown,
            "{picture}"
        );
    }
}

#[tokio::test]
async fn long_names_are_trimmed_and_long_addresses_left_out() {
    let claims =
        json!({ "name": "李".repeat(300), "email": format!("{}@example.org", "s".repeat(300)) });
    let trimmed = user(claims).await;
    assert_eq!(trimmed["name"], "李".repeat(100));
    assert_eq!(trimmed.get("email"), None);
    // The cut falls after a space, which goes too.
    let claims = json!({ "name": format!("{} {}", "a".repeat(99), "b".repeat(99)) });
    assert_eq!(user(claims).await["name"], "a".repeat(99));
}

#[tokio::test]
async fn a_token_that_no_address_can_carry_is_not_handed_out() {
    let further = format!("jitsi.group = {:?}", "g".repeat(6000));
    let (landed, bridge, _provider) = login(sara(), "/room/standup", &further, POLICY).await;
    assert_eq!(landed.status, 500, "{landed:?}");
    assert!(
        landed.body.contains("Your profile is too large"),
        "{landed:?}"
    );
    assert!(!landed.holds_a_token(), "{landed:?}");
    let cause = bridge.last_cause();
    assert!(
        cause.contains("bytes; more than 7000 do not fit"),
        "{cause}"
    );
    assert_eq!(bridge.tokens_minted(), 0);
}
