//! How the bridge proves to the provider that it is itself, by a key of its own instead of a secret (RFC 7523).

use std::path::PathBuf;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::support::bridge::POLICY;
use super::support::logout::unique;
use super::support::provider::{CLIENT_ID, CLIENT_SECRET};
use super::support::{Bridge, Browser, Provider, sara};

/// A private key in a file of its own.
fn key_file(pkcs8: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(unique("client-key"));
    let body = STANDARD.encode(pkcs8);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|l| std::str::from_utf8(l).unwrap())
        .collect();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    );
    std::fs::write(&path, pem).unwrap();
    path
}

pub fn rsa() -> Vec<u8> {
    let der: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048)
        .unwrap()
        .as_der()
        .unwrap();
    der.as_ref().to_vec()
}

fn elliptic() -> Vec<u8> {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    key.unwrap().as_ref().to_vec()
}

fn edwards() -> Vec<u8> {
    let key = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new());
    key.unwrap().as_ref().to_vec()
}

pub fn by_key(key: &[u8]) -> String {
    format!(
        "# no provider.client_secret\nprovider.client_authentication = \"private_key_jwt\"\nprovider.client_key_file = {:?}",
        key_file(key).display().to_string()
    )
}

/// The claims of an assertion, verified with the keys that the bridge publishes.
pub async fn verified(
    bridge: &Bridge,
    provider: &Provider,
    form: &Map<String, Value>,
    audience: &str,
) -> Value {
    let assertion = form["client_assertion"].as_str().unwrap();
    let published = Browser::new()
        .hop(&bridge.at("/.well-known/client-jwks.json"))
        .await;
    assert_eq!(published.header("content-type"), "application/jwk-set+json");
    assert!(
        !published.body.contains("\"d\""),
        "a private key was published"
    );
    let keys: JwkSet = serde_json::from_str(&published.body).unwrap();
    let header = decode_header(assertion).unwrap();
    let key = keys
        .find(header.kid.as_deref().unwrap())
        .expect("a key that is published");
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.set_audience(&[audience]);
    let decoding = DecodingKey::from_jwk(key).unwrap();
    let claims: Value = decode(assertion, &decoding, &validation).unwrap().claims;
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&CLIENT_ID.into(), &CLIENT_ID.into())
    );
    let now = provider.clock.now_unix();
    assert_eq!(
        (claims["iat"].as_i64(), claims["exp"].as_i64()),
        (Some(now), Some(now + 60))
    );
    claims
}

#[tokio::test]
async fn each_kind_of_key_proves_who_asks() {
    for (key, algorithm) in [
        (rsa(), Algorithm::RS256),
        (elliptic(), Algorithm::ES256),
        (edwards(), Algorithm::EdDSA),
    ] {
        let provider = Provider::start().await;
        provider.signs_in(sara());
        let bridge = Bridge::start(&provider, &by_key(&key)).await;
        assert!(Browser::new().go(&bridge.at("/room/a")).await.in_meeting());
        let asked = provider.last_token_request();
        assert_eq!(asked.authorization, None);
        assert!(!asked.form.contains_key("client_secret"));
        assert_eq!(asked.form["client_id"], CLIENT_ID);
        let header = decode_header(asked.form["client_assertion"].as_str().unwrap()).unwrap();
        assert_eq!(header.alg, algorithm);
        let first = verified(&bridge, &provider, &asked.form, &provider.issuer).await;

        assert!(Browser::new().go(&bridge.at("/room/a")).await.in_meeting());
        let asked = provider.last_token_request();
        let second = verified(&bridge, &provider, &asked.form, &provider.issuer).await;
        assert_ne!(first["jti"], second["jti"], "each counts once");
    }
}

#[tokio::test]
async fn a_key_alone_is_enough_to_say_so_and_the_audience_can_be_the_token_endpoint() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let further =
        by_key(&elliptic()).replace("provider.client_authentication = \"private_key_jwt\"\n", "");
    let further = format!("{further}\nprovider.client_assertion_audience = \"token_endpoint\"");
    let bridge = Bridge::start(&provider, &further).await;
    assert!(Browser::new().go(&bridge.at("/room/a")).await.in_meeting());
    let audience = format!("{}/token", provider.issuer);
    verified(
        &bridge,
        &provider,
        &provider.last_token_request().form,
        &audience,
    )
    .await;
}

#[tokio::test]
async fn without_a_key_nothing_is_published() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, "").await;
    let answer = Browser::new()
        .hop(&bridge.at("/.well-known/client-jwks.json"))
        .await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn a_pushed_request_is_proven_as_well() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    provider.takes_pushed_requests();
    let bridge = Bridge::set_up(&provider, "", &by_key(&elliptic()), POLICY).await;
    assert!(Browser::new().go(&bridge.at("/room/a")).await.in_meeting());
    let pushed = provider.last_pushed();
    assert!(!pushed.values().any(|value| value == CLIENT_SECRET));
    verified(&bridge, &provider, &pushed, &provider.issuer).await;
}
