//! Which provider signs a person in: the one that the meeting is for, the one that was asked for, or the one that the person
//! chooses on a page.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::asked::Asked;
use super::error::WebError;
use super::form::{Fields, field, read};
use super::page::{ChoicePage, Choosable, Notice};
use crate::identity::provider::Provider;
use crate::meeting::Destination;

/// One provider, or a page on which to choose one.
pub enum Choice {
    /// This one.
    One(Arc<Provider>),
    /// The page.
    Page(Box<ChoicePage>),
}

/// Chooses among the providers that the destination is for.
///
/// # Errors
/// When it is for none of them.
pub fn choose(
    state: &AppState,
    destination: &Destination,
    asked: Asked<'_>,
) -> Result<Choice, WebError> {
    let fitting = fitting(state, destination);
    let asked_for = fitting
        .iter()
        .find(|provider| asked.idp == Some(&provider.settings.name));
    match (asked_for, fitting.as_slice()) {
        (Some(one), _) | (None, [one]) => Ok(Choice::One((*one).clone())),
        (None, []) => Err(WebError::NoProvider(destination.clone())),
        (None, _) => Ok(Choice::Page(Box::new(page(
            state,
            destination,
            &fitting,
            asked.prompt.filter(|_| !asked.is_silent()),
            false,
        )?))),
    }
}

/// The providers that a destination is for. The bridge's own pages are for all of them.
fn fitting<'a>(state: &'a AppState, destination: &Destination) -> Vec<&'a Arc<Provider>> {
    match destination {
        Destination::Home | Destination::WhoAmI(_) => state.providers.iter().collect(),
        Destination::Meeting(request) => {
            let names = state.admission.policy.entrances.providers(request);
            let known = names.into_iter().map(|name| state.providers.named(name));
            known.flatten().collect()
        }
    }
}

fn page(
    state: &AppState,
    destination: &Destination,
    fitting: &[&Arc<Provider>],
    prompt: Option<&str>,
    unknown_address: bool,
) -> Result<ChoicePage, WebError> {
    let choosable = |provider: &&Arc<Provider>| Choosable {
        sign: provider.settings.sign.clone(),
        href: state
            .addresses
            .at(destination, prompt, &provider.settings.name),
    };
    let names: Vec<&str> = fitting
        .iter()
        .map(|provider| provider.settings.name.as_str())
        .collect();
    let by_address = state.admission.policy.entrances.know_emails(&names);
    let sealed = by_address.then(|| state.seals.choice(destination, prompt));
    Ok(ChoicePage {
        providers: fitting.iter().map(choosable).collect(),
        by_address: sealed.transpose()?,
        unknown_address,
    })
}

/// `POST /choose`: by the e-mail address that a person typed.
pub async fn by_address(
    State(state): State<AppState>,
    fields: Fields,
) -> Result<Response, WebError> {
    let fields = read(fields)?;
    let sealed = state.seals.chosen(field(&fields, "to"));
    let (destination, asked) = sealed.ok_or(WebError::Expired(None))?;
    let prompt = asked.as_deref();
    let fitting = fitting(&state, &destination);
    let belongs = state
        .admission
        .policy
        .entrances
        .by_email(field(&fields, "email"));
    let found: Vec<&Arc<Provider>> = fitting
        .iter()
        .filter(|provider| belongs.contains(&provider.settings.name.as_str()))
        .copied()
        .collect();
    let notice = match found.as_slice() {
        [] => {
            let page = page(&state, &destination, &fitting, prompt, true)?;
            Notice::Choose(Box::new(page))
        }
        // Not a redirect: browsers hold a form's redirects to `form-action`, and this one ends at the provider.
        [one] => Notice::SigningIn(state.addresses.at(&destination, prompt, &one.settings.name)),
        several => {
            let page = page(&state, &destination, several, prompt, false)?;
            Notice::Choose(Box::new(ChoicePage {
                by_address: None,
                ..page
            }))
        }
    };
    Ok(notice.into_response())
}
