//! Verified claims → [`Person`]: where each thing stands, however a provider writes it.

pub mod traced;

use std::collections::BTreeSet;

use serde_json::Value;

use super::claims::{ClaimPath, Claims, clean, exact, is_true, shorten};
use super::contexts::contexts;
use super::groups::{GroupNames, GroupsError, names_of};
use super::sid::sid;
use super::{Email, Groups, Person, stable_id};

/// The longest display name, in characters; it travels in every URL with a token.
const LONGEST_NAME: usize = 100;
/// The longest address of a picture, in bytes.
const LONGEST_AVATAR: usize = 512;

/// Where this provider puts things.
#[derive(Debug, Clone)]
pub struct ClaimMap {
    /// The claim that is the stable id; issuer and subject where there is none.
    pub id: Option<ClaimPath>,
    /// The display name.
    pub name: ClaimPath,
    /// The name one signs in with.
    pub username: ClaimPath,
    /// The e-mail address.
    pub email: ClaimPath,
    /// The picture's address.
    pub avatar: ClaimPath,
    /// The groups, several claims at once.
    pub groups: Vec<ClaimPath>,
    /// Where groups are looked for.
    pub groups_from: Vec<Source>,
    /// The authentication contexts, several claims at once.
    pub acr: Vec<ClaimPath>,
    /// What stands between groups that come as one text.
    pub groups_separator: Option<String>,
    /// A claim that does not come means no groups.
    pub missing_groups_are_none: bool,
    /// How groups are called in rules.
    pub group_names: GroupNames,
    /// Treat every address as verified, for a provider that never says.
    pub trust_email: bool,
    /// The claims that rules look at; others are not kept.
    pub kept: BTreeSet<String>,
}

/// A place where claims come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The ID token.
    IdToken,
    /// The userinfo endpoint.
    Userinfo,
    /// An access token that is a JWT signed by the provider.
    AccessToken,
}

/// The claims of one login, by where they came from.
#[derive(Debug, Default)]
pub struct Gathered {
    /// From the ID token.
    pub id_token: Claims,
    /// From the userinfo endpoint.
    pub userinfo: Claims,
    /// From a signed access token, where groups may be read from it.
    pub access_token: Claims,
    /// Groups that another endpoint gave; nothing where it was not asked.
    pub groups: Option<BTreeSet<String>>,
}

impl Gathered {
    fn from(&self, source: Source) -> &Claims {
        match source {
            Source::IdToken => &self.id_token,
            Source::Userinfo => &self.userinfo,
            Source::AccessToken => &self.access_token,
        }
    }
}

impl ClaimMap {
    /// Whether this claim, by its name at the top, is looked at.
    #[must_use]
    pub fn looks_at(&self, name: &str) -> bool {
        let single = [&self.name, &self.username, &self.email, &self.avatar];
        let mut paths = single.into_iter().chain(&self.id).chain(&self.groups);
        paths.any(|path| path.top() == name) || self.kept.contains(name)
    }

    /// Whether the ID token alone leaves out something that userinfo may have.
    #[must_use]
    pub fn lacks(&self, id_token: &Claims) -> bool {
        let groups_elsewhere = self.groups_from.contains(&Source::Userinfo);
        display_name(self, id_token).is_none()
            || (groups_elsewhere
                && !self.groups_are_elsewhere(id_token)
                && matches!(self.groups_in(id_token), Ok(None)))
    }

    /// The groups in some claims; nothing when none of the groups claims is there.
    fn groups_in(&self, claims: &Claims) -> Result<Option<BTreeSet<String>>, GroupsError> {
        let mut found = None;
        for value in self.groups.iter().filter_map(|path| path.find(claims)) {
            let names = names_of(value, self.groups_separator.as_deref());
            let names = names.ok_or(GroupsError::Unreadable)?;
            found.get_or_insert_with(BTreeSet::new).extend(names);
        }
        Ok(found)
    }

    /// Whether the provider says that the groups stand elsewhere: Microsoft Entra ID, "groups overage claim", where the
    /// claim's name stands in `_claim_names`, or `hasgroups` is true.
    #[must_use]
    pub fn groups_are_elsewhere(&self, claims: &Claims) -> bool {
        let elsewhere = claims.get("_claim_names");
        let named =
            |path: &ClaimPath| elsewhere.is_some_and(|names| names.get(path.top()).is_some());
        self.groups.iter().any(named) || is_true(claims.get("hasgroups"))
    }

    /// The groups as the provider calls them, from wherever they are looked for.
    fn groups(&self, gathered: &Gathered) -> Result<Option<BTreeSet<String>>, GroupsError> {
        let mut all = gathered.groups.clone();
        for source in &self.groups_from {
            let claims = gathered.from(*source);
            // What stands elsewhere has come from there, or is missing.
            if gathered.groups.is_none() && self.groups_are_elsewhere(claims) {
                return Err(GroupsError::Overage);
            }
            if let Some(found) = self.groups_in(claims)? {
                all.get_or_insert_default().extend(found);
            }
        }
        Ok(all)
    }

    /// The e-mail address in some claims.
    pub(super) fn email(&self, claims: &Claims) -> Option<Email> {
        // What `email_verified` vouches for is the claim `email`, and no other.
        let vouched = self.email.is("email") && is_true(claims.get("email_verified"));
        self.email.exact(claims).map(|address| Email {
            verified: self.trust_email || vouched,
            address,
        })
    }

    /// The person behind verified claims. What the ID token says goes before what userinfo says.
    ///
    /// # Errors
    /// When the groups are there and cannot be read.
    pub fn person(
        &self,
        issuer: &str,
        provider: &str,
        subject: &str,
        gathered: Gathered,
    ) -> Result<Person, GroupsError> {
        let groups = match self.groups(&gathered)? {
            Some(groups) => Groups::Known(self.group_names.of(&groups)?),
            None if self.missing_groups_are_none => Groups::NotSent,
            None => Groups::Missing,
        };
        let sid = sid(&gathered.id_token).map(str::to_owned);
        let acr = contexts(&gathered.id_token, &self.acr);
        let mut claims = gathered.userinfo;
        if claims.is_empty() {
            claims = gathered.id_token;
        } else {
            claims.extend(gathered.id_token);
        }

        let username = self.username.exact(&claims);
        let email = self.email(&claims);
        let id = self
            .id
            .as_ref()
            .and_then(|path| stable_text(path.find(&claims)?));
        let name = display_name(self, &claims).unwrap_or_else(|| "Guest".to_owned());
        let avatar = self.avatar.text(&claims);
        let auth_time = claims.get("auth_time").and_then(Value::as_i64);
        claims.retain(|name, _| self.kept.contains(name));
        Ok(Person {
            issuer: issuer.to_owned(),
            provider: provider.to_owned(),
            subject: subject.to_owned(),
            id: id.unwrap_or_else(|| stable_id(issuer, subject)),
            name,
            username,
            email,
            avatar: avatar.filter(|url| url.starts_with("https://") && url.len() <= LONGEST_AVATAR),
            groups,
            acr,
            sid,
            auth_time,
            claims,
        })
    }
}

/// Name, else given and family name, else the sign-in name, else the e-mail address.
fn display_name(map: &ClaimMap, claims: &Claims) -> Option<String> {
    named(map, claims).map(|(_, name)| name)
}

/// What a display name is made of.
enum NamedBy<'a> {
    /// One claim.
    Claim(&'a ClaimPath),
    /// `given_name` and `family_name`.
    Parts,
}

/// The display name, and what it is made of.
fn named<'a>(map: &'a ClaimMap, claims: &Claims) -> Option<(NamedBy<'a>, String)> {
    let standard = |name: &str| {
        claims
            .get(name)
            .and_then(Value::as_str)
            .map(clean)
            .filter(|text| !text.is_empty())
    };
    let parts = || {
        let parts = ["given_name", "family_name"].into_iter();
        let parts: Vec<String> = parts.filter_map(standard).collect();
        (!parts.is_empty()).then(|| (NamedBy::Parts, parts.join(" ")))
    };
    let by = |path: &'a ClaimPath| Some((NamedBy::Claim(path), path.text(claims)?));
    let found = by(&map.name)
        .or_else(parts)
        .or_else(|| by(&map.username))
        .or_else(|| by(&map.email));
    found.map(|(by, name)| (by, shorten(&name, LONGEST_NAME)))
}

fn stable_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => exact(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
