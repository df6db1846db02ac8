//! One rule: conditions that must all hold, and what it then gives or refuses.
//!
//! Conditions within a rule must all hold; the values in one list are alternatives; an empty list is no condition.

use std::collections::BTreeSet;

use serde_json::Value;
use time::OffsetDateTime;

pub use super::email_domain::EmailDomain;
use super::email_domain::verified_email;
use super::fault::RuleFault;
pub use super::gift::Gift;
use super::step_up::{Demand, StepUp};
use crate::identity::{ClaimPath, Groups, Person};
use crate::meeting::MeetingRequest;
use crate::pattern::{Bindings, Pattern, as_in_a_room};

/// The placeholders that need no capture: who one is, and where one goes.
const BUILT_IN: [&str; 2] = ["username", "tenant"];

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

/// When a rule applies.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// The person is in one of these groups.
    pub groups: Vec<Pattern>,
    /// The person is in each of these groups.
    pub all_groups: Vec<Pattern>,
    /// The person is in none of these groups.
    pub unless_groups: Vec<Pattern>,
    /// The person is one of these.
    pub users: Vec<User>,
    /// The person's verified e-mail address is in one of these domains.
    pub email_domains: Vec<EmailDomain>,
    /// Each claim has one of its values, or is a list with one of them in it.
    pub claims: Vec<(ClaimPath, Vec<Value>)>,
    /// The room belongs to one of these tenants.
    pub tenants: Vec<TenantPattern>,
    /// The person signed in at one of these providers.
    pub providers: Vec<String>,
    /// The room is one of these.
    pub rooms: Vec<Pattern>,
}

/// Somebody in particular.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// By the provider's `sub`.
    Subject(String),
    /// By the name one signs in with.
    Username(String),
    /// By a verified e-mail address, in lower case.
    Email(String),
}

/// A tenant, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantPattern {
    /// A room without a tenant.
    None,
    /// A room of a matching tenant.
    Named(Pattern),
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
        // Where nobody knows the groups, a refusal holds and what rests on not being in one does not: people may be able to
        // keep their groups from us, by the scope in an address that passes through their browser.
        let groups_are_open =
            matches!(self.effect, Effect::Deny(_)) && person.groups == Groups::Missing;
        let rests_on_absence =
            matches!(self.effect, Effect::Give(_)) && !self.conditions.unless_groups.is_empty();
        if rests_on_absence && person.groups == Groups::Missing {
            return Applies::No;
        }
        if !self.conditions.hold(person, request, groups_are_open) {
            return Applies::No;
        }
        match self.demand.lacking(person, now) {
            None => Applies::Yes,
            Some(lacking) => Applies::After(lacking),
        }
    }
}

impl Conditions {
    /// `groups_are_open`: the person may be in any group.
    fn hold(&self, person: &Person, request: &MeetingRequest, groups_are_open: bool) -> bool {
        any_or_none(&self.providers, |name| *name == person.provider)
            && any_or_none(&self.tenants, |tenant| tenant.is(request))
            && any_or_none(&self.users, |user| user.is(person))
            && any_or_none(&self.email_domains, |domain| domain.holds(person))
            && self
                .claims
                .iter()
                .all(|(path, values)| claim_is(path.find(&person.claims), values))
            && self.groups_and_rooms_hold(person, request, groups_are_open)
    }

    /// The conditions that placeholders tie together: there is one way to fill them in which all hold.
    fn groups_and_rooms_hold(
        &self,
        person: &Person,
        request: &MeetingRequest,
        groups_are_open: bool,
    ) -> bool {
        let known = built_in(person, request);
        let caught_by_groups = self.caught_by_groups();
        let caught_by_rooms = |name: &str| {
            (groups_are_open || !caught_by_groups.contains(name)) && !BUILT_IN.contains(&name)
        };

        let ways = if self.groups.is_empty() || groups_are_open {
            vec![known]
        } else {
            let groups = || person.groups.iter();
            let by_pattern = |pattern: &Pattern| {
                groups()
                    .flat_map(|g| pattern.captures(g, &known, |n| !BUILT_IN.contains(&n)))
                    .collect::<Vec<_>>()
            };
            let ways: BTreeSet<Bindings> = self.groups.iter().flat_map(by_pattern).collect();
            ways.into_iter().collect()
        };
        let room = request.room.as_str();
        let in_room = |way: Bindings| -> Vec<Bindings> {
            if self.rooms.is_empty() {
                return vec![way];
            }
            self.rooms
                .iter()
                .flat_map(|pattern| pattern.captures(room, &way, caught_by_rooms))
                .collect()
        };
        let in_group = |pattern: &Pattern, way: &Bindings| {
            person
                .groups
                .iter()
                .any(|group| pattern.matches(group, way))
        };
        ways.into_iter().flat_map(in_room).any(|way| {
            let in_all = self.all_groups.iter().all(|p| in_group(p, &way));
            (in_all || groups_are_open)
                && !self
                    .unless_groups
                    .iter()
                    .any(|pattern| in_group(pattern, &way))
        })
    }

    fn caught_by_groups(&self) -> BTreeSet<&str> {
        self.groups
            .iter()
            .flat_map(Pattern::placeholders)
            .filter(|name| !BUILT_IN.contains(name))
            .collect()
    }

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

fn built_in(person: &Person, request: &MeetingRequest) -> Bindings {
    let username = person.username.as_deref().map(as_in_a_room);
    let tenant = request.tenant.as_ref().map(ToString::to_string);
    BUILT_IN
        .into_iter()
        .zip([username, tenant])
        .filter_map(|(name, value)| {
            Some((name.to_owned(), value.filter(|value| !value.is_empty())?))
        })
        .collect()
}

fn any_or_none<T>(choices: &[T], holds: impl Fn(&T) -> bool) -> bool {
    choices.is_empty() || choices.iter().any(holds)
}

fn claim_is(claim: Option<&Value>, values: &[Value]) -> bool {
    match claim {
        Some(Value::Array(entries)) => entries.iter().any(|entry| values.contains(entry)),
        Some(value) => values.contains(value),
        None => false,
    }
}

impl User {
    fn is(&self, person: &Person) -> bool {
        match self {
            Self::Subject(subject) => *subject == person.subject,
            Self::Username(name) => person.username.as_ref() == Some(name),
            Self::Email(address) => {
                verified_email(person).is_some_and(|verified| verified == *address)
            }
        }
    }
}

impl TenantPattern {
    /// Whether it is the tenant of this meeting.
    #[must_use]
    pub fn is(&self, request: &MeetingRequest) -> bool {
        match (self, &request.tenant) {
            (Self::None, None) => true,
            (Self::Named(pattern), Some(tenant)) => {
                pattern.matches(tenant.as_str(), &Bindings::new())
            }
            _ => false,
        }
    }
}
