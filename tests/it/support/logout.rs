//! How the test provider signs people out: at its end-session endpoint, and by logout tokens.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;

use super::bridge::Bridge;
use super::forge;
use super::provider::{CLIENT_ID, Provider};

static IDENTIFIERS: AtomicUsize = AtomicUsize::new(0);

/// A text that no other test uses, nor the same one in another run: stores outlive both.
pub fn unique(what: &str) -> String {
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random).unwrap();
    let count = IDENTIFIERS.fetch_add(1, Ordering::Relaxed);
    format!("{what}-{count}-{}", URL_SAFE_NO_PAD.encode(random))
}

/// A person with further claims, or others instead of their own; they also stand for those of the protocol.
pub fn with(mut person: Value, claims: Value) -> Value {
    let further = claims.as_object().unwrap().clone();
    person.as_object_mut().unwrap().extend(further);
    person
}

/// The bridge's answer to a logout token.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub cache_control: String,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

impl Provider {
    /// Offers an end-session endpoint.
    pub fn ends_sessions(&self) {
        let endpoint = format!("{}/end-session", self.issuer);
        self.says("end_session_endpoint", endpoint.into());
    }

    /// The parameters of the last request to the end-session endpoint.
    #[track_caller]
    pub fn last_end_session(&self) -> Vec<(String, String)> {
        let query = self.inner().end_sessions.last().cloned();
        let query = query.expect("nobody asked for the end of a session");
        let parameters = url::form_urlencoded::parse(query.as_bytes());
        parameters.into_owned().collect()
    }

    /// The claims of a logout token about somebody (`sub`, `sid`), with an identifier of its own.
    pub fn logout_claims(&self, about: Value) -> Value {
        let now = self.clock.now_unix();
        let claims = json!({
            "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": unique("jti"),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        with(claims, about)
    }

    /// A token of these claims, signed as the provider's fault has it.
    pub fn token_of(&self, claims: &Value) -> String {
        forge::sign(&self.inner(), claims)
    }

    /// A token of these claims with this type (`typ`) in its header, or none.
    pub fn token_of_type(&self, typ: Option<Value>, claims: &Value) -> String {
        let key = self.inner().key();
        let mut header = json!({ "alg": format!("{:?}", key.algorithm), "kid": key.kid });
        if let Some(typ) = typ {
            header["typ"] = typ;
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &key.signing, key.algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// Tells the bridge by a good logout token that somebody has signed out.
    pub async fn signs_out(&self, bridge: &Bridge, about: Value) -> Answer {
        send(bridge, &self.token_of(&self.logout_claims(about))).await
    }
}

/// Sends a logout token as providers do.
pub async fn send(bridge: &Bridge, token: &str) -> Answer {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("logout_token", token)
        .finish();
    post(bridge, "application/x-www-form-urlencoded", form).await
}

/// Posts a body to where logout tokens go.
pub async fn post(bridge: &Bridge, content_type: &str, body: String) -> Answer {
    let client = reqwest::Client::builder().build().unwrap();
    let request = client
        .post(bridge.at("/backchannel-logout"))
        .header("content-type", content_type)
        .body(body);
    let response = request.send().await.unwrap();
    let cache_control = response.headers()["cache-control"].to_str().unwrap();
    Answer {
        cache_control: cache_control.to_owned(),
        status: response.status().as_u16(),
        body: response.text().await.unwrap(),
    }
}

/// The end-session endpoint: back with the state, as RP-Initiated Logout 1.0 (3) says.
pub(super) async fn end_session(
    State(provider): State<Provider>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    provider.inner().end_sessions.push(query.clone());
    let given = |name: &str| {
        let parameters = url::form_urlencoded::parse(query.as_bytes());
        let mut named = parameters.filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.into_owned())
    };
    let Some(back) = given("post_logout_redirect_uri") else {
        return Html("<h1>Goodbye</h1>").into_response();
    };
    let mut back = Url::parse(&back).unwrap();
    if let Some(state) = given("state") {
        back.query_pairs_mut().append_pair("state", &state);
    }
    Redirect::to(back.as_str()).into_response()
}
