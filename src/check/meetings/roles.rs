//! The role in the room: whether it is the token's.

use std::time::Duration;

use super::rooms::{Service, Visitor, visit};
use super::xmpp::muc::Seat;
use super::xmpp::trouble::Trouble;
use super::{Findings, Room, Trial, mend};
use crate::policy::Role;
use crate::token::MintError;

/// What became of people with a token, after a while in the room.
pub struct Roles {
    /// A participant who came first.
    pub first: Result<Seat, Trouble>,
    /// A participant who came after a moderator.
    pub later: Result<Seat, Trouble>,
    /// A moderator who came after a participant.
    pub moderator: Result<Seat, Trouble>,
    /// Jicofo has people sign in with itself.
    pub authentication: bool,
}

/// Waits for a role that is given after the join.
pub async fn settle(visitor: &mut Visitor, patience: Duration) {
    if let Ok(seat) = &mut visitor.seat {
        let watched = visitor.connection.watch(seat, patience).await;
        if let Err(trouble) = watched {
            visitor.seat = Err(trouble);
        }
    }
}

/// A participant comes, and stays for a moment.
pub async fn participant(
    trial: &Trial<'_>,
    service: &Service,
    room: &Room,
) -> Result<Result<Seat, Trouble>, MintError> {
    let token = trial.token(room, Role::Participant)?;
    let come = visit(trial, service, &trial.domain, room, Some(&token));
    let mut visitor = match come.await {
        Ok(visitor) => visitor,
        Err(trouble) => return Ok(Err(trouble)),
    };
    settle(&mut visitor, trial.patience.role).await;
    let seat = visitor.seat.clone();
    visitor.leave().await;
    Ok(seat)
}

/// A participant comes first and a moderator after them: what became of both.
pub async fn in_a_room_of_their_own(
    trial: &Trial<'_>,
    service: &Service,
) -> Result<(Result<Seat, Trouble>, Result<Seat, Trouble>), MintError> {
    let room = trial.room(None)?;
    let token = trial.token(&room, Role::Participant)?;
    let come = visit(trial, service, &trial.domain, &room, Some(&token));
    let mut first = match come.await {
        Ok(visitor) => visitor,
        Err(trouble) => return Ok((Err(trouble.clone()), Err(trouble))),
    };
    settle(&mut first, trial.patience.role).await;
    let token = trial.token(&room, Role::Moderator)?;
    let come = visit(trial, service, &trial.domain, &room, Some(&token));
    let moderator = match come.await {
        Ok(mut visitor) => {
            settle(&mut visitor, trial.patience.role).await;
            let seat = visitor.seat.clone();
            visitor.leave().await;
            seat
        }
        Err(trouble) => Err(trouble),
    };
    let seat = first.seat.clone();
    first.leave().await;
    Ok((seat, moderator))
}

impl Roles {
    /// Says whether the roles are the tokens', and otherwise who gives them.
    pub fn say(&self, findings: &mut Findings) {
        let id = "meetings-participant";
        let (first, later) = match (&self.first, &self.later) {
            (Ok(first), Ok(later)) => (first, later),
            (Err(trouble), _) | (_, Err(trouble)) => {
                say_unclear(id, "a participant", trouble, findings);
                return;
            }
        };
        let promoted = [first, later].map(|seat| seat.rights.moderate());
        let by_jicofo = [first, later].map(|seat| seat.rights.given_by_somebody);
        match (promoted, by_jicofo) {
            ([false, false], _) => findings.good(
                id,
                "a participant is no moderator, neither when coming first nor after a moderator",
            ),
            ([true, false], [true, _]) => findings.fault(
                id,
                "a participant who comes first becomes a moderator: Jicofo makes them one (auto-owner)",
                mend::jicofo("ENABLE_AUTO_OWNER=false", "conference.enable-auto-owner = false"),
            ),
            ([true, false], [false, _]) if first.created => findings.fault(
                id,
                "a participant who comes first becomes a moderator: Prosody lets everyone make rooms, and makes its maker the owner",
                mend::prosody(
                    "restrict_room_creation = true (it is so unless a template of your own says otherwise)",
                    "restrict_room_creation = true in the muc Component",
                ),
            ),
            (_, [true, _] | [_, true]) => findings.fault(
                id,
                "every participant with a token becomes a moderator: Jicofo makes them one (its own authentication is on)",
                mend::jicofo("JICOFO_ENABLE_AUTH=0", "no authentication block"),
            ),
            _ => findings.fault(
                id,
                "a participant with a token becomes a moderator, and it is Prosody that makes them one (automatic owners)",
                mend::one_of(&[
                    mend::prosody(
                        "WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=true, where muc_wait_for_host is loaded",
                        "wait_for_host_disable_auto_owners = true",
                    ),
                    mend::prosody(
                        "XMPP_MUC_MODULES without muc_allowners",
                        "no \"muc_allowners\" among modules_enabled",
                    ),
                ]),
            ),
        }
        self.say_authentication(promoted, findings);
        // Where everyone is made a moderator, nobody can tell what the token did.
        let [_, later_is_promoted] = promoted;
        if !later_is_promoted {
            self.say_moderator(findings);
        }
    }

    fn say_authentication(&self, promoted: [bool; 2], findings: &mut Findings) {
        if self.authentication && promoted == [false, false] {
            findings.warning(
                "meetings-jicofo-authentication",
                "Jicofo's own authentication is on, which makes moderators of everyone whom it takes for signed in",
                mend::jicofo("JICOFO_ENABLE_AUTH=0", "no authentication block"),
            );
        }
    }

    fn say_moderator(&self, findings: &mut Findings) {
        let id = "meetings-moderator";
        match &self.moderator {
            Ok(seat) if seat.rights.moderate() => {
                findings.good(id, "a moderator's token makes a moderator");
            }
            Ok(_) => findings.fault(
                id,
                "a moderator's token makes no moderator: nothing in Prosody takes the role from the token (token_affiliation is not loaded for the rooms)",
                format!(
                    "{} A Jitsi from before 2026 has it from jitsi-contrib/prosody-plugins, see docs/jitsi.md; with another module, compare token.convention.",
                    mend::prosody(
                        "XMPP_MUC_MODULES=token_affiliation",
                        "\"token_affiliation\" among modules_enabled of the muc Component",
                    )
                ),
            ),
            Err(trouble) => say_unclear(id, "a moderator", trouble, findings),
        }
    }
}

fn say_unclear(id: &'static str, who: &str, trouble: &Trouble, findings: &mut Findings) {
    let in_the_lobby = matches!(trouble, Trouble::Refused(refusal) if refusal.lobby);
    let said = if in_the_lobby {
        format!("{who} with a token waits in the lobby: which role they get cannot be told")
    } else {
        format!("which role {who} with a token gets cannot be told: {trouble}")
    };
    let mend = if in_the_lobby {
        "If that is meant, open a meeting once and look. Otherwise see docs/jitsi.md, \"Guests: who may do what\"."
    } else {
        "Look into Prosody's log."
    };
    findings.warning(id, said, mend);
}
