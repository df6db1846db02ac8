//! Where sessions live: in memory by default, in Redis or Valkey for several replicas.

use async_trait::async_trait;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::Result;
use tower_sessions_moka_store::MokaStore;
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike as _, Config, Pool, ReconnectPolicy};
use tower_sessions_redis_store::fred::types::config::TcpConfig;

/// The most sessions held in memory; beyond them the least used end first, and those people sign in again.
const MOST_IN_MEMORY: u64 = 100_000;
/// Connections to Redis.
const CONNECTIONS: usize = 4;
/// How long a command may wait for Redis, in milliseconds, before the session counts as not to be had.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// A session store.
#[derive(Debug, Clone)]
pub enum Store {
    /// This process's memory.
    Memory(MokaStore),
    /// Redis or Valkey.
    Redis(RedisStore<Pool>, Pool),
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another scheme than Redis's.
    #[error("expected redis:// (or rediss:// with TLS), such as \"redis://localhost:6379/0\"")]
    Scheme,
    /// Not an address that the client understands. The client's own words hold no part of it.
    #[error("expected an address such as \"redis://localhost:6379/0\": {0}")]
    Address(String),
}

/// An address of Redis, understood: `redis://`, with TLS `rediss://`, for Cluster and Sentinel `redis-cluster://` and
/// `redis-sentinel://` (and the same with `rediss`). It may hold a user name and a password.
///
/// # Errors
/// When it is none.
pub fn redis_address(url: &str) -> std::result::Result<Config, StoreError> {
    // The client takes any scheme for its own, and would then speak without TLS.
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    if !matches!(scheme.split('-').next(), Some("redis" | "rediss")) {
        return Err(StoreError::Scheme);
    }
    Config::from_url(url).map_err(|error| StoreError::Address(error.details().to_owned()))
}

impl Store {
    /// A bounded store in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(MokaStore::new(Some(MOST_IN_MEMORY)))
    }

    /// A store in Redis. It is connected to in the background, again and again until it answers.
    ///
    /// # Errors
    /// When the URL makes no sense.
    pub fn redis(url: &str) -> std::result::Result<Self, StoreError> {
        let config = redis_address(url)?;
        let mut builder = tower_sessions_redis_store::fred::types::Builder::from_config(config);
        builder
            .with_performance_config(|performance| performance.default_command_timeout = PATIENCE)
            .with_connection_config(|connection| {
                connection.connection_timeout = PATIENCE;
                connection.tcp = TcpConfig {
                    nodelay: Some(true),
                    ..TcpConfig::default()
                };
            })
            .set_policy(ReconnectPolicy::new_constant(0, 1000));
        let pool = builder
            .build_pool(CONNECTIONS)
            .map_err(|error| StoreError::Address(error.details().to_owned()))?;
        let _connections = pool.connect();
        Ok(Self::Redis(RedisStore::new(pool.clone()), pool))
    }

    /// Whether the store answers now.
    pub async fn is_ready(&self) -> bool {
        match self {
            Self::Memory(_) => true,
            Self::Redis(_, pool) => pool.ping::<String>(None).await.is_ok(),
        }
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        match self {
            Self::Memory(store) => store.create(record).await,
            Self::Redis(store, _) => store.create(record).await,
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        match self {
            // As in Redis: what was ended in the meantime stays so.
            Self::Memory(store) => match store.load(&record.id).await? {
                Some(_) => store.save(record).await,
                None => Ok(()),
            },
            Self::Redis(store, _) => store.save(record).await,
        }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        match self {
            Self::Memory(store) => store.load(id).await,
            Self::Redis(store, _) => store.load(id).await,
        }
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        match self {
            Self::Memory(store) => store.delete(id).await,
            Self::Redis(store, _) => store.delete(id).await,
        }
    }
}
