//! The first door: whom Prosody lets in at the members' domain.

use super::xmpp::trouble::Trouble;
use super::{Findings, Room, Trial, mend, narrow};
use crate::policy::Role;
use crate::token::MintError;

/// How the members' domain is guarded.
pub struct Doors {
    /// One comes in without a token.
    pub unguarded: bool,
}

/// What became of somebody.
enum Fate {
    In,
    Out,
    Unclear(Trouble),
}

impl Doors {
    /// Tries no token, bad tokens and a right one. `None` when there is no use in going on.
    pub async fn look(
        trial: &Trial<'_>,
        guests: bool,
        findings: &mut Findings,
    ) -> Result<Option<Self>, MintError> {
        let room = trial.room(None)?;
        let right = trial.token(&room, Role::Participant)?;
        let forged = trial.tokens.forged(&right)?;
        let expired = trial.tokens.expired(&right)?;
        let nobody = fate(trial, &room, None).await;
        let stranger = fate(trial, &room, Some(&forged)).await;
        if let (Fate::In, Fate::In) = (&nobody, &stranger) {
            let mend = mend::prosody(
                "ENABLE_AUTH=1 and AUTH_TYPE=jwt",
                "authentication = \"token\" in the main VirtualHost",
            );
            let said =
                "Prosody looks at no token: whoever comes is let in, with a forged one or none";
            findings.fault("meetings-authentication", said, mend);
            return Ok(None);
        }
        let unguarded = without_token(&nobody, guests, findings);
        let old = fate(trial, &room, Some(&expired)).await;
        let babble = fate(trial, &room, Some("garbage")).await;
        for (id, what, fate, mend) in [
            (
                "meetings-wrong-key",
                "a token that somebody else signed",
                &stranger,
                mend::prosody(
                    "AUTH_TYPE=jwt",
                    "authentication = \"token\" in the main VirtualHost",
                ),
            ),
            (
                "meetings-expired",
                "a token of yesterday",
                &old,
                "Prosody's clock is behind by a day or more: let it be set by NTP.".to_owned(),
            ),
            (
                "meetings-garbage",
                "what is no token",
                &babble,
                mend::prosody(
                    "AUTH_TYPE=jwt",
                    "authentication = \"token\" in the main VirtualHost",
                ),
            ),
        ] {
            match fate {
                Fate::Out => findings.good(id, format!("{what} is refused")),
                Fate::In => findings.fault(id, format!("Prosody believes {what}"), mend),
                Fate::Unclear(trouble) => say_unclear(id, what, trouble, findings),
            }
        }
        match trial.come(&room, &right).await {
            Ok(connection) => {
                connection.close().await;
                findings.good("meetings-token", "a token of the bridge's is believed");
                Ok(Some(Self { unguarded }))
            }
            Err(trouble) => {
                narrow::sign_in(trial, &room, right, trouble, findings).await?;
                Ok(None)
            }
        }
    }
}

async fn fate(trial: &Trial<'_>, room: &Room, token: Option<&str>) -> Fate {
    match trial.sign_in(&trial.domain, room, token).await {
        Ok(connection) => {
            connection.close().await;
            Fate::In
        }
        Err(Trouble::Refused(_)) => Fate::Out,
        Err(trouble) => Fate::Unclear(trouble),
    }
}

fn without_token(nobody: &Fate, guests: bool, findings: &mut Findings) -> bool {
    let id = "meetings-no-token";
    match nobody {
        Fate::Out => {
            findings.good(
                id,
                "at the members' domain, nobody is let in without a token",
            );
            false
        }
        Fate::Unclear(trouble) => {
            say_unclear(id, "somebody without a token", trouble, findings);
            false
        }
        Fate::In => {
            let said = "whoever asks is let in at the members' domain without a token, and counts as a member there";
            let refuse = mend::prosody("JWT_ALLOW_EMPTY=0", "allow_empty_token = false");
            if guests {
                let unless =
                    "Guests need this where domain verification is on, and only there. Otherwise: ";
                findings.warning(id, said, format!("{unless}{refuse}"));
            } else {
                findings.fault(id, said, refuse);
            }
            true
        }
    }
}

fn say_unclear(id: &'static str, what: &str, trouble: &Trouble, findings: &mut Findings) {
    let said = format!("what Prosody makes of {what} cannot be told: {trouble}");
    findings.warning(id, said, "Look into Prosody's log.");
}
