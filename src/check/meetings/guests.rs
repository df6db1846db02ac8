//! People without a token: whether they get in, and whether they can start a meeting.

use super::place::Place;
use super::rooms::{Service, visit};
use super::xmpp::trouble::Trouble;
use super::{Findings, Trial, mend};
use crate::token::MintError;

/// Whether there is a domain for guests; its name if they are let in there.
pub async fn sign_in(
    trial: &Trial<'_>,
    place: &Place,
    findings: &mut Findings,
) -> Result<Option<String>, MintError> {
    let id = "meetings-guests";
    let domain = place.guests(&trial.domain);
    let room = trial.room(None)?;
    match trial.sign_in(&domain, &room, None).await {
        Ok(connection) => {
            connection.close().await;
            let said = format!("guests are allowed: {domain} lets them in without a token");
            findings.good(id, said);
            Ok(Some(domain))
        }
        Err(Trouble::HostUnknown) => {
            let said = format!("guests are not allowed: there is no {domain}");
            findings.good(id, said);
            Ok(None)
        }
        Err(trouble) => {
            let said = format!("guests do not get into {domain}: {trouble}");
            let mend = mend::prosody(
                "ENABLE_GUESTS=1, or 0 for none",
                "authentication = \"jitsi-anonymous\" in the guests' VirtualHost",
            );
            findings.warning(id, said, mend);
            Ok(None)
        }
    }
}

/// Whether somebody without a token can start a meeting, by that domain.
pub async fn start_a_meeting(
    trial: &Trial<'_>,
    service: &Service,
    domain: &str,
    findings: &mut Findings,
) -> Result<(), MintError> {
    let is_member = domain == trial.domain;
    let (id, who) = if is_member {
        (
            "meetings-no-token-start",
            "somebody without a token at the members' domain",
        )
    } else {
        ("meetings-guests-start", "a guest")
    };
    let room = trial.room(None)?;
    let visitor = match visit(trial, service, domain, &room, None).await {
        Ok(visitor) => visitor,
        Err(trouble) => {
            let said = format!("whether {who} can start a meeting cannot be told: {trouble}");
            findings.warning(id, said, "Look into Prosody's log.");
            return Ok(());
        }
    };
    match (&visitor.jicofo, &visitor.seat) {
        (_, Err(Trouble::Refused(refusal))) if refusal.lobby => {
            let said = format!("{who} cannot start a meeting, but waits in the lobby");
            findings.good(id, said);
        }
        (Err(Trouble::Refused(refusal)), Err(_)) if refusal.condition == "not-authorized" => {
            findings.good(id, format!("{who} cannot start a meeting: Jicofo refuses"));
        }
        (_, Err(Trouble::Refused(refusal))) if is_member => {
            let said = format!("{who} cannot start a meeting: {refusal}");
            findings.good(id, said);
        }
        (_, Err(Trouble::Refused(refusal))) => findings.warning(
            id,
            format!("{who} cannot start a meeting, and is not told to wait: {refusal}"),
            "With domain verification on, guests need JWT_ALLOW_EMPTY=1 (allow_empty_token = true) to get into any room, see docs/jitsi.md, \"Guests: who may do what\".",
        ),
        (_, Err(trouble)) => {
            let said = format!("whether {who} can start a meeting cannot be told: {trouble}");
            findings.warning(id, said, "Look into Prosody's log.");
        }
        (_, Ok(seat)) if seat.rights.moderate() => findings.fault(
            id,
            format!("{who} starts a meeting and is its moderator"),
            mend::one_of(&[
                mend::prosody("XMPP_MUC_MODULES without muc_allowners", "no \"muc_allowners\" among modules_enabled"),
                mend::jicofo("ENABLE_AUTO_OWNER=false", "conference.enable-auto-owner = false"),
            ]),
        ),
        (_, Ok(_)) => {
            let said = format!("{who} can start a meeting with nobody there who has a token");
            let mend = mend::prosody(
                "XMPP_MUC_MODULES=muc_wait_for_host,token_affiliation and XMPP_MODULES=persistent_lobby",
                "\"muc_wait_for_host\" among modules_enabled of the muc Component, and \"persistent_lobby\" in both VirtualHosts",
            );
            if is_member {
                let refuse = mend::prosody("JWT_ALLOW_EMPTY=0", "allow_empty_token = false");
                findings.fault(id, said, refuse);
            } else {
                findings.warning(id, said, format!("If they are to wait for somebody: {mend}"));
            }
        }
    }
    visitor.leave().await;
    Ok(())
}
