//! `[pages]`: what people read and see.

mod texts;

use url::Url;

use super::reader::Section;
use super::source::Node;
use super::value::{FromNode, text};
use crate::web::appearance::accent::{Accent, DARK_PAPER, LIGHT_PAPER};
use crate::web::appearance::colour::Colour;
use crate::web::appearance::picture::Picture;
use crate::web::appearance::{Look, Support};
use crate::web::texts::Wording;

/// The largest logo, in bytes.
const LARGEST_LOGO: usize = 256 * 1024;
/// The longest name or label, in characters: it has to fit on a telephone.
const LONGEST_NAME: usize = 80;

/// What people read and see.
#[derive(Debug, Clone)]
pub struct Pages {
    /// Whether people may see what is known and decided about them.
    pub whoami: bool,
    /// What pages say.
    pub wording: Wording,
    /// What they look like.
    pub look: Look,
}

/// Reads the section.
pub fn read(mut section: Section<'_>) -> Option<Pages> {
    let whoami = section.or("whoami", false);
    let wording = texts::read(&mut section);
    let name = line(&mut section, "name");
    let logo = picture(&mut section, "logo_file", LARGEST_LOGO);
    let accent = accent(&mut section);
    let support = support(&mut section);
    section.finish();
    Some(Pages {
        whoami: whoami?,
        wording: wording?,
        look: Look {
            name: name?,
            logo: logo?,
            accent: accent?,
            support: support?,
        },
    })
}

/// One line for people's eyes.
fn line(section: &mut Section<'_>, key: &str) -> Option<Option<String>> {
    let origin = section.origin(key);
    let line: Option<String> = section.optional(key)?;
    let said = match line.as_deref() {
        Some(line) if line.trim().is_empty() => "empty: leave it out instead".to_owned(),
        Some(line) if line.chars().any(char::is_control) => {
            "more than one line, or with characters that nobody sees".to_owned()
        }
        Some(line) if line.chars().count() > LONGEST_NAME => {
            format!("longer than {LONGEST_NAME} characters")
        }
        _ => return Some(line),
    };
    section.fault(key, origin, said);
    None
}

/// A picture from the file that a key names.
pub fn picture(section: &mut Section<'_>, key: &str, largest: usize) -> Option<Option<Picture>> {
    let origin = section.origin(key);
    let Some(bytes) = section.file(key)? else {
        return Some(None);
    };
    match Picture::new(bytes, largest) {
        Ok(picture) => Some(Some(picture)),
        Err(error) => {
            section.fault(key, origin, error.to_string());
            None
        }
    }
}

impl FromNode for Colour {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        Self::parse(&text).ok_or_else(|| {
            format!("expected a colour as CSS writes it, such as \"#1d55c9\" or \"#15c\", found {text:?}")
        })
    }

    text!(colour => colour.to_string());
}

/// An accent for light ground alone gets a shade of its own for dark ground.
fn accent(section: &mut Section<'_>) -> Option<Option<Accent>> {
    let light = shade(section, "accent", LIGHT_PAPER);
    let dark_origin = section.origin("accent_dark");
    let dark = shade(section, "accent_dark", DARK_PAPER);
    match (light?, dark?) {
        (Some(light), dark) => Some(Some(Accent {
            light,
            dark: dark.unwrap_or_else(|| light.readable_on(DARK_PAPER)),
        })),
        (None, None) => Some(None),
        (None, Some(_)) => {
            let said = "set, but pages.accent is not: write that as well";
            section.fault("accent_dark", dark_origin, said);
            None
        }
    }
}

fn shade(section: &mut Section<'_>, key: &str, paper: Colour) -> Option<Option<Colour>> {
    let origin = section.origin(key);
    let colour: Option<Colour> = section.optional(key)?;
    if let Some(colour) = colour {
        let contrast = colour.contrast_with(paper);
        if contrast < Colour::READABLE {
            let better = colour.readable_on(paper);
            let said = format!(
                "{colour} on the pages' {paper} has a contrast of {contrast:.1}:1, which many people cannot read (WCAG 2.2 asks for {}:1): {better} would do",
                Colour::READABLE
            );
            section.warn(key, origin, said);
        }
    }
    Some(colour)
}

/// An address that a link may lead to.
struct Reachable(String);

impl FromNode for Reachable {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        let url = Url::parse(&text).ok();
        let url = url.filter(|url| match url.scheme() {
            "https" | "http" => url.host_str().is_some() && url.password().is_none(),
            "mailto" => url.path().contains('@'),
            _ => false,
        });
        let expected = "expected an address, such as \"https://help.example.org/\" or \"mailto:help@example.org\"";
        url.map(|url| Self(url.into()))
            .ok_or_else(|| format!("{expected}, found {text:?}"))
    }

    text!(address => address.0.as_str());
}

fn support(section: &mut Section<'_>) -> Option<Option<Support>> {
    let href = section.optional::<Reachable>("support_url");
    let label_origin = section.origin("support_label");
    let label = line(section, "support_label");
    match (href?, label?) {
        (Some(Reachable(href)), label) => Some(Some(Support { href, label })),
        (None, None) => Some(None),
        (None, Some(_)) => {
            let said = "set, but pages.support_url is not: the label needs an address";
            section.fault("support_label", label_origin, said);
            None
        }
    }
}
