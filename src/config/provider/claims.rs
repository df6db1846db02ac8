//! `claims`: where the provider puts things.

use std::collections::BTreeSet;

use crate::config::reader::Section;
use crate::config::source::{Node, Raw};
use crate::config::value::{FromNode, choice};
use crate::identity::ClaimPath;
use crate::identity::claims::{ClaimMap, Source};

/// Reads the section.
pub fn read(mut section: Section<'_>, trust_email: Option<bool>) -> Option<ClaimMap> {
    let path = |name: &str| ClaimPath::parse(name).ok();
    let id = section.optional("id");
    let mut or = |key: &str, default: &str| Some(section.optional(key)?.or(path(default)));
    let (name, username) = (or("name", "name"), or("username", "preferred_username"));
    let (email, avatar) = (or("email", "email"), or("avatar", "picture"));
    let groups_prefix = section.or("groups_prefix", String::new());
    let acr_origin = section.origin("acr");
    let acr = section.or("acr", path("acr").into_iter().collect());
    if acr.as_ref().is_some_and(Vec::is_empty) {
        section.fault("acr", acr_origin, "empty: name at least one claim");
    }
    let groups_origin = section.origin("groups");
    let groups = section.or("groups", path("groups").into_iter().collect());
    let from_origin = section.origin("groups_from");
    let groups_from = section.or("groups_from", vec![Source::IdToken, Source::Userinfo]);
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
        groups_prefix: groups_prefix?,
        trust_email: trust_email?,
        kept: BTreeSet::new(),
    })
}

impl FromNode for ClaimPath {
    fn from_node(node: &Node) -> Result<Self, String> {
        match &node.value {
            Raw::Array(_) => Self::from_names(Vec::from_node(node)?),
            Raw::Text(text) if text.starts_with('[') => Self::from_names(Vec::from_node(node)?),
            _ => Self::parse(&String::from_node(node)?),
        }
        .map_err(str::to_owned)
    }
}

choice!(Source { "id_token" => Self::IdToken, "userinfo" => Self::Userinfo, "access_token" => Self::AccessToken });
