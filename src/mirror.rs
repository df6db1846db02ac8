//! How `check` and a running bridge know each other: by the secrets of the configuration that both have read.
//!
//! `check` asks through the reverse proxy, with a proof that it has those secrets; a bridge that has the same shows it what
//! arrived, with a proof of its own. To anybody else there is nothing at that address. The proof of a question holds for
//! some minutes; what it opens is how this one request arrived.

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::config::{Config, Signing};

/// Where the question goes, below our own address.
pub const PATH: &str = "/mirror";
/// The header in which it stands.
pub const HEADER: &str = "x-bridge-mirror";
/// The header that makes an answer long.
pub const PADDING: &str = "x-bridge-padding";

/// How far the clocks of the two machines may differ.
const LEEWAY: Duration = Duration::minutes(5);
/// The longest header that is asked for, in bytes: as long as a way back to the meeting can be.
const LONGEST_PADDING: usize = 7000;
/// The length in bytes from which on nobody finds a client's secret by trying. The bridge's own secrets are never shorter.
const LEAST_SECRET: usize = 32;
/// The longest question that is looked at, in bytes.
const LONGEST_QUESTION: usize = 200;

/// What both have.
pub struct MirrorKey(hmac::Key);

/// A question that was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    nonce: String,
    /// How many bytes of [`PADDING`] are to come with the answer.
    pub padding: usize,
}

/// What arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// That the answer comes from somebody with the same secrets, and is theirs to the letter.
    #[serde(default)]
    pub proof: String,
    /// The version of the bridge.
    pub version: String,
    /// Whether the path came with that of `server.public_url`.
    pub path_kept: bool,
    /// The other end of the connection.
    pub peer: Option<String>,
    /// The visitor's address, as it would be counted.
    pub visitor: Option<String>,
    /// What proxies have said of the visitor, by header.
    pub forwarded: Vec<(String, String)>,
}

impl MirrorKey {
    /// The key of a configuration; nothing where it has no secret that withstands guessing: whoever answers at our address
    /// gets a proof to guess by. Another address, provider or secret makes another.
    #[must_use]
    pub fn of(config: &Config) -> Option<Self> {
        let mut context = digest::Context::new(&digest::SHA256);
        let mut add = |text: &str| {
            context.update(&text.len().to_be_bytes());
            context.update(text.as_bytes());
        };
        add("jitsi-oidc-bridge mirror");
        add(config.server.public_url.as_str());
        add(config.jitsi.url.as_str());
        let mut secrets = 0;
        for provider in &config.providers {
            add(&provider.settings.issuer);
            add(&provider.settings.client_id);
            if let Some(secret) = &provider.settings.client_secret {
                add(secret.expose_secret());
                secrets += usize::from(secret.expose_secret().len() >= LEAST_SECRET);
            }
        }
        if let Signing::SharedSecret { secret, .. } = &config.token.signing {
            add(secret.expose_secret());
            secrets += 1;
        }
        for key in &config.session.cookie_keys {
            add(key.expose_secret());
            secrets += 1;
        }
        let key = context.finish();
        (secrets > 0).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())))
    }

    /// A question and its header's value. `nonce` is one that nobody has seen before.
    #[must_use]
    pub fn ask(&self, nonce: String, padding: usize, now: OffsetDateTime) -> (Question, String) {
        let said = format!("{}.{padding}.{nonce}", now.unix_timestamp());
        let value = format!("{said}.{}", self.signed("question", &said));
        (Question { nonce, padding }, value)
    }

    /// The question of a header, where whoever asks has the same key.
    #[must_use]
    pub fn question(&self, header: &str, now: OffsetDateTime) -> Option<Question> {
        if header.len() > LONGEST_QUESTION {
            return None;
        }
        let (said, proof) = header.rsplit_once('.')?;
        self.is_signed("question", said, proof)?;
        let mut parts = said.splitn(3, '.');
        let at = OffsetDateTime::from_unix_timestamp(parts.next()?.parse().ok()?).ok()?;
        let padding: usize = parts.next()?.parse().ok()?;
        let nonce = parts.next()?.to_owned();
        ((now - at).abs() <= LEEWAY).then(|| Question {
            nonce,
            padding: padding.min(LONGEST_PADDING),
        })
    }

    /// What arrived, with the proof that it is the answer to a question.
    #[must_use]
    pub fn prove(&self, question: &Question, seen: Seen) -> Seen {
        let proof = self.signed("answer", &answered(question, &seen));
        Seen { proof, ..seen }
    }

    /// Whether an answer comes from somebody with the same key, and as that gave it.
    #[must_use]
    pub fn is_proven(&self, question: &Question, seen: &Seen) -> bool {
        self.is_signed("answer", &answered(question, seen), &seen.proof)
            .is_some()
    }

    fn signed(&self, what_for: &str, said: &str) -> String {
        let tag = hmac::sign(&self.0, format!("{what_for} {said}").as_bytes());
        URL_SAFE_NO_PAD.encode(tag)
    }

    fn is_signed(&self, what_for: &str, said: &str, proof: &str) -> Option<()> {
        let proof = URL_SAFE_NO_PAD.decode(proof).ok()?;
        hmac::verify(&self.0, format!("{what_for} {said}").as_bytes(), &proof).ok()
    }
}

/// What the proof of an answer is made for: a proxy must not be able to change what it is to be judged by.
fn answered(question: &Question, seen: &Seen) -> String {
    let bare = Seen {
        proof: String::new(),
        ..seen.clone()
    };
    // Of nothing but texts and a flag, JSON can always be made.
    let bare = serde_json::to_string(&bare).unwrap_or_default();
    format!("{} {bare}", question.nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_believed_as_it_was_given_and_not_otherwise() {
        let key = MirrorKey(hmac::Key::new(hmac::HMAC_SHA256, b"what both have"));
        let now = OffsetDateTime::UNIX_EPOCH;
        let (question, header) = key.ask("nonce".to_owned(), 0, now);
        assert_eq!(key.question(&header, now), Some(question.clone()));
        let answer = key.prove(
            &question,
            Seen {
                proof: String::new(),
                version: "1".to_owned(),
                path_kept: true,
                peer: Some("192.0.2.1".to_owned()),
                visitor: None,
                forwarded: Vec::new(),
            },
        );
        assert!(key.is_proven(&question, &answer));
        let (other, _) = key.ask("another nonce".to_owned(), 0, now);
        assert!(!key.is_proven(&other, &answer));
        let changed = Seen {
            visitor: Some("192.0.2.7".to_owned()),
            ..answer
        };
        assert!(!key.is_proven(&question, &changed));
    }
}
