//! `claims`: where the provider puts things.

use std::collections::BTreeSet;

use serde_json::Value;

use super::preset::{Defaults, MissingGroups};
use crate::config::reader::Section;
use crate::config::shape::Shape;
use crate::config::source::{Node, Raw};
use crate::config::value::{FromNode, choice};
use crate::identity::ClaimPath;
use crate::identity::claim_map::{ClaimMap, Source};
use crate::identity::groups::GroupNames;
use crate::pattern::Pattern;

/// Reads the section.
pub fn read(
    mut section: Section<'_>,
    trust_email: Option<bool>,
    usual: &Defaults,
) -> Option<ClaimMap> {
    let path = |name: &str| ClaimPath::parse(name).ok();
    let id = section.optional("id").map(|id| id.or(usual.id.clone()));
    if let Some(Some(id)) = &id {
        section.assume("id", id);
    }
    let mut or = |key: &str, default: &str| {
        let found = section.optional(key)?.or(path(default));
        if let Some(path) = &found {
            section.assume(key, path);
        }
        Some(found)
    };
    let (name, username) = (or("name", "name"), or("username", "preferred_username"));
    let (email, avatar) = (or("email", "email"), or("avatar", "picture"));
    let group_names = group_names(&mut section);
    let missing = section.or("missing_groups", usual.missing_groups);
    let groups_separator = section.optional::<String>("groups_separator");
    let acr_origin = section.origin("acr");
    let acr = section.or("acr", usual.acr.clone());
    if acr.as_ref().is_some_and(Vec::is_empty) {
        section.fault("acr", acr_origin, "empty: name at least one claim");
    }
    let groups_origin = section.origin("groups");
    let groups = section.or("groups", usual.groups.clone());
    let from_origin = section.origin("groups_from");
    let groups_from = section.or("groups_from", usual.groups_from.clone());
    if groups.as_ref().is_some_and(Vec::is_empty) {
        section.fault("groups", groups_origin, "empty: name at least one claim");
    }
    if groups_from.as_ref().is_some_and(Vec::is_empty) {
        section.fault(
            "groups_from",
            from_origin,
            "empty: name at least one of \"id_token\", \"userinfo\", \"access_token\"",
        );
    }
    section.finish();
    Some(ClaimMap {
        id: id?,
        name: name??,
        username: username??,
        email: email??,
        avatar: avatar??,
        acr: acr?,
        groups: groups?,
        groups_from: groups_from?,
        groups_separator: groups_separator?.filter(|separator| !separator.is_empty()),
        missing_groups_are_none: missing? == MissingGroups::None,
        group_names: group_names?,
        trust_email: trust_email?,
        kept: BTreeSet::new(),
    })
}

fn group_names(section: &mut Section<'_>) -> Option<GroupNames> {
    let prefix = section.or("groups_prefix", String::new());
    let fold_case = section.or("fold_case", false);
    let unnamed = section.or("unnamed_groups", Unnamed::Keep);
    let mut renamed = Some(Vec::new());
    for (from, node) in section.members("group_names", Shape::Text) {
        match (renaming(&from, &node), &mut renamed) {
            (Ok(pair), Some(all)) => all.push(pair),
            (Ok(_), None) => {}
            (Err(said), _) => {
                section.fault(&format!("group_names.{from}"), Some(node.origin), said);
                renamed = None;
            }
        }
    }
    Some(GroupNames {
        renamed: renamed?,
        renamed_alone: unnamed? == Unnamed::Drop,
        fold_case: fold_case?,
        prefix: prefix?,
    })
}

/// What is caught is taken as it is: it becomes a group's name, not a room's.
fn renaming(from: &str, node: &Node) -> Result<(Pattern, Pattern), String> {
    let to = String::from_node(node)?;
    let parse = |text: &str| {
        let pattern = Pattern::parse(text).map_err(|error| format!("{text:?}: {error}"))?;
        Ok::<_, String>(pattern.verbatim())
    };
    let (pattern, template) = (parse(from)?, parse(&to)?);
    if template.has_wildcard() {
        return Err(format!(
            "{to:?} is a name and can hold no '*'; write \\* for one that means itself"
        ));
    }
    let caught: Vec<&str> = pattern.placeholders().collect();
    let unfilled = template.placeholders().find(|name| !caught.contains(name));
    match unfilled {
        Some(name) => Err(format!(
            "{{{name}}} stands for nothing: {from:?} catches no {{{name}}}"
        )),
        None => Ok((pattern, template)),
    }
}

/// What becomes of groups that are not renamed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unnamed {
    Keep,
    Drop,
}

choice!(MissingGroups { "unknown" => Self::Unknown, "none" => Self::None });
choice!(Unnamed { "keep" => Self::Keep, "drop" => Self::Drop });

impl FromNode for ClaimPath {
    fn from_node(node: &Node) -> Result<Self, String> {
        match &node.value {
            Raw::Array(_) => Self::from_names(Vec::from_node(node)?),
            Raw::Text(text) if text.starts_with('[') => Self::from_names(Vec::from_node(node)?),
            _ => Self::parse(&String::from_node(node)?),
        }
        .map_err(str::to_owned)
    }

    fn shape() -> Shape {
        Shape::Either(vec![Shape::Text, Shape::list(Shape::Text)])
    }

    fn written(&self) -> Value {
        Value::from(self.to_string())
    }
}

choice!(Source { "id_token" => Self::IdToken, "userinfo" => Self::Userinfo, "access_token" => Self::AccessToken });
