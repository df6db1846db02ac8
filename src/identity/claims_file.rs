//! Claims that somebody saved: the person whom they would make, by the configured mapping.

use serde_json::{Map, Value};

use super::Person;
use super::claim_map::traced::Traced;
use super::claim_map::{Gathered, Source};
use super::claims::Claims;
use super::groups::GroupsError;
use super::json;
use super::settings::ProviderSettings;

/// The person whom some claims would make.
#[derive(Debug)]
pub struct Read {
    /// The person.
    pub person: Person,
    /// Which claim became what.
    pub mapping: Vec<Traced>,
    /// What the file does not say.
    pub assumed: Vec<String>,
}

/// Why there is no such person.
#[derive(Debug, thiserror::Error)]
pub enum ClaimsFileError {
    /// No JSON object, or one that a provider's answer could not be.
    #[error(
        "this is no JSON object of claims ({0}): save the ID token's payload, or {{\"id_token\": {{…}}, \"userinfo\": {{…}}}}"
    )]
    NoClaims(String),
    /// Nobody is meant.
    #[error("the claims hold no `sub`: every ID token has one; add \"sub\": \"…\"")]
    NoSubject,
    /// A sign-in would end here.
    #[error("with these claims, a sign-in fails: {0}")]
    Groups(#[from] GroupsError),
}

/// The places that a file may tell apart.
const PLACES: [Source; 3] = [Source::IdToken, Source::Userinfo, Source::AccessToken];

/// Reads claims as a provider sends them: one set that stands for every place where claims are looked for, or one for
/// each place by its name.
///
/// # Errors
/// When they are none, or a sign-in with them would fail.
pub fn read(text: &str, settings: &ProviderSettings) -> Result<Read, ClaimsFileError> {
    let file = json::object(text.trim_start_matches('\u{feff}').as_bytes())
        .map_err(|flaw| ClaimsFileError::NoClaims(flaw.to_string()))?;
    let mut assumed = Vec::new();
    let gathered = gathered(file, &mut assumed)?;
    let text = |name: &str| {
        let claims = [&gathered.id_token, &gathered.userinfo];
        let mut found = claims
            .iter()
            .filter_map(|claims| claims.get(name)?.as_str());
        found.next().map(str::to_owned)
    };
    let subject = text("sub").ok_or(ClaimsFileError::NoSubject)?;
    let issuer = text("iss").unwrap_or_else(|| settings.issuer.clone());
    if text("iss").is_none() {
        assumed.push(format!("the issuer is {issuer:?}, as configured"));
    } else if !settings.issuers.contains(&issuer) {
        assumed.push(format!(
            "the issuer {issuer:?} is taken as it is, but a sign-in would be refused: provider.issuer is {:?}",
            settings.issuer
        ));
    }
    assumed.push("the claims are genuine: no signature, audience or time was looked at".to_owned());
    let traced = Gathered {
        id_token: gathered.id_token.clone(),
        userinfo: gathered.userinfo.clone(),
        access_token: gathered.access_token.clone(),
        groups: None,
    };
    let map = &settings.claims;
    let person = map.person(&issuer, &settings.name, &subject, gathered)?;
    Ok(Read {
        mapping: map.traced(&traced, &person),
        person,
        assumed,
    })
}

fn gathered(mut file: Claims, assumed: &mut Vec<String>) -> Result<Gathered, ClaimsFileError> {
    let by_place = PLACES.iter().any(|place| file.contains_key(place.name()));
    if !by_place {
        assumed.push("the file does not tell where each claim stands: all of them were taken to stand wherever claims are looked for".to_owned());
        return Ok(Gathered {
            id_token: file.clone(),
            userinfo: file.clone(),
            access_token: file,
            groups: None,
        });
    }
    let mut place = |source: Source| match file.remove(source.name()) {
        None => Ok(Map::new()),
        Some(Value::Object(claims)) => Ok(claims),
        Some(_) => Err(ClaimsFileError::NoClaims(format!(
            "{} is no object",
            source.name()
        ))),
    };
    let gathered = Gathered {
        id_token: place(Source::IdToken)?,
        userinfo: place(Source::Userinfo)?,
        access_token: place(Source::AccessToken)?,
        groups: None,
    };
    match file.keys().next() {
        None => Ok(gathered),
        Some(other) => Err(ClaimsFileError::NoClaims(format!(
            "beside id_token, userinfo and access_token there is {other:?}"
        ))),
    }
}
