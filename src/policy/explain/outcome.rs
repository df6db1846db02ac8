//! What came of a decision, and what a rule does, in words and for machines.

use std::fmt;

use serde::Serialize;

use super::words::one_of;
use crate::policy::rule::{Effect, Gift};
use crate::policy::step_up::spoken;
use crate::policy::{Decision, DeniedCause, Fallback, Feature, Grant};

/// A decision, for people and for machines. No password is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Come in.
    Granted {
        /// The role.
        role: &'static str,
        /// The features that the token names; nothing where it names none, and Jitsi's own defaults hold.
        #[serde(skip_serializing_if = "Option::is_none")]
        features: Option<Vec<&'static str>>,
        /// What else was granted.
        also: Vec<String>,
        /// The rules that gave something; none: by default.
        rules: Vec<String>,
    },
    /// Stay out.
    Denied {
        /// Why.
        why: String,
        /// The rules that refused.
        rules: Vec<String>,
    },
    /// Sign in more strongly, or anew.
    StepUp {
        /// What is asked for.
        asked: String,
        /// The rules that ask for it.
        rules: Vec<String>,
    },
}

impl From<&Decision> for Outcome {
    fn from(decision: &Decision) -> Self {
        match decision {
            Decision::Granted(grant) => Self::Granted {
                role: grant.role.name(),
                features: grant.features.as_ref().map(|all| names(all.iter())),
                also: also(grant),
                rules: grant.rules.clone(),
            },
            Decision::Denied(denied) => {
                let rules = denied.rules.clone();
                let why = match &denied.cause {
                    DeniedCause::StepUp(step_up) => {
                        let asked = step_up.to_string();
                        return Self::StepUp { asked, rules };
                    }
                    DeniedCause::Rule(messages) => {
                        messages.iter().cloned().collect::<Vec<_>>().join(" ")
                    }
                    DeniedCause::NoRule => {
                        "no rule gives a role, and policy.default is \"deny\"".to_owned()
                    }
                    DeniedCause::Provider => {
                        "the meeting is for people of another provider".to_owned()
                    }
                };
                Self::Denied { why, rules }
            }
        }
    }
}

fn names<'a>(features: impl Iterator<Item = &'a Feature>) -> Vec<&'static str> {
    features.map(|feature| feature.name()).collect()
}

fn also(grant: &Grant) -> Vec<String> {
    let group = grant.group.as_ref().map(|name| format!("group {name:?}"));
    let lifetime = grant
        .lifetime
        .map(|life| format!("lifetime {}", spoken(life)));
    let named = group.into_iter().chain(lifetime);
    let rights = grant.further_rights().into_iter().map(str::to_owned);
    rights.chain(named).collect()
}

impl Outcome {
    /// The one word of a table of tests: the role, `denied` or `step-up`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Granted { role, .. } => role,
            Self::Denied { .. } => "denied",
            Self::StepUp { .. } => "step-up",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = |rules: &[String]| match rules {
            [] => String::new(),
            rules => format!(", by {}", one_of(rules).replace(" or ", " and ")),
        };
        match self {
            Self::Granted {
                role,
                features,
                also,
                rules,
            } => {
                let by = match rules.as_slice() {
                    [] => ", by policy.default".to_owned(),
                    rules => by(rules),
                };
                write!(f, "{role}{by}")?;
                match features {
                    Some(features) => write!(f, "\n  features: {}", features.join(", "))?,
                    None => f.write_str(
                        "\n  features: the token names none; Jitsi's own defaults hold",
                    )?,
                }
                if !also.is_empty() {
                    write!(f, "\n  also: {}", also.join(", "))?;
                }
                Ok(())
            }
            Self::Denied { why, rules } => write!(f, "denied{}: {why}", by(rules)),
            Self::StepUp { asked, rules } => {
                write!(f, "step-up{}: back to the provider for {asked}", by(rules))
            }
        }
    }
}

impl fmt::Display for Effect {
    /// What the rule does, as it is written in a configuration; passwords left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deny(message) => write!(f, "denies: {message}"),
            Self::Give(gift) => write!(f, "gives {}", given(gift).join(", ")),
        }
    }
}

fn given(gift: &Gift) -> Vec<String> {
    let flags = [
        (gift.name_readonly, "name_readonly"),
        (gift.lobby_bypass, "lobby_bypass"),
        (gift.security_bypass, "security_bypass"),
        (gift.hidden_from_recorder, "hidden_from_recorder"),
        (gift.user_lobby, "user_lobby"),
        (gift.room_lobby, "room_lobby"),
        (gift.room_password.is_some(), "room_password"),
        (gift.any_room, "any_room"),
        (gift.may_invite, "may_invite"),
    ];
    let mut all: Vec<String> = Vec::new();
    all.extend(gift.role.map(|role| role.name().to_owned()));
    if let Some(features) = &gift.features {
        all.push(format!("features {}", names(features.iter()).join(" ")));
    }
    let flags = flags.into_iter().filter(|(given, _)| *given);
    all.extend(flags.map(|(_, name)| name.to_owned()));
    all.extend(gift.group.as_ref().map(|name| format!("group {name:?}")));
    all.extend(
        gift.lifetime
            .map(|life| format!("lifetime {}", spoken(life))),
    );
    all
}

impl Fallback {
    /// As a configuration writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Participant => "participant",
        }
    }
}
