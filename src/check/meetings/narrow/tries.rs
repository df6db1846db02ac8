//! What to try instead of a token that is refused: each differs in one thing.

use serde_json::{Map, Value};
use time::Duration;

use super::culprit::{Culprit, accept_audience, accept_issuer};
use crate::check::meetings::{Room, Trial};
use crate::policy::Role;
use crate::token::MintError;
use crate::token::keyring::SharedSecretAlgorithm;

/// A token to try.
pub struct Try {
    /// It: a secret.
    pub token: String,
    /// What is known when it gets further than the one before.
    pub said: String,
    /// What to do then.
    pub mend: String,
}

/// What to try where this is the culprit; nothing where guessing is no use.
pub fn tries(trial: &Trial<'_>, culprit: Culprit, token: &str) -> Result<Vec<Try>, MintError> {
    match culprit {
        Culprit::Signature => secrets(trial, token),
        Culprit::Algorithm => algorithms(trial, token),
        Culprit::Issuer => names(trial, token, "iss"),
        Culprit::Audience => names(trial, token, "aud"),
        Culprit::NotBefore => times(trial, token, "behind"),
        Culprit::Expiry => times(trial, token, "ahead of"),
        Culprit::NoKid | Culprit::PublicKey | Culprit::NoKey | Culprit::Unknown => Ok(Vec::new()),
    }
}

fn secrets(trial: &Trial<'_>, token: &str) -> Result<Vec<Try>, MintError> {
    let others = trial.tokens.other_secrets();
    let others = others.iter().map(|other| {
        Ok(Try {
            token: trial.tokens.signed_with(token, other)?,
            said: format!("It has the same one, {}", other.said),
            mend: "Write the same secret on both sides, without quotes, spaces or line breaks of its own.".to_owned(),
        })
    });
    others.collect()
}

fn algorithms(trial: &Trial<'_>, token: &str) -> Result<Vec<Try>, MintError> {
    let mut tries = Vec::new();
    for algorithm in [
        SharedSecretAlgorithm::Hs256,
        SharedSecretAlgorithm::Hs384,
        SharedSecretAlgorithm::Hs512,
    ] {
        if let Some(token) = trial.tokens.signed_by(token, algorithm)? {
            let name = algorithm.name();
            tries.push(Try {
                token,
                said: format!("It wants {name}"),
                mend: format!("Set token.algorithm = \"{name}\", or JWT_SIGN_TYPE (signature_algorithm) of Prosody to the bridge's."),
            });
        }
    }
    Ok(tries)
}

/// Names that administrators give issuers and audiences.
fn names(trial: &Trial<'_>, token: &str, claim: &'static str) -> Result<Vec<Try>, MintError> {
    let jitsi = &trial.config.jitsi;
    let host = jitsi.url.host_str().unwrap_or_default();
    let candidates = [
        jitsi.identity.app_id.as_str(),
        jitsi.identity.audience.as_str(),
        "jitsi",
        "jitsi-meet",
        host,
        trial.domain.as_str(),
    ];
    let (key, ours, accept): (_, _, fn(&str) -> String) = if claim == "iss" {
        ("app_id", &jitsi.identity.app_id, accept_issuer)
    } else {
        ("audience", &jitsi.identity.audience, accept_audience)
    };
    let mut tries: Vec<Try> = Vec::new();
    let mut seen = vec![ours.as_str()];
    for name in candidates {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        tries.push(Try {
            token: with(trial, token, &[(claim, name.into())])?,
            said: format!("It accepts {name:?}"),
            mend: format!("Set jitsi.{key} = {name:?}. {}", accept(ours)),
        });
    }
    Ok(tries)
}

/// Earlier and later ones, for clocks that differ.
fn times(trial: &Trial<'_>, token: &str, which: &str) -> Result<Vec<Try>, MintError> {
    let now = trial.tokens.now();
    let spans = [
        (Duration::minutes(5), "5 minutes"),
        (Duration::HOUR, "an hour"),
        (Duration::DAY, "a day"),
        (Duration::days(3650), "ten years"),
    ];
    let tries = spans.into_iter().map(|(by, said)| {
        let (early, late) = ((now - by).unix_timestamp(), (now + by).unix_timestamp());
        let changes = [
            ("iat", early.into()),
            ("nbf", early.into()),
            ("exp", late.into()),
        ];
        Ok(Try {
            token: with(trial, token, &changes)?,
            said: format!("It is {which} this one by no more than {said}"),
            mend: "Let both machines set their clocks by NTP.".to_owned(),
        })
    });
    tries.collect()
}

/// Other values of `sub`, which domain verification looks at when somebody joins.
pub fn of_sub(trial: &Trial<'_>, room: &Room) -> Result<Vec<Try>, MintError> {
    let token = trial.token(room, Role::Moderator)?;
    let ours = trial.tokens.xmpp_domain();
    let host = trial.config.jitsi.url.host_str().unwrap_or_default();
    let mut tries = Vec::new();
    for name in [trial.domain.as_str(), host, "*"] {
        if name == ours {
            continue;
        }
        let (said, mend) = if name == "*" {
            (
                "It opens with `sub` = \"*\", so any other name may be the one".to_owned(),
                "Set jitsi.xmpp_domain to XMPP_DOMAIN of docker-jitsi-meet, or to the name of the main VirtualHost: the domain of the rooms without its first part.".to_owned(),
            )
        } else {
            (
                format!("It opens with `sub` = {name:?} instead of {ours:?}"),
                format!("Set jitsi.xmpp_domain = {name:?}."),
            )
        };
        let token = with(trial, &token, &[("sub", name.into())])?;
        tries.push(Try { token, said, mend });
    }
    Ok(tries)
}

fn with(trial: &Trial<'_>, token: &str, changes: &[(&str, Value)]) -> Result<String, MintError> {
    trial
        .tokens
        .altered(token, |claims: &mut Map<String, Value>| {
            for (name, value) in changes {
                claims.insert((*name).to_owned(), value.clone());
            }
        })
}
