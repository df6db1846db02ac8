//! The only place where a right is given.

use std::collections::BTreeSet;

use super::rule::{Applies, Effect, Gift};
use super::{Decision, Denied, DeniedCause, Fallback, Feature, Grant, Policy, Role};
use crate::identity::Person;
use crate::meeting::MeetingRequest;

/// Decides what a person may do in a meeting.
///
/// A deny beats all; then a rule that asks for a stronger sign-in refuses until it has one; then all that the rules
/// give adds up.
#[must_use]
pub fn decide(policy: &Policy, person: &Person, request: &MeetingRequest) -> Decision {
    let mut denies = Refusal::default();
    let mut step_ups = Refusal::default();
    let mut gifts: Vec<(&str, &Gift)> = Vec::new();
    for rule in &policy.rules {
        match (rule.applies(person, request), &rule.effect) {
            (Applies::No, _) => {}
            (Applies::WithAcr, _) => step_ups.add(&rule.name, rule.acr.iter().cloned()),
            (Applies::Yes, Effect::Deny(message)) => denies.add(&rule.name, [message.clone()]),
            (Applies::Yes, Effect::Give(gift)) => gifts.push((&rule.name, gift)),
        }
    }
    if !denies.rules.is_empty() {
        return denies.because(DeniedCause::Rule);
    }
    if !step_ups.rules.is_empty() {
        return step_ups.because(DeniedCause::Acr);
    }
    let by_default = match policy.default {
        Fallback::Participant => Some(Role::Participant),
        Fallback::Deny => None,
    };
    match gifts
        .iter()
        .filter_map(|(_, gift)| gift.role)
        .max()
        .or(by_default)
    {
        Some(role) => Decision::Granted(add_up(policy, role, &gifts)),
        None => Decision::Denied(Denied {
            cause: DeniedCause::NoRule,
            rules: Vec::new(),
        }),
    }
}

fn add_up(policy: &Policy, role: Role, gifts: &[(&str, &Gift)]) -> Grant {
    let any = |gives: fn(&Gift) -> bool| gifts.iter().any(|(_, gift)| gives(gift));
    let mut rules: Vec<String> = gifts.iter().map(|(name, _)| (*name).to_owned()).collect();
    rules.sort();
    Grant {
        role,
        features: features(policy, gifts),
        lobby_bypass: any(|gift| gift.lobby_bypass),
        security_bypass: any(|gift| gift.security_bypass),
        hidden_from_recorder: any(|gift| gift.hidden_from_recorder),
        lifetime: gifts.iter().filter_map(|(_, gift)| gift.lifetime).max(),
        any_room: any(|gift| gift.any_room),
        rules,
    }
}

/// A rule that makes a moderator and says nothing of features leaves them all, so that a further rule can only add.
fn features(policy: &Policy, gifts: &[(&str, &Gift)]) -> Option<BTreeSet<Feature>> {
    let unlimited = gifts
        .iter()
        .any(|(_, gift)| gift.role == Some(Role::Moderator) && gift.features.is_none());
    let named: Vec<&BTreeSet<Feature>> = gifts
        .iter()
        .filter_map(|(_, gift)| gift.features.as_ref())
        .collect();
    if unlimited || named.is_empty() {
        return None;
    }
    Some(
        named
            .into_iter()
            .chain([&policy.everyday_features])
            .flatten()
            .copied()
            .collect(),
    )
}

#[derive(Default)]
struct Refusal {
    rules: Vec<String>,
    said: BTreeSet<String>,
}

impl Refusal {
    fn add(&mut self, rule: &str, said: impl IntoIterator<Item = String>) {
        self.rules.push(rule.to_owned());
        self.said.extend(said);
    }

    fn because(mut self, cause: fn(BTreeSet<String>) -> DeniedCause) -> Decision {
        self.rules.sort();
        Decision::Denied(Denied {
            cause: cause(self.said),
            rules: self.rules,
        })
    }
}
