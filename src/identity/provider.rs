//! What is known of the provider: its metadata and keys, learnt when it is up and kept fresh.
//!
//! Nothing that a provider does ends the process: until it has been reached, logins answer "unavailable".

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::rand::SystemRandom;
use secrecy::ExposeSecret as _;
use time::{Duration, OffsetDateTime};
use tokio::sync::{Mutex, Semaphore};
use url::Url;

use super::claims::shown;
use super::http::{Answer, HttpError, ProviderHttp};
use super::json::JsonError;
use super::keys::{KeySet, SignatureError, Signed};
use super::metadata::{Metadata, MetadataError};
use super::settings::ProviderSettings;
use crate::clock::SharedClock;

/// How long metadata and keys are kept when the provider does not say.
const KEPT: Duration = Duration::HOUR;
/// The bounds of what a provider may say.
const KEPT_AT_LEAST: Duration = Duration::MINUTE;
const KEPT_AT_MOST: Duration = Duration::DAY;
/// After a failure, and between two looks for what a token says has changed, the provider is left in peace for so long.
const PAUSE_AFTER_FAILURE: Duration = Duration::seconds(2);
const PAUSE_BETWEEN_LOOKS: Duration = Duration::seconds(30);
/// The most requests that are pushed at once; the others wait for their turn.
const PUSHED_AT_ONCE: usize = 32;
/// How often the background task looks whether something is due.
const TICK: std::time::Duration = std::time::Duration::from_secs(1);

/// A provider that has been reached.
#[derive(Debug)]
pub struct Known {
    /// Its metadata.
    pub metadata: Metadata,
    /// Its keys.
    pub keys: KeySet,
    learnt_at: OffsetDateTime,
    kept: Duration,
}

impl Known {
    /// For how long it has been known.
    #[must_use]
    pub fn age(&self, now: OffsetDateTime) -> Duration {
        now - self.learnt_at
    }

    /// The time until it is learnt anew; below zero when that is overdue.
    #[must_use]
    pub fn due_in(&self, now: OffsetDateTime) -> Duration {
        self.kept - self.age(now)
    }

    /// Checks a token's signature as that of an ID token: by the provider's keys, or the client secret where
    /// configuration says so.
    ///
    /// # Errors
    /// Each cause apart.
    pub fn verify(
        &self,
        settings: &ProviderSettings,
        token: &str,
    ) -> Result<Signed, SignatureError> {
        let secret = settings.client_secret.as_ref();
        let secret = secret.map(|secret| secret.expose_secret().as_bytes());
        self.keys
            .verify(token, &self.metadata.algorithms(settings), secret)
    }
}

/// Why the provider is not known, or not any better.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// An answer with another status than 200.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked.
        url: String,
        /// The answer's status.
        status: u16,
    },
    /// An answer that makes no sense.
    #[error("{url} answered something else than {expected}: {cause}")]
    Nonsense {
        /// What was asked.
        url: String,
        /// What should have come.
        expected: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// Metadata that are not accepted.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// Asked too recently.
    #[error("not reached a moment ago, not asked again yet: {0}")]
    Pausing(String),
}

/// A provider, reached or not.
pub struct Provider {
    /// Its configuration.
    pub settings: ProviderSettings,
    /// The way to it.
    pub http: ProviderHttp,
    pub(super) clock: SharedClock,
    pub(super) random: SystemRandom,
    known: RwLock<Option<Arc<Known>>>,
    /// Held while asking, so that many logins at once ask once.
    asking: Mutex<Asked>,
    /// Held while a request is pushed: whoever opens links by the thousand shall not have us do the same to the provider.
    pub(super) pushing: Semaphore,
}

#[derive(Default)]
struct Asked {
    failed: Option<(OffsetDateTime, String)>,
    looked_again_at: Option<OffsetDateTime>,
}

impl Provider {
    /// A provider that nobody has asked yet.
    #[must_use]
    pub fn new(settings: ProviderSettings, http: ProviderHttp, clock: SharedClock) -> Self {
        Self {
            settings,
            http,
            clock,
            random: SystemRandom::new(),
            known: RwLock::default(),
            asking: Mutex::default(),
            pushing: Semaphore::new(PUSHED_AT_ONCE),
        }
    }

    /// Knows what `before` knows, where that is the same provider under an earlier configuration: the one of the same
    /// issuer at the same address, whatever it was called. Metadata that would not be accepted any more do not count.
    pub fn learn_from(&self, before: &Self) {
        let same = before.settings.issuer == self.settings.issuer
            && before.http.inside() == self.http.inside();
        if let Some(known) = before.known().filter(|_| same)
            && let Ok(()) = known.metadata.check(&self.settings, self.http.has_inside())
        {
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        }
    }

    /// What is known, without asking anybody.
    #[must_use]
    pub fn known(&self) -> Option<Arc<Known>> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What is known; asks the provider when that is nothing.
    ///
    /// # Errors
    /// When the provider cannot be reached or understood now. It is asked again two seconds later at the earliest.
    pub async fn current(&self) -> Result<Arc<Known>, ProviderError> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let mut asked = self.asking.lock().await;
        if let Some(known) = self.known() {
            return Ok(known);
        }
        if let Some((at, why)) = &asked.failed
            && is_within(PAUSE_AFTER_FAILURE, *at, self.clock.now())
        {
            return Err(ProviderError::Pausing(why.clone()));
        }
        self.ask(&mut asked).await
    }

    /// After a token that `stale` metadata or keys may explain: what is known now, learnt again unless the last such
    /// look was within 30 seconds.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn newer_than(
        &self,
        stale: &Arc<Known>,
    ) -> Result<Option<Arc<Known>>, ProviderError> {
        let mut asked = self.asking.lock().await;
        if let Some(known) = self.known().filter(|known| !Arc::ptr_eq(known, stale)) {
            return Ok(Some(known));
        }
        let now = self.clock.now();
        if asked
            .looked_again_at
            .is_some_and(|at| is_within(PAUSE_BETWEEN_LOOKS, at, now))
        {
            return Ok(None);
        }
        asked.looked_again_at = Some(now);
        self.ask(&mut asked).await.map(Some)
    }

    /// What `check` says by what is known of the provider; by what is learnt anew, when `stale` says that this may
    /// explain a refusal.
    ///
    /// # Errors
    /// The check's own, or when the provider does not answer.
    pub async fn checked<T, C, E>(
        &self,
        known: Arc<Known>,
        check: impl Fn(&Known) -> Result<T, C>,
        stale: impl Fn(&C) -> bool,
    ) -> Result<(Arc<Known>, T), E>
    where
        E: From<C> + From<ProviderError>,
    {
        let error = match check(&known) {
            Ok(checked) => return Ok((known, checked)),
            Err(error) => error,
        };
        let newer = if stale(&error) {
            self.newer_than(&known).await?
        } else {
            None
        };
        let Some(newer) = newer else {
            return Err(error.into());
        };
        let checked = check(&newer)?;
        Ok((newer, checked))
    }

    /// Keeps metadata and keys fresh until `end` resolves. Old ones stay in use until new ones have come.
    pub async fn keep_fresh(self: Arc<Self>, end: impl Future<Output = ()> + Send) {
        tokio::pin!(end);
        let mut failures: u32 = 0;
        loop {
            let mut asked = self.asking.lock().await;
            let now = self.clock.now();
            let due = self
                .known()
                .is_none_or(|known| !is_within(known.kept, known.learnt_at, now));
            let pause = PAUSE_AFTER_FAILURE * 2_u32.pow(failures.min(5));
            let paused = asked
                .failed
                .as_ref()
                .is_some_and(|(at, _)| is_within(pause, *at, now));
            if due && !paused {
                match self.ask(&mut asked).await {
                    Ok(_) => failures = 0,
                    Err(error) => {
                        failures += 1;
                        tracing::warn!(provider.name = self.settings.name, error = %error, "provider not reached; asking again");
                    }
                }
            }
            drop(asked);
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = &mut end => return,
            }
        }
    }

    async fn ask(&self, asked: &mut Asked) -> Result<Arc<Known>, ProviderError> {
        // Boxed, as seldom needed: every login would carry its size along.
        match Box::pin(self.fetch()).await {
            Ok(known) => {
                asked.failed = None;
                Ok(self.learn(known))
            }
            Err(error) => {
                asked.failed = Some((self.clock.now(), error.to_string()));
                Err(error)
            }
        }
    }

    fn learn(&self, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        known
    }

    async fn fetch(&self) -> Result<Known, ProviderError> {
        let nonsense = |cause: String| ProviderError::Nonsense {
            url: self.settings.issuer.clone(),
            expected: "an issuer's address",
            cause,
        };
        let address = format!(
            "{}/.well-known/openid-configuration",
            self.settings.issuer.trim_end_matches('/')
        );
        let address = Url::parse(&address).map_err(|e| nonsense(e.to_string()))?;
        let answer = self.document("discovery", &address).await?;
        let metadata: Metadata = read(&address, "provider metadata", &answer)?;
        metadata.check(&self.settings, self.http.has_inside())?;
        let (keys, keys_kept) = self.fetch_keys(&metadata).await?;
        let first = self.known().is_none();
        if first {
            tracing::info!(
                provider.name = self.settings.name,
                provider.issuer = metadata.issuer,
                keys = keys.len(),
                "provider reached"
            );
        }
        Ok(Known {
            metadata,
            keys,
            learnt_at: self.clock.now(),
            kept: kept(&answer).min(keys_kept),
        })
    }

    async fn fetch_keys(&self, metadata: &Metadata) -> Result<(KeySet, Duration), ProviderError> {
        let answer = self.document("jwks", &metadata.jwks_uri).await?;
        let keys = KeySet::parse(&answer.body).map_err(|cause| ProviderError::Nonsense {
            url: metadata.jwks_uri.to_string(),
            expected: "a JSON Web Key Set",
            cause: cause.to_string(),
        })?;
        Ok((keys, kept(&answer)))
    }

    async fn document(&self, endpoint: &'static str, url: &Url) -> Result<Answer, ProviderError> {
        let answer = self.http.at(endpoint).get(url, None).await?;
        if answer.status.as_u16() == 200 {
            Ok(answer)
        } else {
            Err(ProviderError::Status {
                url: url.to_string(),
                status: answer.status.as_u16(),
            })
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(
    url: &Url,
    expected: &'static str,
    answer: &Answer,
) -> Result<T, ProviderError> {
    serde_json::from_slice(&answer.body).map_err(|error| ProviderError::Nonsense {
        url: url.to_string(),
        expected,
        cause: match JsonError::of(&error, expected, &answer.body) {
            // Which of the metadata is missing. There is no secret among them.
            JsonError::Another(_) => shown(&error.to_string()),
            flaw => flaw.to_string(),
        },
    })
}

/// Whether `at` is less than `span` ago. A time that is still to come is not: the clock has been set back since, and nothing
/// is to wait until it has caught up.
fn is_within(span: Duration, at: OffsetDateTime, now: OffsetDateTime) -> bool {
    (Duration::ZERO..span).contains(&(now - at))
}

fn kept(answer: &Answer) -> Duration {
    let said = answer
        .fresh_for
        .and_then(|age| Duration::try_from(age).ok());
    said.unwrap_or(KEPT).clamp(KEPT_AT_LEAST, KEPT_AT_MOST)
}
