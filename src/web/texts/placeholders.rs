//! Placeholders in texts: `{room}` stands for a value.

/// The text with its placeholders filled in. Each value goes in as it is, whatever looks like a placeholder in it.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, name, behind)) = next(rest) {
        filled.push_str(before);
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.extend(["{", name, "}"]),
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// The names of a text's placeholders, in their order.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, name, behind) = next(rest)?;
        rest = behind;
        Some(name)
    })
}

/// What stands before the first placeholder, its name, and what stands behind it. Braces around anything but small letters
/// are text.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some((_, after)) = text.get(from..)?.split_once('{') {
        let at = text.len() - after.len();
        let name = after.split('}').next().unwrap_or_default();
        let behind = after.strip_prefix(name)?.strip_prefix('}');
        if let Some(behind) = behind
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_lowercase())
        {
            return Some((text.get(..at - 1)?, name, behind));
        }
        from = at;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_in_as_they_are() {
        let text = "{by} invites you to “{room}”.";
        let values = [("room", "{by}"), ("by", "{room} & {")];
        assert_eq!(fill(text, &values), "{room} & { invites you to “{by}”.");
        assert_eq!(names(text).collect::<Vec<_>>(), ["by", "room"]);
    }

    #[test]
    fn braces_around_anything_else_are_text() {
        for text in [
            "{", "}", "{}", "{ room}", "{{room", "{Room}", "a{b", "ü{é}{",
        ] {
            assert_eq!(fill(text, &[("room", "x")]), text);
            assert_eq!(names(text).count(), 0, "{text}");
        }
        assert_eq!(fill("{{room}}{no}", &[("room", "x")]), "{x}{no}");
    }
}
