//! A public key, taken apart once and not for each signature.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::AlgorithmParameters;

/// What an RSA key may be used for (RFC 7518, 3.3 and 3.5).
const RSA: [(Algorithm, &RsaParameters); 6] = [
    (Algorithm::RS256, &RSA_PKCS1_2048_8192_SHA256),
    (Algorithm::RS384, &RSA_PKCS1_2048_8192_SHA384),
    (Algorithm::RS512, &RSA_PKCS1_2048_8192_SHA512),
    (Algorithm::PS256, &RSA_PSS_2048_8192_SHA256),
    (Algorithm::PS384, &RSA_PSS_2048_8192_SHA384),
    (Algorithm::PS512, &RSA_PSS_2048_8192_SHA512),
];

/// What an elliptic curve's key may be used for, by its curve (RFC 7518, 3.4).
const EC: [(Algorithm, &dyn VerificationAlgorithm); 2] = [
    (Algorithm::ES256, &ECDSA_P256_SHA256_FIXED),
    (Algorithm::ES384, &ECDSA_P384_SHA384_FIXED),
];

/// A key, ready for each algorithm that it can check.
#[derive(Clone)]
pub(super) struct PreparedKey {
    /// None for a key that the library refuses: whatever it is said to have signed is wrong.
    ready: Vec<(Algorithm, ParsedPublicKey)>,
}

impl PreparedKey {
    /// The key of these parameters, for the algorithm that it insists on, if any; nothing where they are none, or of a
    /// kind that is not public.
    pub fn new(parameters: &AlgorithmParameters, alg: Option<&str>) -> Option<Self> {
        let number = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let ready = match parameters {
            AlgorithmParameters::RSA(key) => {
                let components = RsaPublicKeyComponents {
                    n: number(&key.n)?,
                    e: number(&key.e)?,
                };
                let ready = RSA.into_iter().filter_map(|(algorithm, parameters)| {
                    alg.is_none_or(|alg| alg == format!("{algorithm:?}"))
                        .then_some(())?;
                    let key = components.to_parsed_public_key(parameters).ok()?;
                    Some((algorithm, key))
                });
                ready.collect()
            }
            AlgorithmParameters::EllipticCurve(key) => {
                // An uncompressed point (SEC 1, 2.3.3).
                let point = [vec![4], number(&key.x)?, number(&key.y)?].concat();
                parsed(EC, &point)
            }
            AlgorithmParameters::OctetKeyPair(key) => {
                let by: [(_, &dyn VerificationAlgorithm); 1] = [(Algorithm::EdDSA, &ED25519)];
                parsed(by, &number(&key.x)?)
            }
            _ => return None,
        };
        Some(Self { ready })
    }

    /// Whether this key made the signature of a message, by this algorithm.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        self.ready
            .iter()
            .filter(|(by, _)| *by == algorithm)
            .any(|(_, key)| key.verify_sig(message, signature).is_ok())
    }
}

/// The key for those algorithms whose keys look like it.
fn parsed<const N: usize>(
    by: [(Algorithm, &'static dyn VerificationAlgorithm); N],
    key: &[u8],
) -> Vec<(Algorithm, ParsedPublicKey)> {
    by.into_iter()
        .filter_map(|(algorithm, by)| Some((algorithm, ParsedPublicKey::new(by, key).ok()?)))
        .collect()
}
