//! What is asked of the provider at every sign-in.

use time::Duration;

use super::preset::Defaults;
use crate::config::reader::Section;
use crate::config::shape::Shape;
use crate::config::source::Node;
use crate::config::value::{FromNode, choice, text};
use crate::identity::settings::{AskAcr, AuthorizationRequest, Push, ResponseMode};

/// Parameters that the bridge sets itself.
const RESERVED: [&str; 15] = [
    "response_type",
    "response_mode",
    "request",
    "request_uri",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
];

/// Reads the keys that go into the authorization request.
pub fn read(section: &mut Section<'_>, usual: &Defaults) -> Option<AuthorizationRequest> {
    let scopes_origin = section.origin("scopes");
    let scopes = section.or("scopes", usual.scopes.clone());
    if scopes
        .as_ref()
        .is_some_and(|scopes| !scopes.iter().any(|scope| scope == "openid"))
    {
        section.fault(
            "scopes",
            scopes_origin,
            "must contain \"openid\": without it no ID token comes",
        );
    }
    let prompt = section.optional::<Prompt>("prompt");
    let max_age = section.optional::<Duration>("max_age");
    let acr_values = section.or("acr_values", Vec::new());
    let parameters = authorization_parameters(section);
    let ui_locales = section.or("ui_locales", true);
    let push = section.or("pushed_authorization", usual.push);
    let response_mode = section.or("response_mode", ResponseMode::Query);
    let ask_origin = section.origin("acr_request");
    let ask_acr = section.or("acr_request", usual.ask_acr);
    let own_claims = parameters
        .as_ref()
        .is_some_and(|all| all.iter().any(|(name, _)| name == "claims"));
    if ask_acr == Some(AskAcr::Claims) && own_claims {
        let said = "\"claims\" needs the parameter `claims` for itself: take it out of authorization_parameters";
        section.fault("acr_request", ask_origin, said);
    }
    Some(AuthorizationRequest {
        push: push?,
        response_mode: response_mode?,
        ask_acr: ask_acr?,
        scopes: scopes?,
        prompt: prompt?.map(|Prompt(prompt)| prompt),
        max_age: max_age?,
        acr_values: acr_values?,
        parameters: parameters?,
        ui_locales: ui_locales?,
    })
}

fn authorization_parameters(section: &mut Section<'_>) -> Option<Vec<(String, String)>> {
    let key = "authorization_parameters";
    let mut all = Some(Vec::new());
    for (name, node) in section.members(key, Shape::Text) {
        let said = if RESERVED.contains(&name.as_str()) {
            Err(format!(
                "{name:?} is set by the bridge itself: use the key of that name, if there is one"
            ))
        } else {
            String::from_node(&node)
        };
        match (said, &mut all) {
            (Ok(value), Some(parameters)) => parameters.push((name, value)),
            (Ok(_), None) => {}
            (Err(said), _) => {
                section.fault(&format!("{key}.{name}"), Some(node.origin), said);
                all = None;
            }
        }
    }
    all
}

/// A `prompt` (OpenID Connect Core, 3.1.2.1) that leaves a person something to do.
struct Prompt(String);

impl FromNode for Prompt {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        let known = |word: &str| matches!(word, "login" | "consent" | "select_account" | "create");
        if !text.is_empty() && text.split(' ').all(known) {
            return Ok(Self(text));
        }
        Err(format!(
            "expected \"login\", \"consent\" or \"select_account\", found {text:?}"
        ))
    }

    text!(prompt => prompt.0.as_str());
}

choice!(Push { "auto" => Self::Auto, "always" => Self::Always, "never" => Self::Never });
choice!(ResponseMode { "query" => Self::Query, "form_post" => Self::FormPost });
choice!(AskAcr { "acr_values" => Self::AcrValues, "claims" => Self::Claims });
