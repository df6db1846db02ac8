//! The pages: what each says, in the browser's language, with the request's id.

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
use crate::meeting::MeetingRequest;
use crate::policy::DeniedCause;
use crate::token::MintError;

/// The style of every page.
pub const STYLE: &str = include_str!("templates/style.css");

/// Nothing but the page itself and its own style.
pub static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

/// Something to be said on a page; an extension of the response until its language is known.
#[derive(Clone)]
pub enum Notice {
    /// Why a request ended without a meeting.
    Error(Arc<WebError>),
    /// The home page.
    Welcome,
    /// The way back into an app.
    OpenApp(OpenApp),
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
    person: Option<String>,
    /// What the page opens by itself, a second after it is shown.
    opens: Option<String>,
    actions: Vec<Action>,
    request_id_label: &'a str,
    request_id: &'a str,
}

struct Action {
    label: String,
    href: String,
}

impl IntoResponse for Notice {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Error(error) => error.status(),
            Self::Welcome | Self::OpenApp(_) => StatusCode::OK,
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
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
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
            person: None,
            opens: None,
            actions: Vec::new(),
            request_id_label: texts.request_id_label,
            request_id: "",
        };
        match self {
            Self::Welcome => page.saying("info", texts.welcome_title, texts.welcome_text),
            Self::OpenApp(open) => Page {
                opens: open.automatic.then(|| open.app.clone()),
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
            Self::Error(error) => error_page(error, page, texts, addresses),
        }
    }
}

fn error_page<'a>(
    error: &WebError,
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
) -> Page<'a> {
    let again = |request: &MeetingRequest| Action {
        label: texts.try_again.to_owned(),
        href: addresses.join(request, None),
    };
    let as_other = |request: &MeetingRequest| Action {
        label: texts.sign_in_as_other.to_owned(),
        href: addresses.join(request, Some("login")),
    };
    match error {
        WebError::Denied {
            denied,
            name,
            request,
        } => {
            let (text, messages) = match &denied.cause {
                DeniedCause::Rule(messages) => {
                    (texts.denied_text, messages.iter().cloned().collect())
                }
                DeniedCause::Acr(_) => (texts.denied_acr_text, Vec::new()),
                DeniedCause::NoRule => (texts.denied_by_default_text, Vec::new()),
            };
            Page {
                messages,
                person: Some(texts.signed_in_as.replace("{}", name)),
                ..page.saying("denied", texts.denied_title, text)
            }
            .offering([as_other(request)])
        }
        WebError::TooWeak { request, .. } => page
            .saying("denied", texts.denied_title, texts.denied_acr_text)
            .offering([as_other(request)]),
        WebError::Cancelled { request, .. } => page
            .saying("info", texts.cancelled_title, texts.cancelled_text)
            .offering([again(request), as_other(request)]),
        WebError::LoginRequired { request, .. } => page
            .saying(
                "info",
                texts.login_required_title,
                texts.login_required_text,
            )
            .offering([Action {
                label: texts.sign_in.to_owned(),
                href: addresses.join(request, Some("login")),
            }]),
        WebError::ProviderError { request, .. } => page
            .saying(
                "problem",
                texts.provider_error_title,
                texts.provider_error_text,
            )
            .offering([again(request)]),
        WebError::Unavailable { request, .. } => page
            .saying(
                "problem",
                texts.provider_unavailable_title,
                texts.provider_unavailable_text,
            )
            .offering([again(request)]),
        WebError::SignInFailed { request, .. } => page
            .saying(
                "problem",
                texts.sign_in_failed_title,
                texts.sign_in_failed_text,
            )
            .offering([again(request)]),
        WebError::Expired(request) => {
            let start_again = request.as_ref().map(|request| Action {
                label: texts.start_again.replace("{}", &request.room.readable()),
                href: addresses.join(request, None),
            });
            page.saying("info", texts.login_expired_title, texts.login_expired_text)
                .offering(start_again)
        }
        WebError::Meeting(crate::meeting::MeetingError::Room(_)) => {
            page.saying("problem", texts.bad_room_title, texts.bad_room_text)
        }
        WebError::Meeting(_)
        | WebError::Client(_)
        | WebError::TwoMeanings
        | WebError::Pending(_) => {
            page.saying("problem", texts.bad_request_title, texts.bad_request_text)
        }
        WebError::Mint(MintError::TooLong(_)) => page.saying(
            "problem",
            texts.token_too_large_title,
            texts.token_too_large_text,
        ),
        WebError::NotFound => page.saying("info", texts.not_found_title, texts.not_found_text),
        WebError::MethodNotAllowed => page.saying(
            "info",
            texts.method_not_allowed_title,
            texts.method_not_allowed_text,
        ),
        WebError::Mint(_) | WebError::Popup(_) | WebError::Internal(_) => {
            page.saying("problem", texts.internal_title, texts.internal_text)
        }
    }
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
