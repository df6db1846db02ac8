//! Every text of every language.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;

/// Texts that are the same in English: words that both languages share.
const SAME_AS_IN_ENGLISH: &[(&str, &[&str])] = &[
    ("de", &["invitation_link_label"]),
    ("fr", &["as_participant"]),
    ("es", &[]),
    ("it", &[]),
];

fn named<'a>(texts: &Texts<'a>, name: &str) -> &'a str {
    texts.named(name).unwrap()
}

#[test]
fn every_language_has_its_own_tag_and_is_listed_with_what_it_shares_with_english() {
    let tags: BTreeSet<&str> = LANGUAGES.iter().map(|texts| texts.lang).collect();
    assert_eq!(tags.len(), LANGUAGES.len());
    let listed: BTreeSet<&str> = SAME_AS_IN_ENGLISH.iter().map(|(tag, _)| *tag).collect();
    let others: BTreeSet<&str> = tags.into_iter().filter(|tag| *tag != "en").collect();
    assert_eq!(listed, others);
}

#[test]
fn no_text_is_empty_untidy_or_longer_than_twice_the_english_one() {
    for texts in LANGUAGES {
        for name in Texts::NAMES {
            let (text, english) = (named(texts, name), named(&english::TEXTS, name));
            assert_eq!(text.trim(), text, "{} {name}", texts.lang);
            assert!(
                !text.is_empty() && !text.contains("  "),
                "{} {name}",
                texts.lang
            );
            assert!(
                !text.contains(['<', '>', '\'']),
                "{} {name}: {text}",
                texts.lang
            );
            let most = 2 * english.chars().count() + 25;
            assert!(
                text.chars().count() <= most,
                "{} {name}: {text}",
                texts.lang
            );
        }
    }
}

#[test]
fn every_text_has_the_placeholders_of_the_english_one() {
    for texts in LANGUAGES {
        for name in Texts::NAMES {
            let placeholders = |texts: &Texts<'static>| -> BTreeSet<&str> {
                super::names(named(texts, name)).collect()
            };
            let english = placeholders(&english::TEXTS);
            assert_eq!(placeholders(texts), english, "{} {name}", texts.lang);
        }
    }
}

#[test]
fn no_english_is_left_over() {
    for (tag, same) in SAME_AS_IN_ENGLISH {
        let texts = of(tag).unwrap();
        let found: Vec<&str> = Texts::NAMES
            .iter()
            .copied()
            .filter(|name| named(texts, name) == named(&english::TEXTS, name))
            .collect();
        assert_eq!(found, *same, "{tag}");
    }
}

#[test]
fn french_marks_stand_behind_spaces_that_do_not_break() {
    let texts = of("fr").unwrap();
    for name in Texts::NAMES {
        let text = named(texts, name);
        for breaking in [" :", " ;", " ?", " !", "« ", " »"] {
            assert!(!text.contains(breaking), "{name}: {text}");
        }
        let before = text.split([';', '?', '!', '»']);
        let mut before: Vec<&str> = before.collect();
        before.pop();
        assert!(
            before.iter().all(|part| part.ends_with('\u{a0}')),
            "{name}: {text}"
        );
    }
}

#[test]
fn the_documentation_lists_every_text() {
    let documented = include_str!("../../../docs/texts.md");
    let mut table = String::new();
    for (name, meaning) in Texts::NAMES.iter().zip(Texts::MEANINGS) {
        let text = named(&english::TEXTS, name);
        writeln!(table, "| `{name}` | {} | {text} |", meaning.trim()).unwrap();
    }
    assert!(
        documented.ends_with(&table),
        "docs/texts.md should end with:\n{table}"
    );
}
