//! One rule: conditions that must all hold, and what it then gives or refuses.
//!
//! Conditions within a rule must all hold; the values in one list are alternatives; an empty list is no condition.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::conditions::{BUILT_IN, Condition, Nobody, Witness};
pub use super::conditions::{Conditions, EmailDomain, TenantPattern, User};
use super::fault::RuleFault;
pub use super::gift::Gift;
use super::step_up::{Demand, StepUp};
use crate::identity::{Groups, Person};
use crate::meeting::MeetingRequest;
use crate::pattern::{Bindings, Pattern};

/// A rule, complete.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name, for people and logs; no two rules share one.
    pub name: String,
    /// When it applies.
    pub conditions: Conditions,
    /// What it demands of the sign-in.
    pub demand: Demand,
    /// What it does.
    pub effect: Effect,
}

/// What a rule does.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Refuses, with a message for the person.
    Deny(String),
    /// Gives.
    Give(Gift),
}

/// Whether a rule concerns a person in a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applies {
    /// No.
    No,
    /// Yes.
    Yes,
    /// It would, had the person signed in more strongly or more recently.
    After(StepUp),
}

impl Rule {
    /// All that is wrong with the rule by itself.
    #[must_use]
    pub fn faults(&self) -> Vec<RuleFault> {
        let mut faults = self.conditions.placeholder_faults();
        faults.extend(self.conditions.contradictions());
        match &self.effect {
            Effect::Deny(_) if !self.demand.is_empty() => faults.push(RuleFault::DenyWithDemand),
            Effect::Give(gift) => faults.extend(gift.faults()),
            Effect::Deny(_) => {}
        }
        faults
    }

    /// Whether the rule concerns this person in this meeting.
    #[must_use]
    pub fn applies(
        &self,
        person: &Person,
        request: &MeetingRequest,
        now: OffsetDateTime,
    ) -> Applies {
        self.applies_before(person, request, now, &mut Nobody)
    }

    /// The same, with somebody who hears of each condition on the way.
    pub(super) fn applies_before(
        &self,
        person: &Person,
        request: &MeetingRequest,
        now: OffsetDateTime,
        witness: &mut impl Witness,
    ) -> Applies {
        // Where nobody knows the groups, a refusal holds and what rests on not being in one does not: people may be able to
        // keep their groups from us, by the scope in an address that passes through their browser.
        let groups_are_open =
            matches!(self.effect, Effect::Deny(_)) && person.groups == Groups::Missing;
        let rests_on_absence =
            matches!(self.effect, Effect::Give(_)) && !self.conditions.unless_groups.is_empty();
        let known = !rests_on_absence || person.groups != Groups::Missing;
        let go_on = !rests_on_absence || witness.saw(Condition::KnownGroups, known);
        let held = go_on
            && self
                .conditions
                .hold(person, request, groups_are_open, witness);
        if !held || !known {
            return Applies::No;
        }
        match self.demand.lacking(person, now) {
            None => Applies::Yes,
            Some(lacking) => Applies::After(lacking),
        }
    }
}

impl Conditions {
    /// `groups` captures; what it does not capture, `rooms` does, if `all_groups` or `unless_groups` then use it.
    fn placeholder_faults(&self) -> Vec<RuleFault> {
        let mut faults = Vec::new();
        let own = |patterns: &[Pattern]| -> BTreeSet<String> {
            let names = patterns
                .iter()
                .flat_map(Pattern::placeholders)
                .filter(|name| !BUILT_IN.contains(name));
            names.map(str::to_owned).collect()
        };
        let (groups, rooms) = (own(&self.groups), own(&self.rooms));
        let users = [
            ("all_groups", own(&self.all_groups)),
            ("unless_groups", own(&self.unless_groups)),
        ];
        let in_every = |patterns: &[Pattern], name: &str| {
            patterns.iter().all(|p| p.placeholders().any(|n| n == name))
        };
        for (list, names) in &users {
            for name in names {
                if groups.contains(name) {
                    if !in_every(&self.groups, name) {
                        faults.push(RuleFault::SometimesUnfilled(name.clone(), list, "groups"));
                    }
                } else if !rooms.contains(name) {
                    faults.push(RuleFault::UnfilledPlaceholder(name.clone()));
                } else if !in_every(&self.rooms, name) {
                    faults.push(RuleFault::SometimesUnfilled(name.clone(), list, "rooms"));
                }
            }
        }
        let used = |name: &String| users.iter().any(|(_, names)| names.contains(name));
        faults.extend(
            rooms
                .iter()
                .filter(|name| !groups.contains(*name) && !used(name))
                .cloned()
                .map(RuleFault::UnfilledPlaceholder),
        );
        let tenant_patterns = self.tenants.iter().filter_map(|tenant| match tenant {
            TenantPattern::Named(pattern) => Some(pattern),
            TenantPattern::None => None,
        });
        faults.extend(
            tenant_patterns
                .flat_map(Pattern::placeholders)
                .map(|name| RuleFault::PlaceholderInTenant(name.to_owned())),
        );
        faults
    }

    /// A literal group that is excluded cannot also be demanded, by name or as the only choice.
    fn contradictions(&self) -> Vec<RuleFault> {
        let excluded = |pattern: &&Pattern| {
            pattern.literal().is_some_and(|name| {
                self.unless_groups
                    .iter()
                    .any(|p| p.matches(name, &Bindings::new()))
            })
        };
        let every_choice = !self.groups.is_empty() && self.groups.iter().all(|p| excluded(&p));
        let choices = self.groups.iter().filter(|_| every_choice);
        let demanded = choices.chain(self.all_groups.iter().filter(excluded));
        demanded
            .filter_map(Pattern::literal)
            .map(|name| RuleFault::Contradiction(name.to_owned()))
            .collect()
    }
}
