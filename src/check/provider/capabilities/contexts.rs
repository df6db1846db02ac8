//! Authentication contexts: those that every sign-in needs, and those that rules ask for.

use serde_json::Value;

use super::{Document, lacks};
use crate::check::provider::Visit;
use crate::check::report::Findings;
use crate::identity::settings::AskAcr;
use crate::policy::{Policy, Rule};

const ID: &str = "provider-acr";

/// Tells where the provider lists none of those of which one is needed, and where it cannot be asked for them.
pub fn compare(visit: &Visit, policy: &Policy, document: &Document, findings: &mut Findings) {
    let request = &visit.provider.settings.request;
    let unknown = |acr: &[String]| {
        !acr.is_empty()
            && acr
                .iter()
                .all(|acr| lacks(document, "acr_values_supported", acr))
    };
    if unknown(&request.acr_values) {
        let key = visit.key("acr_values");
        findings.warning(
            ID,
            format!("it lists none of {key}: {}", request.acr_values.join(", ")),
            "a sign-in without one of them is refused: compare them with the provider's own names",
        );
    }
    for rule in of_this_provider(visit, policy) {
        if unknown(&rule.demand.acr) {
            findings.warning(
                ID,
                format!(
                    "it lists no acr that the rule {:?} asks for: {}",
                    rule.name,
                    rule.demand.acr.join(", ")
                ),
                "nobody has what this rule gives unless the provider knows one of them: compare them with the provider's own names",
            );
        }
    }
    let claims = document.get("claims_parameter_supported") == Some(&Value::Bool(false));
    if claims && request.ask_acr == AskAcr::Claims {
        findings.warning(
            ID,
            "it does not take the parameter `claims`, by which a stronger sign-in is to be asked for",
            format!("write {} = \"acr_values\"", visit.key("acr_request")),
        );
    }
}

/// The rules that may apply to somebody who signed in there.
fn of_this_provider<'a>(visit: &Visit, policy: &'a Policy) -> impl Iterator<Item = &'a Rule> {
    let name = &visit.provider.settings.name;
    policy.rules.iter().filter(move |rule| {
        let providers = &rule.conditions.providers;
        providers.is_empty() || providers.contains(name)
    })
}
