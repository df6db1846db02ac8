//! What the pages of one bridge look like: its name, logo, accent and way to help; and the headers that go with it.

pub mod accent;
pub mod colour;
pub mod picture;

use std::borrow::Cow;

use aws_lc_rs::digest;
use axum::body::Bytes;
use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use self::accent::Accent;
use self::picture::Picture;
use super::Addresses;
use super::page::STYLE;
use super::texts::Texts;

/// How many bytes of a picture's digest tell it from the one before.
const VERSION: usize = 9;

/// The policy by which nothing is loaded.
const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What an operator gives the pages of their own.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// The name of the service or the organisation.
    pub name: Option<String>,
    /// The logo.
    pub logo: Option<Picture>,
    /// The accent.
    pub accent: Option<Accent>,
    /// Whom people may turn to.
    pub support: Option<Support>,
}

/// Whom people may turn to.
#[derive(Debug, Clone)]
pub struct Support {
    /// An address: http(s) or mailto.
    pub href: String,
    /// What the link says, in every language; `None`: the language's own text.
    pub label: Option<String>,
}

/// What the pages look like, ready to be shown.
#[derive(Debug)]
pub struct Appearance {
    /// The name of the service or the organisation.
    pub name: Option<String>,
    /// The logo.
    pub logo: Option<Logo>,
    support: Option<Support>,
    /// The style of every page.
    pub style: Cow<'static, str>,
    /// Nothing but the page itself, its own style, and the logo if there is one.
    pub content_security_policy: HeaderValue,
}

/// The logo, as it is served.
#[derive(Debug)]
pub struct Logo {
    /// Its address, another one for another picture.
    pub href: String,
    /// The last part of the address.
    pub version: String,
    /// Its media type.
    pub media_type: &'static str,
    /// The picture.
    pub bytes: Bytes,
}

impl Appearance {
    /// An operator's look under these addresses.
    #[must_use]
    pub fn new(look: Look, addresses: &Addresses) -> Self {
        let style = match look.accent {
            Some(accent) => Cow::Owned([STYLE, &accent.style()].concat()),
            None => Cow::Borrowed(STYLE),
        };
        let logo = look.logo.map(|picture| Logo::new(picture, addresses));
        // What ends a part of the policy stands in no address there (CSP Level 3, 2.3.1).
        let escaped = |href: &str| href.replace(';', "%3B").replace(',', "%2C");
        let picture = logo
            .as_ref()
            .map(|logo| format!(" {}", escaped(&logo.href)));
        let content_security_policy = format!(
            "default-src 'none'; img-src data:{}; style-src 'sha256-{}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            picture.unwrap_or_default(),
            STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()))
        );
        Self {
            name: look.name,
            logo,
            support: look.support,
            style,
            // A logo's address is a URL, and those are ASCII: should it ever not be, nothing at all is loaded.
            content_security_policy: HeaderValue::try_from(content_security_policy)
                .unwrap_or(HeaderValue::from_static(NOTHING)),
        }
    }

    /// The policy of an answer that pages of this origin may frame, and nobody else; nothing where a header cannot hold it.
    #[must_use]
    pub fn policy_framed_by(&self, origin: &str) -> Option<HeaderValue> {
        let policy = self.content_security_policy.to_str().ok()?;
        let by_origin = format!("frame-ancestors {origin}");
        HeaderValue::try_from(policy.replace("frame-ancestors 'none'", &by_origin)).ok()
    }

    /// Whom people may turn to: what the link says, and where it leads.
    #[must_use]
    pub fn support<'a>(&'a self, texts: &Texts<'a>) -> Option<(&'a str, String)> {
        let support = self.support.as_ref()?;
        let label = support.label.as_deref().unwrap_or(texts.support);
        Some((label, support.href.clone()))
    }
}

impl Logo {
    fn new(picture: Picture, addresses: &Addresses) -> Self {
        let digest = digest::digest(&digest::SHA256, &picture.bytes);
        let first = digest.as_ref().get(..VERSION).unwrap_or_default();
        let version = URL_SAFE_NO_PAD.encode(first);
        Self {
            href: format!("{}/logo/{version}", addresses.base),
            version,
            media_type: picture.media_type,
            bytes: picture.bytes.into(),
        }
    }
}
