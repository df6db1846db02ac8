//! What `config/bridge.toml` says of each key: the one home of their descriptions.

use std::collections::BTreeMap;

/// The documented configuration, every key with its default.
pub const DOCUMENTED: &str = include_str!("../../config/bridge.toml");

/// The descriptions, by the keys' full names; lists and `[providers.partners]` by their names alone.
///
/// A key is described by what stands behind it, else by the lines above it, else, as several that stand together are, by
/// what describes the one before it.
#[must_use]
pub fn descriptions() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let (mut section, mut said, mut comment) = (String::new(), String::new(), Vec::new());
    for line in DOCUMENTED.lines() {
        let text = line.strip_prefix('#').map_or(line, str::trim_start);
        if line.trim().is_empty() {
            (said, comment) = (String::new(), Vec::new());
        } else if let Some(name) = section_of(text) {
            name.clone_into(&mut section);
            all.insert(section.clone(), comment.join(" "));
            (said, comment) = (String::new(), Vec::new());
        } else if let Some((key, behind)) = key_of(text) {
            if !comment.is_empty() {
                said = comment.join(" ");
                comment.clear();
            }
            let name = match section.as_str() {
                "" => key.to_owned(),
                section => format!("{section}.{key}"),
            };
            // Switched on as an example, and off with its default: the same key.
            all.entry(name)
                .or_insert_with(|| behind.unwrap_or(&said).to_owned());
        } else {
            comment.push(text);
        }
    }
    all
}

/// `[section]` or `[[section]]`.
fn section_of(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.trim_start_matches('[');
    let (name, _) = name.split_once(']')?;
    let plain = |b: u8| b.is_ascii_lowercase() || matches!(b, b'_' | b'.');
    name.bytes().all(plain).then_some(name)
}

/// `key = value`, and the comment behind it.
fn key_of(line: &str) -> Option<(&str, Option<&str>)> {
    let (key, value) = line.split_once(" = ")?;
    let plain = |b: u8| b.is_ascii_lowercase() || b == b'_';
    let behind = value.split_once(" # ").map(|(_, behind)| behind.trim());
    key.bytes().all(plain).then_some((key, behind))
}
