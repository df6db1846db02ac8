//! A provider, links and browsers that mean harm. Each is refused for its own reason, mints nothing, sets no session, and a
//! correct sign-in right after it succeeds, at the same bridge.
//!
//! `cargo test --test it hostile::` runs every case, and prints how many there are. Where a test walks through a table, the
//! rows are further cases, each with a reason of its own.

mod attacks;
mod browsers;
mod conformance;
mod endpoints;
mod id_tokens;
mod links;
mod logout_tokens;
mod redirects;
mod strings;
mod tokens;

use crate::support::{Bridge, Browser, Landed};
use crate::{backchannel_logout, client_authentication, support};

const ROOM: &str = "/room/a";

/// A sign-in that ended on a page with this status, for this reason, and gave nothing to anybody.
#[track_caller]
fn is_refused(bridge: &Bridge, landed: &Landed, status: u16, reason: &str) {
    let cause = bridge.last_cause();
    assert_eq!(landed.status, status, "{reason}: {cause}: {landed:?}");
    assert!(cause.contains(reason), "{cause:?} is not {reason:?}");
    assert!(!landed.body.contains(&cause), "{landed:?}");
    gives_nothing(landed, reason);
}

/// Neither a token nor a session.
#[track_caller]
fn gives_nothing(landed: &Landed, what: &str) {
    assert!(!landed.holds_a_token(), "{what}: {landed:?}");
    let session =
        |cookie: &String| cookie.contains("jitsi-session=") && !cookie.contains("Max-Age=0");
    assert!(
        !landed.set_cookies.iter().any(session),
        "{what}: {landed:?}"
    );
    is_clean(landed);
}

/// Nothing in it that a browser would act upon and that is not ours.
#[track_caller]
fn is_clean(landed: &Landed) {
    for sign in [
        "<script",
        "<img src=x",
        "<svg/onload",
        "onmouseover=\"alert",
    ] {
        assert!(!landed.body.contains(sign), "{sign}: {landed:?}");
    }
    let odd = |c: char| {
        (c.is_control() && c != '\n') || "\u{202E}\u{2066}\u{200F}\u{200B}\u{FEFF}".contains(c)
    };
    assert!(!landed.body.contains(odd), "{landed:?}");
    assert!(!landed.headers.contains_key("x-injected"), "{landed:?}");
    for (name, value) in &landed.headers {
        assert!(
            value.to_str().is_ok() && value.len() < 8000,
            "{name}: {value:?}"
        );
    }
}

/// Somebody signs in, in a browser of their own.
async fn login(bridge: &Bridge) -> Landed {
    Browser::new().go(&bridge.at(ROOM)).await
}

/// A correct sign-in, which mints the first token of this bridge.
async fn succeeds(bridge: &Bridge) {
    assert_eq!(bridge.tokens_minted(), 0, "before any correct sign-in");
    let landed = login(bridge).await;
    assert!(landed.in_meeting(), "{landed:?}: {}", bridge.last_cause());
    assert_eq!(bridge.tokens_minted(), 1);
}

/// What goes into the log: one line, not too long, and nothing in it that a terminal would act upon.
#[track_caller]
fn is_a_plain_line(cause: &str) {
    assert!(
        cause.chars().count() < 800,
        "{} bytes: {cause}",
        cause.len()
    );
    let odd = |c: char| c.is_control() || "\u{202E}\u{2066}\u{200B}\u{FEFF}".contains(c);
    assert!(!cause.contains(odd), "{cause:?}");
}
