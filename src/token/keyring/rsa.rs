//! One RSA key: from PEM and to PEM, its signature, and its public half in the two forms that Prosody reads.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaSignatureEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::SecretString;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{SigningError, compact};
use crate::hexadecimal::hexadecimal;

/// The RSA algorithms that Prosody's plugin knows: RSASSA-PKCS1-v1_5 (RFC 7518, 3.3). Any RSA key can do all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaAlgorithm {
    /// With SHA-256, Prosody's default where it has keys.
    Rs256,
    /// With SHA-384.
    Rs384,
    /// With SHA-512.
    Rs512,
}

impl RsaAlgorithm {
    /// The name in a token's header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }

    fn encoding(self) -> &'static RsaSignatureEncoding {
        match self {
            Self::Rs256 => &RSA_PKCS1_SHA256,
            Self::Rs384 => &RSA_PKCS1_SHA384,
            Self::Rs512 => &RSA_PKCS1_SHA512,
        }
    }
}

impl From<RsaAlgorithm> for Algorithm {
    fn from(algorithm: RsaAlgorithm) -> Self {
        match algorithm {
            RsaAlgorithm::Rs256 => Self::RS256,
            RsaAlgorithm::Rs384 => Self::RS384,
            RsaAlgorithm::Rs512 => Self::RS512,
        }
    }
}

/// Why a file holds no key that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM, or no private key in it.
    #[error("no private key in PEM (it begins with \"-----BEGIN PRIVATE KEY-----\")")]
    NoPem,
    /// Fewer than 2048 bits.
    #[error("an RSA key of fewer than 2048 bits: it can be broken")]
    TooSmall,
    /// More than 8192 bits.
    #[error("an RSA key of more than 8192 bits")]
    TooLarge,
    /// A key of another kind, encoded wrongly, or of numbers that do not belong together.
    #[error("not an RSA key, or a broken one: Jitsi knows no other kind")]
    NotRsa,
    /// The library could not make a key, or write it down.
    #[error("the system could not make a key")]
    NotMade,
}

/// A private key under its name.
pub struct SigningKey {
    kid: String,
    pair: KeyPair,
}

impl SigningKey {
    /// The unencrypted RSA private key in a PEM file's text, as PKCS#8 (RFC 5208) or PKCS#1 (RFC 8017, A.1.2).
    ///
    /// # Errors
    /// When there is none, or it is too small to be safe.
    pub fn from_pem(kid: String, pem: &[u8]) -> Result<Self, KeyError> {
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyError::NoPem)?;
        let der = Zeroizing::new(der);
        let pair = match &*der {
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(KeyError::NotRsa),
        };
        match pair {
            Ok(pair) => Ok(Self { kid, pair }),
            // The library tells its causes by name only.
            Err(cause) => Err(match cause.to_string().as_str() {
                "TooSmall" => KeyError::TooSmall,
                "TooLarge" => KeyError::TooLarge,
                _ => KeyError::NotRsa,
            }),
        }
    }

    /// Makes a key; returns it with its private half as PKCS#8 in PEM.
    ///
    /// # Errors
    /// When the library cannot.
    pub fn generate(kid: String, size: KeySize) -> Result<(Self, SecretString), KeyError> {
        let pair = KeyPair::generate(size).map_err(|_| KeyError::NotMade)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::NotMade)?;
        let pem = SecretString::from(pem("PRIVATE KEY", der.as_ref()).as_str());
        Ok((Self { kid, pair }, pem))
    }

    /// The key's name, a token's `kid`.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// A compact JWT of these claims (RFC 7515, 3.1).
    ///
    /// Signed here and not by jsonwebtoken, which would take the private key apart and check it anew for each token.
    ///
    /// # Errors
    /// When the library fails.
    pub fn sign(
        &self,
        algorithm: RsaAlgorithm,
        claims: &impl Serialize,
    ) -> Result<String, SigningError> {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(algorithm.into())
        };
        let message = compact::message(&compact::part(&header)?, claims)?;
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                algorithm.encoding(),
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .map_err(|_| SigningError::Key(self.kid.clone()))?;
        Ok(compact::with_signature(message, &signature))
    }

    /// The public half as a JSON Web Key (RFC 7517, 4; RFC 7518, 6.3.1).
    #[must_use]
    pub fn jwk(&self, algorithm: RsaAlgorithm) -> PublicJwk {
        let public = self.pair.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        PublicJwk {
            kty: "RSA",
            key_use: "sig",
            alg: algorithm.name(),
            kid: self.kid.clone(),
            n: number(public.modulus().big_endian_without_leading_zero()),
            e: number(public.exponent().big_endian_without_leading_zero()),
        }
    }

    /// The public half as a `SubjectPublicKeyInfo` in PEM (RFC 7468, 13).
    ///
    /// # Errors
    /// When the library cannot write it down.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        let der: PublicKeyX509Der<'_> = self
            .pair
            .public_key()
            .as_der()
            .map_err(|_| KeyError::NotMade)?;
        Ok(pem("PUBLIC KEY", der.as_ref()).to_string())
    }

    /// Where Prosody's plugin looks for the public half: the SHA-256 of the kid (jitsi-meet,
    /// `resources/prosody-plugins/token/util.lib.lua`, `get_public_key`).
    #[must_use]
    pub fn asap_name(&self) -> String {
        format!("{}.pem", hex_sha256(self.kid.as_bytes()))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A public key for others to verify with.
#[derive(Debug, Clone, Serialize)]
pub struct PublicJwk {
    kty: &'static str,
    #[serde(rename = "use")]
    key_use: &'static str,
    alg: &'static str,
    kid: String,
    n: String,
    e: String,
}

/// The SHA-256 of something, in hexadecimal digits.
#[must_use]
pub fn hex_sha256(bytes: &[u8]) -> String {
    hexadecimal(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// RFC 7468: base64 in lines of 64.
fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(STANDARD.encode(der));
    let lines = base64.len() / 64 + 1;
    // All at once: a text that grows would leave what it held behind.
    let capacity = base64.len() + lines + 2 * ("-----BEGIN -----\n".len() + label.len());
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    for part in ["-----BEGIN ", label, "-----\n"] {
        text.push_str(part);
    }
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, following) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = following;
    }
    for part in ["-----END ", label, "-----\n"] {
        text.push_str(part);
    }
    text
}
