//! An explanation as text: a line for each rule, and one for each of its conditions.

use std::fmt;

use super::{ConditionFinding, Entrance, Explanation, Matched, RuleFinding};
use crate::identity::claims::printable_line;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.entrance)?;
        for rule in &self.rules {
            writeln!(f, "{rule}")?;
        }
        writeln!(f, "· otherwise policy.default: {:?}", self.default)?;
        write!(f, "→ {}", self.outcome())
    }
}

impl fmt::Display for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            provider,
            open,
            providers,
        } = self;
        if *open {
            return write!(f, "✓ people of the provider {provider:?} may come into it");
        }
        let others = providers.join(", ");
        write!(
            f,
            "✗ people of the provider {provider:?} may not come into it: it is for those of {others}"
        )
    }
}

impl fmt::Display for RuleFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.matched {
            Matched::Yes => '✓',
            Matched::No => '✗',
            Matched::StepUp => '!',
        };
        write!(f, "{sign} {:?} {}", self.rule, self.effect)?;
        f.write_str(match self.matched {
            Matched::Yes => "\n    applies",
            Matched::No => "\n    does not apply",
            Matched::StepUp => "\n    would apply after a stronger or more recent sign-in",
        })?;
        if self.conditions.is_empty() {
            f.write_str(": it has no conditions")?;
        }
        for condition in &self.conditions {
            write!(f, "\n    {condition}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ConditionFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |text: &String| printable_line(text);
        let (condition, expected) = (line(&self.condition), line(&self.expected));
        let (holds, found) = (self.holds, line(&self.found));
        match holds {
            Some(true) => write!(f, "✓ {condition}: {expected}; here: {found}"),
            Some(false) => write!(f, "✗ {condition}: asks for {expected}; here: {found}"),
            None => write!(
                f,
                "? {condition}: {expected}; hangs on what does not hold above"
            ),
        }
    }
}
