//! `groups_endpoint`: another endpoint that knows a person's groups.

use url::Url;

use crate::config::address::is_safe;
use crate::config::reader::Section;
use crate::config::value::choice;
use crate::identity::ClaimPath;
use crate::identity::groups_endpoint::{GroupsEndpoint, NextPage, WhenToAsk};

/// Reads the section; what is not written is as in `usual`, where there is one.
pub fn read(
    mut section: Section<'_>,
    usual: Option<GroupsEndpoint>,
) -> Option<Option<GroupsEndpoint>> {
    if section.keys().is_empty() {
        // Every key there is, for whoever asks which there are.
        let _ = fields(&mut section, None);
        if let Some(usual) = &usual {
            assume(&mut section, usual);
        }
        return Some(usual);
    }
    let read = fields(&mut section, usual);
    section.finish();
    Some(Some(read?))
}

fn fields(section: &mut Section<'_>, usual: Option<GroupsEndpoint>) -> Option<GroupsEndpoint> {
    let written = !section.keys().is_empty();
    let url_origin = section.origin("url");
    let url = section.optional::<String>("url");
    let list = section.optional::<ClaimPath>("names");
    let name = section.optional::<ClaimPath>("name");
    let next_url = section.optional::<ClaimPath>("next_url");
    let token_origin = section.origin("next_token");
    let next_token = section.optional::<ClaimPath>("next_token");
    let parameter = section.optional::<String>("token_parameter");
    let when = section.optional::<WhenToAsk>("when");
    if !written {
        return None;
    }
    let url = match (url?, &usual) {
        (Some(url), _) => url,
        (None, Some(usual)) => usual.url.clone(),
        (None, None) => {
            let hint = "write the address that knows a person's groups, such as \"https://api.example.org/people/{subject}/groups\"";
            section.missing("url", hint);
            return None;
        }
    };
    if let Err(said) = check(&url) {
        section.fault("url", url_origin, said);
        return None;
    }
    let list = list?.or(usual.as_ref().map(|usual| usual.list.clone()));
    let Some(list) = list else {
        let hint = "write where in the answer the list of groups stands, such as \"value\"";
        section.missing("names", hint);
        return None;
    };
    let next = match (next_url?, next_token?, parameter?) {
        (None, None, None) => usual
            .as_ref()
            .map_or(NextPage::None, |usual| usual.next.clone()),
        (Some(path), None, None) => NextPage::Url(path),
        (None, Some(path), Some(parameter)) => NextPage::Token(path, parameter),
        _ => {
            let said = "pages follow either by next_url, or by next_token and token_parameter";
            section.fault("next_token", token_origin, said);
            return None;
        }
    };
    Some(GroupsEndpoint {
        url,
        list,
        name: name?.or(usual.as_ref().and_then(|usual| usual.name.clone())),
        next,
        when: when?
            .or(usual.map(|usual| usual.when))
            .unwrap_or(WhenToAsk::Always),
    })
}

fn assume(section: &mut Section<'_>, usual: &GroupsEndpoint) {
    section.assume("url", &usual.url);
    section.assume("names", &usual.list);
    if let Some(name) = &usual.name {
        section.assume("name", name);
    }
    match &usual.next {
        NextPage::None => {}
        NextPage::Url(path) => section.assume("next_url", path),
        NextPage::Token(path, parameter) => {
            section.assume("next_token", path);
            section.assume("token_parameter", parameter);
        }
    }
    section.assume("when", &usual.when);
}

/// The address with its placeholders, for which the person's access token is safe.
fn check(url: &str) -> Result<(), String> {
    let filled = ["{email}", "{username}", "{subject}"]
        .iter()
        .fold(url.to_owned(), |url, placeholder| {
            url.replace(placeholder, "x")
        });
    if let Some(at) = filled.find('{') {
        let (_, unknown) = filled.split_at(at);
        return Err(format!(
            "{unknown:?} stands for nothing: known are {{email}}, {{username}} and {{subject}}"
        ));
    }
    let parsed = Url::parse(&filled).map_err(|error| format!("{url:?}: {error}"))?;
    if !is_safe(&parsed) {
        return Err(format!(
            "{url:?} is not https: people's access tokens would cross the network in the clear"
        ));
    }
    if parsed.origin() != Url::parse(url).map_err(|error| error.to_string())?.origin() {
        return Err("the host must be written out".to_owned());
    }
    Ok(())
}

choice!(WhenToAsk { "always" => Self::Always, "overage" => Self::Overage });
