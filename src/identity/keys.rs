//! A provider's public keys, and the one place where a signature is checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, crypto};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::claims::shown;

/// The fewest bits of an RSA key (RFC 7518, 3.3).
const FEWEST_RSA_BITS: usize = 2048;
/// The most keys that are looked at; providers have a handful.
const MOST_KEYS: usize = 100;
/// The longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 256 * 1024;

/// The algorithms taken from a provider that does not say which it uses, and the most it may advertise:
/// asymmetric ones. HS256 and its like count only where configuration names them.
pub const ASYMMETRIC: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// A provider's key set (RFC 7517), reduced to what can check a signature.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: Vec<PublicKey>,
}

#[derive(Clone)]
struct PublicKey {
    kid: Option<String>,
    /// The algorithm that the key insists on.
    alg: Option<String>,
    family: AlgorithmFamily,
    /// `Err` with the number of bits for an RSA key that is too small.
    key: Result<DecodingKey, usize>,
}

/// Why a token's signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not three parts of base64url, or the parts are no JSON objects.
    #[error("not a signed JSON Web Token: {0}")]
    Malformed(&'static str),
    /// Five parts: an encrypted token.
    #[error(
        "the token is encrypted (JWE), which is not supported: switch its encryption off at the provider"
    )]
    Encrypted,
    /// The algorithm is none of those agreed on.
    #[error(
        "signed with {found}, but only {allowed} is accepted (id_token_algorithms of the provider)"
    )]
    Algorithm {
        /// What the header says.
        found: String,
        /// What would have been accepted.
        allowed: String,
    },
    /// The header demands an extension that nobody here understands (RFC 7515, 4.1.11).
    #[error("the header's `crit` demands extensions that are not supported")]
    Critical,
    /// No key of that name: it may have been added since the keys were fetched.
    #[error("the provider's keys hold none that fits (kid {kid:?}, {alg})")]
    UnknownKey {
        /// The header's `kid`.
        kid: Option<String>,
        /// The header's `alg`.
        alg: String,
    },
    /// Several keys fit and the token does not say which.
    #[error("the token names no key (kid) and the provider has {0} that fit")]
    AmbiguousKey(usize),
    /// An RSA key below the lower bound.
    #[error("the provider's RSA key has {0} bits; fewer than {FEWEST_RSA_BITS} are refused")]
    WeakKey(usize),
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Wrong,
}

impl SignatureError {
    /// Whether a provider that has changed its keys or algorithms since they were fetched would explain it.
    #[must_use]
    pub fn may_be_stale(&self) -> bool {
        match self {
            Self::UnknownKey { .. } | Self::Algorithm { .. } | Self::Wrong => true,
            Self::Malformed(_)
            | Self::Encrypted
            | Self::Critical
            | Self::AmbiguousKey(_)
            | Self::WeakKey(_) => false,
        }
    }
}

/// What a token's header says.
#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
    #[serde(default)]
    typ: Option<Value>,
}

/// A payload whose signature was right.
#[derive(Debug)]
pub struct Signed {
    /// The algorithm it was signed with.
    pub algorithm: Algorithm,
    /// The header's `typ`, whatever it is.
    pub typ: Option<Value>,
    /// The payload.
    pub claims: Map<String, Value>,
}

impl KeySet {
    /// Reads a key set. Keys of unknown kinds, for encryption, or without sense are left out, as RFC 7517 (5) asks.
    ///
    /// # Errors
    /// When it is not a JSON object with a list `keys`.
    pub fn parse(body: &[u8]) -> Result<Self, &'static str> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document = object(body).ok_or("not a JSON Web Key Set")?;
        Ok(Self {
            keys: document
                .keys
                .iter()
                .take(MOST_KEYS)
                .filter_map(PublicKey::read)
                .collect(),
        })
    }

    /// The number of keys that can check signatures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key can check anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Checks a compact JWS against the keys. `secret` serves HS256 and its like, where `allowed` names them.
    ///
    /// # Errors
    /// Each cause apart.
    pub fn verify(
        &self,
        token: &str,
        allowed: &[Algorithm],
        secret: Option<&[u8]>,
    ) -> Result<Signed, SignatureError> {
        let (message, header, payload, signature) = split(token)?;
        let header: Header = decode(header).ok_or(SignatureError::Malformed(
            "its header is not a JSON object with an `alg`",
        ))?;
        let algorithm = header
            .alg
            .parse::<Algorithm>()
            .ok()
            .filter(|algorithm| allowed.contains(algorithm));
        let algorithm = algorithm.ok_or_else(|| SignatureError::Algorithm {
            found: header.alg.chars().take(20).collect(),
            allowed: allowed
                .iter()
                .map(|a| format!("{a:?}"))
                .collect::<Vec<_>>()
                .join(", "),
        })?;
        if header.crit.is_some() {
            return Err(SignatureError::Critical);
        }
        let good = |key: &DecodingKey| {
            crypto::verify(signature, message.as_bytes(), key, algorithm).unwrap_or(false)
        };
        let right = match (algorithm.family(), secret) {
            (AlgorithmFamily::Hmac, Some(secret)) => good(&DecodingKey::from_secret(secret)),
            (AlgorithmFamily::Hmac, None) => false,
            _ => self.candidates(&header, algorithm)?.into_iter().any(good),
        };
        if !right {
            return Err(SignatureError::Wrong);
        }
        let claims = decode(payload).ok_or(SignatureError::Malformed(
            "its payload is not a JSON object",
        ))?;
        Ok(Signed {
            algorithm,
            typ: header.typ,
            claims,
        })
    }

    /// The keys that may have made a signature: of the right kind, and of the header's name if it has one.
    fn candidates(
        &self,
        header: &Header,
        algorithm: Algorithm,
    ) -> Result<Vec<&DecodingKey>, SignatureError> {
        let fits = |key: &&PublicKey| {
            key.family == algorithm.family()
                && key.alg.as_ref().is_none_or(|alg| *alg == header.alg)
                && header
                    .kid
                    .as_ref()
                    .is_none_or(|kid| key.kid.as_ref() == Some(kid))
        };
        let fitting: Vec<&PublicKey> = self.keys.iter().filter(fits).collect();
        if fitting.is_empty() {
            return Err(SignatureError::UnknownKey {
                kid: header.kid.as_deref().map(shown),
                alg: shown(&header.alg),
            });
        }
        if header.kid.is_none() && fitting.len() > 1 {
            return Err(SignatureError::AmbiguousKey(fitting.len()));
        }
        let good = fitting.iter().filter_map(|key| key.key.as_ref().ok());
        let good: Vec<&DecodingKey> = good.collect();
        // A weak key is the cause only where there is no other.
        match fitting.iter().find_map(|key| key.key.as_ref().err()) {
            Some(bits) if good.is_empty() => Err(SignatureError::WeakKey(*bits)),
            _ => Ok(good),
        }
    }
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|key| (&key.kid, &key.alg)))
            .finish()
    }
}

impl PublicKey {
    fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        let (kid, alg) = (text("kid"), text("alg"));
        let family = match text("kty")?.as_str() {
            "RSA" => AlgorithmFamily::Rsa,
            "EC" => AlgorithmFamily::Ec,
            "OKP" => AlgorithmFamily::Ed,
            // A symmetric key in a public document is no key.
            _ => return None,
        };
        let bits = match family {
            AlgorithmFamily::Rsa => modulus_bits(&text("n")?)?,
            _ => FEWEST_RSA_BITS,
        };
        // Only what matters for verification goes to the library: a malformed ornament must not cost a good key.
        let essential: Map<String, Value> = ["kty", "n", "e", "crv", "x", "y"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), value.get(name)?.clone())))
            .collect();
        let jwk: Jwk = serde_json::from_value(Value::Object(essential)).ok()?;
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self {
            kid,
            alg,
            family,
            key: if bits < FEWEST_RSA_BITS {
                Err(bits)
            } else {
                Ok(key)
            },
        })
    }
}

/// The length of a base64url number in bits.
fn modulus_bits(n: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(n.trim_end_matches('=')).ok()?;
    let mut significant = bytes.iter().skip_while(|byte| **byte == 0);
    let first = significant.next()?;
    Some(8 * significant.count() + (8 - first.leading_zeros() as usize))
}

/// (header.payload, header, payload, signature)
fn split(token: &str) -> Result<(&str, &str, &str, &str), SignatureError> {
    if token.len() > LONGEST_TOKEN {
        return Err(SignatureError::Malformed("it is too long"));
    }
    if token.bytes().filter(|b| *b == b'.').count() == 4 {
        return Err(SignatureError::Encrypted);
    }
    let not_three = SignatureError::Malformed("it does not have three parts");
    let (message, signature) = token.rsplit_once('.').ok_or(not_three.clone())?;
    let (header, payload) = message.split_once('.').ok_or(not_three.clone())?;
    if payload.contains('.') {
        return Err(not_three);
    }
    Ok((message, header, payload, signature))
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    object(&URL_SAFE_NO_PAD.decode(part).ok()?)
}

/// Reads a JSON object. (A list would do as well for the library: its entries would be taken for the members in order.)
fn object<T: serde::de::DeserializeOwned>(json: &[u8]) -> Option<T> {
    json.trim_ascii_start().starts_with(b"{").then_some(())?;
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_weak_key_costs_no_good_one_of_the_same_name() {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let key =
            |n: &[u8]| json!({ "kty": "RSA", "kid": "a", "n": part(n), "e": part(&public.e) });
        let message = format!("{}.{}", part(br#"{"alg":"RS256","kid":"a"}"#), part(b"{}"));
        let mut signature = vec![0; pair.public_modulus_len()];
        let random = SystemRandom::new();
        pair.sign(
            &RSA_PKCS1_SHA256,
            &random,
            message.as_bytes(),
            &mut signature,
        )
        .unwrap();
        let token = format!("{message}.{}", part(&signature));
        let verified = |keys: &[Value]| {
            let set = KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
            set.verify(&token, &ASYMMETRIC, None).map(drop)
        };
        let (weak, good) = (key(&public.n[..128]), key(&public.n));
        let alone = verified(std::slice::from_ref(&weak));
        assert!(
            matches!(alone, Err(SignatureError::WeakKey(_))),
            "{alone:?}"
        );
        assert_eq!(verified(&[weak, good]), Ok(()));
    }

    #[test]
    fn a_list_does_not_pass_for_an_object() {
        assert!(KeySet::parse(br#"{"keys":[]}"#).is_ok());
        assert!(KeySet::parse(b"[[]]").is_err());
        let header = URL_SAFE_NO_PAD.encode(r#"["RS256","a"]"#);
        let found = KeySet::default().verify(&format!("{header}.e30.AA"), &ASYMMETRIC, None);
        assert!(
            matches!(found, Err(SignatureError::Malformed(_))),
            "{found:?}"
        );
    }
}
