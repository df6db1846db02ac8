//! Faults of the provider, and of what it knows of us.

mod client;

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
    ("no time", |p| p.misbehaves(Fault::NoDate), "",
        ("provider-clock", Good, "was not compared", "")),
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
    ("no such acr for a rule", |p| p.says("acr_values_supported", json!(["1"])), "[[policy.rules]]\nname = \"strong\"\nrole = \"moderator\"\nacr = [\"mfa\", \"passkey\"]",
        ("provider-acr", Warning, "no acr that the rule \"strong\" asks for: mfa, passkey", "own names")),
    ("no userinfo", |_| (), "provider.userinfo = \"always\"",
        ("provider-userinfo", Wrong, "names none", "into the ID token")),
    ("no sign-out", |p| p.says("end_session_endpoint", json!(null)), "",
        ("provider-sign-out", Warning, "no end_session_endpoint", "RP-initiated logout")),
    ("another way back from a sign-out", |p| p.answers_badly("GET /end-session", says(400, "Invalid redirect uri")), "",
        ("provider-post-logout-uri", Warning, "/sso/logged-out", "register exactly")),
    ("a sign-out that is answered alike whatever its end", |p| p.answers_badly("GET /end-session", says(200, "Signed out")), "",
        ("provider-post-logout-uri", Warning, "could not be told", "compare there by hand")),
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
        ("provider-keys", Wrong, "none of its keys (0)", "make a signing key")),
    ("keys of another kind", |p| p.says("id_token_signing_alg_values_supported", json!(["ES256"])), "",
        ("provider-keys", Wrong, "signed with ES256", "provider.id_token_algorithms")),
    ("a short key", |p| p.misbehaves(Fault::WeakKey), "",
        ("provider-keys", Wrong, "less than 2048 bits", "longer signing key")),
];

#[tokio::test]
async fn keys_that_check_nothing_are_found() {
    find(KEYS).await;
}

#[tokio::test]
async fn a_rule_whose_acr_the_provider_lists_or_that_is_for_another_is_not_told() {
    let (acme, staff) = (
        "acr = [\"1\", \"mfa\"]",
        "acr = [\"mfa\"]\nproviders = [\"staff\"]",
    );
    for rule in [acme, staff] {
        let scene = Scene::between("", "").await;
        let lists = json!(["1"]);
        scene.provider.says("acr_values_supported", lists);
        let rule = format!("[[policy.rules]]\nname = \"strong\"\nrole = \"moderator\"\n{rule}");
        let report = scene.checked_with(&rule).await;
        assert_eq!(
            report
                .iter()
                .find(|(_, found)| found.id == "provider-acr")
                .map(|(_, found)| found.said.as_str()),
            None,
            "{rule}"
        );
        let known: Expected = ("provider-client", Good, "acme: the client", "");
        assert_found(&report, &rule, known);
    }
}

#[tokio::test]
async fn one_key_is_told_as_one() {
    let report = Scene::with("").await.checked().await;
    let one: Expected = ("provider-keys", Good, "it has one key", "");
    assert_found(&report, "one key", one);
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
