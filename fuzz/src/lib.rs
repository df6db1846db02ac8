//! What several fuzz targets need: keys, a provider on the loopback interface, and the bridge's own configuration.

pub mod bridge;
pub mod keys;
pub mod provider;

/// The first line of an input, and what follows it. Inputs are texts in lines, so that people can read and write them.
#[must_use]
pub fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}
