//! Redis or Valkey: the connections, and whether they lead to anything.
//!
//! Nobody waits long for a store that is away. The first command that gets no answer says so, further ones fail at once,
//! and in the meantime it is asked again and again: a fraction of a second after its return all is as before.

mod silence;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use fred::clients::{Client, Pool};
use fred::error::Error;
use fred::interfaces::{ClientLike as _, EventInterface as _, KeysInterface as _};
use fred::types::config::{Config, ConnectionConfig, Options, ReconnectPolicy, TcpConfig};
use fred::types::{Builder, Expiration, Value};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use self::silence::{is_silence, silence};
use super::address::StoreError;
use crate::observe::metrics::{Command, Metrics};
use crate::observe::traces;

/// Connections.
const CONNECTIONS: usize = 4;
/// How long a command waits for its answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// What takes longer raises the question whether a request that needs several answers should wait for them.
const SLOW: Duration = Duration::from_millis(500);
/// How often a store that is away is asked whether it is back, and how often a connection is tried.
const AGAIN_AFTER: Duration = Duration::from_millis(250);
/// How long it may take to connect, and once more to say who we are: four slow answers.
const TO_CONNECT: Duration = Duration::from_secs(2);
/// The most that is owed; beyond them, whoever reported it has to do so again.
const MOST_OWED: usize = 10_000;
/// The most commands that wait for an answer on a connection.
const MOST_WAITING: usize = 8192;
/// What every key begins with, so that others can be kept out of them by an ACL, and they out of others'.
const PREFIX: &str = "jitsi-oidc-bridge";

/// Why there is no answer to a command.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RedisError {
    /// It was away a moment ago, and was not asked.
    #[error("{0}; it is tried again")]
    Away(String),
    /// It has answered with an error, or not at all.
    #[error("{0}")]
    Failed(String),
}

/// The connections to Redis or Valkey.
#[derive(Debug, Clone)]
pub struct Redis(Arc<Shared>, Metrics);

#[derive(Debug)]
struct Shared {
    pool: Pool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    answers: Answers,
    /// What the last connection failed with.
    fault: Option<String>,
    /// What has yet to be written, by its key.
    owed: BTreeMap<String, Owed>,
}

/// A number that has yet to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owed {
    number: i64,
    /// For so many seconds.
    kept: i64,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum Answers {
    #[default]
    InTime,
    /// The last one came late: it is being asked whether the next will as well.
    InDoubt,
    /// None, for this reason.
    Away(String),
}

impl Redis {
    /// Connects in the background, again and again until it answers. Must run inside a Tokio runtime.
    ///
    /// # Errors
    /// When the settings make no sense.
    pub fn connect(address: Config) -> Result<Self, StoreError> {
        let mut builder = Builder::from_config(address);
        builder
            .with_performance_config(|performance| performance.default_command_timeout = PATIENCE)
            .with_connection_config(|connection| *connection = patient())
            .set_policy(ReconnectPolicy::new_constant(0, millis(AGAIN_AFTER)));
        let pool = builder
            .build_pool(CONNECTIONS)
            .map_err(|error| StoreError::Address(error.details().to_owned()))?;
        let shared = Arc::new(Shared {
            pool,
            state: Mutex::default(),
        });
        if let Some(client) = shared.pool.clients().first() {
            tokio::spawn(listen(Arc::downgrade(&shared), client.clone()));
        }
        let _connections = shared.pool.connect();
        Ok(Self(shared, Metrics::default()))
    }

    /// The same, whose commands are counted.
    #[must_use]
    pub fn counted(self, metrics: Metrics) -> Self {
        Self(self.0, metrics)
    }

    /// The key of something of a kind.
    #[must_use]
    pub fn key(kind: &str, name: &str) -> String {
        format!("{PREFIX}:{kind}:{name}")
    }

    /// Whether it answers now, and lets things be written.
    pub async fn is_ready(&self) -> bool {
        let written = self.ask("ready", Self::key("ready", ""), |client, key| async move {
            let kept = Some(Expiration::EX(60));
            client.set::<(), _, _>(key, 1, kept, None, false).await
        });
        written.await.is_ok()
    }

    /// Has a command carried out that works on one key, by one of the connections. Metrics and traces know it by the
    /// operation's name.
    ///
    /// # Errors
    /// When it is answered by an error, or not in time, or the store was away a moment ago.
    pub async fn ask<T, F>(
        &self,
        operation: &'static str,
        key: String,
        command: impl FnOnce(Client, String) -> F + Send,
    ) -> Result<T, RedisError>
    where
        F: Future<Output = Result<T, Error>> + Send,
    {
        let begun = Instant::now();
        let may_ask = self.0.locked().may_ask();
        if let Err(error) = may_ask {
            self.1.store_asked(operation, Command::NotSent, begun);
            return Err(error);
        }
        let span = traces::span!("store", otel.name = operation, otel.kind = "client");
        let client = self.0.pool.next_connected().clone();
        // Boxed, as several of these are asked at once, and the client's futures are large.
        let answer = Box::pin(command(client, key.clone()).instrument(span)).await;
        let outcome = match &answer {
            Ok(_) => Command::Answered,
            Err(_) => Command::Failed,
        };
        self.1.store_asked(operation, outcome, begun);
        match &answer {
            Err(error) if is_silence(error) => self.doubt(key, Some(error)),
            _ if begun.elapsed() > SLOW => self.doubt(key, None),
            _ => {}
        }
        answer.map_err(|error| match &self.0.locked().answers {
            Answers::Away(reason) if is_silence(&error) => RedisError::Failed(reason.clone()),
            _ => RedisError::Failed(error.to_string()),
        })
    }

    /// Writes a number under a key, for so many seconds, as soon as the store is back: before anything else counts there.
    /// A smaller one never takes the place of a greater.
    pub fn owe(&self, key: String, number: i64, kept: i64) {
        self.0.locked().owe(&key, Owed { number, kept });
        self.doubt(key, None);
    }

    /// An answer was late, or did not come: asks for that key until one comes in time.
    fn doubt(&self, key: String, error: Option<&Error>) {
        let mut state = self.0.locked();
        let asking = state.answers != Answers::InTime;
        match error {
            Some(error) => state.is_away(&error.to_string()),
            None if asking => return,
            None => state.answers = Answers::InDoubt,
        }
        drop(state);
        if !asking {
            tokio::spawn(ask_until_answered(Arc::downgrade(&self.0), key));
        }
    }
}

impl State {
    /// Nothing is read before what is owed has been written: it may be that a session has ended.
    fn may_ask(&self) -> Result<(), RedisError> {
        match &self.answers {
            Answers::Away(reason) => Err(RedisError::Away(reason.clone())),
            _ if self.owed.is_empty() => Ok(()),
            _ => Err(RedisError::Away(
                "sign-outs have yet to be written".to_owned(),
            )),
        }
    }

    fn owe(&mut self, key: &str, owed: Owed) {
        let full = self.owed.len() >= MOST_OWED;
        match self.owed.get_mut(key) {
            Some(before) if before.number < owed.number => *before = owed,
            Some(_) => {}
            None if full => {
                tracing::error!(
                    "too many sign-outs are waiting for the session store; one is lost"
                );
            }
            None => {
                self.owed.insert(key.to_owned(), owed);
            }
        }
    }

    fn is_away(&mut self, error: &str) {
        if matches!(self.answers, Answers::Away(_)) {
            return;
        }
        // A command knows only that it waited in vain.
        let reason = self.fault.clone().unwrap_or_else(|| error.to_owned());
        tracing::warn!(
            error = reason,
            "the session store is away; people without a session can still sign in"
        );
        self.answers = Answers::Away(reason);
    }
}

impl Shared {
    /// What is behind the lock is whole after every step, so a panic elsewhere does it no harm.
    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives whether it is: not if something has come to be owed in the meantime.
    fn is_back(&self) -> bool {
        let mut state = self.locked();
        if !state.owed.is_empty() {
            return false;
        }
        if matches!(state.answers, Answers::Away(_)) {
            tracing::info!("the session store answers again");
        }
        state.answers = Answers::InTime;
        true
    }

    /// Writes what is owed.
    async fn pay(&self) -> Result<(), Error> {
        loop {
            let next = self.locked().owed.first_key_value().map(copied);
            let Some((key, owed)) = next else {
                return Ok(());
            };
            let client = self.pool.next_connected();
            // Another replica may have written a later one.
            let written: Option<i64> = client.get(&key).await?;
            if written.is_none_or(|written| written < owed.number) {
                let kept = Some(Expiration::EX(owed.kept));
                let _: () = client.set(&key, owed.number, kept, None, false).await?;
            }
            let mut state = self.locked();
            // Unless a later one has come to be owed meanwhile.
            if state.owed.get(&key) == Some(&owed) {
                state.owed.remove(&key);
            }
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Without a runtime, the connections have ended with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let pool = self.pool.clone();
            runtime.spawn(async move { pool.quit().await });
        }
    }
}

fn copied((key, owed): (&String, &Owed)) -> (String, Owed) {
    (key.clone(), *owed)
}

fn patient() -> ConnectionConfig {
    ConnectionConfig {
        connection_timeout: TO_CONNECT,
        internal_command_timeout: TO_CONNECT,
        max_command_buffer_len: MOST_WAITING,
        tcp: TcpConfig {
            nodelay: Some(true),
            ..TcpConfig::default()
        },
        ..ConnectionConfig::default()
    }
}

fn millis(duration: Duration) -> u32 {
    duration.as_millis().try_into().unwrap_or(u32::MAX)
}

/// The same key, since of a cluster the rest may be well; by every connection, since one may lead to a server that hangs
/// while the others have found the one that has taken over.
async fn ask_until_answered(shared: Weak<Shared>, key: String) {
    loop {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let mut asked = JoinSet::new();
        for client in shared.pool.clients() {
            asked.spawn(ask_in_time(client.clone(), key.clone()));
        }
        let mut answers = Ok(());
        while let Some(answer) = asked.join_next().await {
            let answer = answer.unwrap_or_else(|_| Err(silence("asking broke off")));
            answers = answers.and(answer);
        }
        let paid = match answers {
            Ok(()) => shared.pay().await,
            error => error,
        };
        match paid {
            Ok(()) if shared.is_back() => return,
            Ok(()) => continue,
            Err(error) => shared.locked().is_away(&error.to_string()),
        }
        drop(shared);
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

/// Whether there is an answer, whatever it says: of a list, that this is no way to read it.
async fn ask_in_time(client: Client, key: String) -> Result<(), Error> {
    // Nobody would read it: it would lie there until there is a connection.
    if !client.is_connected() {
        return Err(silence("not connected"));
    }
    let options = Options {
        timeout: Some(SLOW),
        ..Options::default()
    };
    match client.with_options(&options).get::<Value, _>(key).await {
        Err(error) if is_silence(&error) => {
            // A connection that hangs is given up for a new one: behind Sentinel, to another server.
            if client.is_connected() {
                tokio::spawn(async move { client.force_reconnection().await });
            }
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Tells why there is no connection: once for each reason, until there is one.
async fn listen(shared: Weak<Shared>, client: Client) {
    let (mut errors, mut connected) = (client.error_rx(), client.reconnect_rx());
    drop(client);
    loop {
        let fault = tokio::select! {
            error = errors.recv() => match error {
                Ok((error, _)) => Some(error.to_string()),
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            },
            server = connected.recv() => match server {
                Err(RecvError::Closed) => return,
                _ => None,
            },
        };
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let mut state = shared.locked();
        if let Some(error) = fault.as_ref().filter(|_| fault != state.fault) {
            tracing::warn!(error, "no connection to the session store");
        }
        state.fault = fault;
    }
}

#[cfg(test)]
mod tests;
