//! Jitsi's inline sign-in: a popup signs in, and the call goes on with the token that the popup gets.
//!
//! Each step is what jitsi-meet's `loginWithPopup` and `static/sso.html` do.

mod refusals;
mod renewal;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};
use time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

use super::support::bridge::payload;
use super::support::stores::in_both_stores;
use super::support::{Bridge, Browser, JITSI, Landed, Provider, nora, sara, token_in, usual};

const VERIFIER: &str = "a-code-verifier-of-at-least-forty-three-characters-0123456789";
const NONCE: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const SSO_PAGE: &str = "https://meet.example.org/static/sso.html";

in_both_stores! {
    a_popup_gets_a_token_for_its_room_and_its_nonce_back
    a_code_works_once
}

pub async fn started(store: &str) -> (Bridge, Provider, Browser) {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, store).await;
    provider.signs_in(sara());
    (bridge, provider, Browser::new())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes()))
}

/// `tokenAuthUrl` with its placeholders filled, and what the popup appends.
pub(super) fn popup(bridge: &Bridge, state: &Value) -> String {
    let room = state["room"].as_str().unwrap();
    bridge.at(&format!(
        "/authorize?client_id=jitsi-meet&redirect_uri={}&room={room}&state={}&code_challenge={}&code_challenge_method=S256&nonce={NONCE}",
        encoded(SSO_PAGE),
        encoded(&state.to_string()),
        challenge()
    ))
}

pub(super) fn standup() -> Value {
    json!({ "room": "Standup", "roomSafe": "standup", "config.startSilent": true })
}

/// What `sso.html` finds in its address: the code, and the state decoded as that page does it.
pub(super) fn at_sso_page(landed: &Landed) -> (Option<String>, Value) {
    assert!(
        landed.url.starts_with(&format!("{SSO_PAGE}?")),
        "{landed:?}"
    );
    let url = Url::parse(&landed.url).unwrap();
    let get = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let state = get("state").unwrap();
    let state = percent_decode_str(&state)
        .decode_utf8()
        .unwrap()
        .into_owned();
    (get("code"), serde_json::from_str(&state).unwrap())
}

/// What the page finds in a popup of somebody who comes with this refresh token.
pub async fn with_token(
    bridge: &Bridge,
    browser: &mut Browser,
    refresh_token: &str,
) -> (Option<String>, Value) {
    let mut state = standup();
    state["refreshToken"] = refresh_token.into();
    at_sso_page(&browser.go(&popup(bridge, &state)).await)
}

pub async fn code(bridge: &Bridge, browser: &mut Browser) -> String {
    at_sso_page(&browser.go(&popup(bridge, &standup())).await)
        .0
        .unwrap()
}

pub struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    pub body: Value,
}

/// A form sent to the token service by a page of this origin.
async fn token_request(bridge: &Bridge, origin: Option<&str>, fields: &[(&str, &str)]) -> Answer {
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    let client = reqwest::Client::builder().build().unwrap();
    let request = client
        .post(bridge.at("/token"))
        .header("content-type", "application/x-www-form-urlencoded");
    let request = match origin {
        Some(origin) => request.header("origin", origin),
        None => request,
    };
    let response = request.body(form).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer {
        status,
        headers,
        body: serde_json::from_str(&response.text().await.unwrap()).unwrap(),
    }
}

fn redemption(code: &str) -> Vec<(&str, &str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", SSO_PAGE),
        ("client_id", "jitsi-meet"),
        ("code_verifier", VERIFIER),
    ]
}

pub async fn redeem(bridge: &Bridge, code: &str) -> Answer {
    token_request(bridge, Some(JITSI), &redemption(code)).await
}

pub async fn refresh(bridge: &Bridge, token: &str) -> Answer {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", "jitsi-meet"),
    ];
    token_request(bridge, Some(JITSI), &fields).await
}

pub fn refresh_token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["refresh_token"].as_str().unwrap().to_owned()
}

/// The payload of a JWT, as Jitsi reads it: without looking at the signature.
fn unverified(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[track_caller]
pub fn is_refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(
        (answer.status, &answer.body["error"]),
        (status, &json!(error)),
        "{}",
        answer.body
    );
    let said = answer.body["error_description"].as_str().unwrap();
    assert!(!said.is_empty());
    assert!(answer.body.get("access_token").is_none());
}

async fn a_popup_gets_a_token_for_its_room_and_its_nonce_back(store: &str) {
    let (bridge, provider, mut browser) = started(store).await;
    let state = json!({ "room": "Réunion", "roomSafe": "r%c3%a9union", "tenant": "acme", "config.a": "50%" });
    let landed = browser.go(&popup(&bridge, &state)).await;
    let (code, back) = at_sso_page(&landed);
    assert_eq!(
        back,
        json!({ "room": "réunion", "roomSafe": "r%c3%a9union", "tenant": "acme", "config.a": "50%" })
    );
    assert_eq!(bridge.tokens_minted(), 0, "a code is no token");
    assert!(!landed.holds_a_token());

    let answer = redeem(&bridge, &code.unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = payload(answer.body["access_token"].as_str().unwrap());
    assert_eq!(
        (&token["room"], &token["sub"]),
        (&json!("r%c3%a9union"), &json!("acme"))
    );
    assert_eq!(token["context"]["user"]["name"], "Sara Stein");
    let id_token = unverified(answer.body["id_token"].as_str().unwrap());
    assert_eq!(
        (&id_token["nonce"], &id_token["aud"]),
        (&json!(NONCE), &json!("jitsi-meet"))
    );
    assert_eq!(
        (&id_token["iss"], &id_token["sub"]),
        (&json!(bridge.url), &token["context"]["user"]["id"])
    );
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 3 * 3600);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(
        (bridge.tokens_minted(), provider.count("POST /token")),
        (1, 1)
    );
}

async fn a_code_works_once(store: &str) {
    let (bridge, _provider, mut browser) = started(store).await;
    let code = code(&bridge, &mut browser).await;
    assert_eq!(redeem(&bridge, &code).await.status, 200);
    is_refused(&redeem(&bridge, &code).await, 400, "invalid_grant");
    is_refused(&redeem(&bridge, "made-up").await, 400, "invalid_grant");
    assert_eq!(bridge.tokens_minted(), 1);
}

#[tokio::test]
async fn whoever_is_signed_in_gets_a_code_without_the_provider() {
    let (bridge, provider, mut browser) = usual().await;
    assert!(browser.go(&bridge.at("/room/another")).await.in_meeting());
    let code = code(&bridge, &mut browser).await;
    assert_eq!(provider.count("GET /authorize"), 1);
    let answer = redeem(&bridge, &code).await;
    assert_eq!(
        payload(answer.body["access_token"].as_str().unwrap())["room"],
        "standup"
    );
}

#[tokio::test]
async fn who_may_not_join_gets_a_page_and_may_sign_in_as_somebody_else_in_the_popup() {
    let (bridge, provider, mut browser) = usual().await;
    provider.signs_in(nora());
    let landed = browser.go(&popup(&bridge, &standup())).await;
    assert_eq!((landed.status, bridge.tokens_minted()), (403, 0));
    assert!(landed.body.contains("close this window"), "{}", landed.body);
    provider.signs_in(sara());
    let landed = browser.go(&landed.link("Sign in as somebody else")).await;
    let (code, state) = at_sso_page(&landed);
    assert_eq!(state["config.startSilent"], true);
    assert_eq!(redeem(&bridge, &code.unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_visit_that_is_no_popup_of_jitsis_web_page_goes_the_ordinary_way() {
    let (bridge, _provider, mut browser) = usual().await;
    let good = popup(&bridge, &standup());
    // A page that is not in a call sends no nonce …
    let landed = browser
        .go(&good.replace(&format!("&nonce={NONCE}"), ""))
        .await;
    assert!(
        landed.url.starts_with(&format!("{JITSI}/standup#jwt=")),
        "{landed:?}"
    );
    assert_eq!(token_in(&landed)["room"], "standup");
    // … the apps send the placeholder as it stands, and the desktop app a challenge that it has no use for.
    let literal = good.replace(&challenge(), "%7Bcode_challenge%7D");
    assert!(browser.go(&literal).await.in_meeting());
    for app in ["ios", "android", "electron"] {
        let mut state = standup();
        state[app] = true.into();
        // Nobody is sent round in circles here.
        bridge.clock.advance(Duration::MINUTE);
        let landed = browser.go(&popup(&bridge, &state)).await;
        assert!(landed.body.contains("Open the app"), "{app}: {landed:?}");
    }
}
