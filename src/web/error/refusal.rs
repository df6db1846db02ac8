//! A refusal by policy, as the log says it.

use crate::policy::{Denied, DeniedCause};

/// The cause, the rules behind it, and what to look at where it is likely no rule.
pub(super) fn why(denied: &Denied, stepped_up: bool, groups_missing: bool) -> String {
    let mut said = cause_of(&denied.cause, stepped_up);
    if !denied.rules.is_empty() {
        said = format!("{said}: {}", denied.rules.join(" | "));
    }
    if groups_missing && denied.cause == DeniedCause::NoRule {
        said.push_str("; no groups claim came: look at the provider's mapper, docs/providers");
    }
    said
}

fn cause_of(cause: &DeniedCause, stepped_up: bool) -> String {
    let said = match cause {
        DeniedCause::Rule(_) => "a rule denies",
        DeniedCause::StepUp(step_up) if stepped_up => {
            return format!("the provider was asked for {step_up} and did not deliver it");
        }
        DeniedCause::StepUp(step_up) => return format!("{step_up} is asked for"),
        DeniedCause::NoRule => "no rule gives a role",
        DeniedCause::Provider => "the meeting is for people of another provider",
    };
    said.to_owned()
}
