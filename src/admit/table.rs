//! A table of people, rooms and what is expected: tests of the rules by those who write them.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use super::Admission;
use crate::identity::Person;
use crate::meeting::MeetingRequest;
use crate::policy::decide::all_that_holds_without;
use crate::policy::explain::{Explanation, Outcome};
use crate::policy::{Decision, Feature, Grant, Policy};

/// One row for one person and one room.
#[derive(Debug, Clone)]
pub struct Case {
    /// Where the row stands: file and line.
    pub at: String,
    /// What the person is called in the table.
    pub name: String,
    /// The person.
    pub person: Person,
    /// The room.
    pub request: MeetingRequest,
    /// What is expected.
    pub expected: Expected,
}

/// What is expected.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// A role, `denied` or `step-up`; empty: that does not matter.
    pub outcome: Option<&'static str>,
    /// All of these are allowed.
    pub features: BTreeSet<Feature>,
    /// None of these is allowed.
    pub without_features: BTreeSet<Feature>,
    /// Exactly these rules are behind the outcome.
    pub rules: Option<BTreeSet<String>>,
}

/// What a row can expect.
pub const OUTCOMES: [&str; 5] = ["visitor", "participant", "moderator", "denied", "step-up"];

/// A row that failed.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// Where the row stands: file and line.
    pub at: String,
    /// What the person is called in the table.
    pub person: String,
    /// The room.
    pub room: String,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// What is not as expected, a sentence each.
    pub failed: Vec<String>,
    /// What came out.
    pub outcome: Outcome,
    #[serde(skip)]
    explanation: Explanation,
}

/// What came of a table.
#[derive(Debug, Serialize)]
pub struct Outcomes {
    /// How many rows are as expected.
    pub passed: usize,
    /// Those that are not.
    pub failed: Vec<Failure>,
}

/// Tries every row.
#[must_use]
pub fn run(admission: &Admission, cases: &[Case], now: OffsetDateTime) -> Outcomes {
    let failed: Vec<Failure> = cases
        .iter()
        .filter_map(|case| case.failure(admission, now))
        .collect();
    Outcomes {
        passed: cases.len() - failed.len(),
        failed,
    }
}

impl Case {
    fn failure(&self, admission: &Admission, now: OffsetDateTime) -> Option<Failure> {
        let explanation = admission.explain(&self.person, &self.request, now);
        let failed = self
            .expected
            .unlike(&admission.policy, &explanation.decision);
        (!failed.is_empty()).then(|| Failure {
            at: self.at.clone(),
            person: self.name.clone(),
            room: self.request.room.readable(),
            tenant: self.request.tenant.as_ref().map(ToString::to_string),
            failed,
            outcome: explanation.outcome(),
            explanation,
        })
    }
}

impl Expected {
    /// What a decision is not, of all that is expected.
    fn unlike(&self, policy: &Policy, decision: &Decision) -> Vec<String> {
        let mut said = Vec::new();
        let outcome = Outcome::from(decision);
        let found = outcome.word();
        if let Some(expected) = self.outcome.filter(|expected| *expected != found) {
            said.push(format!("expected {expected}, found {found}"));
        }
        let allowed = match decision {
            Decision::Granted(grant) => allowed(policy, grant),
            Decision::Denied(_) => BTreeSet::new(),
        };
        let lacking = names(self.features.difference(&allowed));
        if !lacking.is_empty() {
            said.push(format!(
                "expected the features {lacking}, which are not allowed"
            ));
        }
        let too_many = names(self.without_features.intersection(&allowed));
        if !too_many.is_empty() {
            said.push(format!("expected no {too_many}, which are allowed"));
        }
        let rules: BTreeSet<String> = match decision {
            Decision::Granted(grant) => grant.rules.iter().cloned().collect(),
            Decision::Denied(denied) => denied.rules.iter().cloned().collect(),
        };
        if let Some(expected) = self.rules.as_ref().filter(|expected| **expected != rules) {
            said.push(format!("expected the rules {expected:?}, found {rules:?}"));
        }
        said
    }
}

/// What may be done in the end, where the token names features and where it does not.
fn allowed(policy: &Policy, grant: &Grant) -> BTreeSet<Feature> {
    let named = grant.features.clone();
    named.unwrap_or_else(|| all_that_holds_without(policy, grant.role))
}

fn names<'a>(features: impl Iterator<Item = &'a Feature>) -> String {
    features
        .map(|feature| feature.name())
        .collect::<Vec<_>>()
        .join(", ")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenant = match &self.tenant {
            Some(tenant) => format!(" of the tenant {tenant:?}"),
            None => String::new(),
        };
        let (at, person, room) = (&self.at, &self.person, &self.room);
        writeln!(
            f,
            "✗ {at}: {person} in {room:?}{tenant}: {}",
            self.failed.join("; ")
        )?;
        let mut lines = self.explanation.to_string();
        lines.insert_str(0, "    ");
        f.write_str(&lines.replace('\n', "\n    "))
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failed {
            writeln!(f, "{failure}\n")?;
        }
        write!(f, "{} passed, {} failed", self.passed, self.failed.len())
    }
}
