//! Asks the provider anew about somebody who signed in earlier, by the refresh token of that sign-in, without them noticing
//! (OpenID Connect Core 1.0, 12).

use secrecy::{ExposeSecret as _, SecretString};

use super::claims::Claims;
use super::error::LoginError;
use super::gather::gather;
use super::id_token::{Expected, IdTokenError, validate};
use super::provider::{Known, Provider};
use super::token_endpoint::{Tokens, refresh as ask};
use super::{Groups, Person};

/// What became of it.
pub enum Refreshed {
    /// The person as the provider knows them now.
    Person {
        /// Who.
        person: Box<Person>,
        /// The refresh token for the next time.
        next: SecretString,
    },
    /// The provider does not know the person any more, or wants to see them.
    Gone,
}

/// What a token endpoint says where a refresh token is worth nothing any more: the person was disabled, has signed out, or
/// has to come back (RFC 6749, 5.2; OpenID Connect Core 1.0, 3.1.2.6).
const GONE: [&str; 4] = [
    "invalid_grant",
    "interaction_required",
    "login_required",
    "consent_required",
];

/// Asks anew. How strongly and when the person signed in stays what it was.
///
/// # Errors
/// When the provider cannot be asked, or its answer is not to be believed: nobody knows then.
pub async fn refresh(
    provider: &Provider,
    person: &Person,
    refresh_token: &SecretString,
) -> Result<Refreshed, LoginError> {
    let known = provider.current().await?;
    let asked = ask(provider, &known.metadata, refresh_token.expose_secret()).await;
    let tokens = match asked {
        Err(LoginError::Refused { error, .. }) if GONE.contains(&error.as_str()) => {
            return Ok(Refreshed::Gone);
        }
        asked => asked?,
    };
    let next = tokens
        .refresh_token
        .clone()
        .map_or_else(|| refresh_token.clone(), SecretString::from);
    let id_token = match &tokens.id_token {
        Some(id_token) => Some(same_person(provider, &known, person, id_token, &tokens)?),
        None => None,
    };
    let with_id_token = id_token.is_some();
    let gathered = gather(provider, &known, &tokens, &person.subject, id_token).await;
    let gathered = match gathered {
        // Who is not let ask any more is gone as well.
        Err(LoginError::Userinfo(error)) if error.ends_with("401") => return Ok(Refreshed::Gone),
        gathered => gathered?,
    };
    let settings = &provider.settings;
    let map = &settings.claims;
    let new = map.person(&person.issuer, &settings.name, &person.subject, gathered)?;
    Ok(Refreshed::Person {
        person: Box::new(updated(person, new, with_id_token)),
        next,
    })
}

/// The claims of an ID token that is about the same person (12.2). It has no nonce to compare.
fn same_person(
    provider: &Provider,
    known: &Known,
    person: &Person,
    id_token: &str,
    tokens: &Tokens,
) -> Result<Claims, LoginError> {
    let settings = &provider.settings;
    let algorithms = known.metadata.algorithms(settings);
    let secret = settings.client_secret.as_ref();
    let issuers = [person.issuer.clone()];
    let expected = Expected {
        issuers: &issuers,
        client_id: &settings.client_id,
        trusted_audiences: &settings.trusted_audiences,
        algorithms: &algorithms,
        secret: secret.map(|secret| secret.expose_secret().as_bytes()),
        nonce: None,
        access_token: tokens.access_token.as_deref(),
        at_hash: settings.at_hash,
        acr_values: &[],
        acr_claims: &[],
        max_age: None,
        leeway: settings.clock_leeway,
        now: provider.clock.now(),
    };
    let (subject, claims) = validate(id_token, &known.keys, &expected)?;
    if subject == person.subject {
        Ok(claims)
    } else {
        Err(IdTokenError::OtherSubject.into())
    }
}

/// The person as they are now. Without an ID token, only what userinfo and the other sources say is new; the rest stays.
fn updated(old: &Person, new: Person, with_id_token: bool) -> Person {
    if with_id_token {
        return Person {
            acr: old.acr.clone(),
            auth_time: old.auth_time,
            sid: old.sid.clone(),
            ..new
        };
    }
    let mut claims = old.claims.clone();
    claims.extend(new.claims);
    Person {
        groups: match new.groups {
            Groups::Missing => old.groups.clone(),
            known @ Groups::Known(_) => known,
        },
        claims,
        ..old.clone()
    }
}
