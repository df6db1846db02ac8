//! The `sid` of the ID tokens that inline sign-ins get: the session here, sealed. Jitsi's hidden frame brings it back at the
//! sign-out, where browsers may keep our cookie from the frame.

use super::pending::{PendingError, Purpose, Seals};

impl Seals {
    /// Seals a session's id.
    ///
    /// # Errors
    /// When the cipher fails.
    pub fn session_hint(&self, session: &str) -> Result<String, PendingError> {
        self.seal(Purpose::Session, &session)
    }

    /// The session's id; nothing for a text that is not ours.
    #[must_use]
    pub fn hinted_session(&self, sealed: &str) -> Option<String> {
        self.open(Purpose::Session, sealed)
    }
}
