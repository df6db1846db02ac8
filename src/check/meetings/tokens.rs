//! The tokens to try: those that the bridge mints, and the same with one thing changed.

use std::collections::BTreeSet;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use crate::clock::SharedClock;
use crate::config::{Config, Signing};
use crate::identity::{Groups, Person};
use crate::meeting::{MeetingRequest, RoomName, Tenant};
use crate::policy::{Grant, Role};
use crate::token::keyring::{Keyring, SharedSecretAlgorithm};
use crate::token::{MintError, Minter};

/// How long a token lives: little longer than all of `check` may take.
const LIFETIME: Duration = Duration::minutes(3);

/// Makes tokens to try.
pub struct Tokens<'a> {
    config: &'a Config,
    minter: Minter,
    clock: SharedClock,
    random: SystemRandom,
}

/// What may stand in Prosody's configuration instead of the bridge's secret.
pub struct OtherSecret {
    /// How it differs.
    pub said: &'static str,
    keyring: Keyring,
}

impl<'a> Tokens<'a> {
    /// Those that the server of this configuration would mint.
    #[must_use]
    pub fn new(config: &'a Config, clock: SharedClock) -> Self {
        Self {
            config,
            minter: config.admission(config.keyring()).minter,
            clock,
            random: SystemRandom::new(),
        }
    }

    /// A right one.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn mint(
        &self,
        room: &RoomName,
        tenant: Option<&Tenant>,
        role: Role,
    ) -> Result<String, MintError> {
        let request = MeetingRequest::to(room.clone(), tenant.cloned());
        let grant = Grant {
            role,
            // Whoever gets hold of one can neither record nor call out.
            features: Some(BTreeSet::new()),
            name_readonly: false,
            // Where everybody knocks, nobody would be there to open.
            lobby_bypass: true,
            security_bypass: false,
            hidden_from_recorder: false,
            user_lobby: false,
            room_lobby: false,
            room_password: None,
            group: None,
            lifetime: Some(LIFETIME),
            any_room: false,
            may_invite: false,
            rules: Vec::new(),
        };
        let now = self.now();
        let minted = self
            .minter
            .mint(&nobody(), &request, &grant, now, &self.random)?;
        Ok(minted.jwt)
    }

    /// A right one with its claims changed.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn altered(
        &self,
        token: &str,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> Result<String, MintError> {
        let mut claims = claims(token);
        change(&mut claims);
        Ok(self.minter.keyring.sign(&claims, self.now())?)
    }

    /// The same claims signed by another algorithm, where a secret signs.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn signed_by(
        &self,
        token: &str,
        algorithm: SharedSecretAlgorithm,
    ) -> Result<Option<String>, MintError> {
        let Signing::SharedSecret { secret, .. } = &self.config.token.signing else {
            return Ok(None);
        };
        let keyring = Keyring::shared_secret(algorithm, secret);
        Ok(Some(keyring.sign(&claims(token), self.now())?))
    }

    /// Secrets that are almost the bridge's, as they come about by copying.
    #[must_use]
    pub fn other_secrets(&self) -> Vec<OtherSecret> {
        let Signing::SharedSecret { algorithm, secret } = &self.config.token.signing else {
            return Vec::new();
        };
        let ours = secret.expose_secret();
        let bare = ours.trim().trim_matches(['"', '\'']);
        [
            (format!("{ours}\n"), "with a line break at its end"),
            (format!("\"{ours}\""), "in double quotes, which count there"),
            (format!("'{ours}'"), "in single quotes, which count there"),
            (
                bare.to_owned(),
                "without the spaces, line breaks or quotes around the bridge's",
            ),
        ]
        .into_iter()
        .filter(|(other, _)| other != ours)
        .map(|(other, said)| OtherSecret {
            said,
            keyring: Keyring::shared_secret(*algorithm, &other.into()),
        })
        .collect()
    }

    /// The same claims signed with another secret.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn signed_with(&self, token: &str, other: &OtherSecret) -> Result<String, MintError> {
        Ok(other.keyring.sign(&claims(token), self.now())?)
    }

    /// One whose signature is nobody's: as long as a right one, and drawn at random.
    ///
    /// # Errors
    /// When no random number was to be had.
    pub fn forged(&self, token: &str) -> Result<String, MintError> {
        let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
        let length = URL_SAFE_NO_PAD.decode(signature).map_or(32, |s| s.len());
        let mut bytes = vec![0; length];
        let drawn = self.random.fill(&mut bytes);
        drawn.map_err(|_| MintError::Random)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A right one of yesterday.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn expired(&self, token: &str) -> Result<String, MintError> {
        let yesterday = (self.now() - Duration::DAY).unix_timestamp();
        self.altered(token, |claims| {
            for name in ["iat", "nbf", "exp"] {
                claims.insert(name.to_owned(), yesterday.into());
            }
        })
    }

    /// A name of digits that nobody guesses.
    ///
    /// # Errors
    /// When no random number was to be had.
    pub fn name(&self) -> Result<String, MintError> {
        let mut bytes = [0; 8];
        let drawn = self.random.fill(&mut bytes);
        drawn.map_err(|_| MintError::Random)?;
        Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
    }

    /// What the tokens call Prosody's domain.
    #[must_use]
    pub fn xmpp_domain(&self) -> &str {
        &self.minter.identity.xmpp_domain
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Where random numbers come from.
    #[must_use]
    pub fn random(&self) -> &SystemRandom {
        &self.random
    }
}

/// Whom the tokens are for.
fn nobody() -> Person {
    Person {
        issuer: "bridge-check".to_owned(),
        provider: "bridge-check".to_owned(),
        subject: "bridge-check".to_owned(),
        id: "bridge-check".to_owned(),
        username: None,
        name: "Bridge check".to_owned(),
        email: None,
        avatar: None,
        groups: Groups::NotSent,
        acr: BTreeSet::new(),
        sid: None,
        auth_time: None,
        claims: Map::new(),
    }
}

/// What one of our own tokens says; nothing, if it were none.
fn claims(token: &str) -> Map<String, Value> {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    serde_json::from_slice(&payload).unwrap_or_default()
}
