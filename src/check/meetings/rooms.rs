//! The second door: the room. Who has a token for one room must not get into another.

use super::place::Place;
use super::roles::{self, Roles};
use super::xmpp::Connection;
use super::xmpp::focus::Opened;
use super::xmpp::muc::Seat;
use super::xmpp::trouble::Trouble;
use super::{Findings, Room, Trial, mend, narrow};
use crate::policy::Role;
use crate::token::MintError;

/// Where rooms are, and who opens them.
pub struct Service {
    muc: String,
    focus: String,
}

impl Service {
    /// A room's address as Jitsi's page writes it: a tenant is part of the domain.
    #[must_use]
    pub fn address(&self, room: &Room) -> String {
        let name = &room.name;
        match (&room.tenant, self.muc.split_once('.')) {
            (Some(tenant), Some((prefix, rest))) => format!("{name}@{prefix}.{tenant}.{rest}"),
            _ => format!("{name}@{}", self.muc),
        }
    }
}

/// Somebody who came to a room by way of Jicofo, as browsers do.
pub struct Visitor {
    pub connection: Connection,
    /// What Jicofo said.
    pub jicofo: Result<Opened, Trouble>,
    /// What became of it.
    pub seat: Result<Seat, Trouble>,
}

impl Visitor {
    /// Leaves the room and Prosody.
    pub async fn leave(mut self) {
        if let Ok(seat) = &self.seat {
            // The connection's end takes one out of the room as well.
            let _ = self.connection.leave(seat).await;
        }
        self.connection.close().await;
    }
}

/// Signs in at a domain, asks Jicofo for a room, and joins it.
pub async fn visit(
    trial: &Trial<'_>,
    service: &Service,
    domain: &str,
    room: &Room,
    token: Option<&str>,
) -> Result<Visitor, Trouble> {
    let mut connection = trial.sign_in(domain, room, token).await?;
    let address = service.address(room);
    let machine = format!("bridge-check-{}", connection.jid());
    let patience = trial.patience.answer;
    let jicofo = connection
        .open_room(&service.focus, &address, &machine, patience)
        .await;
    let seat = connection.join(&address).await;
    Ok(Visitor {
        connection,
        jicofo,
        seat,
    })
}

/// Finds the service for rooms.
pub async fn find(
    trial: &Trial<'_>,
    place: &Place,
    findings: &mut Findings,
) -> Result<Option<Service>, MintError> {
    let room = trial.room(None)?;
    let token = trial.token(&room, Role::Participant)?;
    let mut tried = Vec::new();
    let mut connection = match trial.come(&room, &token).await {
        Ok(connection) => connection,
        Err(trouble) => {
            say_unclear(&trouble, findings);
            return Ok(None);
        }
    };
    let mut found = None;
    for muc in place.mucs(&trial.domain) {
        match connection.finds_rooms_at(&muc).await {
            Ok(true) => {
                found = Some(muc);
                break;
            }
            Ok(false) => tried.push(format!("{muc} (something else)")),
            Err(trouble) => tried.push(format!("{muc} ({trouble})")),
        }
    }
    connection.close().await;
    if let Some(muc) = found {
        findings.good("meetings-rooms", format!("its rooms are at {muc}"));
        let focus = place.focus(&trial.domain);
        return Ok(Some(Service { muc, focus }));
    }
    findings.fault(
        "meetings-rooms",
        format!("Prosody shows no rooms at {}", tried.join(", ")),
        "Compare `Component … \"muc\"` in Prosody's configuration (docker-jitsi-meet: XMPP_MUC_DOMAIN) with hosts.muc in Jitsi's config.js.",
    );
    Ok(None)
}

/// Tries who gets into which room, and with which role. Whether there is use in going on.
pub async fn look(
    trial: &Trial<'_>,
    service: &Service,
    findings: &mut Findings,
) -> Result<bool, MintError> {
    let room = trial.room(None)?;
    let token = trial.token(&room, Role::Moderator)?;
    let come = visit(trial, service, &trial.domain, &room, Some(&token));
    let mut host = match come.await {
        Ok(visitor) => visitor,
        Err(trouble) => {
            say_unclear(&trouble, findings);
            return Ok(false);
        }
    };
    say_jicofo(&host.jicofo, findings);
    match &host.seat {
        Ok(seat) if !seat.others.is_empty() => {
            say_occupied(findings);
            host.leave().await;
            return Ok(false);
        }
        Ok(_) => {}
        Err(trouble) => {
            let trouble = trouble.clone();
            let opened = matches!(&host.jicofo, Ok(Opened { ready: true, .. }));
            host.leave().await;
            narrow::join(trial, service, &room, opened, &trouble, findings).await?;
            return Ok(false);
        }
    }
    roles::settle(&mut host, trial.patience.role).await;
    let later = roles::participant(trial, service, &room).await?;
    let intruder = trial.room(None)?;
    let token = trial.token(&intruder, Role::Participant)?;
    let come = visit(trial, service, &trial.domain, &room, Some(&token)).await;
    say_other_room(come, findings).await;
    let authentication = matches!(&host.jicofo, Ok(opened) if opened.authentication);
    host.leave().await;
    let (first, moderator) = roles::in_a_room_of_their_own(trial, service).await?;
    Roles {
        first,
        later,
        moderator,
        authentication,
    }
    .say(findings);
    Ok(true)
}

async fn say_other_room(come: Result<Visitor, Trouble>, findings: &mut Findings) {
    let id = "meetings-other-room";
    let load = mend::prosody(
        "\"token_verification\" among the modules of the muc Component (it is loaded with AUTH_TYPE=jwt: look for a template of your own)",
        "\"token_verification\" among modules_enabled of Component \"conference…\" \"muc\"",
    );
    let visitor = match come {
        Ok(visitor) => visitor,
        Err(trouble) => {
            let said =
                format!("whether a token for one room opens another cannot be told: {trouble}");
            findings.warning(id, said, "Look into Prosody's log.");
            return;
        }
    };
    match &visitor.seat {
        Ok(_) => {
            let said = "a token for one room opens every other room: Prosody does not compare the token's room (token_verification is not loaded for the rooms)";
            findings.fault(id, said, load);
        }
        Err(Trouble::Refused(refusal)) if refusal.lobby => {
            let said = "only the lobby keeps a token for one room out of another: Prosody does not compare the token's room (token_verification is not loaded for the rooms)";
            findings.fault(id, said, load);
        }
        Err(Trouble::Refused(_)) => {
            findings.good(id, "a token for one room does not open another");
        }
        Err(trouble) => {
            let said =
                format!("whether a token for one room opens another cannot be told: {trouble}");
            findings.warning(id, said, "Look into Prosody's log.");
        }
    }
    visitor.leave().await;
}

fn say_jicofo(jicofo: &Result<Opened, Trouble>, findings: &mut Findings) {
    let id = "meetings-jicofo";
    match jicofo {
        Ok(Opened { ready: true, .. }) => {
            findings.good(id, "Jicofo opens a room when somebody with a token asks");
        }
        Ok(Opened { ready: false, .. }) => findings.warning(
            id,
            "Jicofo was asked for a room, and did not get it ready in time",
            "Look into Jicofo's log: can it join rooms at Prosody?",
        ),
        Err(trouble) => findings.warning(
            id,
            format!("Jicofo opens no room ({trouble}): what it does with roles cannot be told"),
            "Is Jicofo running, and signed in at Prosody? Where Jitsi asks it over HTTP alone (conferenceRequestUrl in config.js), it cannot be asked from here.",
        ),
    }
}

fn say_occupied(findings: &mut Findings) {
    findings.warning(
        "meetings-occupied",
        "somebody else was in a room of a random name: nothing further was tried, so as not to disturb",
        "Does something join every room, such as a bot or a recorder? Otherwise try again.",
    );
}

fn say_unclear(trouble: &Trouble, findings: &mut Findings) {
    let said = format!("a token that was believed a moment ago is not any more: {trouble}");
    findings.warning(
        "meetings-rooms",
        said,
        "Look into Prosody's log, and try again.",
    );
}
