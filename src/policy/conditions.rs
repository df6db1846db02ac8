//! The conditions of a rule: what each asks, and whether it holds.
//!
//! Conditions within a rule must all hold; the values in one list are alternatives; an empty list is no condition. There is
//! one evaluation: [`decide`](super::decide()) takes its result, and [`explain`](super::explain) hears of each condition on
//! the way.

use std::collections::BTreeSet;

use serde_json::Value;

pub use super::email_domain::EmailDomain;
use super::email_domain::verified_email;
use crate::identity::{ClaimPath, Groups, Person};
use crate::meeting::MeetingRequest;
use crate::meeting::room::as_in_a_room;
use crate::pattern::{Bindings, Pattern};

/// The placeholders that need no capture: who one is, and where one goes.
pub(super) const BUILT_IN: [&str; 2] = ["username", "tenant"];

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

/// One condition of a rule, by what it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// `providers`
    Providers,
    /// `tenants`
    Tenants,
    /// `users`
    Users,
    /// `email_domains`
    EmailDomains,
    /// `claims`, the one at this place.
    Claim(usize),
    /// The groups are known, for a rule that gives something to those who are not in some.
    KnownGroups,
    /// `groups`
    Groups,
    /// `rooms`
    Rooms,
    /// `all_groups`
    AllGroups,
    /// `unless_groups`
    UnlessGroups,
}

/// Hears of each condition of a rule as it is looked at.
pub trait Witness {
    /// Whether it held. Says whether to look at the rest all the same, where it did not and the outcome is clear.
    fn saw(&mut self, condition: Condition, held: bool) -> bool;
}

/// Nobody listens: the outcome alone counts.
pub struct Nobody;

impl Witness for Nobody {
    fn saw(&mut self, _: Condition, held: bool) -> bool {
        held
    }
}

/// How far the best way to fill the placeholders came. What ties conditions together is tried in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    /// In none of `groups`.
    Nothing,
    /// In one of `groups`, and the room is none of `rooms`.
    Groups,
    /// … and it is, and some group of `all_groups` is lacking.
    Rooms,
    /// … and none is lacking, and one of `unless_groups` is there.
    AllGroups,
    /// All hold.
    Everything,
}

impl Conditions {
    /// Whether all hold. `groups_are_open`: the person may be in any group.
    pub(super) fn hold(
        &self,
        person: &Person,
        request: &MeetingRequest,
        groups_are_open: bool,
        witness: &mut impl Witness,
    ) -> bool {
        let mut all = true;
        let mut see = |condition, held: bool| {
            all &= held;
            witness.saw(condition, held)
        };
        let claims = || self.claims.iter().enumerate();
        let go_on = see(
            Condition::Providers,
            any_or_none(&self.providers, |name| *name == person.provider),
        ) && see(
            Condition::Tenants,
            any_or_none(&self.tenants, |tenant| tenant.is(request)),
        ) && see(
            Condition::Users,
            any_or_none(&self.users, |user| user.is(person)),
        ) && see(
            Condition::EmailDomains,
            any_or_none(&self.email_domains, |domain| domain.holds(person)),
        ) && claims().all(|(at, (path, values))| {
            let held = claim_is(path.find(&person.claims), values);
            see(Condition::Claim(at), held)
        });
        if go_on {
            let reached = self.reached(person, request, groups_are_open);
            // What was not come to is not told: it hangs on what came before.
            let _ = see(Condition::Groups, reached >= Reached::Groups)
                && see(Condition::Rooms, reached >= Reached::Rooms)
                && see(Condition::AllGroups, reached >= Reached::AllGroups)
                && see(Condition::UnlessGroups, reached == Reached::Everything);
        }
        all
    }

    /// The conditions that placeholders tie together: there is one way to fill them in which all hold.
    fn reached(&self, person: &Person, request: &MeetingRequest, groups_are_open: bool) -> Reached {
        if self.ties_nothing() {
            return self.reached_alone(person, request, groups_are_open);
        }
        let known = built_in(person, request);
        let caught_by_groups = self.caught_by_groups();
        let caught_by_rooms = |name: &str| {
            (groups_are_open || !caught_by_groups.contains(name)) && !BUILT_IN.contains(&name)
        };

        let ways = if groups_are_open {
            vec![known]
        } else {
            self.ways(person, known)
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
        let in_group = |pattern: &Pattern, way: &Bindings| is_in(person, pattern, way);
        let mut furthest = Reached::Nothing;
        for way in ways {
            furthest = furthest.max(Reached::Groups);
            for way in in_room(way) {
                let in_all = self.all_groups.iter().all(|p| in_group(p, &way));
                let excluded = || self.unless_groups.iter().any(|p| in_group(p, &way));
                furthest = furthest.max(match in_all || groups_are_open {
                    false => Reached::Rooms,
                    true if excluded() => Reached::AllGroups,
                    true => return Reached::Everything,
                });
            }
        }
        furthest
    }

    /// Whether there is no placeholder to tie conditions together.
    fn ties_nothing(&self) -> bool {
        let lists = [
            &self.groups,
            &self.rooms,
            &self.all_groups,
            &self.unless_groups,
        ];
        let mut patterns = lists.into_iter().flatten();
        patterns.all(|pattern| pattern.placeholders().next().is_none())
    }

    /// The same where each condition stands alone: most rules are so, and there is nothing to be remembered.
    fn reached_alone(
        &self,
        person: &Person,
        request: &MeetingRequest,
        groups_are_open: bool,
    ) -> Reached {
        let none = Bindings::new();
        let room = request.room.as_str();
        let in_group = |pattern: &Pattern| is_in(person, pattern, &none);
        if !groups_are_open && !any_or_none(&self.groups, in_group) {
            Reached::Nothing
        } else if !any_or_none(&self.rooms, |pattern| pattern.matches(room, &none)) {
            Reached::Groups
        } else if !groups_are_open && !self.all_groups.iter().all(in_group) {
            Reached::Rooms
        } else if self.unless_groups.iter().any(in_group) {
            Reached::AllGroups
        } else {
            Reached::Everything
        }
    }

    /// What the person's groups fill the placeholders with: one way at least, or they are in none of `groups`.
    pub(super) fn ways(&self, person: &Person, known: Bindings) -> Vec<Bindings> {
        if self.groups.is_empty() {
            return vec![known];
        }
        let groups = || person.groups.iter();
        let by_pattern = |pattern: &Pattern| {
            groups()
                .flat_map(|g| pattern.captures(g, &known, |n| !BUILT_IN.contains(&n)))
                .collect::<Vec<_>>()
        };
        let ways: BTreeSet<Bindings> = self.groups.iter().flat_map(by_pattern).collect();
        ways.into_iter().collect()
    }

    /// Whether the room could be one of `rooms`, were the person in the right groups.
    pub(super) fn room_could_be(&self, person: &Person, request: &MeetingRequest) -> bool {
        let known = built_in(person, request);
        any_or_none(&self.rooms, |pattern| {
            let caught = pattern.captures(request.room.as_str(), &known, |name| {
                !BUILT_IN.contains(&name)
            });
            !caught.is_empty()
        })
    }

    /// The placeholders that `groups` catches.
    pub(super) fn caught_by_groups(&self) -> BTreeSet<&str> {
        self.groups
            .iter()
            .flat_map(Pattern::placeholders)
            .filter(|name| !BUILT_IN.contains(name))
            .collect()
    }
}

/// What the placeholders stand for that need no capture.
pub(super) fn built_in(person: &Person, request: &MeetingRequest) -> Bindings {
    let username = person.username.as_deref();
    let username = username.map(|name| as_in_a_room(name).into_owned());
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

/// Whether one of the person's groups is meant. One that is named in full is not looked for among all.
fn is_in(person: &Person, pattern: &Pattern, way: &Bindings) -> bool {
    match (pattern.literal(), &person.groups) {
        (Some(name), Groups::Known(groups)) => groups.contains(name),
        _ => person
            .groups
            .iter()
            .any(|group| pattern.matches(group, way)),
    }
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
