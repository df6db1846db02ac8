//! `[provider]`, or `[providers.NAME]` for each of several.

use std::collections::BTreeMap;

use super::ProviderConfig;
use super::provider;
use super::reader::Section;
use super::shape::Shape;

/// The longest name of one of several providers, in bytes: it stands in addresses and in variables' names.
const LONGEST_NAME: usize = 32;

/// Reads them all, in the order of their names; nothing when one cannot be read.
pub fn read(root: &mut Section<'_>) -> Option<Vec<ProviderConfig>> {
    let Some(several) = root.origin("providers") else {
        return Some(vec![provider::read(root.section("provider"), None)?]);
    };
    if let Some(origin) = root.origin("provider") {
        let said = format!(
            "there is [providers.…] as well ({several}): name this one too, as [providers.NAME], or keep one of the two"
        );
        root.fault("provider", Some(origin), said);
        // Whatever stands in it is not to be called unknown as well.
        root.members("provider", Shape::Anything);
    }
    let mut section = root.section("providers");
    let names = section.keys();
    if names.is_empty() {
        let said = "names no provider: write a [providers.NAME] for each";
        section.fault("", Some(several), said);
    }
    let mut all = Some(Vec::new());
    for name in names {
        let origin = section.origin(&name);
        let good_name = is_name(&name);
        if !good_name {
            let said = format!(
                "not a name for a provider: at most {LONGEST_NAME} lower-case letters, digits, '_' and '-', a letter or digit first"
            );
            section.fault(&name, origin, said);
        }
        let read = provider::read(section.section(&name), Some(name)).filter(|_| good_name);
        match (read, &mut all) {
            (Some(provider), Some(all)) => all.push(provider),
            _ => all = None,
        }
    }
    section.finish();
    let all = all.filter(|all| !all.is_empty())?;
    let mut issuers = BTreeMap::new();
    for provider in &all {
        let settings = &provider.settings;
        let mut insert = |issuer| issuers.insert(issuer, &settings.name);
        if let Some(other) = settings.issuers.iter().find_map(&mut insert) {
            let said = format!(
                "the same issuer as providers.{other}: nobody could tell whose people are whose"
            );
            root.fault(&format!("providers.{}.issuer", settings.name), None, said);
        }
    }
    Some(all)
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    // Guests with an invitation have the name `invitation` in the audit.
    name != "invitation"
        && name.len() <= LONGEST_NAME
        && name.bytes().next().is_some_and(plain)
        && name.bytes().all(|b| plain(b) || matches!(b, b'_' | b'-'))
}
