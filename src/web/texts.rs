//! What pages say, in each language. A text that is missing does not compile; `docs/pages.md` says how to add a language.

mod english;
mod french;
mod german;
mod italian;
mod named;
mod placeholders;
mod spanish;
mod wording;

pub use self::named::Texts;
pub use self::placeholders::{fill, names};
pub use self::wording::Wording;
use crate::policy::Role;

/// Every language.
pub const LANGUAGES: &[&Texts<'static>] = &[
    &english::TEXTS,
    &german::TEXTS,
    &french::TEXTS,
    &spanish::TEXTS,
    &italian::TEXTS,
];

/// The texts of a language by its tag; of `de-AT`, those of `de`.
#[must_use]
pub fn of(tag: &str) -> Option<&'static Texts<'static>> {
    let language = tag.split('-').next().unwrap_or_default();
    let is = |texts: &&&Texts<'static>| texts.lang.eq_ignore_ascii_case(language);
    LANGUAGES.iter().find(is).copied()
}

impl<'a> Texts<'a> {
    /// What one is in a room, as a word.
    #[must_use]
    pub fn role(&self, role: Role) -> &'a str {
        match role {
            Role::Moderator => self.as_moderator,
            Role::Participant => self.as_participant,
            Role::Visitor => self.as_visitor,
        }
    }
}

#[cfg(test)]
mod tests;
