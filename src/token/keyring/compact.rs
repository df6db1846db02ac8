//! A token's compact form (RFC 7515, 3.1), written once into one text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

/// Room for the longest signature, an RSA key's of 8192 bits, in base64.
const LONGEST_SIGNATURE: usize = 1366;

/// A part of a token: JSON in base64url.
pub(super) fn part(content: &impl Serialize) -> serde_json::Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(content)?))
}

/// What is signed: the header, written by [`part`], and these claims.
pub(super) fn message(header: &str, claims: &impl Serialize) -> serde_json::Result<String> {
    let claims = serde_json::to_vec(claims)?;
    let length = header.len() + 2 + claims.len().div_ceil(3) * 4 + LONGEST_SIGNATURE;
    let mut message = String::with_capacity(length);
    message.push_str(header);
    message.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut message);
    Ok(message)
}

/// The whole token.
pub(super) fn with_signature(mut message: String, signature: &[u8]) -> String {
    message.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut message);
    message
}
