//! The room that policy sees, the token's `room` claim and the room that Jitsi's client joins are one string.
//!
//! `tests/data/room-names.json` was written by a JavaScript engine's own `decodeURIComponent`, `normalize`,
//! `toLowerCase` and `encodeURIComponent` (`tests/data/generate-room-names.mjs`): for each input the node that Jitsi's
//! client makes of it, and the node that stays as it is when the client meets it again.

use jitsi_oidc_bridge::meeting::{RoomError, RoomName};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    input: String,
    /// What Jitsi's client joins for this path.
    node: String,
    /// What the node settles at, if there is such a room.
    fixed: Option<String>,
}

fn table() -> Vec<Row> {
    serde_json::from_str(include_str!("../data/room-names.json")).unwrap()
}

#[test]
fn every_name_becomes_what_a_javascript_engine_makes_of_it() {
    let table = table();
    assert!(table.len() > 1500, "only {} names", table.len());
    let mut wrong = Vec::new();
    for row in &table {
        let ours = RoomName::parse(&row.input).ok().map(String::from);
        let expected = row
            .fixed
            .clone()
            // Swallowed by URL parsers, so no room for us.
            .filter(|name| !matches!(name.as_str(), "." | ".."))
            .filter(|name| name.len() <= 1023);
        if ours != expected {
            wrong.push(format!("{:?}: {ours:?}, expected {expected:?}", row.input));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_name_that_the_client_would_leave_alone_is_the_name_that_it_joins() {
    let mut seen = 0;
    for row in table()
        .iter()
        .filter(|row| Some(&row.node) == row.fixed.as_ref())
    {
        if let Ok(room) = RoomName::parse(&row.input) {
            assert_eq!(room.as_str(), row.node, "{:?}", row.input);
            seen += 1;
        }
    }
    assert!(seen > 1000, "only {seen} names looked at");
}

/// Names as people, other programs and attackers write them.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9 _.~%*'()!/?#&;=+-]{0,40}",
        "(%[0-9a-fA-F]{2}|%25|%2F|%2E|[A-Zäöüß.]){0,20}",
        "[\u{0}-\u{2ff}\u{370}-\u{5ff}\u{1e00}-\u{1fff}\u{2100}-\u{214f}\u{ac00}-\u{ac80}\u{ff00}-\u{ffef}]{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_room_is_its_own_name(typed in names()) {
        if let Ok(room) = RoomName::parse(&typed) {
            prop_assert_eq!(RoomName::parse(room.as_str()), Ok(room));
        }
    }

    #[test]
    fn a_room_is_one_plain_path_segment(typed in names()) {
        if let Ok(room) = RoomName::parse(&typed) {
            let name = room.as_str();
            prop_assert!(!name.is_empty() && name.len() <= 1023);
            prop_assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.~%".contains(&b)), "{}", name);
            // What a URL parser makes of it is the same single segment.
            let url = url::Url::parse(&format!("https://meet.example.org/{name}")).unwrap();
            prop_assert_eq!(url.path(), format!("/{name}"));
        }
    }

    #[test]
    fn upper_and_lower_case_are_one_room(typed in "[a-zA-ZäöüÄÖÜéÉжЖ0-9-]{1,20}") {
        prop_assert_eq!(RoomName::parse(&typed), RoomName::parse(&typed.to_lowercase()));
    }
}

#[test]
fn nobody_asks_for_every_room() {
    for typed in ["*", "**", "%2A", "%2a", "%252A", "＊", "%EF%BC%8A"] {
        let parsed = RoomName::parse(typed);
        assert!(
            !matches!(&parsed, Ok(room) if room.as_str().contains('*')),
            "{typed}: {parsed:?}"
        );
    }
    assert_eq!(RoomName::parse("*"), Err(RoomError::Empty));
}
