//! A provider's public keys, and the one place where a signature is checked.

mod prepared;
mod signature_error;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, crypto};
use serde_json::{Map, Value};

use super::claims::{Claims, shown};
use super::json::{self, JsonError};
use prepared::PreparedKey;
pub use signature_error::SignatureError;

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
    /// How many more there are than are looked at.
    unread: usize,
}

#[derive(Clone)]
struct PublicKey {
    kid: Option<String>,
    /// The algorithm that the key insists on.
    alg: Option<String>,
    family: AlgorithmFamily,
    /// `Err` with the number of bits for an RSA key that is too small.
    key: Result<PreparedKey, usize>,
}

/// Parameters of a header by which a token comes with the key that is to check it, or says where that is to be had
/// (RFC 7515, 4.1.2, 4.1.3, 4.1.5, 4.1.6). Nobody here looks at what they say.
const OWN_KEYS: [&str; 4] = ["jwk", "jku", "x5u", "x5c"];

/// What a token's header says.
#[derive(Debug)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
    typ: Option<Value>,
    /// The first of [`OWN_KEYS`] that is there.
    own_key: Option<&'static str>,
}

impl Header {
    fn read(part: &str) -> Result<Self, SignatureError> {
        let mut members = object("header", part)?;
        let own_key = OWN_KEYS
            .into_iter()
            .find(|name| members.contains_key(*name));
        let mut text = |name: &str| match members.remove(name) {
            Some(Value::String(text)) => Ok(Some(text)),
            None | Some(Value::Null) => Ok(None),
            Some(_) => Err(SignatureError::Malformed("its `alg` or `kid` is no text")),
        };
        let alg = text("alg")?;
        let kid = text("kid")?;
        Ok(Self {
            alg: alg.ok_or(SignatureError::Malformed("its header has no `alg`"))?,
            kid,
            crit: members.remove("crit"),
            typ: members.remove("typ").filter(|typ| !typ.is_null()),
            own_key,
        })
    }

    /// What is wrong, and the key that the header brings, which does not change it.
    fn refused(&self, error: SignatureError) -> SignatureError {
        match (self.own_key, &error) {
            (Some(header), SignatureError::Wrong | SignatureError::UnknownKey { .. }) => {
                SignatureError::BringsKey {
                    said: Box::new(error),
                    header,
                }
            }
            _ => error,
        }
    }
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
    pub fn parse(body: &[u8]) -> Result<Self, JsonError> {
        let document = json::object(body)?;
        let Some(Value::Array(keys)) = document.get("keys") else {
            return Err(JsonError::Another("an object with a list `keys`"));
        };
        Ok(Self {
            unread: keys.len().saturating_sub(MOST_KEYS),
            keys: keys
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

    /// Which of these algorithms a key of the set can check.
    #[must_use]
    pub fn checkable(&self, algorithms: &[Algorithm]) -> Vec<Algorithm> {
        let by = |algorithm: &Algorithm, key: &PublicKey| {
            key.key.is_ok()
                && key.family == algorithm.family()
                && key
                    .alg
                    .as_ref()
                    .is_none_or(|alg| *alg == format!("{algorithm:?}"))
        };
        let checkable = |algorithm: &&Algorithm| self.keys.iter().any(|key| by(algorithm, key));
        algorithms.iter().filter(checkable).copied().collect()
    }

    /// How many keys are shorter than any that is accepted.
    #[must_use]
    pub fn too_short(&self) -> usize {
        self.keys.iter().filter(|key| key.key.is_err()).count()
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
        let header = Header::read(header)?;
        if allowed.is_empty() {
            return Err(SignatureError::NoAlgorithm);
        }
        let algorithm = header
            .alg
            .parse::<Algorithm>()
            .ok()
            .filter(|algorithm| allowed.contains(algorithm));
        let algorithm = algorithm.ok_or_else(|| SignatureError::Algorithm {
            found: named(&header.alg),
            allowed: allowed
                .iter()
                .map(|a| format!("{a:?}"))
                .collect::<Vec<_>>()
                .join(", "),
        })?;
        if header.crit.is_some() {
            return Err(SignatureError::Critical);
        }
        let message = message.as_bytes();
        let right = match (algorithm.family(), secret) {
            (AlgorithmFamily::Hmac, Some(secret)) => {
                let key = DecodingKey::from_secret(secret);
                crypto::verify(signature, message, &key, algorithm).unwrap_or(false)
            }
            (AlgorithmFamily::Hmac, None) => false,
            _ => {
                let candidates = self.candidates(&header, algorithm);
                let candidates = candidates.map_err(|error| header.refused(error))?;
                let good = |signature: Vec<u8>| {
                    let by = |key: &PreparedKey| key.verifies(algorithm, message, &signature);
                    candidates.into_iter().any(by)
                };
                URL_SAFE_NO_PAD.decode(signature).is_ok_and(good)
            }
        };
        if !right {
            return Err(header.refused(SignatureError::Wrong));
        }
        let claims = object("payload", payload)?;
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
    ) -> Result<Vec<&PreparedKey>, SignatureError> {
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
                unread: self.unread,
            });
        }
        if header.kid.is_none() && fitting.len() > 1 {
            return Err(SignatureError::AmbiguousKey(fitting.len()));
        }
        let good = fitting.iter().filter_map(|key| key.key.as_ref().ok());
        let good: Vec<&PreparedKey> = good.collect();
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
        let key = PreparedKey::new(&jwk.algorithm, alg.as_deref())?;
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

/// An algorithm's name for the log. What is no name is quoted: it may be made to look like something else.
fn named(alg: &str) -> String {
    let short: String = alg.chars().take(20).collect();
    let plain = !short.is_empty() && short.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain { short } else { format!("{short:?}") }
}

/// (header.payload, header, payload, signature)
fn split(token: &str) -> Result<(&str, &str, &str, &str), SignatureError> {
    if token.len() > LONGEST_TOKEN {
        return Err(SignatureError::Malformed("it is too long"));
    }
    let not_three = SignatureError::Malformed("it does not have three parts");
    let parts: Vec<&str> = token.splitn(6, '.').collect();
    match parts.as_slice() {
        [header, payload, signature] => {
            let (message, _) = token.rsplit_once('.').ok_or(not_three)?;
            Ok((message, header, payload, signature))
        }
        [_, _, _, _, _] => Err(SignatureError::Encrypted),
        _ => Err(not_three),
    }
}

fn object(part: &'static str, encoded: &str) -> Result<Claims, SignatureError> {
    let decoded = URL_SAFE_NO_PAD.decode(encoded);
    let decoded = decoded.map_err(|_| SignatureError::Malformed("a part is no base64url"))?;
    json::object(&decoded).map_err(|flaw| SignatureError::Part { part, flaw })
}

#[cfg(test)]
mod tests;
