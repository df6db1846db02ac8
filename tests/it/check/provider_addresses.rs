//! Providers that are not reached: by name, port, certificate, or in time; from inside and from outside.

use jitsi_oidc_bridge::check::Verdict::{Fault as Wrong, Good, Warning};
use tokio::net::TcpListener;

use super::{Expected, assert_found, checked};
use crate::support::Provider;
use crate::support::bridge::{POLICY, settings};
use crate::support::keyring::KeyFolder;
use crate::support::tls::{Certificate, Tls};

/// What is found where the provider's issuer is another.
async fn finds(provider: &Provider, issuer: &str, further: &str, expected: Expected) {
    let further = format!("provider.issuer = {issuer:?}\n{further}");
    let text = settings(provider, "http://127.0.0.1:9/sso", &further, POLICY);
    let report = checked(text, provider).await;
    assert_found(&report, issuer, expected);
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told() {
    let provider = Provider::start().await;
    let expected = (
        "provider-name",
        Wrong,
        "provider.invalid cannot be resolved",
        "provider.internal_url",
    );
    finds(&provider, "https://provider.invalid", "", expected).await;
}

#[tokio::test]
async fn a_port_at_which_nobody_listens_is_told() {
    let provider = Provider::start().await;
    let expected = (
        "provider-connection",
        Wrong,
        "refuses connections",
        "start the server there",
    );
    finds(&provider, "http://127.0.0.1:9", "", expected).await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_in_time_is_told() {
    let provider = Provider::start().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", silent.local_addr().unwrap());
    let expected = (
        "provider-connection",
        Wrong,
        "does not answer in time",
        "firewall",
    );
    finds(&provider, &issuer, "provider.timeout = \"200ms\"", expected).await;
}

#[tokio::test]
async fn plain_http_where_tls_should_be_is_told() {
    let provider = Provider::start().await;
    let issuer = provider.issuer.replace("http://", "https://");
    let expected = (
        "provider-connection",
        Wrong,
        "does not speak TLS",
        "if TLS ends at another port",
    );
    finds(&provider, &issuer, "", expected).await;
}

#[tokio::test]
async fn a_certificate_that_is_not_believed_is_told_with_whose_it_is() {
    let provider = Provider::start().await;
    let cases = [
        (
            Certificate::Good,
            "issued by \"CN=The company's authority\"",
            "provider.ca_file",
        ),
        (
            Certificate::SelfSigned,
            "vouches for itself",
            "provider.ca_file",
        ),
        (Certificate::Expired, "has expired", "renew it"),
        (
            Certificate::ForAnotherHost,
            "it is for",
            "get one for localhost",
        ),
    ];
    for (kind, said, mend) in cases {
        let tls = Tls::before(&provider.issuer, kind).await;
        // Its authority is known where that is not what is wrong.
        let folder = KeyFolder::new();
        folder.put("ca.pem", &tls.authority);
        let trusts = !matches!(kind, Certificate::Good | Certificate::SelfSigned);
        let ca = folder.path().join("ca.pem");
        let further = if trusts {
            format!("provider.ca_file = {ca:?}")
        } else {
            String::new()
        };
        finds(
            &provider,
            &tls.origin,
            &further,
            ("provider-certificate", Wrong, said, mend),
        )
        .await;
    }
}

#[tokio::test]
async fn an_authority_of_the_companys_own_is_believed_where_it_is_named() {
    let provider = Provider::start().await;
    let tls = Tls::before(&provider.issuer, Certificate::Good).await;
    for (name, path) in [
        ("issuer", ""),
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("jwks_uri", "/keys"),
    ] {
        provider.says(name, format!("{}{path}", tls.origin).into());
    }
    let folder = KeyFolder::new();
    folder.put("ca.pem", &tls.authority);
    let further = format!("provider.ca_file = {:?}", folder.path().join("ca.pem"));
    finds(
        &provider,
        &tls.origin,
        &further,
        ("provider-keys", Good, "RS256", ""),
    )
    .await;
}

#[tokio::test]
async fn both_ways_to_a_provider_are_tried_and_only_the_bridges_own_has_to_be_good() {
    let provider = Provider::start().await;
    let public = "http://127.0.0.1:9";
    for (name, path) in [
        ("issuer", ""),
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("jwks_uri", "/keys"),
    ] {
        provider.says(name, format!("{public}{path}").into());
    }
    let inside = format!("provider.internal_url = {:?}", provider.issuer);
    let outside = (
        "provider-public-address",
        Warning,
        "not reached from here",
        "internal_url is set",
    );
    finds(&provider, public, &inside, outside).await;
    finds(
        &provider,
        public,
        &inside,
        ("provider-keys", Good, "RS256", ""),
    )
    .await;
    let nobody = "provider.internal_url = \"http://127.0.0.1:9\"";
    let away = (
        "provider-connection",
        Wrong,
        "(provider.internal_url)",
        "start the server there",
    );
    finds(&provider, &provider.issuer, nobody, away).await;
    // Both are reached: it is the same one.
    let same = format!(
        "provider.internal_url = {:?}",
        provider.issuer.replace("127.0.0.1", "localhost")
    );
    provider.says_nothing_more();
    let both = ("provider-public-address", Good, "both at", "");
    finds(&provider, &provider.issuer, &same, both).await;
}
