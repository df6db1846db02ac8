//! XMPP over HTTP (XEP-0124, XEP-0206), as Jitsi's page speaks it: one request at a time.

use std::fmt::Write as _;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::element::{Element, escaped};
use super::trouble::Trouble;
use super::way::{Way, date, no_answer, unwanted};
use crate::identity::claims::shown;

const BODY: &str = "http://jabber.org/protocol/httpbind";
const XBOSH: &str = "urn:xmpp:xbosh";
/// How long Prosody may hold an answer back for want of news, in seconds.
const HOLD_SECONDS: &str = "1";
/// No sooner than after so long is asked again where there was no news: Prosody holds such an answer back for longer.
const PAUSE: Duration = Duration::from_millis(500);
/// The most requests of a connection, each of which has the token with it. A patient one takes some dozens.
const MOST_REQUESTS: u32 = 200;
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// A connection.
pub struct Bosh {
    client: reqwest::Client,
    /// With the token: never to be shown.
    address: Url,
    domain: String,
    request: u64,
    /// How many were sent.
    sent: u32,
    session: Option<String>,
    /// What time it was there at the first answer.
    pub date: Option<OffsetDateTime>,
}

impl Bosh {
    /// Connects to that domain; gives what came along.
    pub async fn open(
        way: &Way,
        address: Url,
        domain: &str,
        first_request: u64,
    ) -> Result<(Self, Vec<Element>), Trouble> {
        let mut bosh = Self {
            client: way.client().clone(),
            address,
            domain: domain.to_owned(),
            request: first_request,
            sent: 0,
            session: None,
            date: None,
        };
        let wishes = [
            ("to", domain),
            ("hold", "1"),
            ("wait", HOLD_SECONDS),
            ("ver", "1.6"),
            ("xmpp:version", "1.0"),
            ("content", "text/xml; charset=utf-8"),
            ("xml:lang", "en"),
        ];
        let came = bosh.exchange(&wishes, "").await?;
        Ok((bosh, came))
    }

    /// Begins anew, as one does after signing in.
    pub async fn restart(&mut self) -> Result<Vec<Element>, Trouble> {
        let domain = self.domain.clone();
        self.exchange(&[("to", &domain), ("xmpp:restart", "true")], "")
            .await
    }

    /// Sends; gives what came along.
    pub async fn send(&mut self, xml: &str) -> Result<Vec<Element>, Trouble> {
        self.exchange(&[], xml).await
    }

    /// Waits for what comes; it may be nothing.
    pub async fn receive(&mut self, deadline: Instant) -> Result<Vec<Element>, Trouble> {
        let again = Instant::now() + PAUSE;
        let came = self.exchange(&[], "").await?;
        if came.is_empty() {
            sleep_until(again.min(deadline)).await;
        }
        Ok(came)
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        // Whatever is answered, it is over.
        let _ = self.exchange(&[("type", "terminate")], "").await;
    }

    async fn exchange(
        &mut self,
        attributes: &[(&str, &str)],
        content: &str,
    ) -> Result<Vec<Element>, Trouble> {
        if self.sent >= MOST_REQUESTS {
            return Err(Trouble::NotXmpp("far too much"));
        }
        self.sent += 1;
        self.request += 1;
        let number = self.request.to_string();
        let mut all = vec![("rid", number.as_str())];
        all.extend(self.session.as_deref().map(|sid| ("sid", sid)));
        all.extend(attributes);
        let mut written = String::new();
        for (name, value) in all {
            // Writing to a String cannot fail.
            let _ = write!(written, " {name}=\"{}\"", escaped(value));
        }
        let body =
            format!("<body xmlns=\"{BODY}\" xmlns:xmpp=\"{XBOSH}\"{written}>{content}</body>");
        let request = self.client.post(self.address.clone());
        let request = request.header(CONTENT_TYPE, "text/xml; charset=utf-8");
        let answer = self.read(request.body(body)).await?;
        if let Some(sid) = answer.attribute("sid") {
            self.session = Some(sid.to_owned());
        }
        match (answer.attribute("type"), answer.attribute("condition")) {
            // Prosody says `improper-addressing` of a domain that it does not have (mod_bosh.lua).
            (Some("terminate"), Some("host-unknown" | "host-gone" | "improper-addressing")) => {
                Err(Trouble::HostUnknown)
            }
            (Some("terminate"), condition) => {
                let condition = condition.unwrap_or("no reason given");
                Err(Trouble::Ended(shown(condition)))
            }
            _ => Ok(answer.into_children()),
        }
    }

    async fn read(&mut self, request: reqwest::RequestBuilder) -> Result<Element, Trouble> {
        let mut response = request.send().await.map_err(no_answer)?;
        if response.status() != StatusCode::OK {
            return Err(unwanted(&response));
        }
        if self.date.is_none() {
            self.date = date(response.headers());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if bytes.len() + chunk.len() > LONGEST_ANSWER {
                return Err(Trouble::NotXmpp("far too much"));
            }
            bytes.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| Trouble::NotXmpp("what is no text"))?;
        let element = Element::parse(&text)
            .ok()
            .filter(|body| body.is("body", BODY));
        element.ok_or(Trouble::NotXmpp("a page or something else"))
    }
}
