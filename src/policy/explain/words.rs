//! What a condition asks for, and what the person and the meeting have, in words.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use serde_json::Value;
use time::OffsetDateTime;

use super::ConditionFinding;
use crate::identity::{Groups, Person};
use crate::meeting::MeetingRequest;
use crate::pattern::{Bindings, Pattern};
use crate::policy::conditions::{Condition, built_in};
use crate::policy::rule::{EmailDomain, Rule, TenantPattern, User};
use crate::policy::step_up::spoken;

/// Of a person's many groups, so many are told.
const MOST_TOLD: usize = 30;

/// One rule, looked at for one person in one meeting.
pub struct Teller<'a> {
    pub rule: &'a Rule,
    pub person: &'a Person,
    pub request: &'a MeetingRequest,
    pub now: OffsetDateTime,
}

impl Teller<'_> {
    /// A condition in words; nothing for one that the rule does not have.
    pub fn condition(&self, condition: Condition, holds: Option<bool>) -> Option<ConditionFinding> {
        let conditions = &self.rule.conditions;
        let finding = |key: &str, expected: String, found: String| {
            Some(ConditionFinding {
                condition: key.to_owned(),
                holds,
                expected,
                found,
            })
        };
        let has = self.person;
        match condition {
            Condition::Providers if !conditions.providers.is_empty() => {
                let expected = one_of(&conditions.providers);
                finding("providers", expected, quoted(&has.provider))
            }
            Condition::Tenants if !conditions.tenants.is_empty() => {
                let tenant = self.request.tenant.as_ref();
                let found = tenant.map_or_else(|| "no tenant".to_owned(), quoted);
                finding("tenants", any(&conditions.tenants), found)
            }
            Condition::Users if !conditions.users.is_empty() => {
                finding("users", one_of(&conditions.users), self.names())
            }
            Condition::EmailDomains if !conditions.email_domains.is_empty() => {
                let expected = one_of(&conditions.email_domains);
                finding("email_domains", expected, self.email())
            }
            Condition::Claim(at) => {
                let (path, values) = conditions.claims.get(at)?;
                let found = path.find(&has.claims);
                let found = found.map_or_else(|| "no such claim".to_owned(), Value::to_string);
                let expected = values.iter().map(Value::to_string).collect::<Vec<_>>();
                finding(&format!("claims.{path}"), expected.join(" or "), found)
            }
            Condition::KnownGroups => {
                let found = match (&has.groups, holds) {
                    (Groups::Missing, _) => "no groups claim came",
                    _ => "they are known",
                };
                let expected = "known groups, for a rule with unless_groups that gives something";
                // Said only where it matters.
                (holds == Some(false))
                    .then(|| finding("unless_groups", expected.to_owned(), found.to_owned()))?
            }
            Condition::Groups if !conditions.groups.is_empty() => {
                finding("groups", one_of(&conditions.groups), self.groups())
            }
            Condition::Rooms if !conditions.rooms.is_empty() => {
                let room = quoted(&self.request.room.readable());
                finding("rooms", self.resolved(&conditions.rooms), room)
            }
            Condition::AllGroups if !conditions.all_groups.is_empty() => {
                let all: Vec<String> = conditions.all_groups.iter().map(quoted).collect();
                finding("all_groups", all.join(" and "), self.groups())
            }
            Condition::UnlessGroups if !conditions.unless_groups.is_empty() => {
                let expected = format!("none of {}", one_of(&conditions.unless_groups));
                finding("unless_groups", expected, self.groups())
            }
            _ => None,
        }
    }

    /// Whether a condition holds that was not come to, where that is clear without the one before it.
    pub fn without_the_one_before(&self, condition: Condition) -> Option<bool> {
        let conditions = &self.rule.conditions;
        match condition {
            Condition::Rooms if !conditions.room_could_be(self.person, self.request) => Some(false),
            Condition::Rooms => {
                let caught = conditions.caught_by_groups();
                let hangs = |pattern: &Pattern| pattern.placeholders().any(|n| caught.contains(n));
                (!conditions.rooms.iter().any(hangs)).then_some(true)
            }
            Condition::AllGroups => self
                .plain(&conditions.all_groups)
                .map(|mut held| held.all(|held| held)),
            Condition::UnlessGroups => self
                .plain(&conditions.unless_groups)
                .map(|mut held| !held.any(|held| held)),
            _ => None,
        }
    }

    /// Whether the person is in each of these, where no placeholder stands in any.
    fn plain<'a>(&'a self, patterns: &'a [Pattern]) -> Option<impl Iterator<Item = bool> + 'a> {
        let open = |pattern: &Pattern| pattern.placeholders().next().is_some();
        let known = Bindings::new();
        let is_in = move |pattern: &Pattern| {
            self.person
                .groups
                .iter()
                .any(|group| pattern.matches(group, &known))
        };
        let decided = self.person.groups != Groups::Missing && !patterns.iter().any(open);
        decided.then(|| patterns.iter().map(is_in))
    }

    /// What the rule demands of the sign-in.
    pub fn demands(&self) -> Vec<ConditionFinding> {
        let (demand, person) = (&self.rule.demand, self.person);
        let lacking = demand.lacking(person, self.now).unwrap_or_default();
        let mut all = Vec::new();
        if !demand.acr.is_empty() {
            all.push(ConditionFinding {
                condition: "acr".to_owned(),
                holds: Some(lacking.acr.is_empty()),
                expected: one_of(&demand.acr),
                found: if person.acr.is_empty() {
                    "no acr".to_owned()
                } else {
                    list(&person.acr)
                },
            });
        }
        if let Some(most) = demand.max_age {
            let found = match person.auth_time {
                Some(at) => {
                    let age = self.now.unix_timestamp().saturating_sub(at);
                    match age {
                        ..0 => "a sign-in that is still to come".to_owned(),
                        _ => format!("a sign-in {} ago", spoken(time::Duration::seconds(age))),
                    }
                }
                None => "nobody knows when (no auth_time)".to_owned(),
            };
            all.push(ConditionFinding {
                condition: "max_auth_age".to_owned(),
                holds: Some(lacking.max_age.is_none()),
                expected: format!("a sign-in at most {} ago", spoken(most)),
                found,
            });
        }
        all
    }

    fn groups(&self) -> String {
        match &self.person.groups {
            Groups::Known(names) if names.is_empty() => "no groups".to_owned(),
            Groups::Known(names) => list(names),
            Groups::NotSent => "no groups (no groups claim came, which means none)".to_owned(),
            Groups::Missing => "no groups claim came".to_owned(),
        }
    }

    fn names(&self) -> String {
        let person = self.person;
        let mut names = vec![quoted(&User::Subject(person.subject.clone()))];
        let username = person.username.clone().map(User::Username);
        names.extend(username.as_ref().map(quoted));
        if person.email.is_some() {
            names.push(format!("e-mail {}", self.email()));
        }
        names.join(", ")
    }

    fn email(&self) -> String {
        match &self.person.email {
            None => "no e-mail address".to_owned(),
            Some(email) if email.verified => quoted(&email.address),
            Some(email) => format!("{}, which nobody has verified", quoted(&email.address)),
        }
    }

    /// Room patterns, with what the person's groups put in for placeholders.
    fn resolved(&self, patterns: &[Pattern]) -> String {
        let known = built_in(self.person, self.request);
        let ways = self.rule.conditions.ways(self.person, known.clone());
        let written = one_of(patterns);
        let placeholders: BTreeSet<&str> =
            patterns.iter().flat_map(Pattern::placeholders).collect();
        if placeholders.is_empty() {
            return written;
        }
        let filled = |way: &Bindings| {
            let filled = placeholders.iter().filter_map(|name| {
                let value = way.get(*name)?;
                Some(format!("{{{name}}} = {}", quoted(&readable(value))))
            });
            filled.collect::<Vec<_>>().join(" and ")
        };
        let mut ways: Vec<String> = ways.iter().map(filled).collect();
        if ways.is_empty() {
            ways.push(filled(&known));
        }
        ways.retain(|way| !way.is_empty());
        ways.dedup();
        if ways.is_empty() {
            return format!("{written}, and nothing fills the placeholder");
        }
        let more = ways.len().saturating_sub(MOST_TOLD);
        ways.truncate(MOST_TOLD);
        let and_more = match more {
            0 => String::new(),
            more => format!(" or {more} more"),
        };
        format!("{written}, with {}{and_more}", ways.join(" or "))
    }
}

/// A part of a room's name as people would write it.
pub fn readable(part: &str) -> String {
    percent_encoding::percent_decode_str(part)
        .decode_utf8_lossy()
        .into_owned()
}

fn quoted(text: &impl Display) -> String {
    format!("\"{text}\"")
}

fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.into_iter().map(quoted).collect();
    match names.get(..MOST_TOLD) {
        Some(first) if names.len() > MOST_TOLD => {
            format!("{} and {} more", first.join(", "), names.len() - MOST_TOLD)
        }
        _ => names.join(", "),
    }
}

/// Alternatives, each in quotes.
pub fn one_of(choices: &[impl Display]) -> String {
    let choices: Vec<String> = choices.iter().map(quoted).collect();
    choices.join(" or ")
}

fn any(choices: &[impl Display]) -> String {
    let choices: Vec<String> = choices.iter().map(ToString::to_string).collect();
    choices.join(" or ")
}

impl fmt::Display for TenantPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no tenant"),
            Self::Named(pattern) => write!(f, "\"{pattern}\""),
        }
    }
}

impl fmt::Display for User {
    /// As a rule writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(subject) => write!(f, "sub:{subject}"),
            Self::Username(name) => write!(f, "username:{name}"),
            Self::Email(address) => write!(f, "email:{address}"),
        }
    }
}

impl fmt::Display for EmailDomain {
    /// As a rule writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(name) => f.write_str(name),
            Self::Below(suffix) => write!(f, "*{suffix}"),
        }
    }
}
