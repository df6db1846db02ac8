//! What a rule asks of the sign-in itself: how strong it was, and how long ago.

use time::{Duration, OffsetDateTime};

use crate::identity::Person;

/// What a rule demands of the sign-in; nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand {
    /// Authentication contexts, one of which the person must have signed in with, the preferred one first; empty: any will
    /// do.
    pub acr: Vec<String>,
    /// How long ago the sign-in at the provider may be.
    pub max_age: Option<Duration>,
}

/// What is lacking, and what the provider is to be asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepUp {
    /// Authentication contexts, one of which is needed, the preferred one first; empty: that is not it.
    pub acr: Vec<String>,
    /// How long ago the sign-in may be, where it is too long ago or its time is unknown.
    pub max_age: Option<Duration>,
}

impl Demand {
    /// Whether nothing is demanded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.acr.is_empty() && self.max_age.is_none()
    }

    /// What a person's sign-in lacks; nothing when it will do.
    #[must_use]
    pub fn lacking(&self, person: &Person, now: OffsetDateTime) -> Option<StepUp> {
        let strong = self.acr.is_empty() || self.acr.iter().any(|acr| person.acr.contains(acr));
        let recent = |max_age: &Duration| {
            person.auth_time.is_some_and(|at| {
                let age = now.unix_timestamp().saturating_sub(at);
                // A time that is still to come is none: a minute for clocks that differ.
                (-60..=max_age.whole_seconds()).contains(&age)
            })
        };
        let lacking = StepUp {
            acr: if strong { Vec::new() } else { self.acr.clone() },
            max_age: self.max_age.filter(|max_age| !recent(max_age)),
        };
        (lacking != StepUp::default()).then_some(lacking)
    }
}

impl StepUp {
    /// Both at once: the contexts that satisfy both, or any of the two where none does.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let in_both = |acr: &&String| other.acr.contains(acr);
        let mut acr: Vec<String> = self.acr.iter().filter(in_both).cloned().collect();
        if acr.is_empty() {
            acr = self.acr.iter().chain(&other.acr).cloned().collect();
        }
        Self {
            acr,
            max_age: match (self.max_age, other.max_age) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }
}

impl std::fmt::Display for StepUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let acr = self.acr.join(" or ");
        match (acr.is_empty(), self.max_age) {
            (false, None) => write!(f, "acr {acr}"),
            (true, Some(age)) => write!(f, "a sign-in within {age}"),
            (false, Some(age)) => write!(f, "acr {acr}, within {age}"),
            (true, None) => f.write_str("nothing"),
        }
    }
}

/// A duration as a configuration writes it, in whole seconds: `1h 30m`.
#[must_use]
pub fn spoken(duration: Duration) -> String {
    humantime::format_duration(duration.unsigned_abs()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_up(acr: &[&str], minutes: Option<i64>) -> StepUp {
        StepUp {
            acr: acr.iter().map(|acr| (*acr).to_owned()).collect(),
            max_age: minutes.map(Duration::minutes),
        }
    }

    #[test]
    fn two_demands_meet_where_they_can() {
        let both = step_up(&["mfa", "key"], Some(5)).and(&step_up(&["key"], Some(1)));
        assert_eq!(both, step_up(&["key"], Some(1)));
        let apart = step_up(&["mfa"], None).and(&step_up(&["key"], Some(1)));
        assert_eq!(apart, step_up(&["mfa", "key"], Some(1)));
        assert_eq!(apart.to_string(), "acr mfa or key, within 1m");
        let alone = step_up(&["mfa"], None).and(&step_up(&[], Some(1)));
        assert_eq!(alone, step_up(&["mfa"], Some(1)));
    }
}
