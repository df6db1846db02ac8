//! A small XMPP client, as much of one as Jitsi's page is: it signs in, asks Jicofo for a room, and joins it.

mod bosh;
pub mod element;
pub mod focus;
mod link;
pub mod muc;
pub mod trouble;
pub mod way;
mod websocket;

use std::collections::VecDeque;
use std::time::Duration;

use aws_lc_rs::rand::SecureRandom;
use time::OffsetDateTime;
use tokio::time::Instant;

use self::element::{Element, escaped};
use self::link::Link;
use self::trouble::{Refusal, SASL, STANZAS, Trouble};
use self::way::{Visit, Way};

/// The namespace of stanzas (RFC 6120).
pub const CLIENT: &str = "jabber:client";
const STREAMS: &str = "http://etherx.jabber.org/streams";
const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
/// The most stanzas that wait to be looked at.
const MOST_WAITING: usize = 500;

/// A connection to a domain of Prosody's.
pub struct Connection {
    link: Link,
    inbox: VecDeque<Element>,
    patience: Duration,
    asked: u32,
    /// What we are called, once signed in.
    jid: String,
}

impl Connection {
    /// Connects to that domain, and sees whether one can sign in there without a password. `patience` is for each answer.
    ///
    /// # Errors
    /// When there is no such domain, or nothing that speaks XMPP.
    pub async fn open(
        way: &Way,
        domain: &str,
        visit: Visit<'_>,
        patience: Duration,
        random: &dyn SecureRandom,
    ) -> Result<Self, Trouble> {
        let (link, came) = Link::open(way, domain, visit, patience, random).await?;
        let mut connection = Self {
            link,
            inbox: came.into(),
            patience,
            asked: 0,
            jid: String::new(),
        };
        let features = connection.features().await?;
        let offered = mechanisms(&features);
        if offered.contains(&"ANONYMOUS") {
            Ok(connection)
        } else {
            let offered = offered.join(", ");
            connection.close().await;
            Err(Trouble::NoAnonymous(told(&offered)))
        }
    }

    /// Signs in with nothing but the token in the address, and gets a name.
    ///
    /// # Errors
    /// When Prosody refuses the token, or the lack of one.
    pub async fn sign_in(&mut self) -> Result<(), Trouble> {
        let auth = format!("<auth xmlns=\"{SASL}\" mechanism=\"ANONYMOUS\"/>");
        self.send(&auth).await?;
        let answer = self
            .next(|element| element.is("success", SASL) || element.is("failure", SASL))
            .await?;
        if answer.name() == "failure" {
            return Err(Refusal::read(&answer, SASL).into());
        }
        let came = self.link.restart(self.patience).await?;
        self.take_in(came)?;
        self.features().await?;
        let bind = format!("<bind xmlns=\"{BIND}\"/>");
        let bound = self.ask(None, "set", &bind).await?;
        let jid = bound.child("bind", BIND).and_then(|b| b.child("jid", BIND));
        let jid = jid.map(|jid| jid.text().to_owned());
        self.jid = jid.ok_or(Trouble::NotXmpp("no name for us"))?;
        Ok(())
    }

    /// What we are called; empty before signing in.
    #[must_use]
    pub fn jid(&self) -> &str {
        &self.jid
    }

    /// What time it is there, where that was told.
    #[must_use]
    pub fn date(&self) -> Option<OffsetDateTime> {
        self.link.date()
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When the answer is a no, or none comes.
    pub async fn ask(
        &mut self,
        to: Option<&str>,
        kind: &str,
        content: &str,
    ) -> Result<Element, Trouble> {
        self.asked += 1;
        let id = format!("check-{}", self.asked);
        let to = to.map(|to| format!(" to=\"{}\"", escaped(to)));
        let to = to.unwrap_or_default();
        let iq = format!("<iq xmlns=\"{CLIENT}\" type=\"{kind}\" id=\"{id}\"{to}>{content}</iq>");
        self.send(&iq).await?;
        let answers = |element: &Element| {
            element.is("iq", CLIENT)
                && element.attribute("id") == Some(&id)
                && matches!(element.attribute("type"), Some("result" | "error"))
        };
        let answer = self.next(answers).await?;
        match refusal(&answer) {
            Some(refusal) => Err(refusal.into()),
            None => Ok(answer),
        }
    }

    /// Sends a stanza.
    ///
    /// # Errors
    /// When the connection is broken.
    pub async fn send(&mut self, xml: &str) -> Result<(), Trouble> {
        let came = self.link.send(xml, self.patience).await?;
        self.take_in(came)
    }

    /// Waits for the first stanza that is wanted; others are let go.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn next(&mut self, wanted: impl Fn(&Element) -> bool) -> Result<Element, Trouble> {
        self.next_within(self.patience, wanted).await
    }

    /// The same with a patience of its own.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn next_within(
        &mut self,
        patience: Duration,
        wanted: impl Fn(&Element) -> bool,
    ) -> Result<Element, Trouble> {
        let deadline = Instant::now() + patience;
        loop {
            while let Some(element) = self.inbox.pop_front() {
                if wanted(&element) {
                    return Ok(element);
                }
                self.decline(&element).await?;
            }
            let came = self.link.receive(deadline).await?;
            self.take_in(came.ok_or(Trouble::Silence(patience))?)?;
        }
    }

    /// Says goodbye.
    pub async fn close(self) {
        self.link.close(self.patience).await;
    }

    async fn features(&mut self) -> Result<Element, Trouble> {
        self.next(|element| element.is("features", STREAMS)).await
    }

    fn take_in(&mut self, came: Vec<Element>) -> Result<(), Trouble> {
        if self.inbox.len() + came.len() > MOST_WAITING {
            return Err(Trouble::NotXmpp("far too much"));
        }
        self.inbox.extend(came);
        Ok(())
    }

    /// Answers what we are asked: Jicofo offers media to whoever joins, and should not wait for us (RFC 6120, 8.2.3).
    async fn decline(&mut self, element: &Element) -> Result<(), Trouble> {
        let asks =
            element.is("iq", CLIENT) && matches!(element.attribute("type"), Some("get" | "set"));
        let (Some(id), true) = (element.attribute("id"), asks) else {
            return Ok(());
        };
        let to = element.attribute("from").unwrap_or_default();
        let (id, to) = (escaped(id), escaped(to));
        let error =
            format!("<error type=\"cancel\"><service-unavailable xmlns=\"{STANZAS}\"/></error>");
        let iq =
            format!("<iq xmlns=\"{CLIENT}\" type=\"error\" id=\"{id}\" to=\"{to}\">{error}</iq>");
        Box::pin(self.send(&iq)).await
    }
}

/// What a stanza of type `error` says.
fn refusal(stanza: &Element) -> Option<Refusal> {
    if stanza.attribute("type") != Some("error") {
        return None;
    }
    let error = stanza.child("error", CLIENT);
    let unknown = Element::default();
    Some(Refusal::read(error.unwrap_or(&unknown), STANZAS))
}

fn mechanisms(features: &Element) -> Vec<&str> {
    let all = features.child("mechanisms", SASL);
    let all = all.map(Element::children).unwrap_or_default();
    let named = all.iter().filter(|child| child.is("mechanism", SASL));
    named.map(Element::text).collect()
}

fn told(offered: &str) -> String {
    if offered.is_empty() {
        "nothing else either".to_owned()
    } else {
        crate::identity::claims::shown(offered)
    }
}
