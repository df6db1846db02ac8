//! Another endpoint that knows a person's groups, asked with their own access token: Microsoft Graph, Google's Cloud
//! Identity API, or any other that answers JSON, page by page.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use super::claim_map::{ClaimMap, Gathered};
use super::claims::{ClaimPath, Claims, shown};
use super::groups::GroupsError;

/// Where groups are asked for, and what its answers look like.
#[derive(Debug, Clone)]
pub struct GroupsEndpoint {
    /// The address, in which `{email}`, `{username}` and `{subject}` stand for the person's.
    pub url: String,
    /// Where in an answer the list of groups stands.
    pub list: ClaimPath,
    /// Where in each entry its name stands; nothing where the entries are names.
    pub name: Option<ClaimPath>,
    /// How the next page is found.
    pub next: NextPage,
    /// When to ask.
    pub when: WhenToAsk,
}

/// How the next page of groups is found.
#[derive(Debug, Clone)]
pub enum NextPage {
    /// There is never one.
    None,
    /// An answer holds its address, here.
    Url(ClaimPath),
    /// An answer holds a token here, which goes into this parameter.
    Token(ClaimPath, String),
}

/// When an endpoint for groups is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenToAsk {
    /// At every sign-in.
    Always,
    /// When the provider says that the groups are too many to send.
    Overage,
}

impl GroupsEndpoint {
    /// Whether it is to be asked; `elsewhere`: the provider says that the groups stand elsewhere.
    #[must_use]
    pub fn is_to_be_asked(&self, elsewhere: bool) -> bool {
        elsewhere || self.when == WhenToAsk::Always
    }

    /// The address for a person.
    ///
    /// # Errors
    /// When the person lacks what stands in it, or has it in a form that could mean something there.
    pub fn address(
        &self,
        map: &ClaimMap,
        subject: &str,
        claims: &Gathered,
    ) -> Result<Url, GroupsError> {
        let mut url = self.url.clone();
        let mut all = claims.userinfo.clone();
        all.extend(claims.id_token.clone());
        // An address that nobody vouches for can be anybody's.
        let email = map.email(&all).filter(|email| email.verified);
        for (placeholder, value) in [
            ("{email}", email.map(|email| email.address)),
            ("{username}", map.username.exact(&all)),
            ("{subject}", Some(subject.to_owned())),
        ] {
            if !url.contains(placeholder) {
                continue;
            }
            let value = value.filter(|value| is_plain(value)).ok_or_else(|| {
                GroupsError::Endpoint(format!(
                    "{placeholder} stands in its address, and the person has none, one that is not verified, or one with unusual characters"
                ))
            })?;
            let encoded = utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string();
            url = url.replace(placeholder, &encoded);
        }
        Url::parse(&url).map_err(|error| GroupsError::Endpoint(error.to_string()))
    }
}

/// Whether a text can change neither the path in which it stands (`..`) nor the question: quotation marks would, in Google's.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@' | '|');
    text.chars().all(plain) && text.chars().any(|c| c != '.')
}

/// The names on a page. A page without a list has none.
pub(super) fn names(endpoint: &GroupsEndpoint, page: &Claims) -> Result<Vec<String>, GroupsError> {
    let entries = match endpoint.list.find(page) {
        None => return Ok(Vec::new()),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            let said = "what should be the list of groups is none: look at `names`";
            return Err(GroupsError::Endpoint(said.to_owned()));
        }
    };
    let name = |entry: &Value| match (&endpoint.name, entry) {
        (None, Value::String(name)) => Some(name.clone()),
        (Some(path), Value::Object(members)) => path.find(members)?.as_str().map(str::to_owned),
        _ => None,
    };
    let names: Option<Vec<String>> = entries.iter().map(name).collect();
    names.ok_or_else(|| {
        let said = "an entry of the list of groups has no name: look at `name`";
        GroupsError::Endpoint(said.to_owned())
    })
}

/// The next page, which can only be where the first one was.
pub(super) fn next_page(
    endpoint: &GroupsEndpoint,
    first: &Url,
    page: &Claims,
) -> Result<Option<Url>, GroupsError> {
    let text = |path: &ClaimPath| path.find(page).and_then(Value::as_str).map(str::to_owned);
    match &endpoint.next {
        NextPage::None => Ok(None),
        NextPage::Url(path) => {
            let Some(url) = text(path) else {
                return Ok(None);
            };
            let url = Url::parse(&url).ok();
            match url.filter(|url| url.origin() == first.origin()) {
                Some(url) => Ok(Some(url)),
                None => Err(GroupsError::Endpoint(
                    "the next page is said to be at another origin".to_owned(),
                )),
            }
        }
        NextPage::Token(path, parameter) => {
            Ok(text(path).filter(|token| !token.is_empty()).map(|token| {
                let mut url = first.clone();
                url.query_pairs_mut().append_pair(parameter, &token);
                url
            }))
        }
    }
}

/// What an API says of a refusal (Microsoft and Google write `error.message`).
pub(super) fn refusal(body: &[u8], status: u16) -> String {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let message = answer
        .as_ref()
        .and_then(|answer| answer.get("error")?.get("message")?.as_str());
    match message {
        Some(message) => format!("answered {status}: {}", shown(message)),
        None => format!("answered {status}"),
    }
}
