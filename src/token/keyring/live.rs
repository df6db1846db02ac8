//! The keyring in use: read again when its file changes, without a restart.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use time::{Duration, OffsetDateTime};

use super::file::{Reading, Stamp, read};
use super::keys::Keys;
use super::rsa::RsaAlgorithm;
use crate::clock::SharedClock;

/// The keys in use, and the file that they come from.
#[derive(Debug)]
pub struct LiveKeys {
    path: PathBuf,
    algorithm: RsaAlgorithm,
    max_age: Duration,
    /// Held for as long as it takes to clone or to replace.
    current: RwLock<Arc<Keys>>,
    seen: Mutex<Seen>,
}

/// What the last look found.
#[derive(Debug)]
struct Seen {
    stamp: Option<Stamp>,
    /// What was wrong; it is told once.
    fault: Option<String>,
    /// Who signed.
    signing: Option<String>,
}

/// What a look at the file found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// The same as before.
    Unchanged,
    /// New keys, in use from now on.
    Changed,
    /// A keyring that cannot be used; the one before stays in use.
    Bad,
}

impl LiveKeys {
    /// The keys that were read from this file. `max_age`: for how long others may keep what is published.
    #[must_use]
    pub fn new(
        path: PathBuf,
        algorithm: RsaAlgorithm,
        max_age: Duration,
        reading: Reading,
    ) -> Self {
        Self {
            path,
            algorithm,
            max_age,
            current: RwLock::new(Arc::new(reading.keys)),
            seen: Mutex::new(Seen {
                stamp: Some(reading.stamp),
                fault: None,
                signing: None,
            }),
        }
    }

    /// Those from before, where they are the same file's and are used in the same way: they know what the log has been
    /// told of them, and look at the file themselves.
    #[must_use]
    pub fn or_before(self: Arc<Self>, before: Option<&Arc<Self>>) -> Arc<Self> {
        let same = before.filter(|before| {
            (&before.path, before.algorithm, before.max_age)
                == (&self.path, self.algorithm, self.max_age)
        });
        same.cloned().unwrap_or(self)
    }

    /// The keys in use.
    #[must_use]
    pub fn current(&self) -> Arc<Keys> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// For how long others may keep what is published.
    #[must_use]
    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    /// Looks at the file, and reads it when it has changed or was bad; tells the log what comes of it, once. Blocks on the
    /// file system.
    pub fn look(&self, now: OffsetDateTime) -> Looked {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.path).ok();
        let looked = if stamp.is_some() && stamp == seen.stamp && seen.fault.is_none() {
            Looked::Unchanged
        } else {
            match self.read_again(now) {
                Ok(reading) => {
                    seen.stamp = Some(reading.stamp);
                    seen.fault = None;
                    self.replace(reading, now);
                    Looked::Changed
                }
                Err(fault) => {
                    if seen.fault.as_ref() != Some(&fault) {
                        tracing::error!(token.keyring = %self.path.display(), error = fault, "the keyring has become bad; the one from before stays in use");
                        seen.fault = Some(fault);
                    }
                    Looked::Bad
                }
            }
        };
        self.tell_who_signs(&mut seen, now);
        looked
    }

    fn read_again(&self, now: OffsetDateTime) -> Result<Reading, String> {
        let reading = read(&self.path, self.algorithm).map_err(|faults| faults.to_string())?;
        if reading.keys.signing(now).is_none() {
            return Err(format!(
                "no key in it can sign now: {}",
                reading.keys.told(now)
            ));
        }
        Ok(reading)
    }

    fn replace(&self, reading: Reading, now: OffsetDateTime) {
        let (before, keys) = (self.current(), Arc::new(reading.keys));
        let path = self.path.display();
        for warning in reading
            .warnings
            .into_iter()
            .chain(keys.warnings(now, self.max_age))
        {
            tracing::warn!(token.keyring = %path, "{warning}");
        }
        if let Some(entry) = keys.signing(now)
            && !before.publishes(entry.key.kid(), now)
        {
            tracing::warn!(token.keyring = %path, token.kid = entry.key.kid(), "a key signs that was not published before: until Prosody asks again, it may refuse people; give a new key a not_before that is further ahead than token.keys_max_age");
        }
        tracing::info!(token.keyring = %path, token.keys = keys.told(now), "keyring read again");
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// A change of the signing key is told when it happens; so is that there is none.
    fn tell_who_signs(&self, seen: &mut Seen, now: OffsetDateTime) {
        let keys = self.current();
        let signing = keys.signing(now).map(|entry| entry.key.kid().to_owned());
        if seen.signing == signing && signing.is_some() {
            return;
        }
        match &signing {
            Some(kid) => {
                tracing::info!(token.keyring = %self.path.display(), token.kid = kid, "this key signs from now on");
            }
            None if seen.signing.is_some() => {
                tracing::error!(token.keyring = %self.path.display(), token.keys = keys.told(now), "no key can sign any more: nobody can be let in");
            }
            None => {}
        }
        seen.signing = signing;
    }

    /// Looks at the file at this interval until `end` resolves.
    pub async fn keep_fresh(
        self: Arc<Self>,
        clock: SharedClock,
        every: std::time::Duration,
        end: impl Future<Output = ()> + Send,
    ) {
        tokio::pin!(end);
        loop {
            let (live, clock) = (self.clone(), clock.clone());
            let looking = tokio::task::spawn_blocking(move || live.look(clock.now()));
            // The error would say what a panic says, which is told nowhere.
            if looking.await.is_err() {
                tracing::error!("the keyring could not be looked at");
            }
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = &mut end => return,
            }
        }
    }
}
