//! Keys that sign whatever a fuzzer puts together, drawn at the start of the process and never written down.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// A key that signs.
pub struct Signer {
    /// How.
    pub algorithm: Algorithm,
    key: EncodingKey,
    /// Its public half; nothing for a shared secret.
    pub jwk: Option<Value>,
}

impl Signer {
    /// An elliptic key, whose signatures cost the least.
    #[must_use]
    pub fn elliptic(kid: &str) -> Self {
        let der =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let der = der.expect("a key is drawn");
        Self::published(
            Algorithm::ES256,
            EncodingKey::from_ec_der(der.as_ref()),
            kid,
        )
    }

    /// An Ed25519 key.
    #[must_use]
    pub fn edwards(kid: &str) -> Self {
        let der = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).expect("a key is drawn");
        Self::published(
            Algorithm::EdDSA,
            EncodingKey::from_ed_der(der.as_ref()),
            kid,
        )
    }

    /// An RSA key.
    #[must_use]
    pub fn rsa(kid: &str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key is drawn");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("it can be written down");
        // jsonwebtoken signs with the inner PKCS#1 key: in PKCS#8 of RSA-2048 it begins after 26 bytes (RFC 5208, 5).
        let key = EncodingKey::from_rsa_der(&der.as_ref()[26..]);
        Self::published(Algorithm::RS256, key, kid)
    }

    /// A shared secret.
    #[must_use]
    pub fn secret(secret: &[u8]) -> Self {
        Self {
            algorithm: Algorithm::HS256,
            key: EncodingKey::from_secret(secret),
            jwk: None,
        }
    }

    fn published(algorithm: Algorithm, key: EncodingKey, kid: &str) -> Self {
        let jwk = Jwk::from_encoding_key(&key, algorithm).expect("it has a public half");
        let mut jwk = serde_json::to_value(jwk).expect("it is JSON");
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        Self {
            algorithm,
            key,
            jwk: Some(jwk),
        }
    }

    /// A token with a right signature over this header and these claims, whatever they are.
    #[must_use]
    pub fn token(&self, header: &str, claims: &str) -> String {
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm);
        format!("{message}.{}", signature.expect("the key signs"))
    }
}

/// The keys that a provider publishes, and some that are not its own.
pub struct Keys {
    /// The provider's.
    pub elliptic: Signer,
    /// The provider's.
    pub edwards: Signer,
    /// The provider's.
    pub rsa: Signer,
    /// Somebody else's, under the name of the provider's first one.
    pub foreign: Signer,
    /// The client secret, drawn anew each time.
    pub client_secret: Signer,
    /// The client secret's bytes.
    pub client_secret_bytes: [u8; 32],
    /// The public document, used as a shared secret by somebody who hopes to be taken for the provider.
    pub confused: Signer,
    /// The document.
    pub jwks: Value,
}

impl Default for Keys {
    fn default() -> Self {
        let (elliptic, edwards, rsa) = (
            Signer::elliptic("elliptic"),
            Signer::edwards("edwards"),
            Signer::rsa("rsa"),
        );
        let jwks = json!({ "keys": [elliptic.jwk, edwards.jwk, rsa.jwk] });
        let client_secret_bytes = random();
        Self {
            confused: Signer::secret(jwks.to_string().as_bytes()),
            foreign: Signer::elliptic("elliptic"),
            client_secret: Signer::secret(&client_secret_bytes),
            client_secret_bytes,
            elliptic,
            edwards,
            rsa,
            jwks,
        }
    }
}

impl Keys {
    /// The key that an input's first line asks for; nothing: the rest of the input is the token as it stands.
    #[must_use]
    pub fn asked_for(&self, line: &str) -> Option<&Signer> {
        match line.as_bytes().first()? {
            b'e' => Some(&self.elliptic),
            b'd' => Some(&self.edwards),
            b'r' => Some(&self.rsa),
            b'f' => Some(&self.foreign),
            b's' => Some(&self.client_secret),
            b'c' => Some(&self.confused),
            _ => None,
        }
    }

    /// Whether tokens of this key may ever be believed, where shared secrets are not agreed on.
    #[must_use]
    pub fn publishes(&self, signer: &Signer) -> bool {
        [&self.elliptic, &self.edwards, &self.rsa]
            .into_iter()
            .any(|ours| std::ptr::eq(ours, signer))
    }
}

/// Bytes that nobody can know.
#[must_use]
pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random numbers");
    bytes
}

/// The same token with one character of it changed, chosen by the token's length and a number.
#[must_use]
pub fn altered(token: &str, at: usize) -> String {
    let at = at % token.len();
    token
        .char_indices()
        .map(|(index, c)| match (index == at, c) {
            (true, 'A') => 'B',
            (true, _) => 'A',
            (false, c) => c,
        })
        .collect()
}
