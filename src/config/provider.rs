//! `[provider]`: who signs people in.

use std::collections::BTreeSet;

use jsonwebtoken::{Algorithm, AlgorithmFamily};
use secrecy::SecretString;
use time::Duration;

use super::ProviderConfig;
use super::address::{InternalUrl, PublicUrl};
use super::load::positive;
use super::reader::Section;
use super::source::{Node, Raw};
use super::value::{FromNode, choice};
use crate::identity::ClaimPath;
use crate::identity::claims::{ClaimMap, Source};
use crate::identity::http::ProviderHttp;
use crate::identity::id_token::AtHash;
use crate::identity::settings::{AskUserinfo, ClientAuthentication, ProviderSettings};

/// The most that clocks may differ.
const MOST_LEEWAY: Duration = Duration::minutes(15);

/// Parameters that the bridge sets itself.
const RESERVED: [&str; 13] = [
    "response_type",
    "response_mode",
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

pub fn read(mut section: Section<'_>) -> Option<ProviderConfig> {
    let name = section.or("name", "default".to_owned());
    let issuer_text = issuer_as_written(&section);
    let issuer = section.required("issuer", "write the provider's issuer exactly as it calls itself, such as \"https://id.example.org/realms/staff\"");
    let client = client(&mut section);
    let scopes_origin = section.origin("scopes");
    let scopes = section.or(
        "scopes",
        ["openid", "profile", "email"].map(str::to_owned).to_vec(),
    );
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
    let internal_url = section.optional::<InternalUrl>("internal_url");
    let extra_ca = extra_ca(&mut section);
    let prompt = section.optional::<Prompt>("prompt");
    let max_age = section.optional::<Duration>("max_age");
    let acr_values = section.or("acr_values", Vec::new());
    let authorization_parameters = authorization_parameters(&mut section);
    let ui_locales = section.or("ui_locales", true);
    let algorithms_origin = section.origin("id_token_algorithms");
    let id_token_algorithms = section.or::<Vec<Algorithm>>("id_token_algorithms", Vec::new());
    let symmetric = id_token_algorithms
        .as_ref()
        .is_some_and(|all| all.iter().any(|a| a.family() == AlgorithmFamily::Hmac));
    if symmetric
        && client
            .as_ref()
            .is_some_and(|client| client.secret.is_none())
    {
        section.fault(
            "id_token_algorithms",
            algorithms_origin,
            "HS256 and its like are keyed with the client secret, and there is none",
        );
    }
    let trusted_audiences = section.or("trusted_audiences", Vec::new());
    let clock_leeway = clock_leeway(&mut section);
    let timeout = positive(&mut section, "timeout", Duration::seconds(10));
    let userinfo_origin = section.origin("userinfo");
    let userinfo = section.or("userinfo", AskUserinfo::WhenNeeded);
    let at_hash = section.or("at_hash", AtHash::WhenPresent);
    let trust_email = section.or("trust_email", false);
    let claims = claims(section.section("claims"), trust_email);
    if userinfo == Some(AskUserinfo::Never)
        && claims
            .as_ref()
            .is_some_and(|c| c.groups_from == [Source::Userinfo])
    {
        section.fault(
            "userinfo",
            userinfo_origin,
            "\"never\", but provider.claims.groups_from asks nothing else for groups",
        );
    }
    if name.as_deref() == Some("") {
        section.fault(
            "name",
            None,
            "empty: give the provider a name, for rules and logs",
        );
    }
    section.finish();

    let PublicUrl(issuer) = issuer?;
    let client = client?;
    let settings = ProviderSettings {
        name: name?,
        issuer: issuer_text?,
        client_id: client.id,
        client_secret: client.secret,
        client_authentication: client.authentication,
        scopes: scopes?,
        prompt: prompt?.map(|Prompt(prompt)| prompt),
        max_age: max_age?,
        acr_values: acr_values?,
        authorization_parameters: authorization_parameters?,
        ui_locales: ui_locales?,
        id_token_algorithms: id_token_algorithms?,
        trusted_audiences: trusted_audiences?,
        clock_leeway: clock_leeway?,
        userinfo: userinfo?,
        at_hash: at_hash?,
        claims: claims?,
    };
    let internal_url = internal_url?.map(|InternalUrl(url)| url);
    Some(ProviderConfig {
        settings,
        issuer,
        internal_url,
        extra_ca: extra_ca?,
        timeout: timeout?,
    })
}

/// Our registration at the provider.
struct Client {
    id: String,
    secret: Option<SecretString>,
    authentication: ClientAuthentication,
}

fn client(section: &mut Section<'_>) -> Option<Client> {
    let client_id = section.required::<String>(
        "client_id",
        "write the id of the client registered at the provider",
    );
    let client_secret = section.secret("client_secret");
    let authentication_origin = section.origin("client_authentication");
    let client_authentication = section.or("client_authentication", ClientAuthentication::Auto);
    match (client_authentication, &client_secret) {
        (Some(ClientAuthentication::None), Some(Some(_))) => {
            section.fault(
                "client_authentication",
                authentication_origin,
                "\"none\" is for public clients, but a client_secret is set: remove one of them",
            );
        }
        (Some(ClientAuthentication::Basic | ClientAuthentication::Post), Some(None)) => {
            section.fault(
                "client_authentication",
                authentication_origin,
                "needs provider.client_secret, or provider.client_secret_file",
            );
        }
        _ => {}
    }
    if client_id.as_deref() == Some("") {
        section.fault(
            "client_id",
            None,
            "empty: write the id of the client registered at the provider",
        );
    }
    Some(Client {
        id: client_id?,
        secret: client_secret?,
        authentication: client_authentication?,
    })
}

fn clock_leeway(section: &mut Section<'_>) -> Option<Duration> {
    let origin = section.origin("clock_leeway");
    let leeway = section.or("clock_leeway", Duration::seconds(60))?;
    if leeway <= MOST_LEEWAY {
        return Some(leeway);
    }
    let said = "more than 15 minutes: set the clocks instead, or old ID tokens count for new";
    section.fault("clock_leeway", origin, said);
    None
}

/// Certificates to trust besides the system's.
fn extra_ca(section: &mut Section<'_>) -> Option<Option<Vec<u8>>> {
    let origin = section.origin("ca_file");
    let pem = section.file("ca_file")?;
    match pem.as_deref().map(ProviderHttp::check_certificates) {
        Some(Err(error)) => {
            section.fault("ca_file", origin, error.to_string());
            None
        }
        None | Some(Ok(())) => Some(pem),
    }
}

/// The issuer is compared letter by letter, so it is kept as written.
fn issuer_as_written(section: &Section<'_>) -> Option<String> {
    section
        .peek("issuer")
        .and_then(|node| String::from_node(node).ok())
}

fn authorization_parameters(section: &mut Section<'_>) -> Option<Vec<(String, String)>> {
    let key = "authorization_parameters";
    let mut all = Some(Vec::new());
    for (name, node) in section.members(key) {
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

fn claims(mut section: Section<'_>, trust_email: Option<bool>) -> Option<ClaimMap> {
    let path = |name: &str| ClaimPath::parse(name).ok();
    let id = section.optional("id");
    let mut or = |key: &str, default: &str| Some(section.optional(key)?.or(path(default)));
    let (name, username) = (or("name", "name"), or("username", "preferred_username"));
    let (email, avatar) = (or("email", "email"), or("avatar", "picture"));
    let groups_origin = section.origin("groups");
    let groups = section.or("groups", path("groups").into_iter().collect());
    let from_origin = section.origin("groups_from");
    let groups_from = section.or("groups_from", vec![Source::IdToken, Source::Userinfo]);
    if groups.as_ref().is_some_and(Vec::is_empty) {
        section.fault("groups", groups_origin, "empty: name at least one claim");
    }
    if groups_from.as_ref().is_some_and(Vec::is_empty) {
        section.fault(
            "groups_from",
            from_origin,
            "empty: name at least one of \"id_token\", \"userinfo\", \"access_token\"",
        );
    }
    section.finish();
    Some(ClaimMap {
        id: id?,
        name: name??,
        username: username??,
        email: email??,
        avatar: avatar??,
        groups: groups?,
        groups_from: groups_from?,
        trust_email: trust_email?,
        kept: BTreeSet::new(),
    })
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
}

impl FromNode for ClaimPath {
    fn from_node(node: &Node) -> Result<Self, String> {
        match &node.value {
            Raw::Array(_) => Self::from_names(Vec::from_node(node)?),
            Raw::Text(text) if text.starts_with('[') => Self::from_names(Vec::from_node(node)?),
            _ => Self::parse(&String::from_node(node)?),
        }
        .map_err(str::to_owned)
    }
}

impl FromNode for Algorithm {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        text.parse().map_err(|_| {
            format!("expected RS256, PS256, ES256, EdDSA or one of their like, found {text:?}")
        })
    }
}

choice!(ClientAuthentication {
    "auto" => Self::Auto,
    "client_secret_basic" => Self::Basic,
    "client_secret_post" => Self::Post,
    "none" => Self::None,
});
choice!(AskUserinfo { "when_needed" => Self::WhenNeeded, "always" => Self::Always, "never" => Self::Never });
choice!(AtHash { "when_present" => Self::WhenPresent, "required" => Self::Required, "ignored" => Self::Ignored });
choice!(Source { "id_token" => Self::IdToken, "userinfo" => Self::Userinfo, "access_token" => Self::AccessToken });
