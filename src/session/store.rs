//! Where sessions live: in memory by default, in Redis or Valkey for several replicas.

pub mod address;
mod memory;
pub mod redis;
mod written;

use std::fmt;
use std::sync::Arc;

use fred::interfaces::KeysInterface as _;
use fred::types::{Expiration, SetOptions};
use time::OffsetDateTime;
use tower_sessions::session::{Error, Id};
use tower_sessions::session_store::Error as Failure;

pub use self::address::{StoreError, redis_address};
pub use self::memory::Memory;
pub use self::redis::{Redis, RedisError};
use super::SignedIn;
use crate::observe::metrics::Metrics;

/// A session store.
#[derive(Clone)]
pub enum Store {
    /// This process's memory.
    Memory(Memory),
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
        Self::Memory(Memory::default())
    }

    /// A store in Redis, at an address and with certificates as [`redis_address`] takes them. It is connected to in the
    /// background, again and again until it answers.
    ///
    /// # Errors
    /// When the address makes no sense.
    pub fn redis(url: &str, ca: Option<&[u8]>) -> Result<Self, StoreError> {
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

    /// Keeps a new session until a time, and gives its id, which nobody had before.
    pub(super) async fn create(
        &self,
        signed_in: SignedIn,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Id, Failure> {
        match self {
            Self::Memory(memory) => Ok(memory.create(signed_in, until - now)),
            Self::Redis(redis) => {
                let mut id = Id::default();
                while !set(redis, &id, &signed_in, until, SetOptions::NX).await? {
                    id = Id::default();
                }
                Ok(id)
            }
        }
    }

    /// Writes a session anew. One that has ended in the meantime stays so.
    pub(super) async fn save(
        &self,
        id: &Id,
        signed_in: SignedIn,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), Failure> {
        match self {
            Self::Memory(memory) => {
                memory.save(*id, signed_in, until - now);
                Ok(())
            }
            Self::Redis(redis) => set(redis, id, &signed_in, until, SetOptions::XX)
                .await
                .map(drop),
        }
    }

    /// What a session holds; nothing where there is none of this id.
    ///
    /// # Errors
    /// When the store does not answer; or by [`Error::SerdeJson`] when it holds what nobody can read any more.
    pub(super) async fn load(&self, id: &Id) -> Result<Option<Arc<SignedIn>>, Error> {
        match self {
            Self::Memory(memory) => Ok(memory.load(id)),
            Self::Redis(redis) => {
                let asked = redis.ask("session_load", key(id), |client, key| async move {
                    client.get(key).await
                });
                let kept: Option<Vec<u8>> = asked.await.map_err(Failure::from)?;
                match kept {
                    Some(kept) => Ok(written::read(&kept)?.map(Arc::new)),
                    None => Ok(None),
                }
            }
        }
    }

    pub(super) async fn delete(&self, id: &Id) -> Result<(), Failure> {
        match self {
            Self::Memory(memory) => {
                memory.delete(id);
                Ok(())
            }
            Self::Redis(redis) => Ok(redis
                .ask("session_delete", key(id), |client, key| async move {
                    client.del(key).await
                })
                .await?),
        }
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        Self::Backend(error.to_string())
    }
}

fn key(id: &Id) -> String {
    Redis::key("session", &id.to_string())
}

/// Writes a session down, if there is none of its id yet (NX) or one still (XX); gives whether it was.
async fn set(
    redis: &Redis,
    id: &Id,
    signed_in: &SignedIn,
    until: OffsetDateTime,
    only: SetOptions,
) -> Result<bool, Failure> {
    let content = written::write(id, signed_in, until)?;
    let kept = Expiration::EXAT(until.unix_timestamp());
    let written: Option<String> = redis
        .ask("session_save", key(id), |client, key| async move {
            let content = content.as_slice();
            client
                .set(key, content, Some(kept), Some(only), false)
                .await
        })
        .await?;
    Ok(written.is_some())
}
