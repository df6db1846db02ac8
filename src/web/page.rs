//! The pages: what each says, in the browser's language, with the request's id.

mod choice_page;
mod circles;
mod error_page;
mod home_page;
mod invitation_page;

use std::sync::{Arc, LazyLock};

use askama::Template;
use aws_lc_rs::digest;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::WebError;
use super::languages;
use super::request::RequestId;
use super::texts::{self, Texts};
use super::{Addresses, AppState};
use crate::identity::settings::Sign;
use crate::meeting::{Destination, Invitation};
use crate::policy::Role;

/// The style of every page.
pub const STYLE: &str = include_str!("templates/style.css");

/// Nothing but the page itself and its own style.
pub static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
});

/// Something to be said on a page; an extension of the response until its language is known.
#[derive(Clone)]
pub enum Notice {
    /// Why a request ended without a meeting.
    Error(Arc<WebError>),
    /// The home page.
    Home(Home),
    /// The choice of a provider.
    Choose(Box<ChoicePage>),
    /// On the way to this address of ours, into a meeting.
    Opening(String),
    /// The same, to a sign-in.
    SigningIn(String),
    /// The way back into an app.
    OpenApp(OpenApp),
    /// An invitation, made.
    Invited {
        /// Where it leads.
        invitation: Invitation,
        /// The link that holds it.
        link: String,
    },
    /// What a guest with an invitation sees.
    Guest(GuestPage),
    /// The end of a sign-out on every device.
    SignedOutEverywhere,
    /// The end of a sign-out.
    SignedOut {
        /// At the provider as well.
        everywhere: bool,
        /// Jitsi's front page.
        jitsi: String,
    },
}

/// The choice of a provider.
#[derive(Clone)]
pub struct ChoicePage {
    /// Those to choose from.
    pub providers: Vec<Choosable>,
    /// Where the sign-in is to lead, sealed, where providers know their people by their e-mail addresses.
    pub by_address: Option<String>,
    /// An address came that belongs to none of them.
    pub unknown_address: bool,
}

/// One provider to choose.
#[derive(Clone)]
pub struct Choosable {
    /// What people know it by.
    pub sign: Sign,
    /// Where the choice leads.
    pub href: String,
}

/// The home page.
#[derive(Clone)]
pub struct Home {
    /// Whoever is signed in.
    pub signed_in: Option<SignedInHome>,
    /// Whether sign-ins are remembered at all.
    pub can_sign_in: bool,
}

/// The home page of somebody.
#[derive(Clone)]
pub struct SignedInHome {
    /// The display name.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The rooms that rules name and that are open to them.
    pub rooms: Vec<HomeRoom>,
    /// What makes a form one of this session.
    pub form_token: String,
    /// Invitations of one's own that still count; nothing where no rule lets anybody invite.
    pub invitations: Option<Vec<Invitation>>,
}

/// A guest with an invitation.
#[derive(Clone)]
pub struct GuestPage {
    /// The invitation.
    pub invitation: Invitation,
    /// Where the form goes.
    pub action: String,
    /// The same meeting for somebody with an account.
    pub with_account: String,
    /// A name came, and nothing was left of it.
    pub nameless: bool,
}

/// A room on the home page.
#[derive(Clone)]
pub struct HomeRoom {
    /// The address that opens it.
    pub href: String,
    /// Its name for people.
    pub name: String,
    /// One's role there.
    pub role: Role,
}

/// The way back into an app, over a page: browsers open an app where a person asks for it.
#[derive(Clone)]
pub struct OpenApp {
    /// The address that opens the app, with the token in it.
    pub app: String,
    /// The meeting's address in a browser, with the token in it.
    pub web: String,
    /// Open the app without a tap as well.
    pub automatic: bool,
}

#[derive(Template)]
#[template(path = "page.html", config = "src/web/askama.toml")]
struct Page<'a> {
    lang: &'a str,
    style: &'a str,
    tone: &'a str,
    title: &'a str,
    paragraphs: Vec<String>,
    messages: Vec<String>,
    points: &'a [&'a str],
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
    /// Forms of less weight, below.
    more_forms: Vec<PageForm<'a>>,
    request_id_label: &'a str,
    request_id: &'a str,
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
    /// HTML's `autocomplete`.
    fill: &'static str,
    longest: usize,
}

struct Action {
    label: String,
    href: String,
}

impl IntoResponse for Notice {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Error(error) => error.status(),
            Self::Guest(GuestPage { nameless: true, .. }) => StatusCode::BAD_REQUEST,
            Self::Choose(page) if page.unknown_address => StatusCode::BAD_REQUEST,
            Self::Home(_)
            | Self::Choose(_)
            | Self::Opening(_)
            | Self::SigningIn(_)
            | Self::OpenApp(_)
            | Self::Invited { .. }
            | Self::Guest(_)
            | Self::SignedOutEverywhere
            | Self::SignedOut { .. } => StatusCode::OK,
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Turns notices into pages.
pub async fn show(
    State(state): State<AppState>,
    Extension(id): Extension<RequestId>,
    request: Request,
    next: Next,
) -> Response {
    let texts = texts::best_for(&languages::accepted(request.headers()));
    let mut response = next.run(request).await;
    let Some(notice) = response.extensions().get::<Notice>().cloned() else {
        return response;
    };
    let page = Page {
        request_id: &id.0,
        ..notice.page(texts, &state.addresses)
    };
    let body = page
        .render()
        .unwrap_or_else(|_| notice_without_template(texts, &id));
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

/// Rendering cannot fail but for a formatter's error; should it, the person still reads something.
fn notice_without_template(texts: &Texts, id: &RequestId) -> String {
    format!(
        "{}\n{}: {}\n",
        texts.internal_text, texts.request_id_label, id.0
    )
}

impl Notice {
    fn page<'a>(&self, texts: &'a Texts, addresses: &Addresses) -> Page<'a> {
        let page = Page {
            lang: texts.lang,
            style: STYLE,
            tone: "problem",
            title: texts.internal_title,
            paragraphs: Vec::new(),
            messages: Vec::new(),
            points: &[],
            person: None,
            opens: None,
            actions: Vec::new(),
            copy: None,
            forms: Vec::new(),
            choices: Vec::new(),
            rooms: Vec::new(),
            more_forms: Vec::new(),
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
            Self::SignedOutEverywhere => signed_out_everywhere(page, texts, addresses),
            Self::SignedOut { everywhere, jitsi } => {
                signed_out(page, texts, addresses, *everywhere, jitsi)
            }
            Self::Error(error) => error_page::of(error, page, texts, addresses),
        }
    }
}

fn signed_out<'a>(
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
    everywhere: bool,
    jitsi: &str,
) -> Page<'a> {
    let text = if everywhere {
        texts.signed_out_text
    } else {
        texts.signed_out_here_text
    };
    page.saying("info", texts.signed_out_title, text).offering([
        Action {
            label: texts.sign_in_again.to_owned(),
            href: addresses.again(&Destination::Home, None),
        },
        Action {
            label: texts.to_jitsi.to_owned(),
            href: jitsi.to_owned(),
        },
    ])
}

fn signed_out_everywhere<'a>(page: Page<'a>, texts: &'a Texts, addresses: &Addresses) -> Page<'a> {
    let (title, text) = (
        texts.signed_out_everywhere_title,
        texts.signed_out_everywhere_text,
    );
    page.saying("info", title, text).offering([Action {
        label: texts.sign_out_at_provider.to_owned(),
        href: format!("{}/logout", addresses.base),
    }])
}

impl<'a> Page<'a> {
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
