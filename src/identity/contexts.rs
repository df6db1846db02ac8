//! The authentication contexts of a sign-in (`acr`), wherever a provider puts them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::claims::{ClaimPath, Claims};

/// The texts in these claims of an ID token, each a single one or a list.
#[must_use]
pub fn contexts(id_token: &Claims, paths: &[ClaimPath]) -> BTreeSet<String> {
    let values = paths.iter().filter_map(|path| path.find(id_token));
    let texts = values.flat_map(|value| match value {
        Value::Array(entries) => entries.iter().collect(),
        single => vec![single],
    });
    texts
        .filter_map(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}
