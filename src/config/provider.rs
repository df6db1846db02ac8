//! `[provider]` or `[providers.NAME]`: who signs people in.

mod claims;
mod client;
mod entrance;
mod groups_endpoint;
mod issuer;
mod preset;
mod request;

use jsonwebtoken::{Algorithm, AlgorithmFamily};
use time::Duration;
use url::Url;

use self::preset::Preset;
use super::ProviderConfig;
use super::address::{InternalUrl, PublicUrl};
use super::duration::positive;
use super::reader::Section;
use super::source::Node;
use super::value::{FromNode, choice, text};
use crate::identity::claim_map::Source;
use crate::identity::http::ProviderHttp;
use crate::identity::id_token::AtHash;
use crate::identity::settings::{AskUserinfo, ProviderSettings, Sign};
use crate::policy::entrance::Entrance;

/// The most that clocks may differ.
const MOST_LEEWAY: Duration = Duration::minutes(15);

/// Reads one provider. `name` is its own among several; the only one may be named by a key.
pub fn read(mut section: Section<'_>, name: Option<String>) -> Option<ProviderConfig> {
    let (name, redirect_path, sign_and_entrance) = match name {
        None => (only_name(&mut section), "/callback".to_owned(), None),
        Some(name) => {
            let read = entrance::read(&mut section, &name);
            let redirect_path = format!("/callback/{name}");
            (Some(name), redirect_path, Some(read))
        }
    };
    let preset = section.or("preset", Preset::None);
    let usual = preset.unwrap_or(Preset::None).defaults();
    let issuer = issuer::read(&mut section);
    let client = client::read(&mut section, &usual);
    let request = request::read(&mut section, &usual);
    let internal_url = section.optional::<InternalUrl>("internal_url");
    let extra_ca = extra_ca(&mut section);
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
    let trusted_audiences = section.or("trusted_audiences", usual.trusted_audiences.clone());
    let clock_leeway = clock_leeway(&mut section);
    let timeout = positive(&mut section, "timeout", Duration::seconds(10));
    let userinfo_origin = section.origin("userinfo");
    let userinfo = section.or("userinfo", usual.userinfo);
    let endless_logout_tokens = section.or("endless_logout_tokens", usual.endless_logout_tokens);
    let at_hash = section.or("at_hash", AtHash::WhenPresent);
    let trust_email = section.or("trust_email", false);
    let claims = claims::read(section.section("claims"), trust_email, &usual);
    let groups_endpoint =
        groups_endpoint::read(section.section("groups_endpoint"), usual.groups_endpoint);
    let claim_sources = claim_sources(&mut section, issuer.as_ref().map(|issuer| &issuer.url));
    if userinfo == Some(AskUserinfo::Never)
        && claims
            .as_ref()
            .is_some_and(|c| c.groups_from == [Source::Userinfo])
    {
        section.fault(
            "userinfo",
            userinfo_origin,
            "\"never\", but claims.groups_from asks nothing else for groups",
        );
    }
    section.finish();

    preset?;
    let issuer = issuer?;
    let client = client?;
    let name = name?;
    let (sign, entrance) = match sign_and_entrance {
        Some(read) => read?,
        None => (Sign::named(&name), Entrance::of(&name)),
    };
    let settings = ProviderSettings {
        name,
        sign,
        redirect_path,
        issuer: issuer.text,
        issuers: issuer.accepted,
        metadata_issuer: issuer.in_metadata,
        groups_endpoint: groups_endpoint?,
        claim_sources: claim_sources?,
        client_id: client.id,
        client_secret: client.secret,
        client_authentication: client.authentication,
        client_key: client.key,
        assertion_audience: client.audience,
        request: request?,
        id_token_algorithms: id_token_algorithms?,
        trusted_audiences: trusted_audiences?,
        clock_leeway: clock_leeway?,
        endless_logout_tokens: endless_logout_tokens?,
        userinfo: userinfo?,
        at_hash: at_hash?,
        claims: claims?,
    };
    let internal_url = internal_url?.map(|InternalUrl(url)| url);
    Some(ProviderConfig {
        settings,
        entrance,
        issuer: issuer.url,
        internal_url,
        extra_ca: extra_ca?,
        timeout: timeout?,
    })
}

fn only_name(section: &mut Section<'_>) -> Option<String> {
    let name = section.or("name", "default".to_owned());
    if name.as_deref() == Some("") {
        let said = "empty: give the provider a name, for rules and logs";
        section.fault("name", None, said);
    }
    name
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

/// The origins of further sources of claims; the issuer's own is always one.
fn claim_sources(section: &mut Section<'_>, issuer: Option<&Url>) -> Option<Vec<String>> {
    let further = section.or::<Vec<PublicUrl>>("claim_sources", Vec::new())?;
    let further = further.iter().map(|PublicUrl(url)| url);
    let all = issuer.into_iter().chain(further);
    Some(all.map(|url| url.origin().ascii_serialization()).collect())
}

impl FromNode for Algorithm {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        text.parse().map_err(|_| {
            format!("expected RS256, PS256, ES256, EdDSA or one of their like, found {text:?}")
        })
    }

    text!(algorithm => format!("{algorithm:?}"));
}

choice!(AskUserinfo { "when_needed" => Self::WhenNeeded, "always" => Self::Always, "never" => Self::Never });
choice!(AtHash { "when_present" => Self::WhenPresent, "required" => Self::Required, "ignored" => Self::Ignored });
