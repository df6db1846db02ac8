//! A token taken apart, from wherever somebody copied it. Nothing about it is believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 64 * 1024;

/// A token taken apart.
#[derive(Debug)]
pub struct Reading {
    /// The header.
    pub header: Map<String, Value>,
    /// The payload.
    pub claims: Map<String, Value>,
    /// What is signed.
    pub message: String,
    /// The signature, in base64url.
    pub signature: String,
}

/// Why a text is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadingError {
    /// Longer than any token.
    #[error("longer than {LONGEST} bytes: no token is")]
    TooLong,
    /// Nothing with two dots in it.
    #[error(
        "no token: a JWT is three parts with dots between (eyJ….eyJ….…), by itself or in an address behind jwt="
    )]
    NoToken,
    /// A part that cannot be read.
    #[error("the token's {0} is no base64url of a JSON object: was it copied whole?")]
    Part(&'static str),
}

impl Reading {
    /// The first token in a text: by itself, in a header `Authorization: Bearer`, in an address of a meeting, or among all
    /// that a command prints.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(text: &str) -> Result<Self, ReadingError> {
        if text.len() > LONGEST {
            return Err(ReadingError::TooLong);
        }
        let jwt = jwt_in(text);
        let parts: Vec<&str> = jwt.split('.').collect();
        let [header, payload, signature] = parts.as_slice() else {
            return Err(ReadingError::NoToken);
        };
        Ok(Self {
            header: object(header).ok_or(ReadingError::Part("header"))?,
            claims: object(payload).ok_or(ReadingError::Part("payload"))?,
            message: format!("{header}.{payload}"),
            signature: (*signature).to_owned(),
        })
    }

    /// How long the whole token is, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.message.len() + 1 + self.signature.len()
    }
}

/// The first word that looks like a token; else what should be one.
fn jwt_in(text: &str) -> String {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    let foreign = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    match decoded.split(foreign).find(|word| looks_like_a_token(word)) {
        Some(word) => word.to_owned(),
        None => where_a_token_belongs(text),
    }
}

/// Three parts, and the first is a header.
fn looks_like_a_token(word: &str) -> bool {
    let mut parts = word.split('.');
    parts.next().is_some_and(|header| object(header).is_some()) && parts.count() == 2
}

/// Behind `jwt=`, perhaps as a JSON string, or the last word of the text.
fn where_a_token_belongs(text: &str) -> String {
    let parameter = ["#jwt=", "?jwt=", "&jwt="]
        .into_iter()
        .find_map(|before| text.split_once(before));
    let found = match parameter {
        Some((_, after)) => after.split(['&', '#']).next().unwrap_or_default(),
        None => text.split_whitespace().last().unwrap_or_default(),
    };
    let decoded = percent_decode_str(found.trim()).decode_utf8_lossy();
    decoded.trim_matches(['"', '\'']).to_owned()
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}
