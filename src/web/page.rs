//! The pages: what each says, in the browser's language, with the request's id.

mod choice_page;
mod circles;
mod error_page;
mod home_page;
mod invitation_page;
mod moment;
mod notice;
mod sign_out_page;
mod whoami_page;

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::Response;

pub use self::notice::{
    ChoicePage, Choosable, GuestPage, Home, HomeRoom, Notice, OpenApp, SignedInHome,
};
use super::appearance::Appearance;
use super::languages;
use super::request::RequestId;
use super::texts::Texts;
use super::{Addresses, AppState};

/// The style of every page.
pub const STYLE: &str = include_str!("templates/style.css");

#[derive(Template)]
#[template(path = "page.html", config = "src/web/askama.toml")]
struct Page<'a> {
    lang: &'a str,
    style: &'a str,
    /// The name of the service, and the address of its logo.
    name: Option<&'a str>,
    logo: Option<&'a str>,
    tone: &'a str,
    title: &'a str,
    paragraphs: Vec<String>,
    messages: Vec<String>,
    points: Vec<&'a str>,
    person: Option<String>,
    /// What the page opens by itself, and after how many seconds.
    opens: Option<(u8, String)>,
    actions: Vec<Action>,
    /// A label, and an address to be copied.
    copy: Option<(&'a str, String)>,
    forms: Vec<PageForm<'a>>,
    /// Buttons with a picture: address, picture, label.
    choices: Vec<(String, Option<String>, String)>,
    rooms: Vec<(String, String, &'a str)>,
    /// What is known, in tables.
    facts: Vec<Facts<'a>>,
    /// Forms of less weight, below, and what stands over them.
    more_title: Option<&'a str>,
    more_forms: Vec<PageForm<'a>>,
    /// What the answer to such a form is.
    more_facts: Vec<Facts<'a>>,
    /// What helps on: what each link says, and where it leads.
    help: Vec<(&'a str, String)>,
    request_id_label: &'a str,
    request_id: &'a str,
}

/// What is known of something: labels, each with one value or several.
struct Facts<'a> {
    title: &'a str,
    rows: Vec<(&'a str, Vec<String>)>,
}

/// A form: a field or a text, and a button.
struct PageForm<'a> {
    action: String,
    method: &'static str,
    hidden: Vec<(&'static str, String)>,
    text: Option<String>,
    field: Option<Field<'a>>,
    button: &'a str,
}

/// A field for one line.
struct Field<'a> {
    name: &'static str,
    label: &'a str,
    /// HTML's `type`.
    kind: &'static str,
    /// What stands in it already.
    value: String,
    /// HTML's `autocomplete`.
    fill: &'static str,
    longest: usize,
}

struct Action {
    label: String,
    href: String,
}

/// Turns a notice into a page, in the best language of an `Accept-Language`. Any other answer stays as it is.
pub fn show(
    state: &AppState,
    id: &RequestId,
    languages: Option<&HeaderValue>,
    mut response: Response,
) -> Response {
    let Some(notice) = response.extensions_mut().remove::<Notice>() else {
        return response;
    };
    let texts = state.wording.best_for(&languages::of(languages));
    let page = Page {
        request_id: &id.0,
        help: help(&notice, state, &texts),
        ..notice
            .page(&texts, &state.addresses)
            .looking_like(&state.appearance)
    };
    let body = page
        .render()
        .unwrap_or_else(|_| notice_without_template(&texts, id));
    *response.body_mut() = body.into();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.remove(header::CONTENT_LENGTH);
    if let Notice::Error(error) = &notice
        && let Some(seconds) = error.retry_after()
    {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(u16::from(seconds)));
    }
    response
}

/// What helps somebody on: to what is known about them here, and to whom they may turn.
fn help<'a>(notice: &Notice, state: &'a AppState, texts: &Texts<'a>) -> Vec<(&'a str, String)> {
    let (leads_to_whoami, room, asks_for_help) = match notice {
        Notice::Error(error) => (true, error.room(), true),
        Notice::Home(home) => (home.signed_in.is_some(), None, false),
        Notice::WhoAmI(_) => (false, None, true),
        _ => return Vec::new(),
    };
    let whoami = (state.whoami && leads_to_whoami).then(|| {
        (
            texts.whoami_link,
            whoami_page::address(&state.addresses, room),
        )
    });
    let support = state.appearance.support(texts).filter(|_| asks_for_help);
    whoami.into_iter().chain(support).collect()
}

/// Rendering cannot fail but for a formatter's error; should it, the person still reads something.
fn notice_without_template(texts: &Texts, id: &RequestId) -> String {
    format!(
        "{}\n{}: {}\n",
        texts.internal_text, texts.request_id_label, id.0
    )
}

impl Notice {
    fn page<'a>(&'a self, texts: &'a Texts, addresses: &Addresses) -> Page<'a> {
        let page = Page {
            lang: texts.lang,
            style: STYLE,
            name: None,
            logo: None,
            tone: "problem",
            title: texts.internal_title,
            paragraphs: Vec::new(),
            messages: Vec::new(),
            points: Vec::new(),
            person: None,
            opens: None,
            actions: Vec::new(),
            copy: None,
            forms: Vec::new(),
            choices: Vec::new(),
            rooms: Vec::new(),
            facts: Vec::new(),
            more_title: None,
            more_forms: Vec::new(),
            more_facts: Vec::new(),
            help: Vec::new(),
            request_id_label: texts.request_id_label,
            request_id: "",
        };
        match self {
            Self::Home(home) => home_page::of(home, page, texts, addresses),
            Self::Opening(href) => Page {
                opens: Some((0, href.clone())),
                ..page.saying("info", texts.opening_title, texts.opening_text)
            }
            .offering([Action {
                label: texts.opening_now.to_owned(),
                href: href.clone(),
            }]),
            Self::SigningIn(href) => Page {
                opens: Some((0, href.clone())),
                ..page.saying("info", texts.signing_in_title, texts.opening_text)
            }
            .offering([Action {
                label: texts.sign_in.to_owned(),
                href: href.clone(),
            }]),
            Self::Choose(choice) => page.for_choice(choice, texts, addresses),
            Self::OpenApp(open) => Page {
                opens: open.automatic.then(|| (1, open.app.clone())),
                ..page.saying("good", texts.open_app_title, texts.open_app_text)
            }
            .offering([
                Action {
                    label: texts.open_app.to_owned(),
                    href: open.app.clone(),
                },
                Action {
                    label: texts.join_in_browser.to_owned(),
                    href: open.web.clone(),
                },
            ]),
            Self::Invited { invitation, link } => {
                page.with_invitation(invitation, link, texts, addresses)
            }
            Self::Guest(guest) => page.for_guest(guest, texts),
            Self::WhoAmI(whoami) => whoami_page::of(whoami, page, texts, addresses),
            Self::SignedOutEverywhere => {
                sign_out_page::signed_out_everywhere(page, texts, addresses)
            }
            Self::SignedOut { everywhere, jitsi } => {
                sign_out_page::signed_out(page, texts, addresses, *everywhere, jitsi)
            }
            Self::Error(error) => error_page::of(error, page, texts, addresses),
        }
    }
}

impl<'a> Page<'a> {
    fn looking_like(self, appearance: &'a Appearance) -> Self {
        Self {
            style: &appearance.style,
            name: appearance.name.as_deref(),
            logo: appearance.logo.as_ref().map(|logo| logo.href.as_str()),
            ..self
        }
    }

    fn saying(self, tone: &'a str, title: &'a str, text: &str) -> Self {
        Self {
            tone,
            title,
            paragraphs: vec![text.to_owned()],
            ..self
        }
    }

    fn offering(self, actions: impl IntoIterator<Item = Action>) -> Self {
        Self {
            actions: actions.into_iter().collect(),
            ..self
        }
    }
}
