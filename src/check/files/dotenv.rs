//! A `.env` file, as docker compose reads it; the output of `env` in a container is one as well.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::place::{Place, Placed};

/// The variables of one or more files.
#[derive(Default)]
pub struct Variables {
    /// What each has, and where: the last one counts.
    set: BTreeMap<String, Placed<String>>,
    /// Those with a reference in them to one that is set nowhere here.
    cut: BTreeSet<String>,
    /// Where one stands in a comment.
    commented: BTreeMap<String, Place>,
    /// Those that were set before, to something else.
    pub overridden: Vec<(String, Place)>,
    /// Lines that are none of it.
    pub unread: Vec<Place>,
}

impl Variables {
    /// Reads a file, after those before.
    pub fn read(&mut self, file: &Rc<str>, text: &str) {
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        while let Some((index, line)) = lines.next() {
            let place = Place {
                file: file.clone(),
                line: index + 1,
            };
            let line = line.trim();
            if let Some(comment) = line.strip_prefix('#') {
                if let Some((name, _)) = assignment(comment.trim_start_matches('#').trim()) {
                    self.commented.entry(name.to_owned()).or_insert(place);
                }
                continue;
            }
            if line.is_empty() {
                continue;
            }
            let Some((name, value)) = assignment(line) else {
                self.unread.push(place);
                continue;
            };
            let mut whole = value.to_owned();
            // A quoted value goes on to its closing quote, over lines.
            while is_open(&whole)
                && let Some((_, next)) = lines.next()
            {
                whole.push('\n');
                whole.push_str(next);
            }
            let mut is_cut = false;
            let value = self.meant(&whole, &mut is_cut);
            if is_cut {
                self.cut.insert(name.to_owned());
            } else {
                self.cut.remove(name);
            }
            let placed = Placed { it: value, place };
            if let Some(before) = self.set.insert(name.to_owned(), placed.clone())
                && before.it != placed.it
            {
                self.overridden.push((name.to_owned(), before.place));
            }
        }
    }

    /// What a variable has; an empty one counts as none, as for docker-jitsi-meet.
    pub fn get(&self, name: &str) -> Option<&Placed<String>> {
        self.set.get(name).filter(|placed| !placed.it.is_empty())
    }

    /// Its text alone.
    pub fn text(&self, name: &str) -> Option<&str> {
        Some(self.get(name)?.it.as_str())
    }

    /// Whether compose takes a part of it for a variable that is set nowhere here, and puts nothing there.
    pub fn is_cut(&self, name: &str) -> bool {
        self.cut.contains(name)
    }

    /// Where it stands in a comment.
    pub fn commented(&self, name: &str) -> Option<&Place> {
        self.commented.get(name)
    }

    /// Every name that is set, with its place.
    pub fn names(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.set
            .iter()
            .map(|(name, placed)| (name.as_str(), &placed.place))
    }

    /// A value without its quotes and comment, and with other variables put in.
    fn meant(&self, value: &str, is_cut: &mut bool) -> String {
        if let Some(inner) = value.strip_prefix('\'') {
            return inner.split('\'').next().unwrap_or_default().to_owned();
        }
        if let Some(inner) = value.strip_prefix('"') {
            return self.filled_in(&unescaped(inner), is_cut);
        }
        let mut plain = value;
        for comment in [" #", "\t#"] {
            plain = plain.split(comment).next().unwrap_or_default();
        }
        self.filled_in(plain.trim(), is_cut)
    }

    /// `${NAME}`, `${NAME:-default}`, `${NAME-default}` and `$NAME`. What is set nowhere here stays as it is written.
    fn filled_in(&self, value: &str, is_cut: &mut bool) -> String {
        let mut filled = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('$') {
            filled.push_str(before);
            if let Some(escaped) = after.strip_prefix('$') {
                filled.push('$');
                rest = escaped;
                continue;
            }
            let (name, default, written, after) = reference(after);
            rest = after;
            match (self.set.get(name), default) {
                (Some(placed), _) => {
                    *is_cut |= self.cut.contains(name);
                    filled.push_str(&placed.it);
                }
                (None, Some(default)) => filled.push_str(default),
                (None, None) => {
                    // Nothing else is a name to compose, and stays there as well.
                    *is_cut |= name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
                    filled.push('$');
                    filled.push_str(written);
                }
            }
            // Variables put into one another could grow without end.
            if filled.len() > LONGEST {
                return value.to_owned();
            }
        }
        filled.push_str(rest);
        filled
    }
}

/// The longest value that is put together, in bytes.
const LONGEST: usize = 16 * 1024;

/// What stands after a `$`: name, default, the whole as written, and what follows.
fn reference(text: &str) -> (&str, Option<&str>, &str, &str) {
    if let Some(braced) = text.strip_prefix('{')
        && let Some((inner, after)) = braced.split_once('}')
    {
        let end = name_end(inner);
        let (name, modifier) = inner.split_at_checked(end).unwrap_or((inner, ""));
        let default = modifier
            .strip_prefix(":-")
            .or_else(|| modifier.strip_prefix('-'));
        let written = text
            .split_at_checked(inner.len() + 2)
            .map_or(text, |(it, _)| it);
        return (name, default, written, after);
    }
    let (name, after) = text.split_at_checked(name_end(text)).unwrap_or((text, ""));
    (name, None, name, after)
}

fn name_end(text: &str) -> usize {
    text.find(|c: char| !is_in_name(c)).unwrap_or(text.len())
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// `NAME=value`, `export NAME=value`, `NAME: value`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let (name, after) = line.split_at_checked(name_end(line))?;
    let after = after.trim_start();
    let value = after
        .strip_prefix('=')
        .or_else(|| after.strip_prefix(": "))?;
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well.then_some((name, value.trim()))
}

/// Whether a quoted value has no closing quote yet.
fn is_open(value: &str) -> bool {
    // So much for a value over lines: a quote that is never closed does not swallow the file.
    const MOST: usize = 8 * 1024;
    let Some(quote) = value.chars().next().filter(|c| ['"', '\''].contains(c)) else {
        return false;
    };
    if value.len() > MOST {
        return false;
    }
    let mut escaped = false;
    for c in value.chars().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return false,
            _ => {}
        }
    }
    true
}

/// What stands in double quotes, up to the closing one.
fn unescaped(inner: &str) -> String {
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => break,
            '\\' => match characters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(c @ ('"' | '\\')) => text.push(c),
                // A `$` of its own, when variables are put in.
                Some('$') => text.push_str("$$"),
                Some(other) => {
                    text.push('\\');
                    text.push(other);
                }
                None => {}
            },
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Variables;

    fn read(text: &str) -> Variables {
        let mut variables = Variables::default();
        variables.read(&"jitsi.env".into(), text);
        variables
    }

    #[test]
    fn values_are_read_as_compose_reads_them() {
        let text = "\u{feff}# a comment\r\nA=one \r\nexport B = 'two # no comment'\nC=\"thr\\\"ee\" # comment\nD=four # comment\nE=a#b\n\
            F=${A}-$A-${NONE:-else}-${NONE}\nG: seven\nA=last\n#H=8\nnonsense\nI=\nJ=\"over\nlines\"\nK=p$$q\n";
        let variables = read(text);
        let has = |name| variables.text(name);
        assert_eq!(has("A"), Some("last"));
        assert_eq!(has("B"), Some("two # no comment"));
        assert_eq!(has("C"), Some("thr\"ee"));
        assert_eq!(has("D"), Some("four"));
        assert_eq!(has("E"), Some("a#b"));
        assert_eq!(has("F"), Some("one-one-else-${NONE}"));
        assert_eq!(has("G"), Some("seven"));
        assert_eq!(has("H"), None);
        assert_eq!(has("I"), None);
        assert_eq!(has("J"), Some("over\nlines"));
        assert_eq!(has("K"), Some("p$q"));
        assert_eq!(variables.commented("H").map(|place| place.line), Some(10));
        assert_eq!(variables.get("K").map(|placed| placed.place.line), Some(15));
        assert_eq!(
            variables
                .unread
                .iter()
                .map(|place| place.line)
                .collect::<Vec<_>>(),
            [11]
        );
        let (name, place) = &variables.overridden[0];
        assert_eq!((name.as_str(), place.line), ("A", 2));
    }

    #[test]
    fn what_compose_puts_nothing_for_is_known() {
        let variables =
            read("A=x$none\nB=${A}\nC='x$none'\nD=\"x\\$none\"\nE=x$$none$1$\nF=x$none\nF=x\n");
        let cut = ["A", "B", "C", "D", "E", "F"].map(|name| variables.is_cut(name));
        assert_eq!(cut, [true, true, false, false, false, false]);
        assert_eq!(variables.text("D"), Some("x$none"));
    }

    proptest! {
        #[test]
        fn no_file_is_too_odd(text in r#"([A-C]|=|\$|\{|\}|:-|['"\\#\n ]|export ){0,60}"#, other in any::<String>()) {
            let variables = read(&text);
            let _ = (variables.text("A"), read(&other).names().count());
        }
    }
}
