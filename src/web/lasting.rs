//! What lives as long as the process, whatever the configuration becomes meanwhile: who is signed in, what is kept for a
//! while, and the settings that only a start can take.

use std::net::SocketAddr;
use std::sync::OnceLock;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use super::BuildError;
use crate::clock::SharedClock;
use crate::config::audit::AuditSettings;
use crate::config::{self, Config, LogFormat, StoreChoice};
use crate::observe::Audit;
use crate::observe::metrics::Metrics;
use crate::observe::trail::Trail;
use crate::session::ledger::Ledger;
use crate::session::rates::Counts;
use crate::session::store::Store;
use crate::session::tickets::Tickets;

/// What every server has that is built in this process, one after the other.
pub struct Lasting {
    /// The time.
    pub(super) clock: SharedClock,
    /// Who hears of what happens to people.
    pub audit: Audit,
    /// What is counted.
    pub metrics: Metrics,
    /// When the process was started.
    pub started: OffsetDateTime,
    /// The sessions.
    pub store: Store,
    /// What ended them.
    pub ledger: Ledger,
    /// Which invitations there are: apart, so that many logouts push no invitation out of a full memory.
    pub(super) invitations: Ledger,
    /// What addresses did within the minute.
    pub(super) rates: Counts,
    /// Codes and refresh tokens of inline sign-ins.
    pub(super) tickets: Tickets,
    /// What seals logins as long as no key is configured.
    drawn_key: OnceLock<SecretString>,
    /// What goes on after its request was answered; a server that stops waits for it.
    pub(super) background: TaskTracker,
    listen: SocketAddr,
    connections: usize,
    log_format: LogFormat,
    chosen_store: StoreChoice,
    chosen_metrics: config::metrics::Metrics,
    chosen_traces: config::traces::Traces,
    chosen_audit: AuditSettings,
}

impl Lasting {
    /// As the configuration of the start wants it.
    ///
    /// Must run inside a Tokio runtime: a Redis store connects in the background.
    ///
    /// # Errors
    /// When the store cannot be made of the configuration.
    pub fn new(config: &Config, clock: SharedClock, audit: Audit) -> Result<Self, BuildError> {
        let store = match &config.session.store {
            StoreChoice::Memory => Store::memory(),
            StoreChoice::Redis { url, ca } => Store::redis(url.expose_secret(), ca.as_deref())?,
        };
        let metrics = match config.metrics.listen {
            Some(_) => Metrics::on()?,
            None => Metrics::default(),
        };
        let trail = Trail::start(&config.audit, clock.clone()).map_err(|error| {
            let to = config.audit.to.as_ref().map(ToString::to_string);
            BuildError::Audit(to.unwrap_or_default(), error)
        })?;
        let store = store.counted(&metrics);
        Ok(Self {
            started: clock.now(),
            audit: audit.with(metrics.clone(), trail),
            metrics,
            clock,
            chosen_metrics: config.metrics,
            chosen_traces: config.traces.clone(),
            chosen_audit: config.audit.clone(),
            ledger: Ledger::beside(&store),
            invitations: Ledger::beside(&store),
            rates: Counts::beside(&store),
            tickets: Tickets::beside(&store),
            store,
            drawn_key: OnceLock::new(),
            background: TaskTracker::new(),
            listen: config.server.listen,
            connections: config.limits.connections,
            log_format: config.log.format,
            chosen_store: config.session.store.clone(),
        })
    }

    /// The keys whose settings differ from what the process has started with, and which it cannot change.
    #[must_use]
    pub fn needs_restart_for(&self, config: &Config) -> Vec<&'static str> {
        let mut keys = Vec::new();
        if config.server.listen != self.listen {
            keys.push("server.listen");
        }
        match (&self.chosen_store, &config.session.store) {
            (StoreChoice::Memory, StoreChoice::Memory) => {}
            (
                StoreChoice::Redis { url, ca },
                StoreChoice::Redis {
                    url: new_url,
                    ca: new_ca,
                },
            ) => {
                if url.expose_secret() != new_url.expose_secret() {
                    keys.push("session.redis_url");
                }
                if ca != new_ca {
                    keys.push("session.redis_ca_file");
                }
            }
            _ => keys.push("session.store"),
        }
        if config.limits.connections != self.connections {
            keys.push("limits.connections");
        }
        if config.log.format != self.log_format {
            keys.push("log.format");
        }
        if config.metrics != self.chosen_metrics {
            keys.push("metrics.listen");
        }
        if !config.traces.is_like(&self.chosen_traces) {
            keys.push("traces");
        }
        if config.audit != self.chosen_audit {
            keys.push("audit");
        }
        keys
    }

    /// What seals logins: the configured keys; without any, one that is drawn once. That one still opens what it has
    /// sealed when keys are configured later.
    pub(super) fn cookie_keys(
        &self,
        configured: Vec<SecretString>,
    ) -> Result<Vec<SecretString>, BuildError> {
        let mut keys = configured;
        if keys.is_empty() {
            keys.push(self.drawn_key()?);
        } else {
            keys.extend(self.drawn_key.get().cloned());
        }
        Ok(keys)
    }

    fn drawn_key(&self) -> Result<SecretString, BuildError> {
        if let Some(key) = self.drawn_key.get() {
            return Ok(key.clone());
        }
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new()
            .fill(bytes.as_mut_slice())
            .map_err(|_| BuildError::Random)?;
        let text = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
        let drawn = SecretString::from(text.as_str());
        Ok(self.drawn_key.get_or_init(|| drawn).clone())
    }
}
