//! ID-token validation, numbered as in OpenID Connect Core 1.0, 3.1.3.7.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::claims::{ClaimPath, Claims, shown};
use super::contexts::contexts;
use super::keys::{KeySet, SignatureError};

/// The longest subject, in bytes (OpenID Connect Core, 2: 255 ASCII characters).
pub(super) const LONGEST_SUBJECT: usize = 255;

/// What an ID token must agree with.
#[derive(Debug)]
pub struct Expected<'a> {
    /// The issuers of the provider that was asked; one of them is meant.
    pub issuers: &'a [String],
    /// Our client id.
    pub client_id: &'a str,
    /// Other clients that may stand beside us in the audience.
    pub trusted_audiences: &'a [String],
    /// Accepted algorithms.
    pub algorithms: &'a [Algorithm],
    /// The client secret, for HS256 and its like.
    pub secret: Option<&'a [u8]>,
    /// The nonce of this login; nothing where there was none, which is when a token is refreshed.
    pub nonce: Option<&'a str>,
    /// The access token that came along.
    pub access_token: Option<&'a str>,
    /// What to do about `at_hash`.
    pub at_hash: AtHash,
    /// The contexts asked for; the token must name one of them. Empty: any.
    pub acr_values: &'a [String],
    /// Where the token names its contexts.
    pub acr_claims: &'a [ClaimPath],
    /// The greatest age of the sign-in, when one was asked for.
    pub max_age: Option<Duration>,
    /// How far clocks may differ.
    pub leeway: Duration,
    /// The time.
    pub now: OffsetDateTime,
}

/// What to do about the access token's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtHash {
    /// Check it when it came (it is optional in the code flow).
    WhenPresent,
    /// Refuse a token without it.
    Required,
    /// Do not look at it.
    Ignored,
}

/// Why an ID token is not believed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IdTokenError {
    /// The signature, the algorithm or the form.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// `iss` is another issuer.
    #[error("issued by {found:?}, expected {expected:?}")]
    Issuer {
        /// The claim.
        found: String,
        /// Ours.
        expected: String,
    },
    /// `aud` does not name this client.
    #[error("meant for {found}, not for this client ({expected:?})")]
    Audience {
        /// The claim.
        found: String,
        /// Our client id.
        expected: String,
    },
    /// `aud` names others as well.
    #[error("also meant for clients that are not trusted: {0} (trusted_audiences of the provider)")]
    OtherAudience(String),
    /// `azp` is another client, or absent though needed.
    #[error("the authorized party (azp) is {0:?}, not this client")]
    AuthorizedParty(Option<String>),
    /// `exp` has passed or is absent.
    #[error("expired, or without an expiry time (exp {exp:?}{}{}); compare the clocks of both servers", apart(*exp, *now), exp.and_then(|_| issued(*iat, *now)).unwrap_or_default())]
    Expired {
        /// The claim.
        exp: Option<f64>,
        /// When it was issued: just now, by the provider's clock.
        iat: Option<f64>,
        /// The time here.
        now: f64,
    },
    /// `iat` is absent or in the future.
    #[error("issued in the future, or without a time of issue (iat {iat:?}{}); compare the clocks of both servers", apart(*iat, *now))]
    IssuedAt {
        /// The claim.
        iat: Option<f64>,
        /// The time here.
        now: f64,
    },
    /// `nbf` is in the future.
    #[error("not valid yet (nbf {nbf}{}); compare the clocks of both servers", apart(Some(*nbf), *now))]
    NotBefore {
        /// The claim.
        nbf: f64,
        /// The time here.
        now: f64,
    },
    /// A time that is there and is no number.
    #[error("its {0} is no time")]
    NoTime(&'static str),
    /// `nonce` is not the one of this login.
    #[error("the nonce is not the one of this login")]
    Nonce,
    /// There is no `nonce`, though one was sent.
    #[error("it has no nonce, though this login sent one")]
    NoNonce,
    /// `acr` is none of those asked for.
    #[error("signed in with acr {found:?}, asked for {expected:?}")]
    Acr {
        /// The claims.
        found: Vec<String>,
        /// What was asked.
        expected: Vec<String>,
    },
    /// `auth_time` is too long ago or absent.
    #[error(
        "the sign-in (auth_time {0:?}) is older than max_age allows, in the future, or its time is unknown"
    )]
    AuthTime(Option<f64>),
    /// `at_hash` does not fit the access token.
    #[error("the access token's hash (at_hash) is wrong")]
    AccessTokenHash,
    /// `at_hash` is absent though required.
    #[error("the access token's hash (at_hash) is missing, which configuration requires")]
    NoAccessTokenHash,
    /// `at_hash` is there, and no access token.
    #[error("it has an access token's hash (at_hash), and no access token came")]
    NoAccessToken,
    /// `sub` is somebody else than before.
    #[error("the subject (sub) is another one than that of the sign-in")]
    OtherSubject,
    /// `sub` is absent, empty or too long.
    #[error("the subject (sub) is missing, empty, or longer than {LONGEST_SUBJECT} bytes")]
    Subject,
}

/// Validates an ID token and gives its subject and claims.
///
/// # Errors
/// Each check's own.
pub fn validate(
    token: &str,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<(String, Claims), IdTokenError> {
    // 1 (encryption) ends in `SignatureError::Encrypted`. 6, 7 and 8: the signature, by an agreed algorithm and key.
    let signed = keys.verify(token, expected.algorithms, expected.secret)?;
    let claims = signed.claims;
    issuer(&claims, expected.issuers)?;
    audience(&claims, expected.client_id, expected.trusted_audiences)?;
    times(&claims, expected.leeway, expected.now)?;
    nonce(&claims, expected)?;
    context(&claims, expected)?;
    access_token_hash(&claims, signed.algorithm, expected)?;
    let subject =
        text(&claims, "sub").filter(|sub| !sub.is_empty() && sub.len() <= LONGEST_SUBJECT);
    let subject = subject.ok_or(IdTokenError::Subject)?.to_owned();
    Ok((subject, claims))
}

/// 2: the issuer must match exactly.
pub(super) fn issuer(claims: &Claims, expected: &[String]) -> Result<(), IdTokenError> {
    match text(claims, "iss") {
        Some(issuer) if expected.iter().any(|ours| ours == issuer) => Ok(()),
        found => Err(IdTokenError::Issuer {
            found: shown(found.unwrap_or_default()),
            expected: expected.join(" or "),
        }),
    }
}

/// 3, 4 and 5: the audience names this client and no stranger; the authorized party, when there is one, is this client.
pub(super) fn audience(
    claims: &Claims,
    client_id: &str,
    trusted: &[String],
) -> Result<(), IdTokenError> {
    // A list with something else in it than texts is no audience at all.
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several
            .iter()
            .map(Value::as_str)
            .collect::<Option<_>>()
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    if !audiences.contains(&client_id) {
        return Err(IdTokenError::Audience {
            found: claims
                .get("aud")
                .map_or_else(|| "nobody".to_owned(), |aud| shown(&aud.to_string())),
            expected: client_id.to_owned(),
        });
    }
    let stranger =
        // `*`: any, as long as the authorized party is this client.
        |audience: &&str| {
            *audience != client_id && !trusted.iter().any(|t| t == audience || t == "*")
        };
    let strangers: Vec<&str> = audiences.iter().copied().filter(stranger).collect();
    if !strangers.is_empty() {
        return Err(IdTokenError::OtherAudience(shown(&strangers.join(", "))));
    }
    let authorized = claims.get("azp").filter(|azp| !azp.is_null());
    let needed = audiences.len() > 1;
    if (needed || authorized.is_some()) && authorized.and_then(Value::as_str) != Some(client_id) {
        return Err(IdTokenError::AuthorizedParty(
            text(claims, "azp").map(shown),
        ));
    }
    Ok(())
}

/// 9 and 10: not expired, and issued at a time that has come.
pub(super) fn times(
    claims: &Claims,
    leeway: Duration,
    now: OffsetDateTime,
) -> Result<(), IdTokenError> {
    let now = seconds(now);
    let leeway = leeway.as_seconds_f64();
    let time = |name: &str| claims.get(name).and_then(Value::as_f64);
    if time("exp").is_none_or(|exp| exp + leeway <= now) {
        let (exp, iat) = (time("exp"), time("iat"));
        return Err(IdTokenError::Expired { exp, iat, now });
    }
    if time("iat").is_none_or(|iat| iat - leeway > now) {
        let iat = time("iat");
        return Err(IdTokenError::IssuedAt { iat, now });
    }
    match claims.get("nbf").filter(|nbf| !nbf.is_null()) {
        None => Ok(()),
        // A time that nobody can read might not have come yet.
        Some(nbf) => match nbf.as_f64() {
            Some(nbf) if nbf - leeway > now => Err(IdTokenError::NotBefore { nbf, now }),
            Some(_) => Ok(()),
            None => Err(IdTokenError::NoTime("nbf")),
        },
    }
}

/// When a token was issued, in words: for one that has just come, that is the difference between the clocks.
fn issued(iat: Option<f64>, now: f64) -> Option<String> {
    iat.map(|_| format!("; issued{}", apart(iat, now).trim_start_matches(',')))
}

/// How far a time is from the one here, in words.
fn apart(time: Option<f64>, now: f64) -> String {
    match time.map(|time| time - now) {
        None => String::new(),
        Some(ahead) if ahead > 0.0 => format!(", {ahead:.0} s ahead of the clock here"),
        Some(ahead) => format!(", {:.0} s ago by the clock here", ahead.abs()),
    }
}

/// 11: the nonce is the one that this login sent.
fn nonce(claims: &Claims, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let Some(expected) = expected.nonce else {
        return Ok(());
    };
    let nonce = claims.get("nonce").filter(|nonce| !nonce.is_null());
    let nonce = nonce.ok_or(IdTokenError::NoNonce)?;
    let nonce = nonce.as_str().unwrap_or_default();
    verify_slices_are_equal(nonce.as_bytes(), expected.as_bytes()).map_err(|_| IdTokenError::Nonce)
}

/// 12 and 13: the way and the time of the sign-in, where they were asked for.
fn context(claims: &Claims, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let acr = contexts(claims, expected.acr_claims);
    let asked = expected.acr_values;
    if !asked.is_empty() && !asked.iter().any(|asked| acr.contains(asked)) {
        return Err(IdTokenError::Acr {
            found: acr.iter().map(|acr| shown(acr)).collect(),
            expected: expected.acr_values.to_vec(),
        });
    }
    if let Some(max_age) = expected.max_age {
        let auth_time = claims.get("auth_time").and_then(Value::as_f64);
        let oldest =
            seconds(expected.now) - max_age.as_seconds_f64() - expected.leeway.as_seconds_f64();
        let newest = seconds(expected.now) + expected.leeway.as_seconds_f64();
        if auth_time.is_none_or(|time| time < oldest || time > newest) {
            return Err(IdTokenError::AuthTime(auth_time));
        }
    }
    Ok(())
}

/// 3.1.3.8: the left half of the access token's hash, by the hash of the ID token's own algorithm.
fn access_token_hash(
    claims: &Claims,
    algorithm: Algorithm,
    expected: &Expected<'_>,
) -> Result<(), IdTokenError> {
    let claimed = claims.get("at_hash").filter(|hash| !hash.is_null());
    let (claimed, access_token) = match (expected.at_hash, claimed, expected.access_token) {
        (AtHash::Ignored, _, _) | (AtHash::WhenPresent, None, _) => return Ok(()),
        (_, Some(Value::String(claimed)), Some(access_token)) => (claimed, access_token),
        (AtHash::Required, None, _) => return Err(IdTokenError::NoAccessTokenHash),
        (_, Some(_), None) => return Err(IdTokenError::NoAccessToken),
        _ => return Err(IdTokenError::AccessTokenHash),
    };
    let whole = digest::digest(hash_of(algorithm), access_token.as_bytes());
    let half = whole
        .as_ref()
        .get(..whole.as_ref().len() / 2)
        .unwrap_or_default();
    let computed = URL_SAFE_NO_PAD.encode(half);
    verify_slices_are_equal(
        computed.as_bytes(),
        claimed.trim_end_matches('=').as_bytes(),
    )
    .map_err(|_| IdTokenError::AccessTokenHash)
}

fn hash_of(algorithm: Algorithm) -> &'static digest::Algorithm {
    use Algorithm::{ES384, EdDSA, HS384, HS512, PS384, PS512, RS384, RS512};
    match algorithm {
        HS384 | RS384 | PS384 | ES384 => &digest::SHA384,
        HS512 | RS512 | PS512 | EdDSA => &digest::SHA512,
        _ => &digest::SHA256,
    }
}

pub(super) fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds since 1970 fit a double exactly for millions of years"
)]
pub(super) fn seconds(time: OffsetDateTime) -> f64 {
    time.unix_timestamp() as f64
}
