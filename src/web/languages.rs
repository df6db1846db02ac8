//! The browser's languages, in its order of preference (RFC 9110, 12.5.4).

use axum::http::{HeaderMap, HeaderValue, header};

/// The longest header that is read, in bytes, and the most languages that are kept.
const LONGEST_HEADER: usize = 1000;
const MOST_LANGUAGES: usize = 10;
/// The longest tag, in bytes (RFC 5646, 4.4.1).
const LONGEST_TAG: usize = 35;

/// The tags of `Accept-Language` among the headers, as [`of`] gives them.
#[must_use]
pub fn accepted(headers: &HeaderMap) -> Vec<String> {
    of(headers.get(header::ACCEPT_LANGUAGE))
}

/// The tags of an `Accept-Language`, best first. What is no tag, or is refused by a weight of 0, is left out.
#[must_use]
pub fn of(header: Option<&HeaderValue>) -> Vec<String> {
    let header = header
        .and_then(|value| value.to_str().ok())
        .filter(|header| header.len() <= LONGEST_HEADER)
        .unwrap_or_default();
    let mut ranges: Vec<(u16, &str)> = header.split(',').filter_map(range).collect();
    // Stable: of equal weights the first goes first.
    ranges.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let tags = ranges.into_iter().map(|(_, tag)| tag.to_owned());
    tags.take(MOST_LANGUAGES).collect()
}

/// A tag with its weight in thousandths; `*` is no tag.
fn range(text: &str) -> Option<(u16, &str)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if tag.is_empty() || tag.len() > LONGEST_TAG || !tag.bytes().all(plain) {
        return None;
    }
    let weight = match parts.find_map(|part| part.strip_prefix("q=")) {
        Some(text) => thousandths(text)?,
        None => 1000,
    };
    (weight > 0).then_some((weight, tag))
}

/// `0`, `1`, or one of them with up to three digits behind a point: 0 to 1000.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(header: &str) -> Vec<String> {
        let value = header.parse().unwrap();
        accepted(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, value)]))
    }

    #[test]
    fn tags_come_in_order_of_preference() {
        assert_eq!(tags("de-AT, en;q=0.8, fr ;q=0.9"), ["de-AT", "fr", "en"]);
        assert_eq!(tags("a;q=0.5,b;q=0.500,c;q=1.0,d"), ["c", "d", "a", "b"]);
        assert_eq!(tags(""), Vec::<String>::new());
    }

    #[test]
    fn what_is_refused_or_no_tag_is_left_out() {
        assert_eq!(tags("fr, de;q=0, en;q=0.000"), ["fr"]);
        assert_eq!(
            tags("*, x_y, <b>, de;q=NaN, en;q=2, it;q=0.1234, es;q=-1, nl"),
            ["nl"]
        );
        assert!(tags(&"de,".repeat(500)).is_empty());
    }
}
