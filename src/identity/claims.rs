//! Verified claims → [`Person`]: where each thing stands, however a provider writes it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Email, Groups, Person, stable_id};

/// Claims as a provider sends them.
pub type Claims = Map<String, Value>;

/// The longest display name, in characters; it travels in every URL with a token.
const LONGEST_NAME: usize = 100;
/// The longest address of a picture, in bytes.
const LONGEST_AVATAR: usize = 512;
/// The longest other text (username, e-mail, stable id), in bytes.
const LONGEST_TEXT: usize = 254;

/// Claims that belong to the protocol, not to the person.
const PROTOCOL: [&str; 13] = [
    "iss",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "jti",
    "sid",
    "session_state",
];

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

    /// The value at the end of the path; `null` counts as absent.
    #[must_use]
    pub fn find<'a>(&self, claims: &'a Claims) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        let found = rest
            .iter()
            .try_fold(claims.get(first)?, |value, step| value.get(step))?;
        (!found.is_null()).then_some(found)
    }

    fn text(&self, claims: &Claims) -> Option<String> {
        let text = clean(self.find(claims)?.as_str()?);
        (!text.is_empty()).then_some(text)
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
    /// Treat every address as verified, for a provider that never says.
    pub trust_email: bool,
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
            || (groups_elsewhere && self.groups_in(id_token).is_none())
    }

    fn groups_in(&self, claims: &Claims) -> Option<BTreeSet<String>> {
        let mut found = None;
        for value in self.groups.iter().filter_map(|path| path.find(claims)) {
            found
                .get_or_insert_with(BTreeSet::new)
                .extend(names_of(value));
        }
        found
    }

    /// The person behind verified claims. What the ID token says goes before what userinfo says.
    #[must_use]
    pub fn person(
        &self,
        issuer: &str,
        provider: &str,
        subject: &str,
        gathered: Gathered,
    ) -> Person {
        let mut groups = Groups::Missing;
        for source in &self.groups_from {
            if let Some(found) = self.groups_in(gathered.from(*source)) {
                match &mut groups {
                    Groups::Known(names) => names.extend(found),
                    Groups::Missing => groups = Groups::Known(found),
                }
            }
        }
        let mut claims = gathered.userinfo;
        claims.extend(gathered.id_token);

        let username = self
            .username
            .text(&claims)
            .map(|name| shorten(&name, LONGEST_TEXT));
        let email = self
            .email
            .text(&claims)
            .filter(|address| address.len() <= LONGEST_TEXT)
            .map(|address| Email {
                verified: self.trust_email || is_true(claims.get("email_verified")),
                address,
            });
        let id = self
            .id
            .as_ref()
            .and_then(|path| stable_text(path.find(&claims)?))
            .filter(|id| id.len() <= LONGEST_TEXT);
        Person {
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
            acr: claims.get("acr").and_then(Value::as_str).map(str::to_owned),
            auth_time: claims.get("auth_time").and_then(Value::as_i64),
            claims: claims
                .into_iter()
                .filter(|(name, _)| !PROTOCOL.contains(&name.as_str()))
                .collect(),
        }
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

/// Group names in a list, a single text, or an object's keys (Zitadel's roles).
fn names_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(name) => vec![name.clone()],
        Value::Array(entries) => entries
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Value::Object(members) => members.keys().cloned().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// Some providers send `email_verified` as text.
fn is_true(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Bool(true))) || value.and_then(Value::as_str) == Some("true")
}

fn stable_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(clean(text)).filter(|text| !text.is_empty()),
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

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
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
