//! Jicofo's configuration: HOCON (`jicofo.conf`), and the properties that it had before (`sip-communicator.properties`).

use std::collections::BTreeMap;
use std::rc::Rc;

use super::place::{Place, Placed};

/// What is set, by its whole path, such as `jicofo.conference.enable-auto-owner`; lists are joined by commas.
#[derive(Default)]
pub struct Settings {
    set: BTreeMap<String, Placed<String>>,
    /// Where each object begins.
    objects: BTreeMap<String, Place>,
    /// What is to be read here as well.
    pub includes: Vec<Placed<String>>,
    /// Where more braces close than open, or the other way round.
    pub unread: Vec<Place>,
}

impl Settings {
    /// Reads a file, after those before.
    pub fn read(&mut self, file: &Rc<str>, text: &str) {
        let mut reader = Reader {
            file: file.clone(),
            path: Vec::new(),
            opened: Vec::new(),
            into: self,
        };
        reader.file(text);
    }

    /// What stands at a path.
    pub fn get(&self, path: &str) -> Option<&Placed<String>> {
        self.set.get(path)
    }

    /// Where the object at a path begins.
    pub fn object(&self, path: &str) -> Option<&Place> {
        self.objects.get(path)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A string in quotes, or a run of anything else.
    Text(String),
    /// `{`, `}`, `[`, `]`, `,`, and `=` for `:` too.
    Sign(char),
    /// The end of a line.
    Line,
}

struct Reader<'a> {
    file: Rc<str>,
    /// The names of the objects that are open, one by one.
    path: Vec<String>,
    /// How many names each open object has added.
    opened: Vec<usize>,
    into: &'a mut Settings,
}

/// The most names in a path, and the most objects in one another.
const DEEPEST: usize = 64;
/// The longest name, in bytes.
const LONGEST_NAME: usize = 256;
/// The most tokens that are read: the longest file that is read has no more.
const MOST: usize = 2 * 1024 * 1024;

impl Reader<'_> {
    fn file(&mut self, text: &str) {
        let tokens = tokens(text);
        let mut at = 0;
        while let Some((token, line)) = tokens.get(at) {
            at += 1;
            match token {
                Token::Text(name) => {
                    let rest = tokens.get(at..).unwrap_or_default();
                    at += self.entry(name, *line, rest);
                }
                Token::Sign('}') => match self.opened.pop() {
                    Some(names) => self.path.truncate(self.path.len().saturating_sub(names)),
                    None => self.unread(*line),
                },
                // An object without a name, such as the one around everything.
                Token::Sign('{') => self.opened.push(0),
                Token::Sign(_) | Token::Line => {}
            }
        }
        if !self.opened.is_empty() {
            let line = tokens.last().map_or(1, |(_, line)| *line);
            self.unread(line);
        }
    }

    fn place(&self, line: usize) -> Place {
        Place {
            file: self.file.clone(),
            line,
        }
    }

    fn unread(&mut self, line: usize) {
        let place = self.place(line);
        self.into.unread.push(place);
    }

    /// What follows a name; gives how many tokens it takes.
    fn entry(&mut self, name: &str, line: usize, rest: &[(Token, usize)]) -> usize {
        let place = self.place(line);
        if name.len() > LONGEST_NAME {
            return 0;
        }
        let next = |at: usize| rest.get(at).map(|(token, _)| token);
        if let Some(file) = name.strip_prefix("include") {
            let (it, taken) = match next(0) {
                Some(Token::Text(it)) if file.trim().is_empty() => (it.as_str(), 1),
                _ => (file.trim(), 0),
            };
            let it = it.trim_matches(|c: char| c == '"' || c == ')').to_owned();
            self.into.includes.push(Placed { it, place });
            return taken;
        }
        let equals = usize::from(next(0) == Some(&Token::Sign('=')));
        // A value may stand in the next line.
        let blank = rest
            .iter()
            .skip(equals)
            .take_while(|(token, _)| *token == Token::Line)
            .count();
        let at = equals + blank;
        let names = name
            .split('.')
            .take(DEEPEST)
            .map(|part| part.trim().to_owned());
        match next(at) {
            Some(Token::Sign('{')) if self.path.len() < DEEPEST && self.opened.len() < DEEPEST => {
                let before = self.path.len();
                self.path.extend(names);
                self.opened.push(self.path.len() - before);
                self.into.objects.insert(self.path.join("."), place);
                at + 1
            }
            Some(Token::Text(value)) if equals == 1 => {
                self.set(name, value.clone(), place);
                at + 1
            }
            Some(Token::Sign('[')) => {
                let entries: Vec<_> = rest
                    .iter()
                    .skip(at + 1)
                    .take_while(|(token, _)| *token != Token::Sign(']'))
                    .collect();
                let texts: Vec<&str> = entries
                    .iter()
                    .filter_map(|(token, _)| match token {
                        Token::Text(text) => Some(text.as_str()),
                        _ => None,
                    })
                    .collect();
                self.set(name, texts.join(","), place);
                at + 1 + entries.len() + 1
            }
            _ => equals,
        }
    }

    fn set(&mut self, name: &str, it: String, place: Place) {
        let mut path = self.path.join(".");
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        self.into.set.insert(path, Placed { it, place });
    }
}

fn tokens(text: &str) -> Vec<(Token, usize)> {
    let mut tokens = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = index + 1;
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            if tokens.len() >= MOST {
                return tokens;
            }
            if first == '#' || rest.starts_with("//") {
                break;
            }
            let (token, after) = match first {
                '"' => quoted(rest),
                '{' | '}' | '[' | ']' | ',' => (Token::Sign(first), after(rest, first)),
                '=' | ':' => (Token::Sign('='), after(rest, first)),
                _ => plain(rest),
            };
            tokens.push((token, number));
            rest = after.trim_start();
        }
        tokens.push((Token::Line, number));
    }
    tokens
}

fn after(text: &str, first: char) -> &str {
    text.strip_prefix(first).unwrap_or_default()
}

fn quoted(text: &str) -> (Token, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((index, c)) = characters.next() {
        match c {
            '"' => {
                let after = text.get(index + 1..).unwrap_or_default();
                return (Token::Text(value), after);
            }
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            _ => value.push(c),
        }
    }
    (Token::Text(value), "")
}

/// A run without quotes: to a sign, a comment or the end of the line.
fn plain(text: &str) -> (Token, &str) {
    let mut end = text.len();
    for (index, c) in text.char_indices() {
        let comment = c == '#' || text.get(index..).is_some_and(|rest| rest.starts_with("//"));
        // `+=` adds to a list: which of them is there, we take it for set.
        if comment || "{}[],=:\"".contains(c) || (c == '+' && index > 0) {
            end = index;
            break;
        }
    }
    let end = end.max(text.chars().next().map_or(1, char::len_utf8));
    let (run, after) = text.split_at_checked(end).unwrap_or((text, ""));
    let after = after.strip_prefix('+').unwrap_or(after);
    (Token::Text(run.trim_end().to_owned()), after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Settings;

    fn read(text: &str) -> Settings {
        let mut settings = Settings::default();
        settings.read(&"jicofo.conf".into(), text);
        settings
    }

    #[test]
    fn paths_are_whole_however_they_are_written() {
        let text = r#"
# comment { a = 1 }
jicofo {
  conference { enable-auto-owner = false // no
    max-ssrcs-per-user = "20" }
  authentication: {
    enabled: true
    type = JWT, login-url = "meet.example.org"
  }
  xmpp.client { xmpp-domain = "x" }
  xmpp { trusted-domains = [ "recorder.x", "y" ] }
}
jicofo.conference.enable-auto-owner = true
org.jitsi.jicofo.auth.URL=XMPP:meet.example.org
include "custom-jicofo.conf"
"#;
        let settings = read(text);
        let at = |path| {
            settings
                .get(path)
                .map(|placed| (placed.it.as_str(), placed.place.line))
        };
        assert_eq!(
            at("jicofo.conference.enable-auto-owner"),
            Some(("true", 13))
        );
        assert_eq!(at("jicofo.conference.max-ssrcs-per-user"), Some(("20", 5)));
        assert_eq!(at("jicofo.authentication.enabled"), Some(("true", 7)));
        assert_eq!(
            at("jicofo.authentication.login-url"),
            Some(("meet.example.org", 8))
        );
        assert_eq!(at("jicofo.xmpp.client.xmpp-domain"), Some(("x", 10)));
        assert_eq!(
            at("jicofo.xmpp.trusted-domains"),
            Some(("recorder.x,y", 11))
        );
        assert_eq!(at("org.jitsi.jicofo.auth.URL"), Some(("XMPP", 14)));
        assert_eq!(settings.includes[0].it, "custom-jicofo.conf");
        assert_eq!(
            settings.object("jicofo.conference").map(|place| place.line),
            Some(4)
        );
        assert!(settings.unread.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn no_file_is_too_odd(text in r##"(a\.b|c|include |[{}\[\],=:"#\n\\+/ ]){0,60}"##, other in any::<String>()) {
            let settings = read(&text);
            let _ = (settings.get("a.b"), read(&other).unread.len());
        }
    }
}
