//! What others verify with, written down once for every reading of the keyring.

use std::sync::Arc;

use super::rsa::hex_sha256;

/// A body and its entity tag (RFC 9110, 8.8.3), to be handed out as often as it is asked for.
#[derive(Clone)]
pub struct Document {
    /// The body.
    pub body: Arc<[u8]>,
    /// The tag, in its quotation marks: a digest of the body, the same on every replica.
    pub etag: Arc<str>,
}

impl Document {
    /// A document of this body.
    #[must_use]
    pub fn new(body: String) -> Self {
        let digest = hex_sha256(body.as_bytes());
        let (tag, _) = digest.split_at(32);
        Self {
            etag: format!("\"{tag}\"").into(),
            body: body.into_bytes().into(),
        }
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Document").field(&self.etag).finish()
    }
}
