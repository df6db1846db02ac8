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
#[error("session.redis_url is not one that the client understands: {0}")]
pub struct StoreError(String);

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
        let told = |e: &dyn std::fmt::Display| StoreError(e.to_string());
        let config = Config::from_url(url).map_err(|e| told(&e))?;
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
        let pool = builder.build_pool(CONNECTIONS).map_err(|e| told(&e))?;
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
            Self::Memory(store) => store.save(record).await,
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
