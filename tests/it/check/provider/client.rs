//! A client, a secret and a redirect URI that the provider does not know, or does not look at.

use jitsi_oidc_bridge::check::Area;
use jitsi_oidc_bridge::check::Verdict::{Fault as Wrong, Good, Warning};
use serde_json::json;

use super::{Row, find, says};
use crate::check::{Expected, Scene, assert_found, told};
use crate::support::fault::answer::Bad;
use crate::support::{Fault, Provider};

const AUTHORIZE: &str = "GET /authorize";
const REQUEST: &str = "provider-authorization-request";

fn back_with(provider: &Provider, url: &str) {
    provider.answers_badly(AUTHORIZE, Bad::Redirects(302, url.to_owned()));
}

#[rustfmt::skip]
const CLIENT: &[Row] = &[
    ("an unknown client", |p| p.answers_badly(AUTHORIZE, says(400, "<p>Client not found.</p>")), "",
        ("provider-client", Wrong, "does not know the client \"bridge\"", "provider.client_id")),
    ("an unknown redirect URI", |p| p.answers_badly(AUTHORIZE, says(400, "Invalid parameter: redirect_uri")), "",
        ("provider-redirect-uri", Wrong, "/sso/callback", "register exactly")),
    ("any redirect URI", |p| p.misbehaves(Fault::TakesAnyRedirectUri), "",
        ("provider-redirect-uri", Wrong, "anybody's address", "/sso/callback")),
    ("any redirect URI, beside pushed requests", |p| { p.takes_pushed_requests(); p.misbehaves(Fault::TakesAnyRedirectUri); }, "",
        ("provider-redirect-uri", Wrong, "anybody's address", "take \"*\"")),
    ("an error page", |p| p.answers_badly(AUTHORIZE, says(400, "We are sorry")), "",
        ("provider-client", Wrong, "error page", "/sso/callback")),
    ("a sign-in, whoever asks", |p| p.answers_badly(AUTHORIZE, says(200, "<form>")), "",
        ("provider-client", Warning, "could not be told", "compare there by hand")),
    ("another place", |p| back_with(p, "https://login.example/"), "",
        ("provider-client", Warning, "https://login.example/", "letter by letter")),
    ("an endpoint that is broken", |p| p.answers_badly(AUTHORIZE, says(500, "")), "",
        ("provider-authorization-endpoint", Wrong, "answers 500", "own log")),
    ("an endpoint that is not there", |p| p.says("authorization_endpoint", json!("http://127.0.0.1:9/")), "",
        ("provider-authorization-endpoint", Wrong, "refuses connections", "start the server")),
    ("a wrong secret", |p| p.misbehaves(Fault::InvalidClient), "",
        ("provider-credentials", Wrong, "invalid_client", "provider.client_secret")),
    ("a client that is public there", |p| p.misbehaves(Fault::AsksForNoSecret), "",
        ("provider-credentials", Warning, "takes any secret", "\"Client authentication\" on")),
    ("a public client, by the form", |p| p.misbehaves(Fault::AsksForNoSecret), "provider.client_authentication = \"client_secret_post\"",
        ("provider-credentials", Warning, "client_secret_post", "ask the client for its secret")),
    ("a token endpoint that answers HTML", |p| p.misbehaves(Fault::HtmlToken), "",
        ("provider-credentials", Warning, "could not be told", "sign in once")),
    ("a token endpoint that wants a password", |p| p.answers_badly("POST /token", says(401, "")), "",
        ("provider-credentials", Wrong, "does not believe", "provider.client_secret")),
    ("a token endpoint that is not there", |p| p.says("token_endpoint", json!("http://127.0.0.1:9/")), "",
        ("provider-token-endpoint", Wrong, "refuses connections", "start the server")),
    ("another secret there", |_| (), "provider.client_secret = \"a wrong one\"\nprovider.client_authentication = \"client_secret_post\"",
        ("provider-credentials", Wrong, "client_secret_post", "copy provider.client_id")),
    ("a pushed request that is refused", |p| { p.takes_pushed_requests(); p.answers_badly("POST /par", says(400, "{\"error\":\"invalid_request\"}")); }, "",
        ("provider-pushed-requests", Wrong, "invalid_request", "provider.pushed_authorization = \"never\"")),
    ("a pushed redirect URI that is unknown",
        |p| { p.takes_pushed_requests(); p.answers_badly("POST /par", says(400, "{\"error\":\"invalid_request\",\"error_description\":\"redirect_uri did not match\"}")); }, "",
        ("provider-redirect-uri", Wrong, "did not match", "register exactly")),
];

#[tokio::test]
async fn a_client_that_is_not_known_as_it_should_be_is_found() {
    find(CLIENT).await;
}

#[tokio::test]
async fn a_request_that_is_not_taken_is_told_with_what_to_change() {
    let scene = Scene::with("").await;
    let cases: [(&str, Expected); 3] = [
        (
            "error=invalid_scope&error_description=groups",
            (
                REQUEST,
                Wrong,
                "invalid_scope: \"groups\"",
                "provider.scopes",
            ),
        ),
        (
            "error=unauthorized_client",
            (REQUEST, Wrong, "unauthorized_client", "Standard flow"),
        ),
        (
            "error=temporarily_unavailable",
            (REQUEST, Warning, "temporarily_unavailable", "own log"),
        ),
    ];
    for (query, expected) in cases {
        let back = format!("{}/callback?{query}", scene.bridge.url);
        back_with(&scene.provider, &back);
        assert_found(&scene.checked().await, query, expected);
    }
}

#[tokio::test]
async fn a_client_is_tried_in_the_way_in_which_it_proves_itself() {
    for (further, said) in [
        ("", "client_secret_basic"),
        (
            "provider.client_authentication = \"client_secret_post\"",
            "client_secret_post",
        ),
        (
            "provider.client_authentication = \"none\"\n# no provider.client_secret",
            "public one",
        ),
    ] {
        let scene = Scene::with(further).await;
        let report = scene.checked().await;
        assert_found(&report, further, ("provider-credentials", Good, said, ""));
    }
}

#[tokio::test]
async fn a_wrong_secret_is_tried_once_and_only_where_there_is_a_right_one() {
    let public = "provider.client_authentication = \"none\"\n# no provider.client_secret";
    for (what, seed, further, tries) in [
        ("believed", None, "", 2),
        ("not believed", Some(Fault::InvalidClient), "", 1),
        ("a public client", None, public, 1),
    ] {
        let scene = Scene::with(further).await;
        if let Some(fault) = seed {
            scene.provider.misbehaves(fault);
        }
        scene.checked().await;
        assert_eq!(scene.provider.count("POST /token"), tries, "{what}");
    }
}

#[tokio::test]
async fn a_provider_that_takes_pushed_requests_is_asked_in_this_way() {
    let scene = Scene::with("").await;
    scene.provider.takes_pushed_requests();
    let report = scene.checked().await;
    assert_found(
        &report,
        "pushed",
        ("provider-client", Good, "are known there", ""),
    );
    let first = scene.provider.authorizations().swap_remove(0);
    assert!(
        first.iter().any(|(name, _)| name == "request_uri"),
        "{first:?}"
    );
    assert!(!first.iter().any(|(name, _)| name == "prompt"), "{first:?}");
}

#[tokio::test]
async fn where_a_pushed_request_is_refused_the_one_of_browsers_still_tells() {
    let scene = Scene::with("").await;
    scene.provider.takes_pushed_requests();
    let refused = says(401, "{\"error\":\"invalid_client\"}");
    scene.provider.answers_badly("POST /par", refused);
    let report = scene.checked().await;
    let pushed: Expected = (
        "provider-pushed-requests",
        Wrong,
        "invalid_client",
        "at the token endpoint",
    );
    assert_found(&report, "pushed", pushed);
    let known: Expected = ("provider-client", Good, "are known there", "");
    assert_found(&report, "brought by the browser", known);
    let join: Expected = ("public-address-join", Wrong, "502", "the provider above");
    assert_found(&report, "by the bridge itself", join);
}

/// Each way to say that the client is not believed.
#[tokio::test]
async fn a_wrong_secret_is_one_fault_where_requests_are_pushed() {
    for (status, said) in [
        (401, "{\"error\":\"invalid_client\"}"),
        (400, "{\"error\":\"unauthorized_client\"}"),
        // Keycloak's.
        (
            401,
            "{\"error\":\"invalid_request\",\"error_description\":\"Authentication failed.\"}",
        ),
        (401, "no JSON"),
    ] {
        let scene = Scene::with("").await;
        scene.provider.takes_pushed_requests();
        scene
            .provider
            .answers_badly("POST /par", says(status, said));
        let report = scene
            .checked_with("provider.client_secret = \"a wrong one\"")
            .await;
        let faults: Vec<(&str, &str)> = report
            .iter()
            .filter(|(area, found)| *area == Area::Provider && found.verdict == Wrong)
            .map(|(_, found)| (found.id, found.mend.as_str()))
            .collect();
        let [("provider-credentials", mend)] = faults.as_slice() else {
            panic!("{status} {said}: {faults:?}");
        };
        assert!(mend.contains("provider.client_secret"), "{mend}");
        assert!(!mend.contains("never"), "{mend}");
    }
}

#[tokio::test]
async fn a_provider_that_answers_everybody_alike_is_not_said_to_take_any_redirect_uri() {
    let scene = Scene::with("").await;
    let ours = format!("{}/callback?error=login_required", scene.bridge.url);
    for bad in [says(200, "<form>"), Bad::Redirects(302, ours)] {
        scene.provider.answers_badly(AUTHORIZE, bad);
        let report = scene.checked().await;
        let told = told(&report);
        assert!(!told.contains("anybody's address"), "{told}");
    }
    // Nor one that takes pushed requests alone, from the client alone.
    scene.provider.answers_well();
    scene.provider.takes_pushed_requests();
    let alone = "require_pushed_authorization_requests";
    scene.provider.says(alone, true.into());
    scene.provider.misbehaves(Fault::TakesAnyRedirectUri);
    let report = scene.checked().await;
    let told = told(&report);
    assert!(!told.contains("anybody's address"), "{told}");
}
