//! The session at the provider by which somebody signed in (`sid`), as ID tokens and logout tokens name it.

use serde_json::Value;

use super::claims::Claims;

/// The longest `sid` that is remembered, in bytes. Providers write about forty.
pub const LONGEST_SID: usize = 512;

/// The `sid` of a token, if it is a usable text.
#[must_use]
pub fn sid(claims: &Claims) -> Option<&str> {
    let sid = claims.get("sid").and_then(Value::as_str)?;
    (!sid.is_empty() && sid.len() <= LONGEST_SID).then_some(sid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_usable_text_counts_as_absent() {
        let claims = |sid: Value| Claims::from_iter([("sid".to_owned(), sid)]);
        let too_long = "s".repeat(LONGEST_SID + 1);
        for odd in [Value::Null, 7.into(), "".into(), too_long.into()] {
            assert_eq!(sid(&claims(odd)), None);
        }
        let longest = "s".repeat(LONGEST_SID);
        assert_eq!(sid(&claims(longest.clone().into())), Some(longest.as_str()));
    }
}
