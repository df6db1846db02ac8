//! Tokens signed with a key say which, and verify with what is published, in either form and at little cost.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::support::bridge::POLICY;
use super::support::keyring::{KeyFolder, der};
use super::support::{Bridge, Browser, Provider, sara, usual};
use jitsi_oidc_bridge::token::keyring::rsa::hex_sha256;

const JWKS: &str = "/.well-known/jwks.json";
const ONE_KEY: &str = "[[keys]]\nkid = \"blue\"\nfile = \"1.pem\"\n";

/// A bridge that signs with this keyring, and a token of its.
async fn signing(folder: &KeyFolder, algorithm: &str) -> (Bridge, Provider, String) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, &folder.settings(algorithm)).await;
    let landed = Browser::new().go(&bridge.at("/room/standup")).await;
    let token = landed
        .token()
        .unwrap_or_else(|| panic!("no token in {landed:?}"));
    (bridge, provider, token)
}

async fn ask(bridge: &Bridge, method: Method, path: &str, known: Option<&str>) -> Response {
    let mut request = Browser::new().client.request(method, bridge.at(path));
    if let Some(known) = known {
        request = request.header(IF_NONE_MATCH, known);
    }
    request.send().await.unwrap()
}

fn asap(kid: &str) -> String {
    format!("/asap/{}.pem", hex_sha256(kid.as_bytes()))
}

#[track_caller]
fn header(response: &Response, name: reqwest::header::HeaderName) -> String {
    let value = response.headers().get(&name);
    let value = value.unwrap_or_else(|| panic!("no {name} in {response:?}"));
    value.to_str().unwrap().to_owned()
}

/// The claims, when this key has signed them.
fn verified(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Option<Value> {
    let mut validation = Validation::new(algorithm);
    // The times are the test clock's.
    validation.validate_exp = false;
    validation.set_audience(&["jitsi"]);
    validation.set_issuer(&["jitsi"]);
    decode(token, key, &validation)
        .ok()
        .map(|token| token.claims)
}

#[tokio::test]
async fn a_token_names_its_key_and_verifies_with_both_published_forms() {
    for (name, algorithm) in [
        ("RS256", Algorithm::RS256),
        ("RS384", Algorithm::RS384),
        ("RS512", Algorithm::RS512),
    ] {
        let folder = KeyFolder::with(ONE_KEY);
        let (bridge, _provider, token) = signing(&folder, name).await;

        let (head, rest) = token.split_once('.').unwrap();
        let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
        assert_eq!(head, json!({ "typ": "JWT", "alg": name, "kid": "blue" }));

        let set = ask(&bridge, Method::GET, JWKS, None).await;
        let set: JwkSet = serde_json::from_slice(&set.bytes().await.unwrap()).unwrap();
        let jwk = set.find("blue").expect("the key is published");
        let by_jwks = DecodingKey::from_jwk(jwk).unwrap();
        let pem = ask(&bridge, Method::GET, &asap("blue"), None).await;
        let pem = pem.text().await.unwrap();
        assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{pem}");
        assert!(pem.ends_with("\n-----END PUBLIC KEY-----\n"), "{pem}");
        assert!(pem.lines().all(|line| line.len() <= 64), "{pem}");
        let by_asap = DecodingKey::from_rsa_der(&der(&pem));
        for key in [&by_jwks, &by_asap] {
            let claims = verified(&token, key, algorithm).expect("the signature is good");
            assert_eq!(claims["room"], "standup");
            assert_eq!(claims["context"]["user"]["name"], "Sara Stein");
            // Anything else is not.
            let forged = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(head.to_string() + " "));
            assert_eq!(verified(&forged, key, algorithm), None);
        }
        assert_eq!(bridge.tokens_minted(), 1);
    }
}

#[tokio::test]
async fn only_what_is_public_is_published() {
    let folder = KeyFolder::with(ONE_KEY);
    let (bridge, _provider, _token) = signing(&folder, "RS256").await;
    let set = ask(&bridge, Method::GET, JWKS, None).await;
    let set: Value = serde_json::from_slice(&set.bytes().await.unwrap()).unwrap();
    let keys = set["keys"].as_array().unwrap();
    let names: Vec<&String> = keys[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(
        (&keys[0]["kty"], &keys[0]["use"], &keys[0]["alg"]),
        (&json!("RSA"), &json!("sig"), &json!("RS256"))
    );
    assert_eq!(keys.len(), 1);
    assert_eq!(set.as_object().unwrap().len(), 1);
    assert!(serde_json::from_value::<Jwk>(keys[0].clone()).is_ok());
}

#[tokio::test]
async fn published_keys_say_for_how_long_they_may_be_kept_and_come_once() {
    let folder = KeyFolder::with(ONE_KEY);
    let (bridge, _provider, _token) = signing(&folder, "RS256").await;
    let pem = asap("blue");
    for (path, content_type) in [
        (JWKS, "application/jwk-set+json"),
        (pem.as_str(), "application/x-pem-file"),
    ] {
        let first = ask(&bridge, Method::GET, path, None).await;
        assert_eq!(first.status(), 200, "{path}");
        assert_eq!(header(&first, CACHE_CONTROL), "public, max-age=3600");
        assert_eq!(header(&first, CONTENT_TYPE), content_type);
        let tag = header(&first, ETAG);
        assert!(
            tag.starts_with('"') && tag.ends_with('"') && tag.len() == 34,
            "{tag}"
        );
        let body = first.text().await.unwrap();

        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"x\", {tag}"),
            "*".to_owned(),
        ] {
            let again = ask(&bridge, Method::GET, path, Some(&known)).await;
            assert_eq!(again.status(), 304, "{path} with {known}");
            assert_eq!(header(&again, ETAG), tag);
            assert_eq!(header(&again, CACHE_CONTROL), "public, max-age=3600");
            assert_eq!(again.text().await.unwrap(), "");
        }
        for other in ["\"x\"", "x", "", "\"x\", W/\"y\""] {
            let again = ask(&bridge, Method::GET, path, Some(other)).await;
            assert_eq!(again.status(), 200, "{path} with {other:?}");
            assert_eq!(again.text().await.unwrap(), body);
        }

        let head = ask(&bridge, Method::HEAD, path, None).await;
        assert_eq!(head.status(), 200);
        assert_eq!(header(&head, ETAG), tag);
        assert_eq!(header(&head, CACHE_CONTROL), "public, max-age=3600");
        assert_eq!(header(&head, CONTENT_LENGTH), body.len().to_string());
        assert_eq!(head.text().await.unwrap(), "");

        let post = ask(&bridge, Method::POST, path, None).await;
        assert_eq!(post.status(), 405);
        assert_eq!(header(&post, CACHE_CONTROL), "no-store");
    }
}

#[tokio::test]
async fn the_age_of_published_keys_is_a_setting_and_they_live_below_the_bridges_path() {
    let folder = KeyFolder::with(ONE_KEY);
    let provider = Provider::start().await;
    let further = format!("{}token.keys_max_age = \"90s\"\n", folder.settings("RS256"));
    let bridge = Bridge::set_up(&provider, "/sso", &further, POLICY).await;
    for path in [JWKS, &asap("blue")] {
        let response = ask(&bridge, Method::GET, path, None).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, CACHE_CONTROL), "public, max-age=90");
    }
}

#[tokio::test]
async fn nothing_is_published_under_other_names() {
    let folder = KeyFolder::with(ONE_KEY);
    let (bridge, _provider, _token) = signing(&folder, "RS256").await;
    let hash = hex_sha256(b"blue");
    for path in [
        format!("/asap/{hash}"),
        format!("/asap/{}.pem", hash.to_uppercase()),
        "/asap/blue.pem".to_owned(),
        asap("green"),
        "/asap/1.pem".to_owned(),
        "/asap/..%2Fkeys.toml".to_owned(),
        "/.well-known/jwks".to_owned(),
    ] {
        let response = ask(&bridge, Method::GET, &path, None).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(header(&response, CACHE_CONTROL), "no-store");
    }
}

#[tokio::test]
async fn with_a_shared_secret_nothing_is_published_and_tokens_name_no_key() {
    let (bridge, _provider, mut browser) = usual().await;
    let token = browser
        .go(&bridge.at("/room/standup"))
        .await
        .token()
        .unwrap();
    let head = decode_header(&token).unwrap();
    assert_eq!(head.alg, Algorithm::HS256);
    assert_eq!((head.typ.as_deref(), head.kid), (Some("JWT"), None));
    for path in [JWKS, &asap("blue")] {
        let response = ask(&bridge, Method::GET, path, None).await;
        assert_eq!(response.status(), 404);
        assert_eq!(header(&response, CACHE_CONTROL), "no-store");
    }
}
