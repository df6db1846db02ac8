//! What an answer tells of who gave it.

use crate::identity::http::Answer;

/// Whether a bridge gave it: each of its answers has a request id, which looks like no other program's.
pub fn is_a_bridges(answer: &Answer) -> bool {
    let id = answer.headers.get("x-request-id");
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    let hex = |part: &str| part.len() == 6 && part.bytes().all(|b| b.is_ascii_hexdigit());
    id.split_once('-')
        .is_some_and(|(one, other)| hex(one) && hex(other))
}

/// Its first words, without markup.
pub fn first_words(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let mut inside = false;
    let plain: String = text
        .chars()
        .take(2000)
        .filter(|c| {
            inside |= *c == '<';
            let keep = !inside;
            inside &= *c != '>';
            keep
        })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().take(8).collect();
    crate::identity::claims::shown(&words.join(" "))
}
