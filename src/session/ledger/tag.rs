//! Under what the ledger writes things down: tags, and digests of them, by which a store learns nothing of the person.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::session::store::Redis;

/// Under what something is written down. Each session has two or three, by which it is ended.
#[derive(Debug, Clone, Copy)]
pub enum Tag<'a> {
    /// Every session of a person (issuer, subject).
    Subject(&'a str, &'a str),
    /// The sessions begun by one session at the provider (issuer, `sid`).
    Sid(&'a str, &'a str),
    /// Those sessions of a person (issuer, subject) whose ID token named no `sid`.
    WithoutSid(&'a str, &'a str),
    /// One session, by its id.
    Session(&'a str),
    /// One session, by its id, whose person the provider does not know any more.
    Gone(&'a str),
    /// What came after one session in the same browser, by its id: the same person's next one.
    After(&'a str),
    /// One session, by the handle that people may know.
    Handle(&'a str),
    /// The invitations of a person (issuer, subject).
    InvitationsOf(&'a str, &'a str),
    /// One invitation, by its id.
    Invitation(&'a str),
}

/// A tag or a logout token as it stands in a store: a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    pub(super) fn of(parts: &[&str]) -> Self {
        let mut whole = Vec::with_capacity(256);
        for part in parts {
            // With its length before each part, no two lists of parts read the same.
            whole.extend(part.len().to_be_bytes());
            whole.extend(part.as_bytes());
        }
        let digest = digest::digest(&digest::SHA256, &whole);
        let mut key = [0; 32];
        // It has that many bytes.
        for (byte, of_digest) in key.iter_mut().zip(digest.as_ref()) {
            *byte = *of_digest;
        }
        Self(key)
    }

    pub(super) fn in_redis(&self, kind: &str) -> String {
        Redis::key(kind, &URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl Tag<'_> {
    /// The tag as it stands in a store.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::of(&match self {
            Self::Subject(issuer, subject) => ["subject", issuer, subject],
            Self::Sid(issuer, sid) => ["sid", issuer, sid],
            Self::WithoutSid(issuer, subject) => ["without sid", issuer, subject],
            Self::Session(id) => ["session", "", id],
            Self::Gone(id) => ["gone", "", id],
            Self::After(id) => ["after", "", id],
            Self::Handle(handle) => ["handle", "", handle],
            Self::InvitationsOf(issuer, subject) => ["invitations of", issuer, subject],
            Self::Invitation(id) => ["invitation", "", id],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tags_have_the_same_key() {
        let keys = [
            Tag::Subject("a", "bc"),
            Tag::Subject("ab", "c"),
            Tag::Sid("a", "bc"),
            Tag::WithoutSid("a", "bc"),
            Tag::Session("bc"),
        ]
        .map(|tag| tag.key());
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[at + 1..].contains(key), "{at}");
        }
        assert_eq!(Tag::Sid("a", "bc").key(), Tag::Sid("a", "bc").key());
    }
}
