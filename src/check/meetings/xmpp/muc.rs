//! Rooms (XEP-0045): joining, the rights one gets, and leaving.

use std::time::Duration;

use tokio::time::Instant;

use super::element::{Element, escaped};
use super::trouble::Trouble;
use super::{CLIENT, Connection, refusal};

const MUC: &str = "http://jabber.org/protocol/muc";
const MUC_USER: &str = "http://jabber.org/protocol/muc#user";
const NICK: &str = "http://jabber.org/protocol/nick";
const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
/// What is said of one's own presence, and of a room that one has just made.
const OWN: &str = "110";
const CREATED: &str = "201";
/// Jicofo's name in every room.
const FOCUS_NICK: &str = "focus";

/// A place in a room.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The room's address.
    pub room: String,
    /// One's name in it.
    pub nick: String,
    /// What one may do.
    pub rights: Rights,
    /// Who else was there, but for Jicofo.
    pub others: Vec<String>,
    /// The room was made by our coming.
    pub created: bool,
}

/// What one may do in a room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// The role, such as `moderator`.
    pub role: String,
    /// The affiliation, such as `owner`.
    pub affiliation: String,
    /// Somebody in the room gave them: Jicofo. Prosody's modules do so without a name.
    pub given_by_somebody: bool,
}

impl Rights {
    /// Whether one runs the meeting.
    #[must_use]
    pub fn moderate(&self) -> bool {
        self.role == "moderator" || self.affiliation == "owner"
    }
}

impl Connection {
    /// Whether there is a service for rooms at that address.
    ///
    /// # Errors
    /// When there is none, or it does not answer.
    pub async fn finds_rooms_at(&mut self, address: &str) -> Result<bool, Trouble> {
        let query = format!("<query xmlns=\"{DISCO_INFO}\"/>");
        let answer = self.ask(Some(address), "get", &query).await?;
        let query = answer.child("query", DISCO_INFO);
        let told = query.map(Element::children).unwrap_or_default();
        Ok(told.iter().any(|identity| {
            identity.is("identity", DISCO_INFO)
                && identity.attribute("category") == Some("conference")
        }))
    }

    /// Joins under the name that Jitsi's page takes: the first eight characters of one's own.
    ///
    /// # Errors
    /// When one is not let in.
    pub async fn join(&mut self, room: &str) -> Result<Seat, Trouble> {
        let nick: String = self.jid().chars().take(8).collect();
        let to = format!("{room}/{nick}");
        let presence = format!(
            "<presence xmlns=\"{CLIENT}\" to=\"{}\"><x xmlns=\"{MUC}\"/><nick xmlns=\"{NICK}\">Bridge check</nick></presence>",
            escaped(&to)
        );
        self.send(&presence).await?;
        let mut others = Vec::new();
        loop {
            let element = self.next(|element| is_presence_in(element, room)).await?;
            let from = nick_of(&element).to_owned();
            if let Some(refusal) = refusal(&element) {
                return Err(refusal.into());
            }
            if !has_status(&element, OWN) {
                if from != FOCUS_NICK && element.attribute("type").is_none() {
                    others.push(from);
                }
                continue;
            }
            return Ok(Seat {
                room: room.to_owned(),
                nick: from,
                rights: rights(&element),
                others,
                created: has_status(&element, CREATED),
            });
        }
    }

    /// Looks whether one's rights change, until one moderates or the time is over.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn watch(&mut self, seat: &mut Seat, time: Duration) -> Result<(), Trouble> {
        let deadline = Instant::now() + time;
        while !seat.rights.moderate() {
            let left = deadline.saturating_duration_since(Instant::now());
            let room = seat.room.clone();
            let own =
                |element: &Element| is_presence_in(element, &room) && has_status(element, OWN);
            match self.next_within(left, own).await {
                Ok(element) => seat.rights = rights(&element),
                Err(Trouble::Silence(_)) => return Ok(()),
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }

    /// Leaves.
    ///
    /// # Errors
    /// When the connection is broken.
    pub async fn leave(&mut self, seat: &Seat) -> Result<(), Trouble> {
        let to = format!("{}/{}", seat.room, seat.nick);
        let presence = format!(
            "<presence xmlns=\"{CLIENT}\" type=\"unavailable\" to=\"{}\"/>",
            escaped(&to)
        );
        self.send(&presence).await
    }
}

fn is_presence_in(element: &Element, room: &str) -> bool {
    let from = element.attribute("from").unwrap_or_default();
    let bare = from.split_once('/').map_or(from, |(bare, _)| bare);
    element.is("presence", CLIENT) && bare.eq_ignore_ascii_case(room)
}

fn nick_of(element: &Element) -> &str {
    let from = element.attribute("from").unwrap_or_default();
    from.split_once('/').map_or("", |(_, nick)| nick)
}

fn has_status(element: &Element, code: &str) -> bool {
    let x = element.child("x", MUC_USER);
    let children = x.map(Element::children).unwrap_or_default();
    children
        .iter()
        .any(|child| child.is("status", MUC_USER) && child.attribute("code") == Some(code))
}

fn rights(element: &Element) -> Rights {
    let x = element.child("x", MUC_USER);
    let Some(item) = x.and_then(|x| x.child("item", MUC_USER)) else {
        return Rights::default();
    };
    let told = |name| item.attribute(name).unwrap_or_default().to_owned();
    Rights {
        role: told("role"),
        affiliation: told("affiliation"),
        given_by_somebody: item.child("actor", MUC_USER).is_some(),
    }
}
