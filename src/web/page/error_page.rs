//! The pages of errors: what happened, in words for the person, and what to do about it.

use super::{Action, Page};
use crate::meeting::{Destination, MeetingRequest};
use crate::policy::{Denied, DeniedCause};
use crate::session::popups::PopupError;
use crate::token::MintError;
use crate::web::Addresses;
use crate::web::error::WebError;
use crate::web::texts::{Texts, fill};

/// What a person reads when a request ends without what they wanted.
pub(super) fn of<'a>(
    error: &WebError,
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
) -> Page<'a> {
    let mut page = what_happened(error, page, texts, addresses);
    if error.in_popup() {
        page.paragraphs.push(texts.close_popup.to_owned());
    }
    page
}

fn what_happened<'a>(
    error: &WebError,
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
) -> Page<'a> {
    let again = |destination: &Destination| Action {
        label: texts.try_again.to_owned(),
        href: addresses.again(destination, None),
    };
    let as_other = |destination: &Destination| Action {
        label: texts.sign_in_as_other.to_owned(),
        href: addresses.again(destination, Some("login")),
    };
    match error {
        WebError::Denied {
            denied,
            name,
            request,
            stepped_up,
            groups_missing: _,
        } => {
            let page = denied_page(denied, name.as_deref(), request, page, texts, addresses);
            match (&denied.cause, stepped_up) {
                (DeniedCause::StepUp(_), true) => Page {
                    paragraphs: vec![texts.step_up_failed_text.to_owned()],
                    ..page
                },
                _ => page,
            }
        }
        WebError::TooWeak { destination, .. } => page
            .saying("denied", texts.denied_title, texts.denied_acr_text)
            .offering([as_other(destination)]),
        WebError::NoProvider(_) => {
            page.saying("denied", texts.denied_title, texts.denied_by_default_text)
        }
        WebError::InCircles { request } => page.of_circles(request, texts, addresses),
        WebError::Cancelled { destination, .. } => page
            .saying("info", texts.cancelled_title, texts.cancelled_text)
            .offering([again(destination), as_other(destination)]),
        WebError::LoginRequired { destination, .. } => page
            .saying(
                "info",
                texts.login_required_title,
                texts.login_required_text,
            )
            .offering([Action {
                label: texts.sign_in.to_owned(),
                href: addresses.again(destination, Some("login")),
            }]),
        WebError::ProviderError { destination, .. } | WebError::NotBegun { destination, .. } => {
            page.saying(
                "problem",
                texts.provider_error_title,
                texts.provider_error_text,
            )
            .offering([again(destination)])
        }
        WebError::Unavailable { destination, .. } => {
            unavailable(page, texts).offering([again(destination)])
        }
        WebError::SignInFailed { destination, .. } => page
            .saying(
                "problem",
                texts.sign_in_failed_title,
                texts.sign_in_failed_text,
            )
            .offering([again(destination)]),
        WebError::TooOften { destination, .. } => {
            too_often(page, texts, addresses, destination.as_ref())
        }
        WebError::Expired(destination) => expired(destination.as_ref(), page, texts, addresses),
        WebError::SignedOut(destination) => expired(Some(destination), page, texts, addresses),
        WebError::Meeting(crate::meeting::MeetingError::Room(_)) => {
            page.saying("problem", texts.bad_room_title, texts.bad_room_text)
        }
        WebError::MayNotInvite(request) => page.may_not_invite(request, texts, addresses),
        WebError::Invitation(error) => page.of_invitation(error, texts, addresses),
        WebError::Meeting(_)
        | WebError::Client(_)
        | WebError::TwoMeanings
        | WebError::Embedded
        | WebError::Form
        | WebError::Pending(_) => {
            page.saying("problem", texts.bad_request_title, texts.bad_request_text)
        }
        WebError::Mint(MintError::TooLong(_)) => page.saying(
            "problem",
            texts.token_too_large_title,
            texts.token_too_large_text,
        ),
        WebError::SignOutFailed(_) => sign_out_failed(page, texts, addresses),
        WebError::Overloaded => overloaded(page, texts),
        // What else would take so long?
        WebError::TookTooLong => unavailable(page, texts),
        WebError::StoreAway(_) => store_away(page, texts).offering([again(&Destination::Home)]),
        WebError::AuditAway | WebError::Popup(PopupError::Store(_)) => store_away(page, texts),
        WebError::NotFound => page.saying("info", texts.not_found_title, texts.not_found_text),
        WebError::MethodNotAllowed => method_not_allowed(page, texts),
        WebError::Mint(_) | WebError::Popup(_) | WebError::Internal(_) => {
            page.saying("problem", texts.internal_title, texts.internal_text)
        }
    }
}

fn denied_page<'a>(
    denied: &Denied,
    name: Option<&str>,
    request: &MeetingRequest,
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
) -> Page<'a> {
    let (text, messages) = match &denied.cause {
        DeniedCause::Rule(messages) => (texts.denied_text, messages.iter().cloned().collect()),
        DeniedCause::StepUp(_) => (texts.denied_acr_text, Vec::new()),
        DeniedCause::NoRule | DeniedCause::Provider => (texts.denied_by_default_text, Vec::new()),
    };
    // Without a name it is a guest, who may have an account after all.
    let (label, prompt) = match name {
        Some(_) => (texts.sign_in_as_other, Some("login")),
        None => (texts.with_account, None),
    };
    Page {
        messages,
        person: name.map(|name| fill(texts.signed_in_as, &[("name", name)])),
        ..page.saying("denied", texts.denied_title, text)
    }
    .offering([Action {
        label: label.to_owned(),
        href: addresses.join(request, prompt),
    }])
}

fn expired<'a>(
    destination: Option<&Destination>,
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
) -> Page<'a> {
    let start_again = destination.map(|destination| Action {
        label: match destination {
            Destination::Meeting(request) => {
                fill(texts.start_again, &[("room", &request.room.readable())])
            }
            Destination::Home | Destination::WhoAmI(_) => texts.sign_in.to_owned(),
        },
        href: addresses.again(destination, None),
    });
    page.saying("info", texts.login_expired_title, texts.login_expired_text)
        .offering(start_again)
}

/// What lives in the store alone does not work.
pub(super) fn store_away<'a>(page: Page<'a>, texts: &'a Texts) -> Page<'a> {
    page.saying("problem", texts.store_away_title, texts.store_away_text)
}

fn sign_out_failed<'a>(page: Page<'a>, texts: &'a Texts, addresses: &Addresses) -> Page<'a> {
    let (title, text) = (texts.sign_out_failed_title, texts.sign_out_failed_text);
    page.saying("problem", title, text).offering([Action {
        label: texts.try_again.to_owned(),
        href: format!("{}/logout", addresses.base),
    }])
}

fn unavailable<'a>(page: Page<'a>, texts: &'a Texts) -> Page<'a> {
    page.saying(
        "problem",
        texts.provider_unavailable_title,
        texts.provider_unavailable_text,
    )
}

fn overloaded<'a>(page: Page<'a>, texts: &'a Texts) -> Page<'a> {
    page.saying("problem", texts.overloaded_title, texts.overloaded_text)
}

fn too_often<'a>(
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
    destination: Option<&Destination>,
) -> Page<'a> {
    let again = destination.iter().map(|destination| Action {
        label: texts.try_again.to_owned(),
        href: addresses.again(destination, None),
    });
    page.saying("problem", texts.too_often_title, texts.too_often_text)
        .offering(again)
}

fn method_not_allowed<'a>(page: Page<'a>, texts: &'a Texts) -> Page<'a> {
    let (title, text) = (
        texts.method_not_allowed_title,
        texts.method_not_allowed_text,
    );
    page.saying("info", title, text)
}
