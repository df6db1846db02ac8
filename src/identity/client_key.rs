//! The private key by which we prove ourselves to a provider, and its public half for the provider to verify with.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;

/// A private key. What it is made of is shown nowhere.
#[derive(Clone)]
pub struct ClientKey {
    key: EncodingKey,
    header: Header,
    public: Jwk,
}

impl std::fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ClientKey").field(&self.header.kid).finish()
    }
}

/// Why a file is no key to prove ourselves by.
#[derive(Debug, thiserror::Error)]
pub enum ClientKeyError {
    /// Another kind of file.
    #[error(
        "no private key in PEM of RSA, P-256, P-384 or Ed25519: make one with openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
    )]
    Unknown,
    /// An RSA key that is too short.
    #[error("an RSA key of less than 2048 bits: make another one")]
    Weak,
    /// No certificate.
    #[error("no certificate in PEM")]
    Certificate,
}

impl ClientKey {
    /// The key of a PEM file. RSA signs RS256, P-256 ES256, P-384 ES384, Ed25519 `EdDSA`.
    ///
    /// # Errors
    /// When it is none of those.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ClientKeyError> {
        let of = |key: Result<EncodingKey, _>, algorithm| {
            let key: EncodingKey = key.ok()?;
            let public = Jwk::from_encoding_key(&key, algorithm).ok()?;
            Some((key, algorithm, public))
        };
        // Each kind of key refuses the others' files; a curve, the other curve's.
        let found = of(EncodingKey::from_rsa_pem(pem), Algorithm::RS256)
            .or_else(|| of(EncodingKey::from_ec_pem(pem), Algorithm::ES256))
            .or_else(|| of(EncodingKey::from_ec_pem(pem), Algorithm::ES384))
            .or_else(|| of(EncodingKey::from_ed_pem(pem), Algorithm::EdDSA));
        let (key, algorithm, mut public) = found.ok_or(ClientKeyError::Unknown)?;
        if let jsonwebtoken::jwk::AlgorithmParameters::RSA(rsa) = &public.algorithm
            && rsa.n.len() < 2048 / 6
        {
            return Err(ClientKeyError::Weak);
        }
        let kid = public.thumbprint(ThumbprintHash::SHA256);
        public.common.key_id = kid.ok();
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let mut header = Header::new(algorithm);
        header.kid.clone_from(&public.common.key_id);
        let signer = Self {
            key,
            header,
            public,
        };
        // A key that the library reads and cannot sign with is found now, not at the first sign-in.
        signer
            .sign(&Value::Object(serde_json::Map::new()))
            .map_err(|_| ClientKeyError::Unknown)?;
        Ok(signer)
    }

    /// The same key, with its certificate named in assertions (`x5t#S256`), as Microsoft Entra ID wants it.
    ///
    /// # Errors
    /// When there is no certificate in the file.
    pub fn with_certificate(mut self, pem: &[u8]) -> Result<Self, ClientKeyError> {
        let certificate =
            CertificateDer::from_pem_slice(pem).map_err(|_| ClientKeyError::Certificate)?;
        let digest = digest::digest(&digest::SHA256, &certificate);
        // Who wants the certificate named wants PSS with it (learn.microsoft.com, "certificate credentials").
        if self.header.alg == Algorithm::RS256 {
            self.header.alg = Algorithm::PS256;
        }
        self.header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(digest));
        Ok(self)
    }

    /// A signed assertion.
    ///
    /// # Errors
    /// When the library fails.
    pub fn sign(&self, claims: &Value) -> Result<String, jsonwebtoken::errors::Error> {
        encode(&self.header, claims, &self.key)
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.header.alg
    }

    /// The public half, as a JSON Web Key.
    #[must_use]
    pub fn public(&self) -> &Jwk {
        &self.public
    }
}
