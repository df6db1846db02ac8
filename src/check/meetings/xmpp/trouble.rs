//! What can go wrong between us and Prosody.

use std::time::Duration;

use reqwest::StatusCode;

use super::element::Element;
use crate::identity::claims::shown;

/// Where conditions of refused sign-ins are defined (RFC 6120, 6.5).
pub const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
/// Where conditions of refused stanzas are defined (RFC 6120, 8.3).
pub const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
/// Jitsi's own additions.
const JITSI: &str = "http://jitsi.org/jitmeet";
const CLIENT: &str = "jabber:client";

/// Why something was not had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No connection, or it broke.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// Another answer of HTTP than the one that is wanted.
    #[error("the answer is {0}{to}", to = .1.as_ref().map(|to| format!(" and leads to {to}")).unwrap_or_default())]
    Status(StatusCode, Option<String>),
    /// Something else than XMPP answers.
    #[error("what answers is not Prosody: it sent {0}")]
    NotXmpp(&'static str),
    /// Prosody has no such domain.
    #[error("Prosody has no domain of that name")]
    HostUnknown,
    /// Prosody ended the connection.
    #[error("Prosody ended the connection ({0})")]
    Ended(String),
    /// One cannot sign in there with a token, or without anything.
    #[error("it offers no sign-in without a password, but {0}")]
    NoAnonymous(String),
    /// A no.
    #[error("{0}")]
    Refused(Refusal),
    /// No answer to what was asked.
    #[error("no answer within {0:?}")]
    Silence(Duration),
}

/// Prosody's no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{condition}{text}", text = if .text.is_empty() { String::new() } else { format!(": {}", .text) })]
pub struct Refusal {
    /// The condition's name (RFC 6120), such as `not-allowed`.
    pub condition: String,
    /// Its words; empty when there are none.
    pub text: String,
    /// There is a lobby in which one may wait instead.
    pub lobby: bool,
}

impl Refusal {
    /// Reads a `failure` or an `error`, whose condition is of that namespace.
    #[must_use]
    pub fn read(element: &Element, namespace: &str) -> Self {
        let children = element.children().iter();
        let mut conditions = children.filter(|child| child.is(child.name(), namespace));
        let condition = conditions.find(|child| child.name() != "text");
        let text = element.child("text", namespace);
        let lobby = |namespace| element.child("lobbyroom", namespace).is_some();
        Self {
            condition: condition.map_or_else(
                || "an error without a name".to_owned(),
                |condition| shown(condition.name()),
            ),
            text: text.map(|text| shown(text.text())).unwrap_or_default(),
            lobby: lobby(JITSI) || lobby(CLIENT),
        }
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
