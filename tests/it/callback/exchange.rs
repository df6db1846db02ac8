//! The code is redeemed as the client that the provider knows, and userinfo counts for the ID token's subject alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::Duration;

use crate::support::provider::{CLIENT_ID, CLIENT_SECRET};
use crate::support::{Bridge, Browser, Fault, Provider, sara, token_in, usual};

const USERINFO: &str = "GET /userinfo";

/// Signs in, and gives what the token endpoint was shown: the Basic credentials, and the form's client id and secret.
async fn shown_at_the_token_endpoint(
    provider: &Provider,
    further: &str,
) -> (Option<String>, Value, Value) {
    provider.signs_in(sara());
    let bridge = Bridge::start(provider, further).await;
    let landed = Browser::new().go(&bridge.at("/room/standup")).await;
    assert!(landed.in_meeting(), "{landed:?}");
    let request = provider.last_token_request();
    let basic = request.authorization.map(|header| {
        let encoded = header.strip_prefix("Basic ").unwrap().to_owned();
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    });
    let of_form = |name: &str| request.form.get(name).cloned().unwrap_or_default();
    (basic, of_form("client_id"), of_form("client_secret"))
}

/// Issued while the bridge waited for it, the token is of the past all the same.
#[tokio::test]
async fn an_id_token_is_judged_by_the_time_at_which_it_is_there() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, "provider.clock_leeway = \"0s\"").await;
    provider.holds("POST /token");
    let room = bridge.at("/room/standup");
    let login = tokio::spawn(async move { Browser::new().go(&room).await });
    provider.is_asked("POST /token", 1).await;
    bridge.clock.advance(Duration::seconds(9));
    provider.releases();
    let landed = login.await.unwrap();
    assert!(landed.in_meeting(), "{landed:?}");
}

#[tokio::test]
async fn the_secret_is_shown_in_the_way_that_the_provider_knows() {
    // Each half is form-encoded before it becomes a credential (RFC 6749, 2.3.1).
    let basic = (
        Some("bridge:client%3A+secret%2Fwith%2Bsigns".to_owned()),
        Value::Null,
        Value::Null,
    );
    let post = (None, json!(CLIENT_ID), json!(CLIENT_SECRET));
    let methods = "token_endpoint_auth_methods_supported";
    let provider = Provider::start().await;
    assert_eq!(
        shown_at_the_token_endpoint(&provider, "").await,
        basic,
        "the default"
    );
    for (supported, expected) in [
        (json!(["client_secret_post", "client_secret_basic"]), &basic),
        (json!(["client_secret_post"]), &post),
        (json!(["private_key_jwt", "client_secret_post"]), &post),
        (json!([]), &basic),
    ] {
        provider.says(methods, supported.clone());
        assert_eq!(
            shown_at_the_token_endpoint(&provider, "").await,
            *expected,
            "{supported}"
        );
    }
    // Configuration goes first.
    provider.says(methods, json!(["client_secret_basic"]));
    let configured = "provider.client_authentication = \"client_secret_post\"";
    assert_eq!(
        shown_at_the_token_endpoint(&provider, configured).await,
        post
    );
    provider.says(methods, json!(["client_secret_post"]));
    let configured = "provider.client_authentication = \"client_secret_basic\"";
    assert_eq!(
        shown_at_the_token_endpoint(&provider, configured).await,
        basic
    );
}

#[tokio::test]
async fn a_public_client_shows_its_name_alone() {
    let public = (None, json!(CLIENT_ID), Value::Null);
    let provider = Provider::start().await;
    for further in [
        "# no provider.client_secret",
        "# no provider.client_secret\nprovider.client_authentication = \"none\"",
    ] {
        assert_eq!(
            shown_at_the_token_endpoint(&provider, further).await,
            public,
            "{further}"
        );
    }
}

#[tokio::test]
async fn a_token_endpoint_that_refuses_or_makes_no_sense_ends_in_a_page() {
    for (fault, status, reason) in [
        (
            Fault::InvalidClient,
            502,
            "the token endpoint answered 400: invalid_client \"said so\" (look at the provider's client_id,",
        ),
        (
            Fault::HtmlToken,
            502,
            "the token endpoint's answer is not understood",
        ),
        (
            Fault::NoIdToken,
            502,
            "the token endpoint sent no ID token; ask for the scope `openid`",
        ),
        (Fault::EndlessToken, 503, "is longer than 1048576 bytes"),
    ] {
        let (bridge, provider, mut browser) = usual().await;
        provider.misbehaves(fault);
        let landed = browser.go(&bridge.at("/room/standup")).await;
        assert_eq!(landed.status, status, "{fault:?}: {landed:?}");
        assert!(
            bridge.last_cause().contains(reason),
            "{}",
            bridge.last_cause()
        );
        assert_eq!(landed.link("Try again"), bridge.at("/room/standup"));
        assert_eq!(bridge.tokens_minted(), 0);
        provider.behaves();
        assert!(browser.go(&bridge.at("/room/standup")).await.in_meeting());
    }
}

/// Somebody whose ID token says nothing but who they are.
fn nameless() -> Value {
    json!({ "sub": "s-sara" })
}

#[tokio::test]
async fn userinfo_is_asked_when_it_is_needed() {
    let (bridge, provider, mut browser) = usual().await;
    provider.tells_by_userinfo(sara());
    assert!(browser.go(&bridge.at("/room/standup")).await.in_meeting());
    assert_eq!(provider.count(USERINFO), 0, "the ID token says it all");

    provider.signs_in(nameless());
    let landed = Browser::new().go(&bridge.at("/room/standup")).await;
    assert_eq!(token_in(&landed)["context"]["user"]["name"], "Sara Stein");
    assert_eq!(provider.count(USERINFO), 1);

    provider.signs_in(json!({ "sub": "s-sara", "name": "Sara by ID token" }));
    let landed = Browser::new().go(&bridge.at("/room/standup")).await;
    let user = &token_in(&landed)["context"]["user"];
    assert_eq!(
        (&user["name"], &user["email"]),
        (&json!("Sara by ID token"), &json!("sara@example.org"))
    );
    assert_eq!(provider.count(USERINFO), 2, "for the groups");
}

#[tokio::test]
async fn userinfo_is_asked_always_or_never_as_configured() {
    let provider = Provider::start().await;
    provider.tells_by_userinfo(json!({ "sub": "s-sara", "name": "Another Name", "locale": "de" }));
    provider.signs_in(sara());
    let always = Bridge::start(&provider, "provider.userinfo = \"always\"").await;
    let landed = Browser::new().go(&always.at("/room/standup")).await;
    assert_eq!(
        token_in(&landed)["context"]["user"]["name"],
        "Sara Stein",
        "the ID token goes first"
    );
    assert_eq!(provider.count(USERINFO), 1);

    provider.signs_in(nameless());
    let never = Bridge::start(&provider, "provider.userinfo = \"never\"").await;
    let landed = Browser::new().go(&never.at("/room/standup")).await;
    assert_eq!(landed.status, 403, "nobody knows the groups: {landed:?}");
    assert_eq!((provider.count(USERINFO), never.tokens_minted()), (1, 0));
}

#[tokio::test]
async fn userinfo_that_cannot_be_used_ends_in_a_page() {
    for (fault, reason) in [
        (
            Fault::OtherSubjectInUserinfo,
            "userinfo: the answer is about another subject than the ID token",
        ),
        (
            Fault::SignedUserinfo,
            "userinfo: the signed answer is refused: not a signed JSON Web Token",
        ),
        (Fault::UserinfoDown, "userinfo: the endpoint answered 502"),
    ] {
        let (bridge, provider, mut browser) = usual().await;
        provider.signs_in(nameless());
        provider.tells_by_userinfo(sara());
        provider.misbehaves(fault);
        let landed = browser.go(&bridge.at("/room/standup")).await;
        assert_eq!(landed.status, 502, "{fault:?}: {landed:?}");
        assert!(
            bridge.last_cause().contains(reason),
            "{}",
            bridge.last_cause()
        );
        assert_eq!(landed.link("Try again"), bridge.at("/room/standup"));
        assert_eq!(bridge.tokens_minted(), 0);
        provider.behaves();
        assert!(browser.go(&bridge.at("/room/standup")).await.in_meeting());
    }
}
