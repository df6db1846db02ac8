//! Why a decision is what it is: every rule, each of its conditions, and what came of it.
//!
//! Rules are evaluated as [`decide`](super::decide()) evaluates them, with somebody who listens.

pub mod outcome;
pub(super) mod words;
mod written;

use serde::Serialize;
use time::OffsetDateTime;

pub use self::outcome::Outcome;
use self::words::Teller;
use super::conditions::{Condition, Witness};
use super::decide::decide_by;
use super::rule::{Applies, Rule};
use super::{Decision, Policy};
use crate::identity::Person;
use crate::meeting::MeetingRequest;

/// Why a decision is what it is.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Whose people may come into the meeting, whatever rules say.
    pub entrance: Entrance,
    /// Every rule, in the order in which they are written.
    pub rules: Vec<RuleFinding>,
    /// What becomes of a person whom no rule gives a role: `deny` or `participant`.
    pub default: &'static str,
    /// What [`decide`](super::decide()) says.
    pub decision: Decision,
    /// Why nobody may come into the meeting, whatever rules say.
    pub refused: Option<&'static str>,
}

impl Explanation {
    /// What came of it all, in words.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.refused {
            Some(why) => Outcome::Denied {
                why: why.to_owned(),
                rules: Vec::new(),
            },
            None => Outcome::from(&self.decision),
        }
    }
}

/// Whose people may come into a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entrance {
    /// Where the person signed in.
    pub provider: String,
    /// Whether its people may come into the meeting.
    pub open: bool,
    /// The providers whose people may.
    pub providers: Vec<String>,
}

/// One rule, as it was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct RuleFinding {
    /// Its name.
    pub rule: String,
    /// What it does, in words.
    pub effect: String,
    /// Whether it concerns the person in this meeting.
    pub matched: Matched,
    /// Its conditions, in the order in which they are looked at.
    pub conditions: Vec<ConditionFinding>,
}

/// Whether a rule concerns a person in a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matched {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It would after a stronger or more recent sign-in, and refuses until then.
    StepUp,
}

/// One condition, as it was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct ConditionFinding {
    /// The key in the rule, such as `groups` or `claims./address/country`.
    pub condition: String,
    /// Whether it holds; nothing where that hangs on a condition that does not.
    pub holds: Option<bool>,
    /// What is asked for.
    pub expected: String,
    /// What the person or the meeting has.
    pub found: String,
}

/// Explains what a person may do in a meeting.
#[must_use]
pub fn explain(
    policy: &Policy,
    person: &Person,
    request: &MeetingRequest,
    now: OffsetDateTime,
) -> Explanation {
    let mut rules = Vec::new();
    let mut judged = Vec::new();
    for rule in &policy.rules {
        let mut listener = Listener::default();
        let applies = rule.applies_before(person, request, now, &mut listener);
        let teller = Teller {
            rule,
            person,
            request,
            now,
        };
        rules.push(finding(&teller, &listener.seen, &applies));
        judged.push((rule, applies));
    }
    let providers = policy.entrances.providers(request);
    Explanation {
        entrance: Entrance {
            provider: person.provider.clone(),
            open: policy.entrances.let_in(&person.provider, request),
            providers: providers.into_iter().map(str::to_owned).collect(),
        },
        rules,
        default: policy.default.name(),
        decision: decide_by(policy, person, request, judged.into_iter()),
        refused: None,
    }
}

/// Writes down what it hears, and wants to hear all of it.
#[derive(Default)]
struct Listener {
    seen: Vec<(Condition, bool)>,
}

impl Witness for Listener {
    fn saw(&mut self, condition: Condition, held: bool) -> bool {
        self.seen.push((condition, held));
        // What placeholders tie together is not come to after the first of it that does not hold.
        held || condition < Condition::Groups
    }
}

fn finding(teller: &Teller<'_>, seen: &[(Condition, bool)], applies: &Applies) -> RuleFinding {
    let Rule { name, effect, .. } = teller.rule;
    let mut conditions: Vec<ConditionFinding> = Vec::new();
    for (condition, held) in seen {
        conditions.extend(teller.condition(*condition, Some(*held)));
    }
    let told = |condition: &Condition| seen.iter().any(|(seen, _)| seen == condition);
    let tied = [
        Condition::Rooms,
        Condition::AllGroups,
        Condition::UnlessGroups,
    ];
    for condition in tied.into_iter().filter(|condition| !told(condition)) {
        let held = teller.without_the_one_before(condition);
        conditions.extend(teller.condition(condition, held));
    }
    conditions.extend(teller.demands());
    RuleFinding {
        rule: name.clone(),
        effect: effect.to_string(),
        matched: match applies {
            Applies::Yes => Matched::Yes,
            Applies::No => Matched::No,
            Applies::After(_) => Matched::StepUp,
        },
        conditions,
    }
}
