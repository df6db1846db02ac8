//! Small things kept for a while under a key that only their holder knows: one-time codes, refresh tokens and their
//! families. In memory, or in Redis for several replicas.
//!
//! A key is stored as its digest: whoever reads the store can redeem nothing.

use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fred::interfaces::KeysInterface as _;
use fred::types::{Expiration, SetOptions};
use moka::Expiry;
use moka::ops::compute::{CompResult, Op};
use moka::sync::Cache;
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::Duration;

use super::store::{Redis, RedisError, Store};

/// The most entries held in memory; beyond them the least used end first.
const MOST_IN_MEMORY: u64 = 100_000;

/// A keeper of tickets.
#[derive(Clone)]
pub struct Tickets(Kept);

#[derive(Clone)]
enum Kept {
    Memory(Cache<String, Entry>),
    Redis(Redis),
}

#[derive(Clone)]
struct Entry {
    content: Arc<[u8]>,
    life: std::time::Duration,
}

/// What a ticket is for; one cannot be taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A one-time code of the token service.
    Code,
    /// A refresh token that is still good.
    RefreshToken,
    /// What the refresh tokens of one sign-in have in common.
    Family,
}

/// Why a ticket was not kept or found.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// The store does not answer.
    #[error("the store does not answer: {0}")]
    Store(String),
    /// Not what was put in.
    #[error("the store holds something else than a ticket")]
    Content,
}

impl Tickets {
    /// Tickets beside the sessions of a store.
    #[must_use]
    pub fn beside(store: &Store) -> Self {
        Self(match store {
            Store::Memory(_) => Kept::Memory(
                Cache::builder()
                    .max_capacity(MOST_IN_MEMORY)
                    .expire_after(ByLife)
                    .build(),
            ),
            Store::Redis(redis) => Kept::Redis(redis.clone()),
        })
    }

    /// Keeps `content` under `key` for `life`, over whatever was there.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn put(
        &self,
        purpose: Purpose,
        key: &str,
        content: &impl Serialize,
        life: Duration,
    ) -> Result<(), TicketError> {
        let (key, content) = (stored_key(purpose, key), written(content)?);
        match &self.0 {
            Kept::Memory(cache) => {
                cache.insert(key, Entry::of(content, life));
                Ok(())
            }
            Kept::Redis(redis) => {
                let expires = Some(expires(life));
                let put = redis.ask("ticket_put", key, |client, key| async move {
                    let content = content.as_slice();
                    client.set(key, content, expires, None, false).await
                });
                Ok(put.await?)
            }
        }
    }

    /// Keeps `content` under `key` for `life` in place of what is there; gives whether there was something.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn replace(
        &self,
        purpose: Purpose,
        key: &str,
        content: &impl Serialize,
        life: Duration,
    ) -> Result<bool, TicketError> {
        let (key, content) = (stored_key(purpose, key), written(content)?);
        match &self.0 {
            Kept::Memory(cache) => {
                let entry = cache.entry(key);
                let done = entry.and_compute_with(|kept| match kept {
                    Some(_) => Op::Put(Entry::of(content, life)),
                    None => Op::Nop,
                });
                Ok(matches!(done, CompResult::ReplacedWith(_)))
            }
            Kept::Redis(redis) => {
                let expires = Some(expires(life));
                let replaced = redis.ask("ticket_replace", key, |client, key| async move {
                    let (content, only) = (content.as_slice(), Some(SetOptions::XX));
                    let said: Option<String> =
                        client.set(key, content, expires, only, false).await?;
                    Ok(said.is_some())
                });
                Ok(replaced.await?)
            }
        }
    }

    /// What is kept under a key.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn get<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        key: &str,
    ) -> Result<Option<T>, TicketError> {
        let key = stored_key(purpose, key);
        let content = match &self.0 {
            Kept::Memory(cache) => cache.get(&key).map(|entry| entry.content.to_vec()),
            Kept::Redis(redis) => {
                let got = redis.ask("ticket_get", key, |client, key| async move {
                    client.get(key).await
                });
                got.await?
            }
        };
        read(content)
    }

    /// What was kept under a key, which from now on holds nothing: of several who ask at once, one gets it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn take<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        key: &str,
    ) -> Result<Option<T>, TicketError> {
        let key = stored_key(purpose, key);
        let content = match &self.0 {
            // One after the other with `replace`, as `remove` would not be.
            Kept::Memory(cache) => {
                let taken = cache.entry(key).and_compute_with(|kept| match kept {
                    Some(_) => Op::Remove,
                    None => Op::Nop,
                });
                match taken {
                    CompResult::Removed(entry) => Some(entry.value().content.to_vec()),
                    _ => None,
                }
            }
            Kept::Redis(redis) => {
                let taken = redis.ask("ticket_take", key, |client, key| async move {
                    client.getdel(key).await
                });
                taken.await?
            }
        };
        read(content)
    }
}

impl Entry {
    fn of(content: Vec<u8>, life: Duration) -> Self {
        Self {
            content: content.into(),
            life: life.unsigned_abs(),
        }
    }
}

fn expires(life: Duration) -> Expiration {
    Expiration::EX(life.whole_seconds().max(1))
}

fn written(content: &impl Serialize) -> Result<Vec<u8>, TicketError> {
    serde_json::to_vec(content).map_err(|_| TicketError::Content)
}

fn read<T: DeserializeOwned>(content: Option<Vec<u8>>) -> Result<Option<T>, TicketError> {
    let parsed = content.map(|content| serde_json::from_slice(&content));
    parsed.transpose().map_err(|_| TicketError::Content)
}

fn stored_key(purpose: Purpose, key: &str) -> String {
    let purpose = match purpose {
        Purpose::Code => "code",
        Purpose::RefreshToken => "refresh",
        Purpose::Family => "family",
    };
    let digest = digest::digest(&digest::SHA256, key.as_bytes());
    Redis::key(purpose, &URL_SAFE_NO_PAD.encode(digest))
}

impl From<RedisError> for TicketError {
    fn from(error: RedisError) -> Self {
        Self::Store(error.to_string())
    }
}

/// Each entry ends after its own life.
struct ByLife;

impl Expiry<String, Entry> for ByLife {
    fn expire_after_create(
        &self,
        _key: &String,
        entry: &Entry,
        _at: Instant,
    ) -> Option<std::time::Duration> {
        Some(entry.life)
    }

    fn expire_after_update(
        &self,
        _key: &String,
        entry: &Entry,
        _at: Instant,
        _left: Option<std::time::Duration>,
    ) -> Option<std::time::Duration> {
        Some(entry.life)
    }
}
