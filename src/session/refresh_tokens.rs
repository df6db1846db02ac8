//! Refresh tokens of the provider's, as sessions keep them: encrypted, so that whoever reads the store can use none.

use secrecy::{ExposeSecret as _, SecretString};

use super::pending::{PendingError, Purpose, Seals};

impl Seals {
    /// Encrypts a refresh token.
    ///
    /// # Errors
    /// When the cipher fails.
    pub fn seal_refresh_token(&self, token: &SecretString) -> Result<String, PendingError> {
        self.seal(Purpose::RefreshToken, &token.expose_secret())
    }

    /// The refresh token; nothing for a text that is not ours, which it is not either after a change of
    /// `session.cookie_keys`.
    #[must_use]
    pub fn open_refresh_token(&self, sealed: &str) -> Option<SecretString> {
        let token: String = self.open(Purpose::RefreshToken, sealed)?;
        Some(token.into())
    }
}
