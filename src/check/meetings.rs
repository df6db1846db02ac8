//! What Jitsi's Prosody and Jicofo do with the bridge's tokens, tried as browsers meet them: over BOSH or WebSocket, with
//! tokens that the bridge mints, in rooms of random names, which are left again.
//!
//! Whom a token lets in is asked at four doors, one after the other: the connection (`doors`), the room (`rooms`), the
//! role in it (`roles`) and the tenant (`tenants`). Where a right token is refused, `narrow` finds out what Prosody
//! would rather have.

mod doors;
mod guests;
mod mend;
mod narrow;
pub mod place;
mod reach;
mod roles;
mod rooms;
mod tenants;
mod tokens;
mod xmpp;

use std::time::Duration;

use self::doors::Doors;
use self::place::Place;
use self::tokens::Tokens;
use self::xmpp::Connection;
use self::xmpp::trouble::Trouble;
use self::xmpp::way::{Visit, Way};
use super::jitsi_page::Endpoints;
use super::report::Findings;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::meeting::{RoomName, Tenant};
use crate::policy::Role;
use crate::token::MintError;

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For each answer.
    pub answer: Duration,
    /// For a role that is given after the join, as Jicofo does.
    pub role: Duration,
    /// For everything together.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(8),
            role: Duration::from_secs(2),
            whole: Duration::from_mins(2),
        }
    }
}

/// Tries Jitsi. `told`: what its `config.js` says, where that is known.
pub async fn meetings(
    config: &Config,
    told: Option<&Endpoints>,
    clock: &SharedClock,
    patience: Patience,
) -> Findings {
    let mut findings = Findings::default();
    if config.jitsi.jaas.is_some() {
        findings.warning(
            "meetings-jaas",
            "the meetings are at Jitsi as a Service: whether it believes the tokens cannot be tried without using the account",
            "Open a meeting once, and see docs/jaas.md.",
        );
        return findings;
    }
    let place = Place::new(&config.jitsi, told);
    place.say_elsewhere(&config.jitsi, &mut findings);
    let look = look(config, place, clock, patience, &mut findings);
    let looked = tokio::time::timeout(patience.whole, look).await;
    let failed = |error: MintError| format!("no token could be signed: {error}");
    match looked {
        Ok(Ok(())) => {}
        Ok(Err(error)) => findings.fault("meetings-token", failed(error), ""),
        Err(_) => findings.warning(
            "meetings-time",
            format!(
                "Jitsi was so slow that not everything was tried within {:?}",
                patience.whole
            ),
            "Look at the load of Jitsi's server, and try again.",
        ),
    }
    findings
}

async fn look(
    config: &Config,
    place: Place,
    clock: &SharedClock,
    patience: Patience,
    findings: &mut Findings,
) -> Result<(), MintError> {
    let tokens = Tokens::new(config, clock.clone());
    let Some(reached) = reach::reach(config, &place, &tokens, patience, findings).await? else {
        return Ok(());
    };
    let trial = Trial {
        config,
        tokens,
        way: reached.way,
        domain: reached.domain,
        patience,
    };
    let mut of_guests = Findings::default();
    let guests = guests::sign_in(&trial, &place, &mut of_guests).await?;
    let doors = Doors::look(&trial, guests.is_some(), findings).await?;
    findings.append(of_guests);
    let Some(doors) = doors else {
        return Ok(());
    };
    if let Some(other) = &reached.other {
        reach::other_way(other, &trial, place.websocket_is_used, findings).await?;
    }
    let Some(service) = rooms::find(&trial, &place, findings).await? else {
        return Ok(());
    };
    if !rooms::look(&trial, &service, findings).await? {
        return Ok(());
    }
    let unguarded = doors.unguarded.then(|| trial.domain.clone());
    for domain in guests.into_iter().chain(unguarded) {
        guests::start_a_meeting(&trial, &service, &domain, findings).await?;
    }
    tenants::look(&trial, &service, findings).await
}

/// Everything that each attempt needs.
struct Trial<'a> {
    config: &'a Config,
    tokens: Tokens<'a>,
    way: Way,
    /// The members' domain.
    domain: String,
    patience: Patience,
}

/// A room of a random name, in a tenant or in none.
struct Room {
    name: RoomName,
    tenant: Option<Tenant>,
}

impl Trial<'_> {
    /// A room that nobody knows. Without one, nothing can be tried.
    fn room(&self, tenant: Option<&Tenant>) -> Result<Room, MintError> {
        let name = format!("bridge-check-{}", self.tokens.name()?);
        // Such a name is always possible; a random one is drawn again at the next check.
        let name = RoomName::parse(&name).map_err(|_| MintError::Random)?;
        Ok(Room {
            name,
            tenant: tenant.cloned(),
        })
    }

    /// A right token for a room.
    fn token(&self, room: &Room, role: Role) -> Result<String, MintError> {
        self.tokens.mint(&room.name, room.tenant.as_ref(), role)
    }

    /// Connects as Jitsi's page does, and signs in.
    async fn sign_in(
        &self,
        domain: &str,
        room: &Room,
        token: Option<&str>,
    ) -> Result<Connection, Trouble> {
        let visit = Visit {
            room: room.name.as_str(),
            tenant: room.tenant.as_ref().map(Tenant::as_str),
            token,
        };
        let patience = self.patience.answer;
        let random = self.tokens.random();
        let opened = Connection::open(&self.way, domain, visit, patience, random);
        let mut connection = opened.await?;
        match connection.sign_in().await {
            Ok(()) => Ok(connection),
            Err(trouble) => {
                if !matches!(trouble, Trouble::NoAnswer(_) | Trouble::Ended(_)) {
                    connection.close().await;
                }
                Err(trouble)
            }
        }
    }

    /// The same at the members' domain, with a token.
    async fn come(&self, room: &Room, token: &str) -> Result<Connection, Trouble> {
        self.sign_in(&self.domain, room, Some(token)).await
    }
}
