//! A login under way: an encrypted cookie of ten minutes, one for each login, and nothing on the server.
//!
//! An abandoned or hostile login costs no memory, logins in several tabs do not meet, and a login begun on one replica
//! may end on another that has the same `session.cookie_keys`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand::SecureRandom;
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::identity::login::LoginSecrets;
use crate::meeting::Destination;

/// How long one may take to sign in.
pub const LOGIN_LIFETIME: Duration = Duration::minutes(10);
/// The longest value of a cookie, in bytes: browsers keep 4096 of a cookie, its name and attributes included.
const LONGEST_COOKIE: usize = 3900;

/// A login under way, as its cookie holds it.
#[derive(Clone, Serialize, Deserialize)]
pub struct PendingLogin {
    state_digest: String,
    nonce: String,
    code_verifier: String,
    /// The name of the provider to which the browser was sent.
    pub provider: String,
    /// What for.
    #[serde(default)]
    pub kind: LoginKind,
    /// Where the person wants to go.
    pub destination: Destination,
    begun_at: i64,
}

/// What a login is for, which decides what becomes of one that does not succeed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoginKind {
    /// To sign in.
    #[default]
    Usual,
    /// To sign in more strongly, or afresh, because a rule wants it.
    StepUp,
    /// To see whether somebody is signed in already, without a question.
    Silent,
}

/// A login to begin.
pub struct NewLogin<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// What for.
    pub kind: LoginKind,
    /// Where it is to lead.
    pub destination: Destination,
}

/// What the `state` parameter holds, sealed: enough to begin again when the cookie is gone.
#[derive(Serialize, Deserialize)]
struct State {
    destination: Destination,
}

/// Why there is no such login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PendingError {
    /// Too much to carry in a cookie.
    #[error("the request is too long to be remembered in a cookie")]
    TooLong,
    /// No random numbers, or the cipher failed.
    #[error("a login could not be sealed")]
    Sealing,
}

/// Why no login under way belongs to a callback: who looks into it needs to know who lost what, or who tried what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPending {
    /// The state was never given out, or by keys that are gone.
    #[error("its state is none of ours")]
    ForeignState,
    /// The state is ours, and the browser has no cookie for it.
    #[error(
        "its state is ours, but this browser has no cookie for it: begun in another browser, or finished before"
    )]
    NoCookie,
    /// The cookie cannot be opened.
    #[error("the cookie for it was not sealed by us")]
    ForeignCookie,
    /// The cookie holds the login of another state.
    #[error("the cookie for it is that of another login")]
    OtherLogin,
    /// Too late.
    #[error("it was begun more than ten minutes ago")]
    TooLate,
}

/// A new login: what goes to the provider, and what stays with the browser.
pub struct Begun {
    /// The `state` parameter: unguessable, since it is sealed under a fresh nonce.
    pub state: String,
    /// The nonce and the code verifier.
    pub secrets: LoginSecrets,
    /// The cookie's name, without a prefix.
    pub cookie_name: String,
    /// The cookie's value.
    pub cookie_value: String,
}

/// Seals and opens what browsers carry for us.
pub struct Seals {
    /// The first seals, all open.
    keys: Vec<RandomizedNonceKey>,
    /// What other keys are drawn from.
    root: hmac::Key,
}

/// What a sealed text is for; one cannot pass for the other.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    State,
    Cookie,
    Logout,
    Visits,
    Invitation,
    Form,
    Choice,
    Session,
    RefreshToken,
    Answer,
}

impl Seals {
    /// Seals with a key drawn from the first of these secrets, and opens with those of all; each has at least 32 bytes.
    ///
    /// # Errors
    /// When there is none, or the cipher cannot be set up.
    pub fn new(secrets: &[SecretString]) -> Result<Self, PendingError> {
        let first = secrets.first().ok_or(PendingError::Sealing)?;
        let root = hmac::Key::new(hmac::HMAC_SHA256, first.expose_secret().as_bytes());
        let key = |secret: &SecretString| {
            let key = digest::digest(&digest::SHA256, secret.expose_secret().as_bytes());
            RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).map_err(|_| PendingError::Sealing)
        };
        let keys = secrets.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Self { keys, root })
    }

    /// A key for something else, drawn from the first secret: it tells nothing of the seals' own, and every replica with
    /// the same secret has the same.
    #[must_use]
    pub fn derive(&self, what_for: &str) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        for (to, from) in derived
            .iter_mut()
            .zip(hmac::sign(&self.root, what_for.as_bytes()).as_ref())
        {
            *to = *from;
        }
        derived
    }

    /// Begins a login.
    ///
    /// # Errors
    /// When the request is too long for a cookie, or no random numbers are to be had.
    pub fn begin(
        &self,
        login: NewLogin<'_>,
        now: OffsetDateTime,
        random: &dyn SecureRandom,
    ) -> Result<Begun, PendingError> {
        let NewLogin {
            provider,
            kind,
            destination,
        } = login;
        let state = self.seal(
            Purpose::State,
            &State {
                destination: destination.clone().without_overrides(),
            },
        )?;
        let state_digest = digest_of(&state);
        let cookie_name = cookie_name_of(&state_digest);
        let (nonce, code_verifier) = random_texts(random)?;
        let mut pending = PendingLogin {
            state_digest,
            nonce: nonce.clone(),
            code_verifier: code_verifier.clone(),
            provider: provider.to_owned(),
            kind,
            destination,
            begun_at: now.unix_timestamp(),
        };
        let mut cookie_value = self.seal(Purpose::Cookie, &pending)?;
        if cookie_value.len() > LONGEST_COOKIE {
            // The meeting matters more than how it is to look.
            pending.destination = pending.destination.without_overrides();
            cookie_value = self.seal(Purpose::Cookie, &pending)?;
        }
        if cookie_value.len() > LONGEST_COOKIE {
            return Err(PendingError::TooLong);
        }
        Ok(Begun {
            cookie_name,
            state,
            secrets: LoginSecrets {
                nonce,
                code_verifier: code_verifier.into(),
            },
            cookie_value,
        })
    }

    /// The same login once more, for another purpose: some providers keep to the first request of a browser, and would
    /// answer with its state whatever follows.
    ///
    /// # Errors
    /// When the cipher fails.
    pub fn again(
        &self,
        state: &str,
        pending: PendingLogin,
        kind: LoginKind,
        now: OffsetDateTime,
    ) -> Result<Begun, PendingError> {
        let secrets = pending.secrets();
        let begun_at = now.unix_timestamp();
        let pending = PendingLogin {
            kind,
            begun_at,
            ..pending
        };
        Ok(Begun {
            cookie_name: cookie_name(state),
            state: state.to_owned(),
            secrets,
            cookie_value: self.seal(Purpose::Cookie, &pending)?,
        })
    }

    /// Where a login with a `state` of ours was to lead, whoever brings it.
    #[must_use]
    pub fn destination_of(&self, state: &str) -> Option<Destination> {
        self.open::<State>(Purpose::State, state)
            .map(|state| state.destination)
    }

    /// The login that a browser's cookie holds, if it is the one of this `state` and not too old.
    ///
    /// # Errors
    /// When there is no such login, each cause apart.
    pub fn finish(
        &self,
        state: &str,
        cookie_value: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<PendingLogin, NotPending> {
        let Some(cookie_value) = cookie_value else {
            return Err(match self.destination_of(state) {
                Some(_) => NotPending::NoCookie,
                None => NotPending::ForeignState,
            });
        };
        let pending: PendingLogin = self
            .open(Purpose::Cookie, cookie_value)
            .ok_or(NotPending::ForeignCookie)?;
        if !constant_time_eq(&pending.state_digest, &digest_of(state)) {
            return Err(NotPending::OtherLogin);
        }
        let age = now.unix_timestamp() - pending.begun_at;
        if age >= LOGIN_LIFETIME.whole_seconds() {
            return Err(NotPending::TooLate);
        }
        Ok(pending)
    }

    /// When a login's cookie was begun, in seconds since 1970; `None` for a cookie that is not ours.
    #[must_use]
    pub fn begun_at(&self, cookie_value: &str) -> Option<i64> {
        self.open::<PendingLogin>(Purpose::Cookie, cookie_value)
            .map(|pending| pending.begun_at)
    }

    pub(super) fn seal(
        &self,
        purpose: Purpose,
        content: &impl Serialize,
    ) -> Result<String, PendingError> {
        let mut sealed = serde_json::to_vec(content).map_err(|_| PendingError::Sealing)?;
        let key = self.keys.first().ok_or(PendingError::Sealing)?;
        let nonce = key
            .seal_in_place_append_tag(purpose.aad(), &mut sealed)
            .map_err(|_| PendingError::Sealing)?;
        // The nonce stands first.
        sealed.splice(..0, nonce.as_ref().iter().copied());
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    pub(super) fn open<T: DeserializeOwned>(&self, purpose: Purpose, sealed: &str) -> Option<T> {
        let whole = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = whole.split_at_checked(NONCE_LEN)?;
        self.keys.iter().find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut sealed = sealed.to_vec();
            let content = key.open_in_place(nonce, purpose.aad(), &mut sealed).ok()?;
            serde_json::from_slice(content).ok()
        })
    }
}

impl Purpose {
    fn aad(self) -> Aad<&'static [u8]> {
        Aad::from(match self {
            Self::State => b"state",
            Self::Cookie => b"login cookie",
            Self::Logout => b"logout state",
            Self::Visits => b"visits cookie",
            Self::Invitation => b"invitation",
            Self::Form => b"form",
            Self::Choice => b"choice",
            Self::Answer => b"answer",
            Self::RefreshToken => b"refresh token",
            Self::Session => b"session of an id token",
        })
    }
}

impl PendingLogin {
    /// The nonce and the code verifier.
    #[must_use]
    pub fn secrets(&self) -> LoginSecrets {
        LoginSecrets {
            nonce: self.nonce.clone(),
            code_verifier: self.code_verifier.clone().into(),
        }
    }
}

/// The name of a login's cookie, without a prefix: each login has its own, so that tabs do not meet.
#[must_use]
pub fn cookie_name(state: &str) -> String {
    cookie_name_of(&digest_of(state))
}

fn cookie_name_of(state_digest: &str) -> String {
    format!("{COOKIE_NAME}{state_digest:.12}")
}

/// What the names of all login cookies begin with, without a prefix.
pub const COOKIE_NAME: &str = "jitsi-login-";

fn digest_of(state: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, state.as_bytes()))
}

fn constant_time_eq(a: &str, b: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

/// A nonce and a code verifier, of 32 bytes each, in one draw.
fn random_texts(random: &dyn SecureRandom) -> Result<(String, String), PendingError> {
    let mut bytes = Zeroizing::new([[0; 32]; 2]);
    random
        .fill(bytes.as_flattened_mut())
        .map_err(|_| PendingError::Sealing)?;
    let [nonce, code_verifier] = bytes.each_ref().map(|half| URL_SAFE_NO_PAD.encode(half));
    Ok((nonce, code_verifier))
}
