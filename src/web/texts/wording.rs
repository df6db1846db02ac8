//! The texts as one bridge says them: the built-in ones, an operator's own in their place, and the language for everybody
//! who reads none of them.

use std::collections::BTreeMap;

use super::{LANGUAGES, Texts, english, of};

/// What pages say, and in which language when nothing else decides.
#[derive(Debug, Clone)]
pub struct Wording {
    default: &'static Texts<'static>,
    /// By the language's tag: names, and what stands in the place of the built-in texts.
    own: BTreeMap<&'static str, Vec<(&'static str, String)>>,
}

impl Default for Wording {
    fn default() -> Self {
        Self::new(&english::TEXTS)
    }
}

impl Wording {
    /// The built-in texts, in this language where a browser accepts none that there is.
    #[must_use]
    pub fn new(default: &'static Texts<'static>) -> Self {
        Self {
            default,
            own: BTreeMap::new(),
        }
    }

    /// The same with a text of one's own.
    pub fn put(&mut self, language: &'static Texts<'static>, name: &'static str, text: String) {
        let own = self.own.entry(language.lang).or_default();
        own.push((name, text));
    }

    /// The texts of the first language that there is, of those a browser accepts, in its order.
    #[must_use]
    pub fn best_for(&self, accepted: &[String]) -> Texts<'_> {
        let known = accepted.iter().find_map(|tag| of(tag));
        let mut texts: Texts<'_> = *known.unwrap_or(self.default);
        for (name, text) in self.own.get(texts.lang).into_iter().flatten() {
            texts.replace(name, text);
        }
        texts
    }

    /// The tags of all languages.
    #[must_use]
    pub fn languages() -> Vec<&'static str> {
        LANGUAGES.iter().map(|texts| texts.lang).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(wording: &Wording, tags: &[&str]) -> (String, String) {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let texts = wording.best_for(&tags);
        (texts.lang.to_owned(), texts.sign_in.to_owned())
    }

    #[test]
    fn the_first_known_language_counts() {
        let lang = |tags: &[&str]| said(&Wording::default(), tags).0;
        assert_eq!(lang(&["de-AT", "en"]), "de");
        assert_eq!(lang(&["nl", "FR-ca", "de"]), "fr");
        assert_eq!(lang(&["es-419"]), "es");
        assert_eq!(lang(&["it-CH"]), "it");
        assert_eq!(lang(&["nl"]), "en");
        assert_eq!(lang(&[]), "en");
    }

    #[test]
    fn an_operators_own_text_stands_in_the_place_of_the_built_in_one() {
        let german = of("de").unwrap();
        let mut wording = Wording::new(german);
        wording.put(german, "sign_in", "Los!".to_owned());
        assert_eq!(
            said(&wording, &["nl"]),
            ("de".to_owned(), "Los!".to_owned())
        );
        assert_eq!(
            said(&wording, &["en"]),
            ("en".to_owned(), "Sign in".to_owned())
        );
    }
}
