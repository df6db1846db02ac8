//! Asks the provider anew about somebody who signed in earlier, by the refresh token of that sign-in, without them noticing
//! (OpenID Connect Core 1.0, 12).

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::claim_map::Source;
use super::claims::Claims;
use super::error::LoginError;
use super::gather::gather;
use super::id_token::{Expected, IdTokenError, validate};
use super::provider::{Known, Provider};
use super::settings::AskUserinfo;
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
    /// The provider gave new tokens, and then nothing could be learnt.
    Unclear {
        /// Why.
        said: String,
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

/// How long everything after the new tokens may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(15);

/// Asks anew. How strongly and when the person signed in stays what it was.
///
/// # Errors
/// When the provider cannot be asked: the refresh token is then as good as before.
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
    // From here on the old refresh token may be spent: whatever happens, the next one must not get lost.
    let learning = tokio::time::timeout(PATIENCE, learn(provider, known, person, &tokens));
    match learning.await {
        Ok(Ok(person)) => Ok(Refreshed::Person {
            person: Box::new(person),
            next,
        }),
        // Who is somebody else by now, or is not let ask any more, is gone.
        Ok(Err(
            LoginError::IdToken(IdTokenError::OtherSubject) | LoginError::UserinfoStatus(401),
        )) => Ok(Refreshed::Gone),
        Ok(Err(error)) => Ok(Refreshed::Unclear {
            said: error.to_string(),
            next,
        }),
        Err(_) => Ok(Refreshed::Unclear {
            said: "the answers took too long".to_owned(),
            next,
        }),
    }
}

async fn learn(
    provider: &Provider,
    known: Arc<Known>,
    person: &Person,
    tokens: &Tokens,
) -> Result<Person, LoginError> {
    let (known, id_token) = match &tokens.id_token {
        Some(id_token) => {
            let validate = |known: &Known| same_person(provider, known, person, id_token, tokens);
            let stale = |error: &IdTokenError| matches!(error, IdTokenError::Signature(error) if error.may_be_stale());
            let (known, claims) = provider
                .checked::<_, _, LoginError>(known, validate, stale)
                .await?;
            (known, Some(claims))
        }
        None => (known, None),
    };
    let with_id_token = id_token.is_some();
    let gathered = gather(provider, &known, tokens, &person.subject, id_token).await?;
    let settings = &provider.settings;
    let map = &settings.claims;
    // What userinfo is always asked for, it says in full.
    let all_is_said = with_id_token
        || (!gathered.userinfo.is_empty()
            && map.groups_from.contains(&Source::Userinfo)
            && (settings.userinfo == AskUserinfo::Always || map.groups_from == [Source::Userinfo]));
    let new = map.person(&person.issuer, &settings.name, &person.subject, gathered)?;
    Ok(updated(person, new, with_id_token, all_is_said))
}

/// The claims of an ID token that is about the same person (12.2). It has no nonce to compare.
fn same_person(
    provider: &Provider,
    known: &Known,
    person: &Person,
    id_token: &str,
    tokens: &Tokens,
) -> Result<Claims, IdTokenError> {
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
        Err(IdTokenError::OtherSubject)
    }
}

/// The person as they are now. Without an ID token, only what userinfo and the other sources say is new; the rest stays, but
/// for groups that should have been said.
fn updated(old: &Person, new: Person, with_id_token: bool, all_is_said: bool) -> Person {
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
            Groups::Missing | Groups::NotSent if !all_is_said => old.groups.clone(),
            now => now,
        },
        claims,
        ..old.clone()
    }
}
