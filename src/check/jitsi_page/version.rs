//! Jitsi's version, as its front page tells it, and what follows for where the token stands.

use super::Seen;
use crate::check::report::Findings;
use crate::meeting::url::TokenPlace;

/// The first version that reads the token from the fragment (jitsi-meet, stable-9457, May 2024).
const READS_FRAGMENT: u32 = 9457;
/// What the finding is called.
const ID: &str = "page-token-place";

/// Compares the version with `jitsi.token_in`. Says nothing where the page does not tell one.
pub fn judge(index: &str, seen: &Seen<'_>, findings: &mut Findings) {
    let Some(version) = version(index) else {
        return;
    };
    let old = version < READS_FRAGMENT;
    match (seen.config.jitsi.token_in, old) {
        (TokenPlace::Fragment, true) => findings.fault(
            ID,
            format!("Jitsi {version} is from before May 2024, and reads the token from the query alone: everybody comes back again and again"),
            "Write jitsi.token_in = \"query\", or update Jitsi",
        ),
        (TokenPlace::Query, false) => findings.warning(
            ID,
            format!("Jitsi {version} reads the token from the fragment too; in the query (jitsi.token_in = \"query\") it gets into the logs of servers"),
            "Leave jitsi.token_in out",
        ),
        _ => findings.good(ID, format!("Jitsi {version} reads the token where it stands")),
    }
}

/// The number after `lib-jitsi-meet.min.js?v=`, which packages of Jitsi have there.
fn version(index: &str) -> Option<u32> {
    let (_, after) = index.split_once("lib-jitsi-meet.min.js?v=")?;
    let digits: String = after
        .chars()
        .take(9)
        .take_while(char::is_ascii_digit)
        .collect();
    // Builds of one's own have other numbers there, such as the time.
    let version = digits.parse().ok()?;
    (1000..100_000).contains(&version).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_a_packages() {
        let page =
            |version| format!("<script src=\"libs/lib-jitsi-meet.min.js?v={version}\"></script>");
        assert_eq!(version(&page("9457")), Some(9457));
        assert_eq!(version(&page("5142-3-5-2")), Some(5142));
        assert_eq!(version(&page("11146.2")), Some(11146));
        assert_eq!(version(&page("1718000000")), None);
        assert_eq!(version(&page("139")), None);
        assert_eq!(version("<html>"), None);
    }
}
