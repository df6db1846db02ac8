//! Durations that make sense where they stand.

use time::Duration;

use super::reader::Section;

/// A duration above zero.
pub fn positive(section: &mut Section<'_>, key: &str, default: Duration) -> Option<Duration> {
    let origin = section.origin(key);
    let duration = section.or(key, default)?;
    if duration.is_positive() {
        return Some(duration);
    }
    section.fault(key, origin, "must be longer than nothing");
    None
}
