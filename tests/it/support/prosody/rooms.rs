//! The rooms, with Jitsi's modules and Jicofo in them.

use std::collections::BTreeMap;

use super::session::Session;
use super::{Jicofo, Owners, Settings};

const USER: &str = "http://jabber.org/protocol/muc#user";

#[derive(Default)]
pub struct Rooms {
    /// By their names as Prosody has them, `[tenant]room`: who is in it, by connection, and whether as an owner.
    people: BTreeMap<String, Vec<(String, bool)>>,
    /// What a connection is told when it asks next.
    later: Vec<(String, String)>,
    joins: usize,
}

impl Rooms {
    pub fn names(&self) -> Vec<String> {
        self.people.keys().cloned().collect()
    }

    pub fn are_empty(&self) -> bool {
        self.people.values().all(Vec::is_empty)
    }

    pub fn joins(&self) -> usize {
        self.joins
    }

    pub fn forget(&mut self, name: &str) {
        for people in self.people.values_mut() {
            people.retain(|(who, _)| who != name);
        }
    }

    pub fn told_later(&mut self, name: &str) -> Vec<String> {
        let later = std::mem::take(&mut self.later);
        let (now, later): (Vec<_>, Vec<_>) = later.into_iter().partition(|(who, _)| who == name);
        self.later = later;
        now.into_iter().map(|(_, stanza)| stanza).collect()
    }

    /// What Jicofo says to a wish for a room.
    pub fn wish(
        &mut self,
        session: &Session,
        settings: &Settings,
        room: &str,
    ) -> Result<String, &'static str> {
        let authentication = settings.owners == Owners::JicofoOfAll;
        let guest = session.token.is_none();
        match settings.jicofo {
            Jicofo::Away => return Err("service-unavailable"),
            Jicofo::Works if authentication && guest => return Err("not-authorized"),
            Jicofo::Works => {
                self.people.entry(internal(room)).or_default();
            }
            Jicofo::NeverReady => {}
        }
        let ready = settings.jicofo == Jicofo::Works;
        Ok(format!(
            "<conference xmlns='http://jitsi.org/protocol/focus' room='{room}' ready='{ready}'><property name='authentication' value='{authentication}'/></conference>"
        ))
    }

    /// Somebody joins: the stanzas for them.
    pub fn join(&mut self, session: &Session, settings: &Settings, to: &str) -> Vec<String> {
        let (room, nick) = to.split_once('/').unwrap();
        let name = internal(room);
        let maker = settings.owners == Owners::ProsodyOfTheMaker;
        if !self.people.contains_key(&name) && !maker {
            return vec![refusal(
                to,
                "not-allowed",
                "Room creation is restricted",
                "",
            )];
        }
        if settings.token_verification && !session.opens(&name, settings) {
            return vec![refusal(
                to,
                "not-allowed",
                "Room does not match the room from token",
                "",
            )];
        }
        let people = self
            .people
            .get(&name)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let no_host = people.is_empty();
        let waits =
            settings.wait_for_host && session.token.is_none() && !session.is_member() && no_host;
        if waits || settings.lobby_for_all {
            let lobby = format!(
                "<lobbyroom xmlns='http://jitsi.org/jitmeet'>{name}@lobby.meet.jitsi</lobbyroom>"
            );
            return vec![refusal(to, "registration-required", "", &lobby)];
        }
        self.joins += 1;
        let first = people.is_empty();
        let mut stanzas = vec![presence(room, "focus", "owner", "moderator", "")];
        if settings.occupied {
            stanzas.push(presence(room, "stranger", "member", "participant", ""));
        }
        for (who, owner) in people {
            let (affiliation, role) = rights(*owner);
            stanzas.push(presence(room, who, affiliation, role, ""));
        }
        let has_token = session.token.is_some();
        let owner = match settings.owners {
            Owners::ProsodyOfAll if has_token => true,
            Owners::ProsodyOfTheMaker if first => true,
            _ => settings.token_affiliation && session.is_owner(),
        };
        let (affiliation, role) = rights(owner);
        let created = if maker && first {
            "<status code='201'/>"
        } else {
            ""
        };
        let own = format!("<status code='110'/>{created}");
        stanzas.push(presence(room, nick, affiliation, role, &own));
        let by_jicofo = match settings.owners {
            Owners::JicofoOfTheFirst => first && !owner,
            Owners::JicofoOfAll => has_token && !owner,
            _ => false,
        };
        if by_jicofo {
            let stanza = presence(room, nick, "owner", "moderator", "<status code='110'/>");
            let actor = "role='moderator'><actor nick='focus'/></item>";
            let stanza = stanza.replacen("role='moderator'/>", actor, 1);
            self.later.push((session.name.clone(), stanza));
        }
        let people = self.people.entry(name).or_default();
        people.push((session.name.clone(), owner || by_jicofo));
        stanzas
    }

    pub fn leave(&mut self, session: &Session, to: &str) {
        let room = to.split_once('/').unwrap().0;
        let people = self.people.get_mut(&internal(room)).unwrap();
        people.retain(|(who, _)| *who != session.name);
    }
}

fn rights(owner: bool) -> (&'static str, &'static str) {
    if owner {
        ("owner", "moderator")
    } else {
        ("member", "participant")
    }
}

/// `room@muc.tenant.meet.jitsi` is `[tenant]room` inside (`mod_muc_domain_mapper`).
fn internal(room: &str) -> String {
    let (node, domain) = room.split_once('@').unwrap();
    let labels: Vec<&str> = domain.split('.').collect();
    match labels.as_slice() {
        [_, tenant, _, _] => format!("[{tenant}]{node}"),
        _ => node.to_owned(),
    }
}

fn presence(room: &str, nick: &str, affiliation: &str, role: &str, statuses: &str) -> String {
    format!(
        "<presence xmlns='jabber:client' from='{room}/{nick}'><x xmlns='{USER}'><item affiliation='{affiliation}' role='{role}'/>{statuses}</x></presence>"
    )
}

fn refusal(to: &str, condition: &str, text: &str, further: &str) -> String {
    let stanzas = "urn:ietf:params:xml:ns:xmpp-stanzas";
    format!(
        "<presence xmlns='jabber:client' type='error' from='{to}'><error type='cancel'><{condition} xmlns='{stanzas}'/><text xmlns='{stanzas}'>{text}</text>{further}</error></presence>"
    )
}
