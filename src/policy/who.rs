//! Who gets what in one room: the rules read from the room's side.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::conditions::BUILT_IN;
use super::explain::words::readable;
use super::rule::{Conditions, Effect, Rule};
use super::step_up::spoken;
use super::{Fallback, Policy};
use crate::meeting::MeetingRequest;
use crate::pattern::{Bindings, Pattern};

/// Who gets what in one room.
#[derive(Debug, Serialize)]
pub struct RoomView {
    /// Why nobody comes into it, whatever rules say; all else is empty then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'static str>,
    /// The providers whose people may come into it at all.
    pub providers: Vec<String>,
    /// The rules that concern it.
    pub rules: Vec<RuleView>,
    /// The names of the rules that do not.
    pub not_here: Vec<String>,
    /// What becomes of everybody to whom no rule gives a role: `deny` or `participant`.
    pub default: &'static str,
}

/// One rule, as it reads in the room.
#[derive(Debug, Serialize)]
pub struct RuleView {
    /// Its name.
    pub rule: String,
    /// What it does.
    pub effect: String,
    /// Refuses rather than gives.
    pub denies: bool,
    /// Whom it concerns: one of these, each a list of what must hold together. None: everybody.
    pub who: Vec<Vec<String>>,
}

impl Policy {
    /// Who gets what in a room.
    #[must_use]
    pub fn who(&self, request: &MeetingRequest) -> RoomView {
        let (mut rules, mut not_here) = (Vec::new(), Vec::new());
        for rule in &self.rules {
            match view(rule, request) {
                Some(view) => rules.push(view),
                None => not_here.push(rule.name.clone()),
            }
        }
        // Refusals first: they beat all others.
        rules.sort_by_key(|rule| !rule.denies);
        let providers = self.entrances.providers(request);
        RoomView {
            refused: None,
            providers: providers.into_iter().map(str::to_owned).collect(),
            rules,
            not_here,
            default: self.default.name(),
        }
    }
}

impl RoomView {
    /// A room into which nobody comes, and why.
    #[must_use]
    pub fn of_nobody(why: &'static str) -> Self {
        Self {
            refused: Some(why),
            providers: Vec::new(),
            rules: Vec::new(),
            not_here: Vec::new(),
            default: Fallback::Deny.name(),
        }
    }
}

/// The rule in this room; nothing when it is not about it.
fn view(rule: &Rule, request: &MeetingRequest) -> Option<RuleView> {
    let conditions = &rule.conditions;
    let in_tenant = |tenant: &super::rule::TenantPattern| tenant.is(request);
    if !conditions.tenants.is_empty() && !conditions.tenants.iter().any(in_tenant) {
        return None;
    }
    let mut who: Vec<Vec<String>> = Vec::new();
    for way in ways(conditions, request) {
        if let Some(all) = demands(rule, &way)
            && !who.contains(&all)
        {
            who.push(all);
        }
    }
    if who.is_empty() {
        return None;
    }
    // Where one way asks for nothing, the others are no matter.
    if who.iter().any(Vec::is_empty) {
        who.clear();
    }
    Some(RuleView {
        rule: rule.name.clone(),
        effect: rule.effect.to_string(),
        denies: matches!(rule.effect, Effect::Deny(_)),
        who,
    })
}

/// What the room fills the placeholders with; nothing when it is none of the rule's rooms.
fn ways(conditions: &Conditions, request: &MeetingRequest) -> BTreeSet<Bindings> {
    let known: Bindings = request
        .tenant
        .iter()
        .map(|tenant| ("tenant".to_owned(), tenant.to_string()))
        .collect();
    if conditions.rooms.is_empty() {
        return BTreeSet::from([known]);
    }
    let room = request.room.as_str();
    // Whoever has the right name: all but the tenant's is open from the room's side.
    let open = |name: &str| name != "tenant";
    let rooms = conditions.rooms.iter();
    rooms
        .flat_map(|pattern| pattern.captures(room, &known, open))
        .collect()
}

/// What must hold of a person, the room given; nothing when it can hold of nobody.
fn demands(rule: &Rule, way: &Bindings) -> Option<Vec<String>> {
    let conditions = &rule.conditions;
    let groups = names(&conditions.groups, way);
    let each = names(&conditions.all_groups, way);
    if groups.is_empty() != conditions.groups.is_empty() || each.len() < conditions.all_groups.len()
    {
        return None;
    }
    let mut all = Vec::new();
    let one = |choices: Vec<String>, what: &str, whats: &str| match choices.as_slice() {
        [] => None,
        [only] => Some(format!("{what} {only}")),
        several => Some(format!("{whats} {}", several.join(" or "))),
    };
    all.extend(one(groups, "group", "one of the groups"));
    all.extend((!each.is_empty()).then(|| format!("all the groups {}", each.join(" and "))));
    let none = names(&conditions.unless_groups, way);
    all.extend((!none.is_empty()).then(|| format!("not in {}", none.join(" or "))));
    let username = way.get("username");
    all.extend(username.map(|name| format!("username {:?}", readable(name))));
    let users = conditions
        .users
        .iter()
        .map(|user| format!("{:?}", user.to_string()));
    all.extend(one(users.collect(), "user", "one of the users"));
    let domains = conditions.email_domains.iter();
    let domains = domains.map(|domain| format!("{:?}", domain.to_string()));
    let domains = one(domains.collect(), "in the domain", "in one of the domains");
    all.extend(domains.map(|said| format!("a verified e-mail address {said}")));
    all.extend(conditions.claims.iter().map(|(path, values)| {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        format!("claim {path} = {}", values.join(" or "))
    }));
    let providers = conditions.providers.iter().map(|name| format!("{name:?}"));
    all.extend(one(providers.collect(), "provider", "one of the providers"));
    let acr = rule.demand.acr.iter().map(|acr| format!("{acr:?}"));
    let acr = one(acr.collect(), "acr", "one of the acr");
    all.extend(
        acr.map(|said| format!("signed in with {said} (else: back to the provider for it)")),
    );
    all.extend(rule.demand.max_age.map(|age| {
        format!(
            "signed in at most {} ago (else: back to the provider)",
            spoken(age)
        )
    }));
    Some(all)
}

/// Group patterns with what the room fills in. One that asks for a tenant where there is none matches no group.
fn names(patterns: &[Pattern], way: &Bindings) -> Vec<String> {
    let filled = patterns
        .iter()
        .map(|pattern| pattern.with(&people_write(way)));
    let can_match = |pattern: &Pattern| pattern.placeholders().all(|name| name != "tenant");
    let names = filled.filter(can_match).map(|pattern| {
        let filled = pattern.to_string();
        let open: Vec<&str> = pattern
            .placeholders()
            .filter(|name| !BUILT_IN.contains(name))
            .collect();
        if open.is_empty() {
            format!("{filled:?}")
        } else {
            format!("{filled:?} (any {})", open.join(", "))
        }
    });
    names.collect()
}

/// What a room's name has as people write it: a group's name is made into that before the two are compared.
fn people_write(way: &Bindings) -> Bindings {
    let written = way.iter();
    written
        .map(|(name, value)| (name.clone(), readable(value)))
        .collect()
}

impl fmt::Display for RoomView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = self.refused {
            return write!(f, "everybody: denied: {why}");
        }
        writeln!(f, "People of the provider {}", self.providers.join(", "))?;
        for rule in &self.rules {
            write!(f, "{rule}")?;
        }
        let rest = match self.default {
            "deny" => "denied",
            other => other,
        };
        write!(f, "everybody else: {rest} (policy.default)")?;
        if !self.not_here.is_empty() {
            let names: Vec<String> = self
                .not_here
                .iter()
                .map(|name| format!("{name:?}"))
                .collect();
            write!(f, "\nnot about this room: {}", names.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for RuleView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?} {}", self.rule, self.effect)?;
        if self.who.is_empty() {
            return writeln!(f, "    everybody");
        }
        for all in &self.who {
            writeln!(f, "    {}", all.join("; and "))?;
        }
        Ok(())
    }
}
