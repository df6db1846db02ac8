//! `[token]`: what signs. A shared secret, or a keyring; never both, for nobody could tell which one counts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::ExposeSecret as _;
use time::{Duration, OffsetDateTime};

use super::Signing;
use super::load::Loaded;
use super::reader::{Problem, Problems, Section};
use super::secrets::stand_in;
use super::source::{Node, Origin, Raw};
use super::value::choice;
use crate::token::keyring::SharedSecretAlgorithm;
use crate::token::keyring::file;
use crate::token::keyring::live::LiveKeys;
use crate::token::keyring::rsa::RsaAlgorithm;

/// Prosody asks again 60 seconds before the keys' age is over, and at once and for ever where that is no time at all
/// (jitsi-meet, `resources/prosody-plugins/token/util.lib.lua`).
const LEAST_MAX_AGE: Duration = Duration::seconds(60);

/// What the configuration knows, and a look at the time needs.
#[derive(Debug, Clone)]
pub struct Timed {
    /// Whether warnings are errors.
    pub strict: bool,
    /// Where the keyring's path was written.
    pub keyring: Option<Origin>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Secret(SharedSecretAlgorithm),
    Rsa(RsaAlgorithm),
}

choice!(Algorithm {
    "HS256" => Self::Secret(SharedSecretAlgorithm::Hs256),
    "HS384" => Self::Secret(SharedSecretAlgorithm::Hs384),
    "HS512" => Self::Secret(SharedSecretAlgorithm::Hs512),
    "RS256" => Self::Rsa(RsaAlgorithm::Rs256),
    "RS384" => Self::Rsa(RsaAlgorithm::Rs384),
    "RS512" => Self::Rsa(RsaAlgorithm::Rs512),
});

/// Where `token.keyring` was written, before the sections are read.
pub fn origin(tree: &BTreeMap<String, Node>) -> Option<Origin> {
    let Raw::Table(token) = &tree.get("token")?.value else {
        return None;
    };
    Some(token.get("keyring")?.origin.clone())
}

/// Reads the algorithm and what belongs to it.
pub fn read(section: &mut Section<'_>) -> Option<Signing> {
    let algorithm = section.or("algorithm", Algorithm::Secret(SharedSecretAlgorithm::Hs256));
    let secret_origin = section
        .origin("secret")
        .or_else(|| section.origin("secret_file"));
    let keyring_origin = section.origin("keyring");
    let path = section.optional::<String>("keyring");
    let max_age = max_age(section);
    if secret_origin.is_some() && keyring_origin.is_some() {
        section.fault(
            "keyring",
            keyring_origin.clone(),
            "set together with a secret: keep the keyring (and an algorithm RS256, RS384 or RS512), or the secret",
        );
    }
    match algorithm {
        Some(Algorithm::Secret(algorithm)) => {
            if secret_origin.is_none() && keyring_origin.is_some() {
                let said = "a keyring holds RSA keys: set token.algorithm to \"RS256\" (and Prosody's signature_algorithm), or take the keyring away";
                section.fault("keyring", keyring_origin, said);
                return None;
            }
            shared_secret(section, algorithm, secret_origin)
        }
        Some(Algorithm::Rsa(algorithm)) => {
            if secret_origin.is_some() && keyring_origin.is_none() {
                // Named as what it is, not as a missing keyring alone.
                let said = format!(
                    "{} signs with the keys of token.keyring: a secret has no use, take it away",
                    algorithm.name()
                );
                section.fault("secret", secret_origin, said);
            }
            // The secret is asked for, so that it is no unknown key; what it says does not matter.
            let _ = section.secret("secret");
            if section.files_may_be_absent() {
                let secret = stand_in().into();
                return Some(Signing::SharedSecret {
                    algorithm: SharedSecretAlgorithm::Hs256,
                    secret,
                });
            }
            if matches!(path, Some(None)) {
                section.missing("keyring", "write where the keyring is, such as \"/etc/jitsi-oidc-bridge/keys.toml\"; jitsi-oidc-bridge keys generate makes one");
            }
            keys(
                section,
                PathBuf::from(path??),
                keyring_origin.as_ref(),
                algorithm,
                max_age,
            )
        }
        None => {
            let _ = section.secret("secret");
            None
        }
    }
}

fn shared_secret(
    section: &mut Section<'_>,
    algorithm: SharedSecretAlgorithm,
    origin: Option<Origin>,
) -> Option<Signing> {
    let secret = section.secret("secret");
    if matches!(secret, Some(None)) {
        section.missing("secret", "write the secret that Jitsi has as JWT_APP_SECRET (app_secret), or name its file as token.secret_file");
    }
    let secret = secret??;
    let (least, found) = (algorithm.least_secret_bytes(), secret.expose_secret().len());
    if found < least {
        let said = format!(
            "a secret of {found} bytes can be guessed: use at least {least} (openssl rand -hex 32), here and in Jitsi"
        );
        section.warn("secret", origin, said);
    }
    Some(Signing::SharedSecret { algorithm, secret })
}

fn keys(
    section: &mut Section<'_>,
    path: PathBuf,
    origin: Option<&Origin>,
    algorithm: RsaAlgorithm,
    max_age: Option<Duration>,
) -> Option<Signing> {
    match file::read(&path, algorithm) {
        Ok(reading) => {
            for warning in &reading.warnings {
                section.warn("keyring", origin.cloned(), warning);
            }
            let live = LiveKeys::new(path, algorithm, max_age?, reading);
            Some(Signing::Keys(Arc::new(live)))
        }
        Err(faults) => {
            for fault in faults.0 {
                section.fault("keyring", origin.cloned(), fault.to_string());
            }
            None
        }
    }
}

fn max_age(section: &mut Section<'_>) -> Option<Duration> {
    let origin = section.origin("keys_max_age");
    let max_age = section.or("keys_max_age", Duration::HOUR)?;
    if max_age >= LEAST_MAX_AGE {
        return Some(max_age);
    }
    let said = "less than \"60s\": Prosody would ask for the keys again and again";
    section.fault("keys_max_age", origin, said);
    None
}

impl Loaded {
    /// The configuration at this time: a keyring's keys come and go.
    ///
    /// # Errors
    /// When no key can sign now; with `strict`, also when one will come too early, or none will be left.
    pub fn at(mut self, now: OffsetDateTime) -> Result<Self, Problems> {
        let Signing::Keys(live) = &self.config.token.signing else {
            return Ok(self);
        };
        let problem = |said: String| match &self.timed.keyring {
            Some(origin) => Problem::at("token.keyring", origin.clone(), said),
            None => Problem::absent("token.keyring", said),
        };
        let keys = live.current();
        let (mut errors, mut warnings) = (Problems::default(), Problems::default());
        if keys.signing(now).is_none() {
            errors.push(problem(format!(
                "no key can sign now ({}): make one with jitsi-oidc-bridge keys generate",
                keys.told(now)
            )));
        }
        for said in keys.warnings(now, live.max_age()) {
            warnings.push(problem(said));
        }
        if self.timed.strict || !errors.is_empty() {
            errors.append(std::mem::take(&mut warnings));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        self.warnings.append(warnings);
        Ok(self)
    }
}
