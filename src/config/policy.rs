//! `[policy]`: the rules.

use std::collections::BTreeSet;

use serde_json::Value;
use time::Duration;

use super::ProviderConfig;
use super::grants;
use super::reader::Section;
use super::shape::Shape;
use super::source::{Node, Origin, Raw};
use super::value::{FromNode, choice, entries, text};
use crate::identity::ClaimPath;
use crate::meeting::Tenant;
use crate::pattern::Pattern;
use crate::policy::entrance::Entrances;
use crate::policy::rule::{Conditions, Effect, EmailDomain, TenantPattern, User};
use crate::policy::{Demand, Fallback, Feature, Policy, Role, Rule};

/// Reads the policy for these providers, whose names rules may use.
pub fn read(mut section: Section<'_>, providers: Option<&[ProviderConfig]>) -> Option<Policy> {
    let provider_names: Option<Vec<String>> = providers.map(|all| {
        let names = all.iter().map(|provider| provider.settings.name.clone());
        names.collect()
    });
    let default_origin = section.origin("default");
    let default = section.or("default", Fallback::Deny);
    let everyday = [
        Feature::ScreenSharing,
        Feature::SendGroupchat,
        Feature::SendPrivateMessage,
        Feature::CreatePolls,
        Feature::LiveTranslationSubscribe,
    ];
    let everyday_features = section.or("everyday_features", everyday.to_vec());
    let written = section.count("rules");
    let mut names = BTreeSet::new();
    let rules = section.each("rules", |rule, origin| {
        let rule = read_rule(rule, origin, provider_names.as_deref())?;
        Some((rule, origin.clone()))
    });
    for (rule, origin) in &rules {
        if !names.insert(rule.name.clone()) {
            section.fault(
                "rules",
                Some(origin.clone()),
                format!(
                    "two rules are called {:?}: names tell rules apart in logs",
                    rule.name
                ),
            );
        }
    }
    let gives_a_role =
        |rule: &Rule| matches!(&rule.effect, Effect::Give(gift) if gift.role.is_some());
    let all_read = written == rules.len();
    if default == Some(Fallback::Deny)
        && all_read
        && !rules.iter().any(|(rule, _)| gives_a_role(rule))
    {
        section.fault("rules", default_origin, "nobody could ever join: write a [[policy.rules]] that gives a role, or default = \"participant\" to let in everybody who can sign in");
    }
    section.finish();
    let entrances = providers.map(|all| {
        let entrances = all.iter().map(|provider| provider.entrance.clone());
        entrances.collect()
    });
    Some(Policy {
        default: default?,
        everyday_features: everyday_features?.into_iter().collect(),
        always_name_features: false,
        entrances: Entrances::new(entrances.unwrap_or_default()),
        rules: rules.into_iter().map(|(rule, _)| rule).collect(),
    })
}

fn read_rule(
    section: &mut Section<'_>,
    origin: &Origin,
    providers: Option<&[String]>,
) -> Option<Rule> {
    let name = section.required::<String>(
        "name",
        "give the rule a name; it appears in logs and on pages",
    );
    let conditions = read_conditions(section, providers);
    let demand = read_demand(section);
    let effect = grants::read(section);
    let rule = Rule {
        name: name?,
        conditions: conditions?,
        demand: demand?,
        effect: effect?,
    };
    if rule.name.trim().is_empty() {
        section.fault(
            "name",
            Some(origin.clone()),
            "empty: give the rule a name; it appears in logs and on pages",
        );
    }
    for fault in rule.faults() {
        section.fault(
            "",
            Some(origin.clone()),
            format!("rule {:?}: {fault}", rule.name),
        );
    }
    Some(rule)
}

/// The shortest `max_auth_age`: the provider's clock and ours differ, and the way back takes its time.
const SHORTEST_AGE: Duration = Duration::MINUTE;

fn read_demand(section: &mut Section<'_>) -> Option<Demand> {
    let acr = nonempty(section, "acr");
    let origin = section.origin("max_auth_age");
    let max_age = section.optional::<Duration>("max_auth_age");
    if let Some(Some(age)) = max_age
        && age < SHORTEST_AGE
    {
        let said =
            "shorter than a minute: nobody could get from the provider into the room in time";
        section.fault("max_auth_age", origin, said);
        return None;
    }
    Some(Demand {
        acr: acr?,
        max_age: max_age?,
    })
}

fn read_conditions(section: &mut Section<'_>, providers: Option<&[String]>) -> Option<Conditions> {
    let groups = nonempty(section, "groups");
    let all_groups = nonempty(section, "all_groups");
    let unless_groups = nonempty(section, "unless_groups");
    let users = nonempty(section, "users");
    let email_domains = nonempty(section, "email_domains");
    let claims = read_claims(section);
    let tenants = nonempty(section, "tenants");
    let providers_origin = section.origin("providers");
    let named = nonempty::<String>(section, "providers");
    if let (Some(known), Some(named)) = (providers, &named) {
        for name in named.iter().filter(|name| !known.contains(name)) {
            section.fault(
                "providers",
                providers_origin.clone(),
                format!(
                    "no provider is called {name:?}; known: {}",
                    known.join(", ")
                ),
            );
        }
    }
    let rooms = nonempty::<RoomPattern>(section, "rooms");
    Some(Conditions {
        groups: groups?,
        all_groups: all_groups?,
        unless_groups: unless_groups?,
        users: users?,
        email_domains: email_domains?,
        claims: claims?,
        tenants: tenants?,
        providers: named?,
        rooms: rooms?
            .into_iter()
            .map(|RoomPattern(pattern)| pattern)
            .collect(),
    })
}

/// A list that, when it is written, has something in it: a condition without choices could never hold.
pub(super) fn nonempty<T: FromNode>(section: &mut Section<'_>, key: &str) -> Option<Vec<T>> {
    let origin = section.origin(key);
    let list = section.or::<Vec<T>>(key, Vec::new())?;
    if list.is_empty() && origin.is_some() {
        section.fault(
            key,
            origin,
            "can never match: an empty list; leave it out for \"any\"",
        );
        return None;
    }
    Some(list)
}

fn read_claims(section: &mut Section<'_>) -> Option<Vec<(ClaimPath, Vec<Value>)>> {
    let mut all = Some(Vec::new());
    let origin = section.origin("claims");
    let members = section.members("claims", Shape::list(Shape::plain_value()));
    if members.is_empty() && origin.is_some() {
        let said = "an empty table asks for nothing; leave it out";
        section.fault("claims", origin, said);
        return None;
    }
    for (name, node) in members {
        let read = ClaimPath::parse(&name)
            .map_err(str::to_owned)
            .and_then(|path| {
                let values = entries(&node, "a list of values, such as [\"IT\", true]")?;
                let values = values
                    .iter()
                    .map(claim_value)
                    .collect::<Result<Vec<_>, _>>()?;
                if values.is_empty() {
                    Err("can never match: an empty list".to_owned())
                } else {
                    Ok((path, values))
                }
            });
        match (read, &mut all) {
            (Ok(claim), Some(claims)) => claims.push(claim),
            (Ok(_), None) => {}
            (Err(said), _) => {
                section.fault(&format!("claims.{name}"), Some(node.origin), said);
                all = None;
            }
        }
    }
    all
}

fn claim_value(node: &Node) -> Result<Value, String> {
    match &node.value {
        Raw::String(text) | Raw::Text(text) => Ok(Value::from(text.as_str())),
        Raw::Integer(number) => Ok(Value::from(*number)),
        Raw::Bool(value) => Ok(Value::from(*value)),
        other => Err(format!(
            "expected strings, whole numbers or booleans, found {}",
            other.describe()
        )),
    }
}

pub(super) struct RoomPattern(pub Pattern);

impl FromNode for RoomPattern {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        Pattern::parse_room(&text)
            .map(Self)
            .map_err(|error| format!("{text:?}: {error}"))
    }

    text!(pattern => pattern.0.to_string());
}

impl FromNode for Pattern {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        Self::parse(&text).map_err(|error| format!("{text:?}: {error}"))
    }

    text!(pattern => pattern.to_string());
}

impl FromNode for TenantPattern {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?.to_ascii_lowercase();
        if text.is_empty() {
            return Ok(Self::None);
        }
        let pattern = Pattern::parse(&text).map_err(|error| format!("{text:?}: {error}"))?;
        if let Some(Err(error)) = pattern.literal().map(Tenant::parse) {
            return Err(format!("{text:?} can never match: {error}"));
        }
        Ok(Self::Named(pattern))
    }

    text!(pattern => match pattern {
        Self::None => String::new(),
        Self::Named(pattern) => pattern.to_string(),
    });
}

impl FromNode for User {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        match text.split_once(':') {
            Some(("sub", subject)) if !subject.is_empty() => Ok(Self::Subject(subject.to_owned())),
            Some(("username", name)) if !name.is_empty() => Ok(Self::Username(name.to_owned())),
            Some(("email", address)) if address.contains('@') => {
                Ok(Self::Email(address.to_ascii_lowercase()))
            }
            _ => Err(format!(
                "expected \"sub:…\", \"username:…\" or \"email:…@…\", found {text:?}: say which it is, so that nobody can take a name that passes for another's address"
            )),
        }
    }

    text!(user => user.to_string());
}

impl FromNode for EmailDomain {
    fn from_node(node: &Node) -> Result<Self, String> {
        Self::parse(&String::from_node(node)?).map_err(|text| {
            format!(
                "expected a domain such as \"example.org\" or \"*.example.org\", found {text:?}"
            )
        })
    }

    text!(domain => domain.to_string());
}

impl FromNode for Feature {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        let known = || {
            Self::ALL
                .iter()
                .map(|feature| feature.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        text.parse()
            .map_err(|()| format!("unknown feature {text:?}; Jitsi knows {}", known()))
    }

    text!(Shape::Choice(Self::ALL.iter().map(|feature| feature.name()).collect()), feature => feature.name());
}

choice!(Role { "visitor" => Self::Visitor, "participant" => Self::Participant, "moderator" => Self::Moderator });
choice!(Fallback { "deny" => Self::Deny, "participant" => Self::Participant });
