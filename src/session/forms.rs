//! What a form of ours holds so that nobody else's form passes for it (cross-site request forgery): a sealed digest of
//! the session that it was made for.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::pending::{PendingError, Purpose, Seals};

impl Seals {
    /// What a form made for this session holds.
    ///
    /// # Errors
    /// When it could not be sealed.
    pub fn form_token(&self, session_id: &str) -> Result<String, PendingError> {
        self.seal(Purpose::Form, &digest_of(session_id))
    }

    /// Whether a form was made for this session.
    #[must_use]
    pub fn is_form_of(&self, form_token: &str, session_id: &str) -> bool {
        self.open::<String>(Purpose::Form, form_token)
            .is_some_and(|digest| digest == digest_of(session_id))
    }
}

fn digest_of(session_id: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, session_id.as_bytes()))
}
