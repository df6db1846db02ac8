//! XMPP over WebSocket (RFC 7395). The connection is our HTTP client's, with its TLS; only the frames are the library's.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::StatusCode;
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY};
use reqwest::header::{SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

use super::element::{Element, escaped};
use super::trouble::Trouble;
use super::way::{Way, no_answer, unwanted};
use crate::identity::claims::shown;

const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
const STREAMS: &str = "http://etherx.jabber.org/streams";
const STREAM_ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
/// What a server adds to the key to prove that it speaks WebSocket (RFC 6455, 1.3).
const ACCEPT_SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The longest message that is read, in bytes.
const LONGEST_MESSAGE: usize = 256 * 1024;

/// A connection.
pub struct WebSocket {
    stream: WebSocketStream<reqwest::Upgraded>,
    domain: String,
}

impl WebSocket {
    /// Connects to that domain. `nonce`: 16 random bytes.
    pub async fn open(
        way: &Way,
        address: Url,
        domain: &str,
        nonce: [u8; 16],
    ) -> Result<Self, Trouble> {
        let key = STANDARD.encode(nonce);
        let request = way
            .client()
            .get(address)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_PROTOCOL, "xmpp")
            .header(SEC_WEBSOCKET_KEY, &key);
        let response = request.send().await.map_err(no_answer)?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(unwanted(&response));
        }
        let proof = digest(
            &SHA1_FOR_LEGACY_USE_ONLY,
            format!("{key}{ACCEPT_SUFFIX}").as_bytes(),
        );
        let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT);
        if accept.is_none_or(|accept| accept.as_bytes() != STANDARD.encode(proof).as_bytes()) {
            return Err(Trouble::NotXmpp("no WebSocket"));
        }
        let upgraded = response.upgrade().await.map_err(no_answer)?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_MESSAGE))
            .max_frame_size(Some(LONGEST_MESSAGE));
        let stream = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits)).await;
        let mut socket = Self {
            stream,
            domain: domain.to_owned(),
        };
        socket.restart().await?;
        Ok(socket)
    }

    /// Begins, or begins anew, as one does after signing in.
    pub async fn restart(&mut self) -> Result<(), Trouble> {
        let domain = escaped(&self.domain);
        let open = format!("<open xmlns=\"{FRAMING}\" to=\"{domain}\" version=\"1.0\"/>");
        self.send(&open).await
    }

    /// Sends one stanza.
    pub async fn send(&mut self, xml: &str) -> Result<(), Trouble> {
        let sent = self.stream.send(Message::text(xml)).await;
        sent.map_err(|error| Trouble::NoAnswer(error.to_string()))
    }

    /// Waits for what comes.
    pub async fn receive(&mut self) -> Result<Vec<Element>, Trouble> {
        loop {
            let text = match self.stream.next().await {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Close(_))) | None => {
                    return Err(Trouble::Ended("no reason given".to_owned()));
                }
                // The library answers pings by itself.
                Some(Ok(_)) => continue,
                Some(Err(error)) => return Err(Trouble::NoAnswer(error.to_string())),
            };
            let element = Element::parse(&text);
            let element = element.map_err(|_| Trouble::NotXmpp("what is no XML"))?;
            if element.is("error", STREAMS) {
                return Err(ended(&element));
            }
            if element.is("close", FRAMING) {
                return Err(Trouble::Ended("no reason given".to_owned()));
            }
            if !element.is("open", FRAMING) {
                return Ok(vec![element]);
            }
        }
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        // Whatever is answered, it is over.
        let _ = self.send(&format!("<close xmlns=\"{FRAMING}\"/>")).await;
        let _ = self.stream.close(None).await;
    }
}

/// A stream's error (RFC 6120, 4.9.3).
fn ended(error: &Element) -> Trouble {
    let named = |name| error.child(name, STREAM_ERRORS).is_some();
    if named("host-unknown") || named("host-gone") || named("improper-addressing") {
        return Trouble::HostUnknown;
    }
    let condition = error.children().iter().find(|child| child.name() != "text");
    Trouble::Ended(condition.map_or_else(|| "no reason given".to_owned(), |c| shown(c.name())))
}
