//! Where sessions live: in memory by default, in Redis or Valkey for several replicas.

pub mod address;
pub mod redis;

use std::fmt;

use async_trait::async_trait;
use fred::interfaces::KeysInterface as _;
use fred::types::{Expiration, SetOptions};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions_moka_store::MokaStore;

pub use self::address::{StoreError, redis_address};
pub use self::redis::{Redis, RedisError};
use crate::observe::metrics::Metrics;

/// The most sessions held in memory; beyond them the least used end first, and those people sign in again.
const MOST_IN_MEMORY: u64 = 100_000;

/// A session store.
#[derive(Clone)]
pub enum Store {
    /// This process's memory.
    Memory(MokaStore),
    /// Redis or Valkey.
    Redis(Redis),
}

impl fmt::Debug for Store {
    /// Not what is in it: sessions hold ID tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory(_) => "Memory",
            Self::Redis(_) => "Redis",
        })
    }
}

impl Store {
    /// A bounded store in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(MokaStore::new(Some(MOST_IN_MEMORY)))
    }

    /// A store in Redis, at an address and with certificates as [`redis_address`] takes them. It is connected to in the
    /// background, again and again until it answers.
    ///
    /// # Errors
    /// When the address makes no sense.
    pub fn redis(url: &str, ca: Option<&[u8]>) -> std::result::Result<Self, StoreError> {
        Redis::connect(redis_address(url, ca)?).map(Self::Redis)
    }

    /// The same, whose commands are counted: of those in memory nothing is, since they take no time.
    #[must_use]
    pub fn counted(self, metrics: &Metrics) -> Self {
        match self {
            memory @ Self::Memory(_) => memory,
            Self::Redis(redis) => Self::Redis(redis.counted(metrics.clone())),
        }
    }

    /// Whether the store answers now.
    pub async fn is_ready(&self) -> bool {
        match self {
            Self::Memory(_) => true,
            Self::Redis(redis) => redis.is_ready().await,
        }
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        match self {
            Self::Memory(store) => store.create(record).await,
            Self::Redis(redis) => {
                while !set(redis, record, SetOptions::NX).await? {
                    record.id = Id::default();
                }
                Ok(())
            }
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        match self {
            // As in Redis: what was ended in the meantime stays so.
            Self::Memory(store) => match store.load(&record.id).await? {
                Some(_) => store.save(record).await,
                None => Ok(()),
            },
            Self::Redis(redis) => set(redis, record, SetOptions::XX).await.map(drop),
        }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        match self {
            Self::Memory(store) => store.load(id).await,
            Self::Redis(redis) => {
                let kept: Option<Vec<u8>> = redis
                    .ask("session_load", key(id), |client, key| async move {
                        client.get(key).await
                    })
                    .await?;
                kept.map(|kept| serde_json::from_slice(&kept))
                    .transpose()
                    .map_err(|error| Error::Decode(error.to_string()))
            }
        }
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        match self {
            Self::Memory(store) => store.delete(id).await,
            Self::Redis(redis) => Ok(redis
                .ask("session_delete", key(id), |client, key| async move {
                    client.del(key).await
                })
                .await?),
        }
    }
}

impl From<RedisError> for Error {
    fn from(error: RedisError) -> Self {
        Self::Backend(error.to_string())
    }
}

fn key(id: &Id) -> String {
    Redis::key("session", &id.to_string())
}

/// Writes a session down, if there is none of its id yet (NX) or one still (XX); gives whether it was.
async fn set(redis: &Redis, record: &Record, only: SetOptions) -> Result<bool> {
    let content = serde_json::to_vec(record).map_err(|error| Error::Encode(error.to_string()))?;
    let kept = Expiration::EXAT(record.expiry_date.unix_timestamp());
    let written: Option<String> = redis
        .ask("session_save", key(&record.id), |client, key| async move {
            let content = content.as_slice();
            client
                .set(key, content, Some(kept), Some(only), false)
                .await
        })
        .await?;
    Ok(written.is_some())
}
