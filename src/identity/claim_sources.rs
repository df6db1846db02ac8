//! Claims that stand elsewhere (OpenID Connect Core 1.0, 5.6.2): aggregated ones come along in a token of their own,
//! distributed ones are fetched.

use serde_json::Value;
use url::Url;

use super::claims::{Claims, shown};
use super::error::{ClaimSourceError, LoginError};
use super::id_token::{issuer, times};
use super::provider::{Known, Provider};

/// Brings in the claims that are looked at and stand elsewhere. Whoever signed for them must be the provider itself.
///
/// # Errors
/// When one of them is not to be had: to go on without would lose groups by which rules deny.
pub async fn resolve(
    provider: &Provider,
    known: &Known,
    subject: &str,
    claims: &mut Claims,
    groups_are_known: bool,
) -> Result<(), LoginError> {
    let Some(Value::Object(names)) = claims.get("_claim_names") else {
        return Ok(());
    };
    let map = &provider.settings.claims;
    let groups = |name: &str| map.groups.iter().any(|path| path.top() == name);
    let wanted = |name: &String| map.looks_at(name) && !(groups_are_known && groups(name));
    let wanted: Vec<(String, Value)> = names
        .iter()
        .filter(|(name, _)| wanted(name) && claims.get(*name).is_none_or(Value::is_null))
        .map(|(name, source)| {
            let sources = claims.get("_claim_sources");
            let source = source.as_str().and_then(|source| sources?.get(source));
            (name.clone(), source.cloned().unwrap_or_default())
        })
        .collect();
    // Microsoft Entra ID names an endpoint there that answers no token; groups that are left out are told as that.
    let of_microsoft = |source: &Value| {
        let endpoint = source.get("endpoint").and_then(Value::as_str);
        endpoint.is_some_and(|endpoint| endpoint.ends_with("/getMemberObjects"))
    };
    for (name, source) in wanted {
        if of_microsoft(&source) {
            continue;
        }
        let token = token(provider, &name, &source).await?;
        let refused = |said: String| ClaimSourceError::Token {
            claim: shown(&name),
            said,
        };
        let signed = known
            .verify(&provider.settings, &token)
            .map_err(|error| refused(error.to_string()))?;
        issuer(&signed.claims, &provider.settings.issuers)
            .map_err(|error| refused(error.to_string()))?;
        let about = signed.claims.get("sub").and_then(Value::as_str);
        if about.is_some_and(|about| about != subject) {
            return Err(refused("it is about another subject".to_owned()).into());
        }
        if signed.claims.contains_key("exp") {
            times(
                &signed.claims,
                provider.settings.clock_leeway,
                provider.clock.now(),
            )
            .map_err(|error| refused(error.to_string()))?;
        }
        let value = signed.claims.get(&name).cloned();
        let value = value.ok_or_else(|| refused("it does not hold the claim".to_owned()))?;
        claims.insert(name.clone(), value);
        // It no longer stands elsewhere.
        if let Some(Value::Object(names)) = claims.get_mut("_claim_names") {
            names.remove(&name);
        }
    }
    Ok(())
}

/// The token that came along, or that the source's endpoint gives.
async fn token(provider: &Provider, name: &str, source: &Value) -> Result<String, LoginError> {
    let text = |member: &str| source.get(member).and_then(Value::as_str);
    if let Some(token) = text("JWT") {
        return Ok(token.to_owned());
    }
    let endpoint = text("endpoint").and_then(|endpoint| Url::parse(endpoint).ok());
    let endpoint = endpoint.ok_or_else(|| ClaimSourceError::Nowhere(shown(name)))?;
    let origin = endpoint.origin().ascii_serialization();
    if !provider.settings.claim_sources.contains(&origin) {
        let claim = shown(name);
        return Err(ClaimSourceError::Origin { claim, origin }.into());
    }
    let answer = provider
        .http
        .at("claim_source")
        .get(&endpoint, text("access_token"))
        .await?;
    let failed = |said: String| ClaimSourceError::Answer {
        claim: shown(name),
        url: shown(&format!("{origin}{}", endpoint.path())),
        said,
    };
    if answer.status.as_u16() != 200 {
        return Err(failed(format!("status {}", answer.status.as_u16())).into());
    }
    let token = String::from_utf8(answer.body).map_err(|_| failed("no token came".to_owned()))?;
    Ok(token.trim().to_owned())
}
