//! All the rules, and which of them can concern somebody: found by what they ask for, not by looking at each.

use super::Rule;
use super::index::Index;
use crate::identity::Person;
use crate::meeting::MeetingRequest;

/// The rules of a policy, filed once by what they ask for. They cannot be changed: the files would no longer fit.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    all: Vec<Rule>,
    index: Index,
}

impl Rules {
    /// Files the rules.
    #[must_use]
    pub fn new(all: Vec<Rule>) -> Self {
        let index = Index::of(&all);
        Self { all, index }
    }

    /// Each rule, in the order in which they are written.
    pub fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.all.iter()
    }

    /// The rules that can concern this person in this meeting, in the order in which they are written: each that does, and
    /// some that turn out not to.
    pub fn that_can_concern(
        &self,
        person: &Person,
        request: &MeetingRequest,
    ) -> impl Iterator<Item = &Rule> {
        let found = self.index.find(person, request);
        found.into_iter().filter_map(|at| self.all.get(at))
    }
}

impl<'a> IntoIterator for &'a Rules {
    type Item = &'a Rule;
    type IntoIter = std::slice::Iter<'a, Rule>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Rule> for Rules {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        Self::new(rules.into_iter().collect())
    }
}
