//! The configuration, changed while the server runs: looked at every few seconds, and read again when it has changed or
//! when somebody says so (SIGHUP).
//!
//! A new one takes over as a whole or not at all: it is loaded, built and acquainted with its providers before anybody is
//! answered by it, and one that is bad changes nothing.

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::Signal;

use crate::clock::SharedClock;
use crate::config::inputs::{Files, Inputs, look_at};
use crate::config::{Loaded, Problems, Sources, load_noting};
use crate::observe::LogLevel;
use crate::observe::event::{About, Event, Trigger};
use crate::secret;
use crate::web::Live;

/// How often to look whether something has changed.
pub const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Longer than most providers take, short enough for somebody who waits for it.
const ACQUAINTANCE: Duration = Duration::from_secs(5);

/// Where a configuration comes from: a file, if there is one, under an environment that stays.
pub struct Origin {
    file: Option<PathBuf>,
    sources: Sources,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file.
    #[error("cannot read the configuration {0}: {1}")]
    Unreadable(String, std::io::Error),
    /// What it says.
    #[error("{0}")]
    Problems(Problems),
}

impl Origin {
    /// `sources` holds the environment.
    #[must_use]
    pub fn new(file: Option<PathBuf>, sources: Sources) -> Self {
        Self { file, sources }
    }

    /// Loads it as it is now; notes what was looked at, whatever comes of it. Blocks on the file system.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn load(&mut self, inputs: &mut Inputs, clock: &SharedClock) -> Result<Loaded, LoadError> {
        if let Some(path) = &self.file {
            match secret::read_text(path) {
                Ok(text) => self.sources.replace_file(path, &text),
                Err(error) => {
                    inputs.note(path, None);
                    return Err(LoadError::Unreadable(path.display().to_string(), error));
                }
            }
        }
        let loaded = load_noting(&self.sources, inputs);
        // Until the next time it is of no use, and may hold secrets.
        self.sources.forget_file();
        loaded
            .and_then(|loaded| loaded.at(clock.now()))
            .map_err(LoadError::Problems)
    }
}

impl LoadError {
    /// Each fault in a line.
    fn lines(&self) -> Vec<String> {
        match self {
            Self::Problems(problems) => problems.iter().map(ToString::to_string).collect(),
            Self::Unreadable(..) => vec![self.to_string()],
        }
    }
}

/// What a look at the configuration found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// The same as before.
    Unchanged,
    /// Something else than at the last look: it may still be being written.
    Unsettled,
    /// A new configuration, in force from now on.
    Reloaded,
    /// A new configuration that cannot be used; the one before stays in force.
    Refused,
}

/// Keeps a server at what is configured.
pub struct Reloader {
    /// Nothing while it is lent out.
    origin: Option<Origin>,
    live: Live,
    log_level: LogLevel,
    /// What the configuration in force was made of.
    in_force: Inputs,
    /// The files of the last configuration that was read, good or bad.
    read: Files,
    /// What the last look found, where that was something else.
    seen: Option<Files>,
    /// What was wrong with the last one.
    refused: Option<Vec<String>>,
    /// How long a provider that nobody has asked yet may take before others are answered by the new configuration.
    pub acquaintance: Duration,
}

impl Reloader {
    /// For a server that was built of what this origin gave, with these inputs.
    #[must_use]
    pub fn new(origin: Origin, in_force: Inputs, live: Live, log_level: LogLevel) -> Self {
        Self {
            origin: Some(origin),
            live,
            log_level,
            read: in_force.files.clone(),
            in_force,
            seen: None,
            refused: None,
            acquaintance: ACQUAINTANCE,
        }
    }

    /// Looks at the configuration at this interval, and takes it over whenever it is told to, for ever.
    pub async fn run(mut self, every: Duration, mut told: Signal) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => { self.look().await; }
                Some(()) = told.recv() => {
                    // Whoever has moved the audit's file away says so by the same signal.
                    if let Some(trail) = self.live.current().lasting.audit.trail() {
                        trail.reopen();
                    }
                    self.reload().await;
                }
            }
        }
    }

    /// Takes over what is configured now, changed or not, settled or not.
    pub async fn reload(&mut self) -> Looked {
        self.seen = None;
        match self.load().await {
            Some((inputs, loaded)) => self.take(inputs, loaded, Reason::Signal).await,
            None => Looked::Unchanged,
        }
    }

    /// Takes over what is configured if it has changed, and two looks in a row have found it so.
    pub async fn look(&mut self) -> Looked {
        let seen = self.seen.take();
        // Those in force as well: whoever mends a bad file will most likely name them again.
        let known = [&self.in_force.files, &self.read];
        let mut paths: Files = known
            .into_iter()
            .flatten()
            .map(|(path, is)| (path.clone(), *is))
            .collect();
        paths.extend(seen.clone().into_iter().flatten());
        let looked = tokio::task::spawn_blocking(move || look_at(paths.keys())).await;
        let Ok(now) = looked else {
            return Looked::Unchanged;
        };
        let changed = !stands_in(&self.read, &now);
        // One that was refused may become good by what is not looked at here, such as a keyring or the time.
        if !changed && self.refused.is_none() {
            return Looked::Unchanged;
        }
        let settled = seen.is_some_and(|seen| stands_in(&seen, &now));
        if changed && !settled {
            self.seen = Some(now);
            return Looked::Unsettled;
        }
        let Some((inputs, loaded)) = self.load().await else {
            return Looked::Unchanged;
        };
        if !stands_in(&inputs.files, &now) {
            // Changed since, or it names a file that nobody has looked at yet.
            self.seen = Some(inputs.files);
            return Looked::Unsettled;
        }
        let reason = if changed {
            Reason::Change
        } else {
            Reason::Retry
        };
        self.take(inputs, loaded, reason).await
    }

    async fn load(&mut self) -> Option<(Inputs, Result<Loaded, LoadError>)> {
        let mut origin = self.origin.take()?;
        let clock = self.live.current().clock();
        let loading = tokio::task::spawn_blocking(move || {
            let mut inputs = Inputs::default();
            let loaded = origin.load(&mut inputs, &clock);
            (origin, inputs, loaded)
        });
        // The error would say what a panic says, which is told nowhere.
        let Ok((origin, inputs, loaded)) = loading.await else {
            tracing::error!(
                "the configuration could not be read again, and will not be: restart the bridge"
            );
            return None;
        };
        self.origin = Some(origin);
        Some((inputs, loaded))
    }

    async fn take(
        &mut self,
        inputs: Inputs,
        loaded: Result<Loaded, LoadError>,
        reason: Reason,
    ) -> Looked {
        self.read.clone_from(&inputs.files);
        let taken = match loaded {
            Ok(loaded) => self.build(loaded).await,
            Err(error) => Err(error.lines()),
        };
        match taken {
            Ok(waits) => {
                self.refused = None;
                let changed = inputs.sections_unlike(&self.in_force, &waits);
                let sections = changed.join(", ");
                self.in_force = inputs;
                let by = reason.trigger();
                let event = Event::Reloaded {
                    changed: &changed,
                    by,
                };
                self.tell(&event);
                let changed = match (sections.as_str(), waits.as_slice()) {
                    ("", []) => "nothing has changed",
                    ("", _) => "nothing that counts before a restart has changed",
                    (sections, _) => sections,
                };
                tracing::info!(
                    target: "audit",
                    { config.outcome = "reloaded", config.changed = sections },
                    "configuration reloaded: {changed}"
                );
                Looked::Reloaded
            }
            Err(faults) => {
                if reason != Reason::Retry || self.refused.as_ref() != Some(&faults) {
                    for fault in &faults {
                        tracing::error!(
                            "the new configuration cannot be used, and the old one stays in force: {fault}"
                        );
                    }
                    let event = Event::Refused {
                        faults: faults.len(),
                        by: reason.trigger(),
                    };
                    self.tell(&event);
                    tracing::info!(
                        target: "audit",
                        { config.outcome = "refused", config.faults = faults.len() },
                        "configuration not reloaded"
                    );
                }
                self.refused = Some(faults);
                Looked::Refused
            }
        }
    }

    fn tell(&self, event: &Event<'_>) {
        let current = self.live.current();
        current.lasting.audit.tell(&About::default(), event);
    }

    /// Puts it in force; gives the keys that wait for a restart.
    async fn build(&mut self, loaded: Loaded) -> Result<Vec<&'static str>, Vec<String>> {
        let Loaded {
            config, warnings, ..
        } = loaded;
        let current = self.live.current();
        let (level, restart) = (config.log.level, current.lasting.needs_restart_for(&config));
        let app = current
            .rebuild(config)
            .map_err(|error| vec![error.to_string()])?;
        app.ask_providers(self.acquaintance).await;
        self.live.replace(app);
        self.log_level.set(level);
        for warning in warnings.iter() {
            tracing::warn!("{warning}");
        }
        for key in &restart {
            tracing::warn!(
                "{key} has changed, which needs a restart: until then the bridge goes on with what it started with"
            );
        }
        Ok(restart)
    }
}

/// Why a configuration is taken or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// It has changed.
    Change,
    /// Somebody said so.
    Signal,
    /// The last one was refused: what was wrong with it is told only if it is something else.
    Retry,
}

impl Reason {
    fn trigger(self) -> Trigger {
        match self {
            Self::Change | Self::Retry => Trigger::Change,
            Self::Signal => Trigger::Signal,
        }
    }
}

/// Whether all of these files are found with the same content.
fn stands_in(files: &Files, found: &Files) -> bool {
    let mut files = files.iter();
    files.all(|(path, is)| found.get(path) == Some(is))
}
