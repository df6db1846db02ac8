//! Each thing that can be wrong in Jitsi is found, with its mend, and nothing else is.

mod rows;

use futures_util::stream::{self, StreamExt as _};

use self::rows::{ROWS, Row};
use super::{bad, the, tried_for};
use crate::support::bridge::TOKEN_SECRET;
use crate::support::prosody::{Prosody, Settings};

/// Rows that are tried at the same time.
const AT_ONCE: usize = 6;

#[tokio::test]
async fn each_fault_is_found_with_its_mend_and_no_other() {
    let complaints = stream::iter(ROWS.iter().map(complaints));
    let complaints: Vec<_> = complaints.buffer_unordered(AT_ONCE).collect().await;
    assert_eq!(complaints.concat(), Vec::<String>::new());
}

/// What is not as the row says.
async fn complaints(row: &Row) -> Vec<String> {
    let mut settings = Settings::default();
    (row.set)(&mut settings);
    let prosody = Prosody::start(settings).await;
    let findings = tried_for(row.answer, &prosody, row.further, None).await;
    let finding = the(&findings, row.id);
    let all_bad = bad(&findings);
    let others = all_bad.iter().map(|finding| finding.id);
    let others: Vec<&str> = others.filter(|id| *id != row.id).collect();
    let told = format!("{findings:?}");
    let expectations = [
        ("verdict", finding.verdict == row.verdict),
        (
            "said",
            row.said.iter().all(|part| finding.said.contains(part)),
        ),
        (
            "mend",
            row.mend.iter().all(|part| finding.mend.contains(part)),
        ),
        ("others", others == row.also),
        ("left", prosody.is_left().await),
        (
            "secrecy",
            !told.contains("eyJ") && !told.contains(TOKEN_SECRET),
        ),
    ];
    let broken = expectations.iter().filter(|(_, kept)| !kept);
    broken
        .map(|(what, _)| format!("{}: {what}: {finding:?}, others {others:?}", row.name))
        .collect()
}
