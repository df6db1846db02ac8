//! A file of policy tests: people by name, and what is expected of each in which rooms.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::ProviderConfig;
use super::reader::{Findings, Problems, Section};
use super::rules::Rules;
use super::shape::{Shape, as_json};
use super::source::{Node, Origin, parse_file};
use super::value::{FromNode, text};
use crate::admit::table::{Case, Expected, OUTCOMES};
use crate::identity::Person;
use crate::identity::imagined::Imagined;
use crate::meeting::{MeetingRequest, RoomName, Tenant};
use crate::policy::Feature;

/// Reads a file of policy tests: every row for each of its people and rooms.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn read(
    path: &str,
    text: &str,
    rules: &Rules,
    now: OffsetDateTime,
) -> Result<Vec<Case>, Problems> {
    let mut findings = Findings::default();
    let Some(tree) = parse_file(path, text, &mut findings.errors) else {
        return Err(findings.errors);
    };
    let mut root = Section::root(tree, &mut findings);
    let people = people(&mut root, rules.providers(), now);
    let names: BTreeSet<String> = rules.rule_names();
    let written = root.count("tests");
    let rows = root.each("tests", |row, origin| {
        read_row(row, origin, &people, &names)
    });
    if written == 0 {
        root.fault(
            "tests",
            None,
            "there are none: write a [[tests]] for each, with `people`, `rooms` and `expect`",
        );
    }
    root.finish();
    if findings.errors.is_empty() {
        Ok(rows.into_iter().flatten().collect())
    } else {
        Err(findings.errors)
    }
}

type People = BTreeMap<String, Option<Person>>;

fn people(root: &mut Section<'_>, providers: &[ProviderConfig], now: OffsetDateTime) -> People {
    let mut section = root.section("people");
    let mut all = People::new();
    for name in section.keys() {
        let person = read_person(section.section(&name), &name, providers, now);
        all.insert(name, person);
    }
    section.finish();
    all
}

fn read_person(
    mut section: Section<'_>,
    name: &str,
    providers: &[ProviderConfig],
    now: OffsetDateTime,
) -> Option<Person> {
    let subject = section.optional::<String>("subject");
    let username = section.or("username", name.to_owned());
    let shown = section.or("name", name.to_owned());
    let email = section.optional::<String>("email");
    let verified = section.or("email_verified", true);
    let groups = section.or::<Vec<String>>("groups", Vec::new());
    let groups_unknown = section.or("groups_unknown", false);
    let acr = section.or::<Vec<String>>("acr", Vec::new());
    let ago = section.optional::<Duration>("signed_in_ago");
    let claims = section.members("claims", Shape::Anything);
    let provider = provider(&mut section, providers);
    section.finish();
    let claims: Map<String, Value> = claims
        .iter()
        .map(|(name, node)| (name.clone(), as_json(node)))
        .collect();
    let verified = verified?;
    let imagined = Imagined {
        provider: provider?.name_and_issuer(),
        subject: subject?,
        username: Some(username?),
        name: Some(shown?),
        email: email?.map(|address| (address, verified)),
        groups: groups?.into_iter().collect(),
        groups_unknown: groups_unknown?,
        acr: acr?.into_iter().collect(),
        signed_in_ago: ago?,
        claims,
    };
    Some(imagined.person(now).0)
}

fn provider<'a>(
    section: &mut Section<'_>,
    all: &'a [ProviderConfig],
) -> Option<&'a ProviderConfig> {
    let origin = section.origin("provider");
    let wanted = section.optional::<String>("provider")?;
    let found = match (&wanted, all) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(name), _) => all.iter().find(|one| one.settings.name == *name),
    };
    if found.is_none() {
        let known: Vec<&str> = all.iter().map(|one| one.settings.name.as_str()).collect();
        let said = format!("say where they sign in: {}", known.join(", "));
        section.fault("provider", origin, said);
    }
    found
}

fn read_row(
    row: &mut Section<'_>,
    origin: &Origin,
    people: &People,
    rule_names: &BTreeSet<String>,
) -> Option<Vec<Case>> {
    let names = row.required::<Vec<String>>("people", "name those of [people] that are meant");
    let rooms = row.required::<Vec<Room>>("rooms", "name the rooms, such as [\"board-2026\"]");
    let tenant = row.optional::<TenantName>("tenant");
    let expected = expected(row, origin, rule_names);
    let (names, rooms) = (names?, rooms?);
    for (key, is_empty) in [("people", names.is_empty()), ("rooms", rooms.is_empty())] {
        if is_empty {
            row.fault(key, Some(origin.clone()), "an empty list tests nothing");
        }
    }
    let tenant = tenant?.map(|TenantName(tenant)| tenant);
    let expected = expected?;
    let mut cases = Vec::new();
    for name in names {
        let Some(person) = people.get(&name) else {
            let known: Vec<&str> = people.keys().map(String::as_str).collect();
            let said = format!(
                "nobody in [people] is called {name:?}; there are {}",
                known.join(", ")
            );
            row.fault("people", Some(origin.clone()), said);
            continue;
        };
        let Some(person) = person else { continue };
        cases.extend(rooms.iter().map(|Room(room)| Case {
            at: origin.to_string(),
            name: name.clone(),
            person: person.clone(),
            request: MeetingRequest::to(room.clone(), tenant.clone()),
            expected: expected.clone(),
        }));
    }
    Some(cases)
}

fn expected(
    row: &mut Section<'_>,
    origin: &Origin,
    rule_names: &BTreeSet<String>,
) -> Option<Expected> {
    let outcome = row.required::<Word>("expect", "write a role, \"denied\" or \"step-up\"");
    let features = row.or::<Vec<Feature>>("features", Vec::new());
    let without = row.or::<Vec<Feature>>("without_features", Vec::new());
    let rules = row.optional::<Vec<String>>("rules");
    let rules = rules?;
    let unknown = rules
        .iter()
        .flatten()
        .find(|name| !rule_names.contains(*name));
    if let Some(name) = unknown {
        let said = format!("no rule is called {name:?}");
        row.fault("rules", Some(origin.clone()), said);
    }
    Some(Expected {
        outcome: Some(outcome?.0),
        features: features?.into_iter().collect(),
        without_features: without?.into_iter().collect(),
        rules: rules.map(|rules| rules.into_iter().collect()),
    })
}

/// An expected outcome.
struct Word(&'static str);

impl FromNode for Word {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        let found = OUTCOMES.into_iter().find(|word| *word == text);
        found
            .map(Self)
            .ok_or_else(|| format!("expected one of {OUTCOMES:?}, found {text:?}"))
    }

    text!(Shape::Choice(OUTCOMES.to_vec()), word => word.0);
}

struct Room(RoomName);

impl FromNode for Room {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        let room = RoomName::parse(&text).map_err(|error| format!("{text:?}: {error}"));
        room.map(Self)
    }

    text!(room => room.0.readable());
}

struct TenantName(Tenant);

impl FromNode for TenantName {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        let tenant = Tenant::parse(&text).map_err(|error| format!("{text:?}: {error}"));
        tenant.map(Self)
    }

    text!(tenant => tenant.0.as_str());
}
