//! The only place where a right is given.

use std::collections::BTreeSet;

use time::{Duration, OffsetDateTime};

use super::rule::{Applies, Effect, Gift};
use super::{Decision, Denied, DeniedCause, Fallback, Feature, Grant, Policy, Role, Rule, StepUp};
use crate::identity::Person;
use crate::meeting::MeetingRequest;

/// Decides what a person may do in a meeting.
///
/// Whoever signed in at a provider that is not for this meeting is refused. Then a deny beats all; then a rule that asks
/// for a stronger sign-in refuses until it has one; then all that the rules give adds up.
#[must_use]
pub fn decide(
    policy: &Policy,
    person: &Person,
    request: &MeetingRequest,
    now: OffsetDateTime,
) -> Decision {
    decide_by(
        policy,
        person,
        request,
        applied(policy, person, request, now),
    )
}

/// Decides by what is known of each rule already.
pub(super) fn decide_by<'a>(
    policy: &Policy,
    person: &Person,
    request: &MeetingRequest,
    applied: impl Iterator<Item = (&'a Rule, Applies)>,
) -> Decision {
    if policy.entrances.let_in(&person.provider, request) {
        let mut decision = by_rules(policy, applied);
        if let Decision::Granted(grant) = &mut decision {
            // A token for every room would open those that another provider has to itself.
            grant.any_room &= policy.entrances.are_all_open(&person.provider);
        }
        decision
    } else {
        Decision::Denied(Denied {
            cause: DeniedCause::Provider,
            rules: Vec::new(),
        })
    }
}

fn applied<'a>(
    policy: &'a Policy,
    person: &Person,
    request: &MeetingRequest,
    now: OffsetDateTime,
) -> impl Iterator<Item = (&'a Rule, Applies)> {
    let rules = policy.rules.that_can_concern(person, request);
    rules.map(move |rule| (rule, rule.applies(person, request, now)))
}

fn by_rules<'a>(policy: &Policy, applied: impl Iterator<Item = (&'a Rule, Applies)>) -> Decision {
    let mut denies: Vec<(&str, &str)> = Vec::new();
    let mut step_ups: Vec<(&str, StepUp)> = Vec::new();
    let mut gifts: Vec<(&str, &Gift)> = Vec::new();
    for (rule, applies) in applied {
        match (applies, &rule.effect) {
            (Applies::No, _) => {}
            (Applies::After(step_up), _) => step_ups.push((&rule.name, step_up)),
            (Applies::Yes, Effect::Deny(message)) => denies.push((&rule.name, message)),
            (Applies::Yes, Effect::Give(gift)) => gifts.push((&rule.name, gift)),
        }
    }
    if !denies.is_empty() {
        let messages = denies.iter().map(|(_, message)| (*message).to_owned());
        let cause = DeniedCause::Rule(messages.collect());
        return refused(cause, denies.iter().map(|(name, _)| *name));
    }
    // The order of rules never matters: not even for what is asked for first.
    step_ups.sort_by_key(|(name, _)| *name);
    let lacking = step_ups.iter().map(|(_, step_up)| step_up.clone());
    if let Some(step_up) = lacking.reduce(|one, other| one.and(&other)) {
        let names = step_ups.iter().map(|(name, _)| *name);
        return refused(DeniedCause::StepUp(step_up), names);
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

/// Decides what a guest may do who holds an invitation: take part like everybody else, and nothing more, whatever rules
/// give. What they refuse stays refused.
#[must_use]
pub fn invited(
    policy: &Policy,
    guest: &Person,
    request: &MeetingRequest,
    invitation: &Invited,
    now: OffsetDateTime,
) -> Decision {
    match by_rules(policy, applied(policy, guest, request, now)) {
        Decision::Denied(denied) if denied.cause != DeniedCause::NoRule => Decision::Denied(denied),
        Decision::Denied(_) | Decision::Granted(_) => Decision::Granted(Grant {
            features: Some(policy.everyday_features.clone()),
            // The name says that this is a guest.
            name_readonly: invitation.keeps_name,
            user_lobby: invitation.waits_in_lobby,
            rules: vec![format!("invitation {}", invitation.id)],
            ..Grant::of(Role::Participant, Some(invitation.lifetime))
        }),
    }
}

/// What an invitation says of a guest's rights.
#[derive(Debug, Clone)]
pub struct Invited {
    /// The invitation's identifier.
    pub id: String,
    /// Sends the guest into the lobby.
    pub waits_in_lobby: bool,
    /// The name in the meeting cannot be changed.
    pub keeps_name: bool,
    /// The token's life.
    pub lifetime: Duration,
}

fn add_up(policy: &Policy, role: Role, gifts: &[(&str, &Gift)]) -> Grant {
    let any = |gives: fn(&Gift) -> bool| gifts.iter().any(|(_, gift)| gives(gift));
    let mut rules: Vec<String> = gifts.iter().map(|(name, _)| (*name).to_owned()).collect();
    rules.sort();
    let lobby_bypass = any(|gift| gift.lobby_bypass);
    let name_readonly = any(|gift| gift.name_readonly);
    let features = features(policy, gifts);
    Grant {
        role,
        features: if name_readonly || policy.always_name_features {
            features.or_else(|| Some(all_that_holds_without(policy, role)))
        } else {
            features
        },
        name_readonly,
        lobby_bypass,
        security_bypass: any(|gift| gift.security_bypass),
        hidden_from_recorder: any(|gift| gift.hidden_from_recorder),
        // More rights win here too: who runs the meeting, or passes the lobby, does not wait in it.
        user_lobby: any(|gift| gift.user_lobby) && !lobby_bypass && role != Role::Moderator,
        room_lobby: any(|gift| gift.room_lobby),
        // The first by the rule's name: any order will do, as long as it is not that of the file.
        room_password: gifts
            .iter()
            .filter(|_| role == Role::Moderator)
            .filter_map(|(name, gift)| Some((name, gift.room_password.clone()?)))
            .min_by_key(|(name, _)| **name)
            .map(|(_, password)| password),
        group: gifts
            .iter()
            .filter_map(|(_, gift)| gift.group.clone())
            .min(),
        lifetime: gifts.iter().filter_map(|(_, gift)| gift.lifetime).max(),
        any_room: any(|gift| gift.any_room),
        may_invite: any(|gift| gift.may_invite) && role == Role::Moderator,
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

/// What a person may do as long as the token says nothing of features, written out, for a token that has to name one:
/// a moderator everything, and everybody else what everybody may do.
#[must_use]
pub fn all_that_holds_without(policy: &Policy, role: Role) -> BTreeSet<Feature> {
    match role {
        Role::Moderator => Feature::ALL.iter().copied().collect(),
        Role::Participant | Role::Visitor => policy.everyday_features.clone(),
    }
}

fn refused<'a>(cause: DeniedCause, names: impl Iterator<Item = &'a str>) -> Decision {
    let mut rules: Vec<String> = names.map(str::to_owned).collect();
    rules.sort();
    Decision::Denied(Denied { cause, rules })
}
