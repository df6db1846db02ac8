//! XML as XMPP has it: no document types, and never more than one can hold.

use std::fmt::Write as _;

use roxmltree::{Document, Node, ParsingOptions};

/// The most elements, texts and attributes of one answer.
const MOST_NODES: u32 = 20_000;
/// How deep elements may lie in each other.
const DEEPEST: usize = 64;

/// An element with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    name: String,
    namespace: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

/// It is no XML, or more of it than is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoXml;

impl Element {
    /// Reads a whole document.
    ///
    /// # Errors
    /// When it is not well-formed, has a document type, or is too much.
    pub fn parse(text: &str) -> Result<Self, NoXml> {
        // The parser calls itself for each element in an element: what lies too deep must not come that far.
        if deepest(text).is_none_or(|deepest| deepest > DEEPEST) {
            return Err(NoXml);
        }
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: MOST_NODES,
            ..ParsingOptions::default()
        };
        let document = Document::parse_with_options(text, options).map_err(|_| NoXml)?;
        Ok(Self::of(document.root_element()))
    }

    fn of(node: Node<'_, '_>) -> Self {
        let children = node.children().filter(Node::is_element).map(Self::of);
        let texts = node.children().filter(Node::is_text);
        Self {
            name: node.tag_name().name().to_owned(),
            namespace: node.tag_name().namespace().unwrap_or_default().to_owned(),
            attributes: node
                .attributes()
                .map(|a| (a.name().to_owned(), a.value().to_owned()))
                .collect(),
            children: children.collect(),
            text: texts.filter_map(|text| text.text()).collect(),
        }
    }

    /// Its name, without a prefix.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has this name in this namespace.
    #[must_use]
    pub fn is(&self, name: &str, namespace: &str) -> bool {
        self.name == name && self.namespace == namespace
    }

    /// An attribute's value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What lies right in it.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// The same, to keep.
    #[must_use]
    pub fn into_children(self) -> Vec<Self> {
        self.children
    }

    /// The first of that name right in it.
    #[must_use]
    pub fn child(&self, name: &str, namespace: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(name, namespace))
    }

    /// The text right in it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// How deep elements lie in each other, told as the parser would find it; nothing where that is not clear: comments,
/// CDATA and instructions may hold what only looks like a tag, and XMPP has none (RFC 6120, 11.1).
fn deepest(text: &str) -> Option<usize> {
    let mut deepest = 0_usize;
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some((_, from)) = rest.split_once('<') {
        if from.starts_with(['!', '?']) {
            return None;
        }
        let (tag, after) = tag(from)?;
        rest = after;
        if tag.starts_with('/') {
            depth = depth.checked_sub(1)?;
            continue;
        }
        deepest = deepest.max(depth + 1);
        if !tag.ends_with('/') {
            depth += 1;
        }
    }
    Some(deepest)
}

/// What stands before the `>` that ends a tag, which is not in quotes, and what follows.
fn tag(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let end = text.find(|c| {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        quote.is_none() && c == '>'
    })?;
    let (tag, end) = text.split_at_checked(end)?;
    Some((tag, end.strip_prefix('>')?))
}

/// A text as it may stand in XML, between tags or in quotes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // Nothing else below a space may stand in XML 1.0, not even escaped.
            '\t' | '\n' | '\r' => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            c if c < ' ' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_has_its_name_attributes_children_and_text() {
        let element = Element::parse(
            "<a xmlns='x' k='1&amp;2'>one<b xmlns='y'>two</b><p:c xmlns:p='z'/></a>",
        )
        .unwrap();
        assert!(element.is("a", "x") && !element.is("a", "y"));
        assert_eq!(element.attribute("k"), Some("1&2"));
        assert_eq!(element.text(), "one");
        assert_eq!(element.child("b", "y").unwrap().text(), "two");
        assert!(element.child("c", "z").is_some() && element.child("c", "x").is_none());
    }

    #[test]
    fn what_is_no_xml_or_too_much_of_it_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let wide = format!("<a>{}</a>", "<b/>".repeat(30_000));
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bb'>]><a>&b;</a>";
        for text in ["", "<a", "<html><br></html>", &deep, &wide, bomb] {
            assert_eq!(Element::parse(text), Err(NoXml), "{text:.20}");
        }
        let just_deep_enough = format!("{}{}", "<a>".repeat(DEEPEST), "</a>".repeat(DEEPEST));
        assert!(Element::parse(&just_deep_enough).is_ok());
    }

    #[test]
    fn depth_cannot_be_hidden_from_the_guard() {
        let end = "</a>".repeat(9_500);
        for start in [
            "<a b=\"/>\">",
            "<a b='/>'>",
            "<a b='\"/>'>",
            "<a b=\"</a>\">",
            "<a><!--</a>-->",
            "<a><![CDATA[</a>]]>",
            "<a><?x </a>?>",
        ] {
            let text = format!("{}{end}", start.repeat(9_500));
            assert_eq!(Element::parse(&text), Err(NoXml), "{start}");
        }
        let flat = format!("<a>{}</a>", "<b c=\"/>\"></b><b c='>'/>".repeat(100));
        assert_eq!(Element::parse(&flat).unwrap().children().len(), 200);
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let text = "a<b>&\"c'\n\t ü";
        let element = Element::parse(&format!("<a k=\"{0}\">{0}</a>", escaped(text))).unwrap();
        assert_eq!((element.attribute("k"), element.text()), (Some(text), text));
        assert_eq!(escaped("a\u{0}b"), "ab");
    }
}
