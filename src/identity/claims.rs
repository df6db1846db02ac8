//! Verified claims → [`Person`]: where each thing stands, however a provider writes it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::contexts::contexts;
use super::{Email, Groups, Person, stable_id};

/// Claims as a provider sends them.
pub type Claims = Map<String, Value>;

/// The longest display name, in characters; it travels in every URL with a token.
const LONGEST_NAME: usize = 100;
/// The longest address of a picture, in bytes.
const LONGEST_AVATAR: usize = 512;
/// The longest text of a provider's that goes into the log, in characters.
const LONGEST_SHOWN: usize = 200;
/// The longest other text (username, e-mail, stable id), in bytes.
const LONGEST_TEXT: usize = 254;

/// Where a claim stands: the names to follow from the top, each used as it is (claim names contain dots and slashes).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClaimPath(Vec<String>);

impl ClaimPath {
    /// A path from a configured text: a JSON pointer (RFC 6901) when it begins with `/`, else one claim's name.
    ///
    /// # Errors
    /// When the text or a step is empty.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text.strip_prefix('/') {
            Some(pointer) => Self::from_names(
                pointer
                    .split('/')
                    .map(|step| step.replace("~1", "/").replace("~0", "~"))
                    .collect(),
            ),
            None => Self::from_names(vec![text.to_owned()]),
        }
    }

    /// A path from a list of names.
    ///
    /// # Errors
    /// When the list or one of its names is empty.
    pub fn from_names(names: Vec<String>) -> Result<Self, &'static str> {
        if names.is_empty() || names.iter().any(String::is_empty) {
            return Err("a claim's name is empty");
        }
        Ok(Self(names))
    }

    /// Whether it is this one name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.0 == [name]
    }

    /// The first name of the path: the claim that everything else stands in.
    #[must_use]
    pub fn top(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// The value at the end of the path; `null` counts as absent.
    #[must_use]
    pub fn find<'a>(&self, claims: &'a Claims) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        let found = rest
            .iter()
            .try_fold(claims.get(first)?, |value, step| value.get(step))?;
        (!found.is_null()).then_some(found)
    }

    /// A text for people's eyes.
    fn text(&self, claims: &Claims) -> Option<String> {
        let text = clean(self.find(claims)?.as_str()?);
        (!text.is_empty()).then_some(text)
    }

    /// A text that rules compare. One that would have to be cleaned or cut counts as absent: it could pass for another.
    fn exact(&self, claims: &Claims) -> Option<String> {
        exact(self.find(claims)?.as_str()?)
    }
}

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
    /// Stands before each group's name, so that the groups of several providers cannot be taken for each other.
    pub groups_prefix: String,
    /// Treat every address as verified, for a provider that never says.
    pub trust_email: bool,
    /// The claims that rules look at; others are not kept.
    pub kept: BTreeSet<String>,
}

/// The longest name of a group, in bytes, and the most groups of one person.
const LONGEST_GROUP: usize = 1024;
const MOST_GROUPS: usize = 10_000;

/// Why a person's groups cannot be decided upon. Leaving them out would be wrong: rules deny by them, too.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupsError {
    /// The provider left them out because they are too many.
    #[error(
        "the provider left the groups out because they are too many (_claim_names, hasgroups): send fewer, or roles"
    )]
    Overage,
    /// Not names.
    #[error(
        "a groups claim holds something else than names: point claims.groups of the provider at the names"
    )]
    Unreadable,
    /// Too many, or too long.
    #[error("more than {MOST_GROUPS} groups, or one longer than {LONGEST_GROUP} bytes")]
    TooMany,
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
    /// Whether the ID token alone leaves out something that userinfo may have.
    #[must_use]
    pub fn lacks(&self, id_token: &Claims) -> bool {
        let groups_elsewhere = self.groups_from.contains(&Source::Userinfo);
        display_name(self, id_token).is_none()
            || (groups_elsewhere && matches!(self.groups_in(id_token), Ok(None)))
    }

    /// The groups in some claims; nothing when none of the groups claims is there.
    fn groups_in(&self, claims: &Claims) -> Result<Option<BTreeSet<String>>, GroupsError> {
        let mut found = None;
        for value in self.groups.iter().filter_map(|path| path.find(claims)) {
            let names = names_of(value).ok_or(GroupsError::Unreadable)?;
            found.get_or_insert_with(BTreeSet::new).extend(names);
        }
        // Microsoft Entra ID, "groups overage claim": the claim's name stands in `_claim_names`, or `hasgroups` is true.
        let elsewhere = claims.get("_claim_names");
        let named =
            |path: &ClaimPath| elsewhere.is_some_and(|names| names.get(path.top()).is_some());
        if self.groups.iter().any(named) || is_true(claims.get("hasgroups")) {
            return Err(GroupsError::Overage);
        }
        Ok(found)
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
        let mut groups = Groups::Missing;
        for source in &self.groups_from {
            if let Some(found) = self.groups_in(gathered.from(*source))? {
                match &mut groups {
                    Groups::Known(names) => names.extend(found),
                    Groups::Missing => groups = Groups::Known(found),
                }
            }
        }
        if let Groups::Known(names) = &mut groups {
            *names = std::mem::take(names)
                .into_iter()
                .map(|name| format!("{}{name}", self.groups_prefix))
                .collect();
        }
        let too_long = |group: &str| group.len() > LONGEST_GROUP;
        if groups.iter().count() > MOST_GROUPS || groups.iter().any(too_long) {
            return Err(GroupsError::TooMany);
        }
        let sid = super::provider_session::sid(&gathered.id_token).map(str::to_owned);
        let acr = contexts(&gathered.id_token, &self.acr);
        let mut claims = gathered.userinfo;
        claims.extend(gathered.id_token);

        let username = self.username.exact(&claims);
        // What `email_verified` vouches for is the claim `email`, and no other.
        let vouched = self.email.is("email") && is_true(claims.get("email_verified"));
        let email = self.email.exact(&claims).map(|address| Email {
            verified: self.trust_email || vouched,
            address,
        });
        let id = self
            .id
            .as_ref()
            .and_then(|path| stable_text(path.find(&claims)?));
        Ok(Person {
            issuer: issuer.to_owned(),
            provider: provider.to_owned(),
            subject: subject.to_owned(),
            id: id.unwrap_or_else(|| stable_id(issuer, subject)),
            name: display_name(self, &claims).unwrap_or_else(|| "Guest".to_owned()),
            username,
            email,
            avatar: self
                .avatar
                .text(&claims)
                .filter(|url| url.starts_with("https://") && url.len() <= LONGEST_AVATAR),
            groups,
            acr,
            sid,
            auth_time: claims.get("auth_time").and_then(Value::as_i64),
            claims: claims
                .into_iter()
                .filter(|(name, _)| self.kept.contains(name))
                .collect(),
        })
    }
}

/// Name, else given and family name, else the sign-in name, else the e-mail address.
fn display_name(map: &ClaimMap, claims: &Claims) -> Option<String> {
    let standard = |name: &str| {
        claims
            .get(name)
            .and_then(Value::as_str)
            .map(clean)
            .filter(|text| !text.is_empty())
    };
    let parts: Vec<String> = ["given_name", "family_name"]
        .into_iter()
        .filter_map(standard)
        .collect();
    map.name
        .text(claims)
        .or_else(|| (!parts.is_empty()).then(|| parts.join(" ")))
        .or_else(|| map.username.text(claims))
        .or_else(|| map.email.text(claims))
        .map(|name| shorten(&name, LONGEST_NAME))
}

/// Group names in a list, a single text, or an object's keys (Zitadel's roles); nothing where there are no names.
fn names_of(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(name) => Some(vec![name.clone()]),
        Value::Array(entries) => entries
            .iter()
            .map(|entry| entry.as_str().map(str::to_owned))
            .collect(),
        Value::Object(members) => Some(members.keys().cloned().collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Some providers send `email_verified` as text.
fn is_true(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Bool(true))) || value.and_then(Value::as_str) == Some("true")
}

fn stable_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => exact(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Takes out what breaks other people's clients or Prosody (control characters, non-characters) or lets one name pass
/// for another (bidirectional overrides, invisible marks), and folds white space.
#[must_use]
pub fn clean(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_noncharacter(*c) && !is_invisible(*c))
        .collect();
    visible
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A text as it is, if it needs neither cleaning nor cutting.
fn exact(text: &str) -> Option<String> {
    let plain = !text.is_empty() && text.len() <= LONGEST_TEXT && clean(text) == text;
    plain.then(|| text.to_owned())
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

/// Marks that turn the direction of writing, and letters that show nothing. (U+200C and U+200D stay: Persian words and
/// emoji are made with them.)
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}'
    )
}

/// A provider's text for the log: one line, and not a long one.
#[must_use]
pub fn shown(text: &str) -> String {
    shorten(&clean(text), LONGEST_SHOWN)
}

/// At most `most` characters.
fn shorten(text: &str, most: usize) -> String {
    text.chars()
        .take(most)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests;
