//! The floor: what no bridge can leave out, and nothing else, in a process of its own.
//!
//! A login costs one cookie, sealed at its start and opened at its end, one request to the token endpoint on a kept
//! connection, one RS256 verification and one HS256 signature. A rejoin costs one cookie opened, and the signature.
//! It stands on the bridge's own HTTP server, HTTP client and cryptography.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, COOKIE};
use hyper::{Request, StatusCode};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::http::{Answer, listen, parameter, redirect, serve, status};
use crate::program::{JITSI, TOKEN_SECRET};
use crate::provider::unix_time;

struct Floor {
    address: String,
    issuer: String,
    http: reqwest::Client,
    provider_key: ParsedPublicKey,
    cookie_key: RandomizedNonceKey,
    token_key: hmac::Key,
    random: SystemRandom,
}

#[derive(Serialize, Deserialize)]
struct Login {
    state: String,
    room: String,
}

#[derive(Serialize, Deserialize)]
struct Session {
    subject: String,
    name: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Deserialize)]
struct Claims {
    nonce: String,
    sub: String,
    name: String,
}

#[derive(Serialize)]
struct Token<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    room: &'a str,
    exp: u64,
    context: Context<'a>,
}

#[derive(Serialize)]
struct Context<'a> {
    user: User<'a>,
}

#[derive(Serialize)]
struct User<'a> {
    id: &'a str,
    name: &'a str,
}

/// Runs until the process is ended.
pub async fn run(issuer: String) {
    let listener = listen().await;
    let http = reqwest::Client::builder().build().unwrap();
    let pem = http.get(format!("{issuer}/pem")).send().await.unwrap();
    let key = SubjectPublicKeyInfoDer::from_pem_slice(&pem.bytes().await.unwrap()).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.to_vec());
    let random = SystemRandom::new();
    let mut cookie_key = [0; 32];
    random.fill(&mut cookie_key).unwrap();
    let floor = Arc::new(Floor {
        address: format!("http://{}", listener.local_addr().unwrap()),
        issuer,
        http,
        provider_key: key.parse().unwrap(),
        cookie_key: RandomizedNonceKey::new(&AES_256_GCM, &cookie_key).unwrap(),
        token_key: hmac::Key::new(hmac::HMAC_SHA256, TOKEN_SECRET.as_bytes()),
        random,
    });
    serve(listener, move |request| answer(floor.clone(), request)).await;
}

async fn answer(floor: Arc<Floor>, request: Request<Incoming>) -> Answer {
    let path = request.uri().path();
    let answered = match path.strip_prefix("/room/") {
        Some(room) => match floor.opened::<Session>(&request, "session") {
            Some(session) => Some(floor.to_room(&session, room)),
            None => Some(floor.begin(room)),
        },
        None => match path {
            "/callback" => floor.finish(&request).await,
            "/session" => Some(floor.session()),
            _ => Some(status(StatusCode::OK)),
        },
    };
    answered.unwrap_or_else(|| status(StatusCode::BAD_REQUEST))
}

impl Floor {
    fn begin(&self, room: &str) -> Answer {
        let mut state = [0; 32];
        self.random.fill(&mut state).unwrap();
        let state = URL_SAFE_NO_PAD.encode(state);
        let (issuer, address) = (&self.issuer, &self.address);
        let to = format!(
            "{issuer}/authorize?response_type=code&client_id=bridge&scope=openid&redirect_uri={address}/callback&state={state}&nonce={state}"
        );
        let login = Login {
            state,
            room: room.to_owned(),
        };
        redirect(&to, Some(&self.sealed("login", &login)))
    }

    async fn finish(&self, request: &Request<Incoming>) -> Option<Answer> {
        let query = request.uri().query()?.as_bytes();
        let login: Login = self.opened(request, "login")?;
        if parameter(query, "state")? != login.state {
            return None;
        }
        let form = format!(
            "grant_type=authorization_code&client_id=bridge&code={}&redirect_uri={}/callback",
            parameter(query, "code")?,
            self.address
        );
        let asked = self.http.post(format!("{}/token", self.issuer));
        let form_type = "application/x-www-form-urlencoded";
        let asked = asked.header(CONTENT_TYPE, form_type).body(form);
        let answer = asked.send().await.ok()?.bytes().await.ok()?;
        let tokens: Tokens = serde_json::from_slice(&answer).ok()?;
        let (message, signature) = tokens.id_token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.provider_key
            .verify_sig(message.as_bytes(), &signature)
            .ok()?;
        let payload = URL_SAFE_NO_PAD.decode(message.split_once('.')?.1).ok()?;
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        (claims.nonce == login.state).then_some(())?;
        let session = Session {
            subject: claims.sub,
            name: claims.name,
        };
        Some(self.to_room(&session, &login.room))
    }

    /// What rejoins begin with, apart, so that logins do not pay for it.
    fn session(&self) -> Answer {
        let session = Session {
            subject: "s-1".to_owned(),
            name: "Sara Stein".to_owned(),
        };
        redirect(JITSI, Some(&self.sealed("session", &session)))
    }

    fn to_room(&self, session: &Session, room: &str) -> Answer {
        let token = Token {
            aud: "jitsi",
            iss: "jitsi",
            sub: "meet.example.org",
            room,
            exp: unix_time() + 300,
            context: Context {
                user: User {
                    id: &session.subject,
                    name: &session.name,
                },
            },
        };
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let message = format!(
            "{}.{}",
            part(br#"{"typ":"JWT","alg":"HS256"}"#),
            part(&serde_json::to_vec(&token).unwrap())
        );
        let signature = part(hmac::sign(&self.token_key, message.as_bytes()).as_ref());
        redirect(
            &format!("{JITSI}/{room}#jwt=%22{message}.{signature}%22"),
            None,
        )
    }

    fn sealed(&self, name: &str, content: &impl Serialize) -> String {
        let mut sealed = serde_json::to_vec(content).unwrap();
        let nonce = self
            .cookie_key
            .seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut sealed);
        let mut whole = nonce.unwrap().as_ref().to_vec();
        whole.append(&mut sealed);
        format!("{name}={}; HttpOnly", URL_SAFE_NO_PAD.encode(whole))
    }

    fn opened<T: DeserializeOwned>(&self, request: &Request<Incoming>, name: &str) -> Option<T> {
        let cookie = request.headers().get(COOKIE)?.to_str().ok()?;
        let sealed = cookie.strip_prefix(name)?.strip_prefix('=')?;
        let mut whole = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = whole.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let aad = Aad::from(name.as_bytes());
        let content = self.cookie_key.open_in_place(nonce, aad, sealed).ok()?;
        serde_json::from_slice(content).ok()
    }
}
