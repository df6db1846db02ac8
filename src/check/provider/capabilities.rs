//! What the provider says it can do, against what the configuration asks of it.
//!
//! What it says nothing of counts as good: most members of its metadata may be left out, and the next steps try it.

mod contexts;

use serde_json::{Map, Value};

use super::Visit;
use crate::check::report::Findings;
use crate::identity::claim_map::Source;
use crate::identity::claims::shown;
use crate::identity::client::way;
use crate::identity::metadata::Metadata;
use crate::identity::settings::{
    AskUserinfo, ClientAuthentication, ProviderSettings, Push, ResponseMode,
};
use crate::policy::Policy;

type Document = Map<String, Value>;

/// Tells what is asked and not offered.
pub fn compare(
    visit: &Visit,
    policy: &Policy,
    metadata: &Metadata,
    document: &Document,
    findings: &mut Findings,
) {
    let before = findings.iter().count();
    flow(visit, document, findings);
    pushed_requests(visit, metadata, findings);
    scopes(visit, document, findings);
    contexts::compare(visit, policy, document, findings);
    authentication(visit, metadata, document, findings);
    algorithms(visit, metadata, document, findings);
    userinfo(visit, metadata, findings);
    if findings.iter().count() == before {
        findings.good(
            "provider-capabilities",
            "it offers what the configuration asks of it",
        );
    }
}

/// The list of that name; nothing where the document does not say.
fn list<'a>(document: &'a Document, name: &str) -> Option<Vec<&'a str>> {
    let list = document.get(name)?.as_array()?;
    Some(list.iter().filter_map(Value::as_str).collect())
}

/// Whether the document has a list of that name without this.
fn lacks(document: &Document, name: &str, what: &str) -> bool {
    list(document, name).is_some_and(|list| !list.contains(&what))
}

fn flow(visit: &Visit, document: &Document, findings: &mut Findings) {
    const ID: &str = "provider-flow";
    if lacks(document, "response_types_supported", "code")
        || lacks(document, "grant_types_supported", "authorization_code")
    {
        findings.fault(
            ID,
            "it does not offer the authorization code flow, and the bridge uses no other",
            "switch the authorization code flow on at the provider (at Keycloak: \"Standard flow\")",
        );
    }
    let form_post = visit.provider.settings.request.response_mode == ResponseMode::FormPost;
    if form_post && lacks(document, "response_modes_supported", "form_post") {
        let key = visit.key("response_mode");
        findings.fault(
            ID,
            format!("{key} is \"form_post\", and it does not offer that"),
            format!("write {key} = \"query\""),
        );
    }
    if lacks(document, "code_challenge_methods_supported", "S256") {
        findings.warning(
            "provider-pkce",
            "it offers PKCE without S256, which the bridge uses at each sign-in",
            "allow S256 for this client at the provider",
        );
    }
}

fn pushed_requests(visit: &Visit, metadata: &Metadata, findings: &mut Findings) {
    if visit.provider.settings.request.push == Push::Always
        && metadata.pushed_authorization_request_endpoint.is_none()
    {
        let key = visit.key("pushed_authorization");
        findings.fault(
            "provider-pushed-requests",
            format!("{key} is \"always\", and it takes no pushed requests"),
            format!("write {key} = \"auto\", or switch them on at the provider"),
        );
    }
}

fn scopes(visit: &Visit, document: &Document, findings: &mut Findings) {
    let scopes = &visit.provider.settings.request.scopes;
    let missing: Vec<&str> = scopes
        .iter()
        .map(String::as_str)
        .filter(|scope| lacks(document, "scopes_supported", scope))
        .collect();
    if missing.is_empty() {
        return;
    }
    let offered = list(document, "scopes_supported").unwrap_or_default();
    let said = format!(
        "it does not list the scopes {} that it is asked for (it lists {})",
        missing.join(", "),
        shown(&offered.join(", "))
    );
    let key = visit.key("scopes");
    if missing.contains(&"openid") {
        findings.fault(
            "provider-scopes",
            said,
            "without openid there is no OpenID Connect: look whether this is the right provider",
        );
    } else {
        findings.warning(
            "provider-scopes",
            said,
            format!("add them at the provider, or take them out of {key}; some providers refuse a request for one, some leave claims out"),
        );
    }
}

/// How the client proves itself, by the name that metadata have for it.
pub fn method(settings: &ProviderSettings, metadata: &Metadata) -> &'static str {
    match (way(settings, metadata), &settings.client_secret) {
        (ClientAuthentication::PrivateKeyJwt, _) => "private_key_jwt",
        (ClientAuthentication::Post, Some(_)) => "client_secret_post",
        (ClientAuthentication::Basic | ClientAuthentication::Auto, Some(_)) => {
            "client_secret_basic"
        }
        _ => "none",
    }
}

fn authentication(
    visit: &Visit,
    metadata: &Metadata,
    document: &Document,
    findings: &mut Findings,
) {
    const ID: &str = "provider-client-authentication";
    let settings = &visit.provider.settings;
    let method = method(settings, metadata);
    // Hardly any lists that it takes clients without.
    if method != "none" && lacks(document, "token_endpoint_auth_methods_supported", method) {
        let offered = list(document, "token_endpoint_auth_methods_supported").unwrap_or_default();
        findings.warning(
            ID,
            format!(
                "it does not list {method}, by which the bridge proves itself (it lists {})",
                shown(&offered.join(", "))
            ),
            format!(
                "choose one of these by {}",
                visit.key("client_authentication")
            ),
        );
    }
    let signing = "token_endpoint_auth_signing_alg_values_supported";
    if let Some(key) = settings
        .client_key
        .as_ref()
        .filter(|_| method == "private_key_jwt")
        && lacks(document, signing, &format!("{:?}", key.algorithm()))
    {
        findings.warning(
            ID,
            format!(
                "it does not list {:?}, with which {} signs",
                key.algorithm(),
                visit.key("client_key_file")
            ),
            "make a key of a kind that it takes",
        );
    }
}

fn algorithms(visit: &Visit, metadata: &Metadata, document: &Document, findings: &mut Findings) {
    let settings = &visit.provider.settings;
    let key = visit.key("id_token_algorithms");
    let offered = list(document, "id_token_signing_alg_values_supported");
    let Some(offered) = offered.filter(|offered| !offered.is_empty()) else {
        return;
    };
    let wanted = metadata.algorithms(settings);
    if wanted
        .iter()
        .any(|algorithm| offered.contains(&format!("{algorithm:?}").as_str()))
    {
        return;
    }
    let offered = shown(&offered.join(", "));
    let (said, mend) = if settings.id_token_algorithms.is_empty() {
        (
            format!(
                "it signs ID tokens with {offered} alone, and none of that is accepted by itself"
            ),
            format!(
                "choose RS256 or ES256 for this client at the provider; HS256 only counts when {key} names it"
            ),
        )
    } else {
        (
            format!("it signs ID tokens with {offered}, and {key} takes none of that"),
            format!("write one of these as {key}, or leave it out"),
        )
    };
    findings.fault("provider-algorithms", said, mend);
}

fn userinfo(visit: &Visit, metadata: &Metadata, findings: &mut Findings) {
    let settings = &visit.provider.settings;
    if metadata.userinfo_endpoint.is_some() {
        return;
    }
    let alone = settings.claims.groups_from == [Source::Userinfo];
    if alone || settings.userinfo == AskUserinfo::Always {
        let key = if alone {
            visit.key("claims.groups_from")
        } else {
            visit.key("userinfo")
        };
        findings.fault(
            "provider-userinfo",
            format!("{key} needs its userinfo endpoint, and it names none"),
            format!("have the provider write the claims into the ID token, and change {key}"),
        );
    }
}
