//! Moments, as every country reads them.

use time::OffsetDateTime;

/// A moment to the minute, by the time of nowhere in particular.
pub(super) fn utc(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02} UTC",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute()
    )
}
