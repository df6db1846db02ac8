//! Where rules are filed: each under one condition that it cannot do without, by the values that the condition names.
//!
//! A rule that is not found by its values cannot apply. Whether one that is found does is not asked here:
//! [`Rule::applies`] alone says so.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde_json::Value;

use super::Rule;
use super::conditions::{Conditions, EmailDomain, TenantPattern, User};
use super::email_domain::verified_email;
use super::rule::Effect;
use crate::identity::{ClaimPath, Groups, Person};
use crate::meeting::MeetingRequest;
use crate::pattern::Pattern;

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Facet {
    /// One of the person's groups, for a rule that gives.
    Group,
    /// One of the person's groups, for a rule that refuses: where nobody knows the groups, it may be any.
    RefusedGroup,
    /// The room's name.
    Room,
    /// How the room's name begins.
    RoomBeginning,
    Subject,
    Username,
    /// The verified address.
    Email,
    /// The verified address's domain.
    EmailDomain,
    /// How that domain ends, a dot first.
    EmailDomainEnd,
    /// The tenant, or nothing for a room without one.
    Tenant,
    Provider,
    /// A text at this place in the claims.
    Claim(ClaimPath),
}

/// A value that a condition names.
type Key = (Facet, String);

/// Rules by their place in the policy, under each value that they are found by.
type Drawer = BTreeMap<String, Vec<usize>>;

/// Where rules are filed.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    drawers: BTreeMap<Facet, Drawer>,
    /// Those without a condition that names its values.
    always: Vec<usize>,
}

impl Index {
    /// Files each rule under the condition whose most common value the fewest rules name.
    pub(super) fn of(rules: &[Rule]) -> Self {
        let choices: Vec<Vec<Vec<Key>>> = rules.iter().map(necessary).collect();
        let mut common: BTreeMap<&Key, usize> = BTreeMap::new();
        for key in choices.iter().flatten().flatten() {
            *common.entry(key).or_default() += 1;
        }
        let crowd = |keys: &&Vec<Key>| keys.iter().filter_map(|key| common.get(key)).max().copied();
        let mut index = Self::default();
        for (at, choices) in choices.iter().enumerate() {
            match choices.iter().min_by_key(crowd) {
                Some(keys) => index.file(at, keys),
                None => index.always.push(at),
            }
        }
        index
    }

    fn file(&mut self, at: usize, keys: &[Key]) {
        for (facet, value) in keys {
            let drawer = self.drawers.entry(facet.clone()).or_default();
            drawer.entry(value.clone()).or_default().push(at);
        }
    }

    /// The places of all rules that can apply, in order, each once.
    pub(super) fn find(&self, person: &Person, request: &MeetingRequest) -> Vec<usize> {
        let mut found = self.always.clone();
        for (facet, drawer) in &self.drawers {
            let mut take = |value: &str| found.extend(drawer.get(value).into_iter().flatten());
            match facet {
                Facet::RefusedGroup if person.groups == Groups::Missing => {
                    found.extend(drawer.values().flatten());
                }
                Facet::Group | Facet::RefusedGroup => in_both(drawer, &person.groups, take),
                Facet::Room => take(request.room.as_str()),
                Facet::RoomBeginning => beginnings(request.room.as_str()).for_each(take),
                Facet::Subject => take(&person.subject),
                Facet::Username => person.username.as_deref().into_iter().for_each(take),
                Facet::Email => verified_email(person).as_deref().into_iter().for_each(take),
                Facet::EmailDomain | Facet::EmailDomainEnd => {
                    let address = verified_email(person);
                    let Some((_, domain)) = address.as_deref().and_then(|a| a.rsplit_once('@'))
                    else {
                        continue;
                    };
                    match facet {
                        Facet::EmailDomain => take(domain),
                        _ => ends(domain).for_each(take),
                    }
                }
                Facet::Tenant => take(request.tenant.as_ref().map_or("", |name| name.as_str())),
                Facet::Provider => take(&person.provider),
                Facet::Claim(path) => match path.find(&person.claims) {
                    Some(Value::Array(entries)) => {
                        entries.iter().filter_map(Value::as_str).for_each(take);
                    }
                    Some(value) => value.as_str().into_iter().for_each(take),
                    None => {}
                },
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Every value that is in both: from each to the next that the other may have, for either may be long.
fn in_both(drawer: &Drawer, groups: &Groups, mut take: impl FnMut(&str)) {
    let Groups::Known(groups) = groups else {
        return;
    };
    let mut group = groups.first();
    while let Some(name) = group {
        let from = (Bound::Included(name.as_str()), Bound::Unbounded);
        let Some((value, _)) = drawer.range::<str, _>(from).next() else {
            return;
        };
        let mut next = (Bound::Included(value.as_str()), Bound::Unbounded);
        if value == name {
            take(name);
            next.0 = Bound::Excluded(value.as_str());
        }
        group = groups.range::<str, _>(next).next();
    }
}

/// How a text begins: with its first character, its first two …, and all of it.
fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.filter_map(|end| text.get(..end))
}

/// How a domain ends, from each of its dots on.
fn ends(domain: &str) -> impl Iterator<Item = &str> {
    let dots = domain.match_indices('.');
    dots.filter_map(|(at, _)| domain.get(at..))
}

/// The conditions that the rule cannot apply without and that name their values: for each all the values, one of which
/// there must be.
fn necessary(rule: &Rule) -> Vec<Vec<Key>> {
    let Conditions {
        groups,
        all_groups,
        unless_groups: _,
        users,
        email_domains,
        claims,
        tenants,
        providers,
        rooms,
    } = &rule.conditions;
    let group = |pattern: &Pattern| {
        let facet = match rule.effect {
            Effect::Deny(_) => Facet::RefusedGroup,
            Effect::Give(_) => Facet::Group,
        };
        Some((facet, pattern.literal()?.to_owned()))
    };
    let provider = |name: &String| Some((Facet::Provider, name.clone()));
    let mut all = vec![
        keys(groups, group),
        keys(users, |one| Some(user(one))),
        keys(email_domains, email_domain),
        keys(tenants, tenant),
        keys(providers, provider),
        keys(rooms, room),
    ];
    all.extend(all_groups.iter().map(|one| group(one).map(|key| vec![key])));
    all.extend(claims.iter().map(|(path, values)| {
        let text = |value: &Value| Some((Facet::Claim(path.clone()), value.as_str()?.to_owned()));
        keys(values, text)
    }));
    all.into_iter().flatten().collect()
}

/// All values of a condition; nothing where there is none, or where one of them stands for more than can be named.
fn keys<T>(values: &[T], key: impl Fn(&T) -> Option<Key>) -> Option<Vec<Key>> {
    let keys: Option<Vec<Key>> = values.iter().map(key).collect();
    keys.filter(|keys| !keys.is_empty())
}

fn user(user: &User) -> Key {
    match user {
        User::Subject(subject) => (Facet::Subject, subject.clone()),
        User::Username(name) => (Facet::Username, name.clone()),
        User::Email(address) => (Facet::Email, address.clone()),
    }
}

fn email_domain(domain: &EmailDomain) -> Option<Key> {
    match domain {
        EmailDomain::Exactly(name) => Some((Facet::EmailDomain, name.clone())),
        EmailDomain::Below(end) if end.starts_with('.') => {
            Some((Facet::EmailDomainEnd, end.clone()))
        }
        EmailDomain::Below(_) => None,
    }
}

fn tenant(tenant: &TenantPattern) -> Option<Key> {
    let name = match tenant {
        TenantPattern::None => "",
        TenantPattern::Named(pattern) => pattern.literal()?,
    };
    Some((Facet::Tenant, name.to_owned()))
}

fn room(pattern: &Pattern) -> Option<Key> {
    match pattern.literal() {
        Some(name) => Some((Facet::Room, name.to_owned())),
        None => Some((Facet::RoomBeginning, pattern.beginning()?.to_owned())),
    }
}
