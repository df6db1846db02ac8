//! A session's handle: by which people may speak of it, and which opens nothing. Its id is the cookie's secret.

use aws_lc_rs::digest::{SHA256, digest};
use time::OffsetDateTime;
use tower_sessions::Session;
use tower_sessions::session::{Error, Id};
use tower_sessions::session_store::Error as StoreError;

use super::ledger::Tag;
use super::{Sessions, SignedIn, read};

/// How many bytes of the digest are told.
const BYTES: usize = 8;

/// The handle of a session: 16 hexadecimal digits, the same for as long as it lives, telling nothing of its id.
#[must_use]
pub fn handle(id: &str) -> String {
    use std::fmt::Write as _;
    let whole = digest(&SHA256, format!("session handle\n{id}").as_bytes());
    let told = whole.as_ref().iter().take(BYTES);
    told.fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl Sessions {
    /// The live session of this handle, left as it is: looking at it counts for nothing. Only a shared store knows of any.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn find(&self, handle: &str, now: OffsetDateTime) -> Result<Option<SignedIn>, Error> {
        let handle = handle.to_ascii_lowercase();
        for id in self.ledger.read(&Tag::Handle(&handle).key(), now).await? {
            let Ok(id) = id.parse::<Id>() else { continue };
            let session = Session::new(Some(id), self.store.clone(), None);
            if let Some(signed_in) = read(&session).await?
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
    fn a_handle_is_short_and_no_other_sessions() {
        let ids = ["a", "b", ""].map(handle);
        assert!(ids.iter().all(|handle| handle.len() == 2 * BYTES));
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    }
}
