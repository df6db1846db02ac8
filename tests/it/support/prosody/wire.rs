//! How one speaks with it: BOSH and WebSocket, behind a web server that may be set wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper_util::rt::TokioIo;
use roxmltree::Document;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::session::now;
use super::{Front, Prosody};

const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
/// How long an answer is held back for want of news.
const HOLD: Duration = Duration::from_millis(20);

pub fn router(prosody: Prosody) -> Router {
    Router::new()
        .route("/http-bind", post(bosh))
        .route("/xmpp-websocket", get(websocket))
        .with_state(prosody)
}

impl Front {
    fn answer(self) -> Option<Response> {
        match self {
            Self::PassesOn => None,
            Self::Answers(status) => Some(StatusCode::from_u16(status).unwrap().into_response()),
            Self::ShowsAPage => Some(Html("<!doctype html><br>Jitsi Meet").into_response()),
            Self::LeadsElsewhere => {
                Some(Redirect::permanent("https://elsewhere.example.org/").into_response())
            }
        }
    }
}

async fn bosh(
    State(prosody): State<Prosody>,
    Query(query): Query<BTreeMap<String, String>>,
    body: String,
) -> Response {
    if let Some(answer) = prosody.settings.bosh.answer() {
        return answer;
    }
    let document = Document::parse(&body).unwrap();
    let asked = document.root_element();
    assert!(
        asked
            .attribute("rid")
            .is_some_and(|rid| rid.parse::<u64>().is_ok())
    );
    let (name, told) = match asked.attribute("sid") {
        None => {
            let name = prosody.begin(query.get("token").cloned());
            let Some(features) = open(&prosody, &name, asked.attribute("to").unwrap()) else {
                prosody.end(&name);
                return terminate("improper-addressing");
            };
            (name, vec![features])
        }
        Some(name) if asked.attribute("type") == Some("terminate") => {
            prosody.end(name);
            return terminate("");
        }
        Some(name) if asked.has_attribute(("urn:xmpp:xbosh", "restart")) => {
            let features = open(&prosody, name, asked.attribute("to").unwrap());
            (name.to_owned(), vec![features.unwrap()])
        }
        Some(name) => {
            let mut told = Vec::new();
            // What is in a body is one stanza, or none.
            let stanza = body.split_once('>').unwrap().1;
            if let Some(stanza) = stanza.strip_suffix("</body>").filter(|s| !s.is_empty()) {
                told.extend(prosody.hear(name, stanza));
            }
            told.extend(prosody.later(name));
            (name.to_owned(), told)
        }
    };
    if told.is_empty() {
        tokio::time::sleep(HOLD).await;
    }
    let told = told.concat();
    xml(
        &format!("<body xmlns='http://jabber.org/protocol/httpbind' sid='{name}'>{told}</body>"),
        prosody.settings.ahead,
    )
}

fn terminate(condition: &str) -> Response {
    let body = format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='{condition}'/>"
    );
    xml(&body, 0)
}

fn xml(body: &str, ahead: i64) -> Response {
    let date = OffsetDateTime::from_unix_timestamp(now() + ahead).unwrap();
    let date = date.format(&Rfc2822).unwrap().replace("+0000", "GMT");
    let mut headers = HeaderMap::new();
    headers.insert(header::DATE, HeaderValue::from_str(&date).unwrap());
    (headers, body.to_owned()).into_response()
}

fn open(prosody: &Prosody, name: &str, domain: &str) -> Option<String> {
    let mut world = prosody.world();
    let session = world.sessions.get_mut(name).unwrap();
    session.open(domain, &prosody.settings)
}

async fn websocket(
    State(prosody): State<Prosody>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    if let Some(answer) = prosody.settings.websocket.answer() {
        return answer;
    }
    let asked = request.headers();
    assert_eq!(asked[header::SEC_WEBSOCKET_PROTOCOL], "xmpp");
    let key = asked[header::SEC_WEBSOCKET_KEY].to_str().unwrap();
    let proof = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let proof = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
        proof.as_bytes(),
    );
    let accept = STANDARD.encode(proof);
    let token = query.get("token").cloned();
    tokio::spawn(async move {
        let upgraded = hyper::upgrade::on(request).await.unwrap();
        let io = TokioIo::new(upgraded);
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
        speak(prosody, socket, token).await;
    });
    let headers = [
        (header::CONNECTION, "Upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
        (header::SEC_WEBSOCKET_PROTOCOL, "xmpp".to_owned()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

async fn speak(
    prosody: Prosody,
    mut socket: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>,
    token: Option<String>,
) {
    let name = prosody.begin(token);
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(said) = message else { break };
        let document = Document::parse(&said).unwrap();
        let asked = document.root_element();
        let told = match asked.tag_name().name() {
            "open" => {
                let domain = asked.attribute("to").unwrap();
                let opened = format!("<open xmlns='{FRAMING}' version='1.0' from='{domain}'/>");
                match open(&prosody, &name, domain) {
                    Some(features) => vec![opened, features],
                    None => vec![opened, stream_error("host-unknown")],
                }
            }
            "close" => break,
            _ => {
                let mut told = prosody.hear(&name, &said);
                told.extend(prosody.later(&name));
                told
            }
        };
        for stanza in told {
            if socket.send(Message::text(stanza)).await.is_err() {
                break;
            }
        }
    }
    prosody.end(&name);
}

fn stream_error(condition: &str) -> String {
    format!(
        "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
    )
}
