//! Whether the provider's clock and ours go alike: tokens from another time are refused.

use std::time::UNIX_EPOCH;

use reqwest::header::DATE;
use time::{Duration, OffsetDateTime};

use super::Visit;
use super::discovery::Discovered;
use crate::check::report::Findings;

const CLOCK: &str = "provider-clock";

/// What is not worth a word. `Date` has whole seconds, and an answer takes its time.
const UNNOTICED: Duration = Duration::seconds(5);

/// Compares them by the `Date` of an answer (RFC 9110, 6.6.1).
pub fn compare(visit: &Visit, discovered: &Discovered, findings: &mut Findings) {
    let Some(theirs) = date(discovered) else {
        // Nothing follows from that: Keycloak sends none.
        findings.good(
            CLOCK,
            "its clock was not compared, as its answers have no Date: let both machines set theirs by NTP",
        );
        return;
    };
    let off = difference(theirs, discovered.asked_at, discovered.answered_at);
    let seconds = off.whole_seconds();
    if off.abs() <= UNNOTICED {
        findings.good(
            CLOCK,
            format!("its clock and this machine's differ by {} s", seconds.abs()),
        );
        return;
    }
    let which = if seconds > 0 { "ahead of" } else { "behind" };
    let said = format!(
        "its clock is {} s {which} this machine's (the proxy's in front of it, where one answers for it)",
        seconds.abs()
    );
    let leeway = visit.provider.settings.clock_leeway;
    if off.abs() > leeway {
        let mend = format!(
            "set the clocks of both machines by NTP: beyond {} s ({}) ID tokens are refused",
            leeway.whole_seconds(),
            visit.key("clock_leeway")
        );
        findings.fault(CLOCK, said, mend);
    } else {
        findings.warning(
            CLOCK,
            said,
            "set the clocks of both machines by NTP: Jitsi's too refuses tokens from another time",
        );
    }
}

fn date(discovered: &Discovered) -> Option<OffsetDateTime> {
    let date = discovered.answer.headers.get(DATE)?.to_str().ok()?;
    let date = httpdate::parse_http_date(date).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    OffsetDateTime::from_unix_timestamp(i64::try_from(since.as_secs()).ok()?).ok()
}

/// How far a time lies outside of those between which it was told.
fn difference(told: OffsetDateTime, from: OffsetDateTime, until: OffsetDateTime) -> Duration {
    if told + Duration::SECOND < from {
        told - from
    } else if told > until {
        told - until
    } else {
        Duration::ZERO
    }
}
