//! A right token is refused: why, and what Prosody would rather have. Tokens with one thing changed are tried until one is
//! believed, or is refused for another reason.

mod culprit;
mod tries;

use self::culprit::Culprit;
use self::tries::{Try, tries};
use super::rooms::{Service, visit};
use super::xmpp::trouble::{Refusal, Trouble};
use super::{Findings, Room, Trial};
use crate::token::MintError;

const ID: &str = "meetings-token";
/// The most settings that are wrong at once, as far as they are looked for.
const MOST_CULPRITS: usize = 4;

/// What a try came to.
enum Outcome {
    /// Believed.
    Believed,
    /// Refused, but for another reason: this one was overcome.
    Further(Refusal),
    /// Refused as before.
    Same,
}

/// A right token is refused at the members' domain.
pub async fn sign_in(
    trial: &Trial<'_>,
    room: &Room,
    token: String,
    trouble: Trouble,
    findings: &mut Findings,
) -> Result<(), MintError> {
    let mut refusal = match trouble {
        Trouble::Refused(refusal) => refusal,
        Trouble::Silence(_) => {
            say_silence(trial, findings);
            return Ok(());
        }
        trouble => {
            let said = format!("what Prosody makes of a right token cannot be told: {trouble}");
            findings.fault(ID, said, "Look into Prosody's log.");
            return Ok(());
        }
    };
    let mut token = token;
    for _ in 0..MOST_CULPRITS {
        let culprit = Culprit::of(&refusal);
        let mut overcome = None;
        for attempt in tries(trial, culprit, &token)? {
            match outcome(trial, room, &attempt, culprit).await {
                Outcome::Same => {}
                outcome => {
                    overcome = Some((attempt, outcome));
                    break;
                }
            }
        }
        let found = overcome.as_ref().map(|(attempt, _)| attempt);
        say(trial, culprit, &refusal, found, findings);
        match overcome {
            Some((attempt, Outcome::Further(next))) => {
                token = attempt.token;
                refusal = next;
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}

async fn outcome(trial: &Trial<'_>, room: &Room, attempt: &Try, culprit: Culprit) -> Outcome {
    match trial.come(room, &attempt.token).await {
        Ok(connection) => {
            connection.close().await;
            Outcome::Believed
        }
        Err(Trouble::Refused(refusal)) if Culprit::of(&refusal) != culprit => {
            Outcome::Further(refusal)
        }
        Err(_) => Outcome::Same,
    }
}

fn say(
    trial: &Trial<'_>,
    culprit: Culprit,
    refusal: &Refusal,
    found: Option<&Try>,
    findings: &mut Findings,
) {
    let mut said = format!("Prosody refuses a token of the bridge's ({refusal}): ");
    said.push_str(&culprit.said(trial.config));
    let mend = match found {
        Some(attempt) => {
            said.push_str(". ");
            said.push_str(&attempt.said);
            attempt.mend.clone()
        }
        None => culprit.mend(trial.config),
    };
    findings.fault(ID, said, mend);
}

fn say_silence(trial: &Trial<'_>, findings: &mut Findings) {
    if trial.config.keyring().live().is_none() {
        let said = "Prosody does not answer a right token at all";
        findings.fault(
            ID,
            said,
            "Look into Prosody's log: a plugin of its may have failed.",
        );
        return;
    }
    findings.fault(
        ID,
        "Prosody does not answer a right token at all: it waits for a key that it has not fetched",
        format!(
            "Set asap_key_server beside cache_keys_url (docker-jitsi-meet: JWT_ASAP_KEYSERVER={}), and see that Prosody reaches both.",
            culprit::key_server(trial.config)
        ),
    );
}

/// A right token is believed, but does not open its own room. `opened`: Jicofo is in it.
pub async fn join(
    trial: &Trial<'_>,
    service: &Service,
    room: &Room,
    opened: bool,
    trouble: &Trouble,
    findings: &mut Findings,
) -> Result<(), MintError> {
    let Trouble::Refused(refusal) = trouble else {
        let said = format!("what becomes of people in rooms cannot be told: {trouble}");
        findings.warning(ID, said, "Look into Prosody's log.");
        return Ok(());
    };
    if refusal.lobby {
        findings.warning(
            "meetings-lobby",
            "even a moderator with a token waits in the lobby: what happens in rooms cannot be told",
            "Somebody has to be let in by their token, or nobody opens: docs/jitsi.md, \"Guests: who may do what\".",
        );
        return Ok(());
    }
    for attempt in tries::of_sub(trial, room)? {
        let come = visit(trial, service, &trial.domain, room, Some(&attempt.token));
        let Ok(visitor) = come.await else {
            continue;
        };
        let opens = visitor.seat.is_ok();
        visitor.leave().await;
        if opens {
            let said = format!(
                "a right token does not open its own room ({refusal}): Prosody's domain verification is on, and `sub` is not what it expects. {}",
                attempt.said
            );
            findings.fault(ID, said, attempt.mend);
            return Ok(());
        }
    }
    if opened {
        let said = format!("a right token does not open its own room: {refusal}");
        findings.fault(
            ID,
            said,
            "Look into Prosody's log, for a line with `not allowed to join`.",
        );
    } else {
        findings.warning(
            "meetings-closed",
            format!("nobody gets into a room before Jicofo has opened it ({refusal}), so what happens in rooms cannot be told"),
            "Mend Jicofo first, and try again.",
        );
    }
    Ok(())
}
