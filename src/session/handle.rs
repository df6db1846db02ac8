//! What people may quote of a session, to a help desk say, and how to find the session by it. It opens nothing: the id, in
//! the cookie, is the secret.

use std::sync::Arc;

use aws_lc_rs::digest;
use time::OffsetDateTime;
use tower_sessions::session::{Error, Id};
use tower_sessions::session_store::Error as StoreError;

use super::ledger::Tag;
use super::{Sessions, SignedIn};
use crate::hexadecimal::hexadecimal;

/// How many bytes of the digest a handle holds: few enough to be read out, many enough to tell the sessions of a company
/// from one another.
const BYTES: usize = 6;

/// The handle of a session: twelve hexadecimal digits in three groups, such as `3f1c-9a07-be42`.
///
/// The first six bytes of the SHA-256 digest of `session handle`, a line feed, and the session's id as its cookie has it
/// (`Id`'s `Display`). Whoever reads the store finds the session by it; nobody finds the id, of 128 random bits, by the
/// handle.
#[must_use]
pub fn handle(session_id: &str) -> String {
    let digest = digest::digest(
        &digest::SHA256,
        format!("session handle\n{session_id}").as_bytes(),
    );
    let first = digest.as_ref().get(..BYTES).unwrap_or_default();
    in_groups(hexadecimal(first).chars())
}

/// A handle as somebody typed it, as [`handle`] writes it: without regard to case, hyphens and spaces.
fn normalised(typed: &str) -> String {
    let digits = typed.chars().filter(char::is_ascii_hexdigit);
    in_groups(digits.map(|digit| digit.to_ascii_lowercase()))
}

/// Four digits in each group, hyphens between them.
fn in_groups(digits: impl Iterator<Item = char>) -> String {
    let mut groups = String::with_capacity("3f1c-9a07-be42".len());
    for (place, digit) in digits.enumerate() {
        if place > 0 && place % 4 == 0 {
            groups.push('-');
        }
        groups.push(digit);
    }
    groups
}

impl Sessions {
    /// The live session of this handle, left as it is: looking at it counts for nothing. Only a shared store knows of any.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn find(
        &self,
        handle: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<SignedIn>>, Error> {
        let handle = normalised(handle);
        for id in self.ledger.read(&Tag::Handle(&handle).key(), now).await? {
            let Ok(id) = id.parse::<Id>() else { continue };
            if let Some(signed_in) = self.read(&id).await?
                && self.is_alive(&id, &signed_in, now).await?
            {
                return Ok(Some(signed_in));
            }
        }
        Ok(None)
    }

    /// Writes down by which handle a session can be found, where others than this process may look for it.
    pub(super) async fn note_handle(
        &self,
        id: &str,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        if !self.ledger.is_shared() {
            return Ok(());
        }
        let key = Tag::Handle(&handle(id)).key();
        self.ledger.add(&key, id, until, now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_short_and_the_same_for_ever() {
        // printf 'session handle\nAAAAAAAAAAAAAAAAAAAAAA' | sha256sum
        assert_eq!(handle("AAAAAAAAAAAAAAAAAAAAAA"), "208e-63e3-6356");
        assert_ne!(
            handle("AAAAAAAAAAAAAAAAAAAAAA"),
            handle("AAAAAAAAAAAAAAAAAAAAAB")
        );
    }

    #[test]
    fn a_handle_may_be_typed_in_other_ways() {
        for typed in ["208e-63e3-6356", "208E63E36356", "208e 63e3 6356"] {
            assert_eq!(normalised(typed), "208e-63e3-6356");
        }
        assert_eq!(normalised(""), "");
    }
}
