//! Everything that a provider says of a person, from wherever it says it: the ID token, userinfo, the access token, other
//! endpoints.

use std::collections::BTreeSet;

use serde_json::Value;
use time::OffsetDateTime;
use url::Url;

use super::claim_map::{Gathered, Source};
use super::claim_sources;
use super::claims::Claims;
use super::error::LoginError;
use super::groups::{GroupsError, MOST_GROUPS};
use super::groups_endpoint::{self, GroupsEndpoint};
use super::http::Answer;
use super::id_token::{audience, issuer, times};
use super::json;
use super::provider::{Known, Provider};
use super::settings::AskUserinfo;
use super::token_endpoint::Tokens;

/// The most pages of one person's groups.
const MOST_PAGES: usize = 50;

/// Gathers the claims of a person whose ID token has been validated. `id_token` are its claims; none where a refresh
/// brought no ID token, and then userinfo is asked in any case.
///
/// # Errors
/// When something that is needed is not to be had or not to be believed.
pub async fn gather(
    provider: &Provider,
    known: &Known,
    tokens: &Tokens,
    subject: &str,
    id_token: Option<Claims>,
) -> Result<Gathered, LoginError> {
    let now = provider.clock.now();
    let settings = &provider.settings;
    let map = &settings.claims;
    let ask = match (&id_token, settings.userinfo) {
        (_, AskUserinfo::Never) => false,
        (None, _) | (_, AskUserinfo::Always) => true,
        (Some(claims), AskUserinfo::WhenNeeded) => map.lacks(claims),
    };
    let mut gathered = Gathered {
        id_token: id_token.unwrap_or_default(),
        ..Gathered::default()
    };
    let access_token = tokens.access_token.as_deref();
    if let (true, Some(endpoint), Some(access_token)) =
        (ask, &known.metadata.userinfo_endpoint, access_token)
    {
        gathered.userinfo = userinfo(provider, known, endpoint, access_token, subject).await?;
    }
    let wanted = map.groups_from.contains(&Source::AccessToken);
    if let (true, Some(access_token)) = (wanted, access_token) {
        gathered.access_token = signed_access_token(provider, known, access_token, now)?;
    }
    let elsewhere = map.groups_are_elsewhere(&gathered.id_token)
        || map.groups_are_elsewhere(&gathered.userinfo);
    match &settings.groups_endpoint {
        Some(endpoint) if endpoint.is_to_be_asked(elsewhere) => {
            let access_token = access_token.ok_or_else(|| {
                GroupsError::Endpoint("the provider sent no access token to ask it with".to_owned())
            })?;
            let groups =
                groups_elsewhere(provider, endpoint, access_token, subject, &gathered).await?;
            gathered.groups = Some(groups);
        }
        _ => {}
    }
    let groups_are_known = gathered.groups.is_some();
    for claims in [&mut gathered.id_token, &mut gathered.userinfo] {
        claim_sources::resolve(provider, known, subject, claims, groups_are_known).await?;
    }
    Ok(gathered)
}

/// Asks for all groups of the person whose access token this is.
///
/// # Errors
/// When the endpoint does not answer, or answers something else: to go on without would lose groups by which rules deny.
async fn groups_elsewhere(
    provider: &Provider,
    endpoint: &GroupsEndpoint,
    access_token: &str,
    subject: &str,
    claims: &Gathered,
) -> Result<BTreeSet<String>, LoginError> {
    let first = endpoint.address(&provider.settings.claims, subject, claims)?;
    let mut groups = BTreeSet::new();
    let mut next = Some(first.clone());
    for _ in 0..MOST_PAGES {
        let Some(url) = next else {
            return Ok(groups);
        };
        let answer = provider
            .http
            .at("groups")
            .get(&url, Some(access_token))
            .await?;
        if answer.status.as_u16() != 200 {
            return Err(GroupsError::Endpoint(groups_endpoint::refusal(
                &answer.body,
                answer.status.as_u16(),
            ))
            .into());
        }
        let page = json::object(&answer.body)
            .map_err(|flaw| GroupsError::Endpoint(format!("the answer is no page: {flaw}")))?;
        groups.extend(groups_endpoint::names(endpoint, &page)?);
        if groups.len() > MOST_GROUPS {
            return Err(GroupsError::TooMany.into());
        }
        next = groups_endpoint::next_page(endpoint, &first, &page)?;
    }
    Err(GroupsError::Endpoint(format!("the answers go on after {MOST_PAGES} pages")).into())
}

/// OpenID Connect Core 1.0, 5.3: the answer counts only for the ID token's own subject. It may be signed (5.3.2).
async fn userinfo(
    provider: &Provider,
    known: &Known,
    endpoint: &Url,
    access_token: &str,
    subject: &str,
) -> Result<Claims, LoginError> {
    let answer = provider
        .http
        .at("userinfo")
        .get(endpoint, Some(access_token))
        .await?;
    if answer.status.as_u16() != 200 {
        return Err(LoginError::UserinfoStatus(answer.status.as_u16()));
    }
    let claims = if answer.media_type == "application/jwt" {
        signed_userinfo(provider, known, &answer)?
    } else {
        json::object(&answer.body).map_err(|flaw| {
            LoginError::Userinfo(format!("the answer is no set of claims: {flaw}"))
        })?
    };
    if claims.get("sub").and_then(Value::as_str) != Some(subject) {
        return Err(LoginError::Userinfo(
            "the answer is about another subject than the ID token".to_owned(),
        ));
    }
    Ok(claims)
}

/// Signed as ID tokens are; `iss` and `aud` should be there (5.3.2), and count where they are.
fn signed_userinfo(
    provider: &Provider,
    known: &Known,
    answer: &Answer,
) -> Result<Claims, LoginError> {
    let settings = &provider.settings;
    let refused =
        |why: String| LoginError::Userinfo(format!("the signed answer is refused: {why}"));
    let token = std::str::from_utf8(&answer.body).unwrap_or_default().trim();
    let signed = known
        .verify(settings, token)
        .map_err(|error| refused(error.to_string()))?;
    let claims = signed.claims;
    if claims.contains_key("iss") {
        issuer(&claims, &settings.issuers).map_err(|error| refused(error.to_string()))?;
    }
    if claims.contains_key("aud") {
        audience(&claims, &settings.client_id, &settings.trusted_audiences)
            .map_err(|error| refused(error.to_string()))?;
    }
    if claims.contains_key("exp") {
        times(&claims, settings.clock_leeway, provider.clock.now())
            .map_err(|error| refused(error.to_string()))?;
    }
    Ok(claims)
}

/// The claims of an access token that is a JWT of this provider. To go on without would lose the groups by which rules
/// deny.
///
/// It came straight from the token endpoint; the signature is checked all the same. Its audience is an API, not us.
fn signed_access_token(
    provider: &Provider,
    known: &Known,
    token: &str,
    now: OffsetDateTime,
) -> Result<Claims, LoginError> {
    let algorithms = known.metadata.algorithms(&provider.settings);
    let signed = known.keys.verify(token, &algorithms, None);
    let claims = signed.map_err(|_| LoginError::AccessToken)?.claims;
    let live = claims
        .get("exp")
        .and_then(Value::as_i64)
        .is_some_and(|exp| exp > now.unix_timestamp());
    if issuer(&claims, &provider.settings.issuers).is_ok() && live {
        Ok(claims)
    } else {
        Err(LoginError::AccessToken)
    }
}
