//! Names from the configuration as values of labels: bounded in number, whatever configurations come and go.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

/// The most different names; a policy has some dozens of rules, and each costs several lines at every scrape.
const MOST: usize = 500;
/// What stands for all others.
const OTHERS: &str = "(others)";

/// Names that have been told so far.
#[derive(Debug, Default)]
pub struct Names(RwLock<BTreeSet<String>>);

impl Names {
    /// The name, or what stands for all others when there are too many.
    pub fn bounded<'a>(&self, name: &'a str) -> &'a str {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.contains(name) {
            return name;
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains(name) {
            return OTHERS;
        }
        known.insert(name.to_owned());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_are_counted_together() {
        let names = Names::default();
        for number in 0..MOST {
            let name = number.to_string();
            assert_eq!(names.bounded(&name), name);
        }
        assert_eq!(names.bounded("one more"), OTHERS);
        assert_eq!(names.bounded("7"), "7");
    }
}
