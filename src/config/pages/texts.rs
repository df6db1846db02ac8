//! `pages.texts` and `pages.default_language`: an operator's own words, and the language for everybody else.

use crate::config::reader::{Section, nearest};
use crate::config::shape::Shape;
use crate::config::source::Node;
use crate::config::value::{FromNode, text};
use crate::web::texts::{self, Texts, Wording};

/// The longest text of one's own, in characters.
const LONGEST_TEXT: usize = 2000;

/// A language that there is.
struct Language(&'static Texts<'static>);

impl FromNode for Language {
    fn from_node(node: &Node) -> Result<Self, String> {
        let tag = String::from_node(node)?;
        exactly(&tag)
            .map(Self)
            .ok_or_else(|| no_such_language(&tag))
    }

    text!(Shape::Choice(Wording::languages()), language => language.0.lang);
}

fn exactly(tag: &str) -> Option<&'static Texts<'static>> {
    texts::of(tag).filter(|texts| texts.lang == tag)
}

fn no_such_language(tag: &str) -> String {
    let all = Wording::languages().join(", ");
    format!("there are no pages in {tag:?}: known languages are {all}")
}

/// Reads both keys.
pub fn read(section: &mut Section<'_>) -> Option<Wording> {
    let default = section.optional::<Language>("default_language");
    let mut wording = match &default {
        Some(Some(Language(texts))) => Wording::new(texts),
        _ => Wording::default(),
    };
    let mut all = section.named_sections("texts", Shape::Text);
    for tag in all.keys() {
        let Some(language) = exactly(&tag) else {
            let origin = all.origin(&tag);
            all.take(&tag, Shape::Section);
            all.fault(&tag, origin, no_such_language(&tag));
            continue;
        };
        read_language(all.section(&tag), language, &mut wording);
    }
    default.map(|_| wording)
}

fn read_language(
    mut section: Section<'_>,
    language: &'static Texts<'static>,
    wording: &mut Wording,
) {
    for name in section.keys() {
        let origin = section.origin(&name);
        let names = Texts::NAMES.iter().copied();
        let known = names
            .clone()
            .find(|known| *known == name)
            .zip(language.named(&name));
        let Some((name, built_in)) = known else {
            section.take(&name, Shape::Text);
            let meant = nearest(&name, names).map(|near| format!("did you mean {near:?}?"));
            let meant =
                meant.unwrap_or_else(|| "docs/texts.md has the names of all texts".to_owned());
            section.fault(&name, origin, format!("unknown text: {meant}"));
            continue;
        };
        let Some(Some(text)) = section.optional::<String>(name) else {
            continue;
        };
        match fault(&text, built_in) {
            Some(said) => section.fault(name, origin, said),
            None => wording.put(language, name, text),
        }
    }
}

/// What is wrong with a text in the place of a built-in one.
fn fault(text: &str, built_in: &str) -> Option<String> {
    let known: Vec<&str> = texts::names(built_in).collect();
    let unknown = texts::names(text).find(|name| !known.contains(name));
    if text.trim().is_empty() {
        Some("empty: leave it out, and the built-in text stands".to_owned())
    } else if text.chars().any(char::is_control) {
        Some("more than one line, or with characters that nobody sees".to_owned())
    } else if text.chars().count() > LONGEST_TEXT {
        Some(format!("longer than {LONGEST_TEXT} characters"))
    } else {
        unknown.map(|name| match known.as_slice() {
            [] => format!("{{{name}}} stands for nothing in this text"),
            known => format!(
                "{{{name}}} stands for nothing in this text: known here are {{{}}}",
                known.join("}, {")
            ),
        })
    }
}
