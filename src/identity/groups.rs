//! A person's groups: from what a provider writes to the names that rules use.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::pattern::{Bindings, Pattern};

/// The longest name of a group, in bytes, and the most groups of one person.
const LONGEST_GROUP: usize = 1024;
pub(super) const MOST_GROUPS: usize = 10_000;

/// Why a person's groups cannot be decided upon. Leaving them out would be wrong: rules deny by them, too.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupsError {
    /// The provider left them out because they are too many.
    #[error(
        "the provider left the groups out because they are too many (_claim_names, hasgroups): send fewer, or roles, or let groups_endpoint ask for them"
    )]
    Overage,
    /// Not names.
    #[error(
        "a groups claim holds something else than names: point claims.groups of the provider at the names"
    )]
    Unreadable,
    /// Too many, or too long.
    #[error("more than {MOST_GROUPS} groups, or one longer than {LONGEST_GROUP} bytes")]
    TooMany,
    /// The endpoint for groups did not give them.
    #[error("groups_endpoint: {0}")]
    Endpoint(String),
}

/// Group names in a list, a single text, or an object's keys (Zitadel's roles); nothing where there are no names.
///
/// A single text holds several names where a `separator` stands between them.
#[must_use]
pub fn names_of(value: &Value, separator: Option<&str>) -> Option<Vec<String>> {
    match (value, separator) {
        (Value::String(names), Some(separator)) => {
            let names = names.split(separator).map(str::trim);
            Some(
                names
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect(),
            )
        }
        (Value::String(name), None) => Some(vec![name.clone()]),
        (Value::Array(entries), _) => entries
            .iter()
            .map(|entry| entry.as_str().map(str::to_owned))
            .collect(),
        (Value::Object(members), _) => Some(members.keys().cloned().collect()),
        (Value::Null | Value::Bool(_) | Value::Number(_), _) => None,
    }
}

/// How the provider's groups are called in rules.
#[derive(Debug, Clone, Default)]
pub struct GroupNames {
    /// Names in rules, by the provider's names or ids. Of several that match, all count.
    pub renamed: Vec<(Pattern, Pattern)>,
    /// What none of them matches is no group.
    pub renamed_alone: bool,
    /// Compare in lower case.
    pub fold_case: bool,
    /// Stands before each name, so that the groups of several providers cannot be taken for each other.
    pub prefix: String,
}

impl GroupNames {
    /// Whether rules call the groups as the provider does.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let renames = !self.renamed.is_empty() || self.renamed_alone;
        !renames && !self.fold_case && self.prefix.is_empty()
    }

    /// The names that rules use.
    ///
    /// # Errors
    /// When there are too many, or one is too long.
    pub fn of(&self, groups: &BTreeSet<String>) -> Result<BTreeSet<String>, GroupsError> {
        let too_long = |name: &String| name.len() > LONGEST_GROUP;
        if groups.len() > MOST_GROUPS || groups.iter().any(too_long) {
            return Err(GroupsError::TooMany);
        }
        let names: BTreeSet<String> = groups
            .iter()
            .flat_map(|group| self.renamed(group))
            .map(|name| {
                let name = format!("{}{name}", self.prefix);
                if self.fold_case {
                    name.to_lowercase()
                } else {
                    name
                }
            })
            .collect();
        if names.len() > MOST_GROUPS || names.iter().any(too_long) {
            return Err(GroupsError::TooMany);
        }
        Ok(names)
    }

    fn renamed(&self, group: &str) -> Vec<String> {
        let by = |(from, to): &(Pattern, Pattern)| {
            let ways = from.captures(group, &Bindings::new(), |_| true);
            ways.iter()
                .filter_map(|caught| to.filled(caught))
                .collect::<Vec<_>>()
        };
        let names: Vec<String> = self.renamed.iter().flat_map(by).collect();
        if names.is_empty() && !self.renamed_alone {
            return vec![group.to_owned()];
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(renamed: &[(&str, &str)]) -> GroupNames {
        let pattern = |text: &str| Pattern::parse(text).unwrap().verbatim();
        GroupNames {
            renamed: renamed
                .iter()
                .map(|(from, to)| (pattern(from), pattern(to)))
                .collect(),
            ..GroupNames::default()
        }
    }

    fn of(names: &GroupNames, groups: &[&str]) -> Vec<String> {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        names.of(&groups).unwrap().into_iter().collect()
    }

    #[test]
    fn groups_are_renamed_by_name_and_by_pattern() {
        let mut names = names(&[
            ("3f2b1c4d", "staff"),
            ("CN={name},OU=Jitsi,*", "{name}"),
            ("CN=Admins,*", "moderators"),
        ]);
        let groups = ["3f2b1c4d", "CN=Admins,OU=Jitsi,DC=example", "other"];
        assert_eq!(
            of(&names, &groups),
            ["Admins", "moderators", "other", "staff"]
        );
        names.renamed_alone = true;
        assert_eq!(of(&names, &groups), ["Admins", "moderators", "staff"]);
        names.prefix = "ad:".to_owned();
        names.fold_case = true;
        assert_eq!(of(&names, &["CN=Ärzte,OU=Jitsi,x"]), ["ad:ärzte"]);
    }

    #[test]
    fn nothing_is_lost_and_nothing_too_much_is_taken() {
        let names = names(&[("{a}-{b}", "{b}-{a}")]);
        // Whatever is caught is a name and no pattern.
        assert_eq!(of(&names, &["*-{b}"]), ["{b}-*"]);
        let long = "x".repeat(LONGEST_GROUP + 1);
        assert_eq!(names.of(&BTreeSet::from([long])), Err(GroupsError::TooMany));
    }

    #[test]
    fn a_joined_text_is_taken_apart_where_that_is_configured() {
        let joined = json!("staff; moderators;");
        assert_eq!(names_of(&joined, None).unwrap(), ["staff; moderators;"]);
        assert_eq!(
            names_of(&joined, Some(";")).unwrap(),
            ["staff", "moderators"]
        );
        assert_eq!(names_of(&json!(["a;b"]), Some(";")).unwrap(), ["a;b"]);
        assert_eq!(names_of(&json!([{ "value": "a" }]), None), None);
    }
}
