//! Faults of the provider, and of what it knows of us.

use jitsi_oidc_bridge::check::Area;
use jitsi_oidc_bridge::check::Verdict::{self, Fault as Wrong, Good, Warning};
use serde_json::json;

use super::{Expected, Scene, assert_found};
use crate::support::bridge::{POLICY, settings};
use crate::support::fault::answer::Bad;
use crate::support::{Fault, Provider};

/// What is put there, the settings beside the usual ones, and what is to be found.
type Row = (&'static str, fn(&Provider), &'static str, Expected);

const DISCOVERY: &str = "GET /.well-known/openid-configuration";

fn says(status: u16, text: &str) -> Bad {
    Bad::Says(status, "text/html", text.to_owned())
}

async fn find(rows: &[Row]) {
    for (what, seed, further, expected) in rows {
        let scene = Scene::with("").await;
        seed(&scene.provider);
        let report = scene.checked_with(further).await;
        assert_found(&report, what, *expected);
        assert_eq!(scene.bridge.tokens_minted(), 0, "{what}");
    }
}

#[rustfmt::skip]
const DISCOVERY_FAULTS: &[Row] = &[
    ("no such realm", |p| p.answers_badly(DISCOVERY, says(404, "")), "",
        ("provider-discovery", Wrong, "answers 404", "realm, tenant or application")),
    ("a login page", |p| p.misbehaves(Fault::HtmlDiscovery), "",
        ("provider-discovery", Wrong, "answers a web page", "no login page in front")),
    ("a redirect", |p| p.misbehaves(Fault::RedirectingDiscovery), "",
        ("provider-discovery", Wrong, "redirects to /elsewhere", "address that it redirects to")),
    ("turned away", |p| p.answers_badly(DISCOVERY, says(403, "")), "",
        ("provider-discovery", Wrong, "answers 403", "without a sign-in")),
    ("not JSON", |p| p.answers_badly(DISCOVERY, Bad::Says(200, "application/json", "ok".to_owned())), "",
        ("provider-discovery", Wrong, "no JSON object", "provider.issuer")),
    ("an error", |p| p.answers_badly(DISCOVERY, says(500, "")), "",
        ("provider-discovery", Wrong, "answers 500", "provider's own log")),
    ("without an end", |p| p.misbehaves(Fault::EndlessDiscovery), "",
        ("provider-connection", Wrong, "longer than", "what answers at")),
    ("another issuer", |p| p.misbehaves(Fault::OtherIssuerInDiscovery), "",
        ("provider-issuer", Wrong, "the hosts differ", "write provider.issuer = \"https://other.example\"")),
    ("a slash at the end", |p| p.says("issuer", format!("{}/", p.issuer).into()), "",
        ("provider-issuer", Wrong, "slash at its end", "write provider.issuer")),
    ("an endpoint missing", |p| p.says("jwks_uri", json!(null)), "",
        ("provider-endpoints", Wrong, "lack jwks_uri", "OpenID Connect provider")),
    ("an endpoint that is no web address", |p| p.says("token_endpoint", json!("ftp://x.example/")), "",
        ("provider-endpoints", Wrong, "token_endpoint", "https addresses")),
    ("two minutes ahead", |p| p.is_ahead_by(120), "",
        ("provider-clock", Wrong, "120 s ahead of", "beyond 60 s (provider.clock_leeway)")),
    ("twenty seconds behind", |p| p.is_ahead_by(-20), "",
        ("provider-clock", Warning, "behind", "NTP")),
];

#[tokio::test]
async fn what_is_wrong_with_what_a_provider_says_of_itself_is_found() {
    find(DISCOVERY_FAULTS).await;
}

#[rustfmt::skip]
const CAPABILITIES: &[Row] = &[
    ("no code flow", |p| p.says("response_types_supported", json!(["id_token"])), "",
        ("provider-flow", Wrong, "authorization code flow", "Standard flow")),
    ("no form post", |p| p.says("response_modes_supported", json!(["query"])), "provider.response_mode = \"form_post\"",
        ("provider-flow", Wrong, "provider.response_mode", "\"query\"")),
    ("no PKCE with S256", |p| p.says("code_challenge_methods_supported", json!(["plain"])), "",
        ("provider-pkce", Warning, "without S256", "allow S256")),
    ("no pushed requests", |_| (), "provider.pushed_authorization = \"always\"",
        ("provider-pushed-requests", Wrong, "takes no pushed requests", "\"auto\"")),
    ("no such scope", |p| p.says("scopes_supported", json!(["openid", "profile"])), "provider.scopes = [\"openid\", \"profile\", \"groups\"]",
        ("provider-scopes", Warning, "scopes groups", "provider.scopes")),
    ("no OpenID Connect", |p| p.says("scopes_supported", json!(["profile"])), "",
        ("provider-scopes", Wrong, "scopes openid", "right provider")),
    ("another way to prove the client", |p| p.says("token_endpoint_auth_methods_supported", json!(["private_key_jwt"])), "provider.client_authentication = \"client_secret_post\"",
        ("provider-client-authentication", Warning, "client_secret_post", "provider.client_authentication")),
    ("another algorithm", |p| p.says("id_token_signing_alg_values_supported", json!(["ES256"])), "provider.id_token_algorithms = [\"RS256\"]",
        ("provider-algorithms", Wrong, "ES256", "write one of these")),
    ("the client's secret alone", |p| p.says("id_token_signing_alg_values_supported", json!(["HS256"])), "",
        ("provider-algorithms", Wrong, "HS256 alone", "choose RS256")),
    ("no such acr", |p| p.says("acr_values_supported", json!(["1"])), "provider.acr_values = [\"mfa\"]",
        ("provider-acr", Warning, "mfa", "own names")),
    ("no userinfo", |_| (), "provider.userinfo = \"always\"",
        ("provider-userinfo", Wrong, "names none", "into the ID token")),
    ("no sign-out", |p| p.says("end_session_endpoint", json!(null)), "",
        ("provider-sign-out", Warning, "no end_session_endpoint", "RP-initiated logout")),
    ("another way back from a sign-out", |p| p.answers_badly("GET /end-session", says(400, "Invalid redirect uri")), "",
        ("provider-post-logout-uri", Warning, "/sso/logged-out", "register exactly")),
];

#[tokio::test]
async fn what_is_asked_of_a_provider_that_cannot_do_it_is_found() {
    find(CAPABILITIES).await;
}

fn without_keys(provider: &Provider) {
    provider.answers_badly("GET /keys", says(200, "{\"keys\":[]}"));
}

#[rustfmt::skip]
const KEYS: &[Row] = &[
    ("no keys there", |p| p.answers_badly("GET /keys", says(404, "")), "",
        ("provider-keys", Wrong, "answers 404", "own log")),
    ("not a key set", |p| p.answers_badly("GET /keys", says(200, "<p>")), "",
        ("provider-keys", Wrong, "no key set", "jwks_uri")),
    ("no key at all", without_keys, "",
        ("provider-keys", Wrong, "none of its 0 keys", "make a signing key")),
    ("keys of another kind", |p| p.says("id_token_signing_alg_values_supported", json!(["ES256"])), "",
        ("provider-keys", Wrong, "signed with ES256", "provider.id_token_algorithms")),
    ("a short key", |p| p.misbehaves(Fault::WeakKey), "",
        ("provider-keys", Wrong, "less than 2048 bits", "longer signing key")),
];

#[tokio::test]
async fn keys_that_check_nothing_are_found() {
    find(KEYS).await;
}

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
        let told = super::told(&report);
        assert!(!told.contains("anybody's address"), "{told}");
    }
    // Nor one that takes pushed requests alone, from the client alone.
    scene.provider.answers_well();
    scene.provider.takes_pushed_requests();
    let alone = "require_pushed_authorization_requests";
    scene.provider.says(alone, true.into());
    scene.provider.misbehaves(Fault::TakesAnyRedirectUri);
    let report = scene.checked().await;
    let told = super::told(&report);
    assert!(!told.contains("anybody's address"), "{told}");
}

#[tokio::test]
async fn what_is_to_be_registered_is_listed() {
    let scene = Scene::with("").await;
    scene
        .provider
        .says("backchannel_logout_supported", true.into());
    let report = scene.checked().await;
    for address in [
        "/sso/callback",
        "/sso/logged-out",
        "/sso/backchannel-logout",
    ] {
        let expected = format!("{}{}", scene.proxy.origin, address);
        let found = report
            .iter()
            .any(|(_, f)| f.id == "provider-registration" && f.said.contains(&expected));
        assert!(found, "{expected}");
    }
}

#[tokio::test]
async fn of_several_providers_each_is_looked_at_and_named() {
    let (one, other) = (Provider::start().await, Provider::start().await);
    other.misbehaves(Fault::InvalidClient);
    let section = |name: &str, provider: &Provider| {
        format!(
            "[providers.{name}]\nissuer = {:?}\nclient_id = \"bridge\"\nclient_secret = \"x\"\n",
            provider.issuer
        )
    };
    let further = format!(
        "# no provider.issuer\n# no provider.client_id\n# no provider.client_secret\n{}{}",
        section("main", &one),
        section("partner", &other)
    );
    let text = settings(&one, "http://127.0.0.1:9/sso", &further, POLICY);
    let report = super::checked(text, &one).await;
    let known: Expected = ("provider-client", Good, "main: the client", "");
    assert_found(&report, "the first", known);
    let refused: (&str, Verdict, &str, &str) = (
        "provider-credentials",
        Wrong,
        "partner: its token endpoint",
        "providers.partner.client_secret",
    );
    assert_found(&report, "the second", refused);
    let uri = (
        "provider-registration",
        Good,
        "http://127.0.0.1:9/sso/callback/partner",
        "",
    );
    assert_found(&report, "a redirect URI of its own", uri);
}
