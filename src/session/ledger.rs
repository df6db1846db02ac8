//! What is written down beside the sessions, so that they can be ended from outside: which sessions a person and a
//! session at the provider have here, when they were logged out, and which logout tokens have been used. Invitations are
//! written down in the same way: which ones somebody has made, and a mark for each that still counts.
//!
//! Everything goes by digests: a key tells nothing of the person. In Redis or Valkey all of it is shared among replicas;
//! keys are read and written one by one, so that a cluster may keep them apart.

mod memory;
mod tag;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use fred::interfaces::{KeysInterface as _, SortedSetsInterface as _};
use fred::types::{Expiration, SetOptions};
use ipnet::IpNet;
use time::OffsetDateTime;
use tower_sessions::session_store::Error;

use self::memory::Memory;
pub use self::tag::{Key, Tag};
use super::rates::Deed;
use super::store::{Redis, Store};

/// The most sessions that are known of one person, or of one session at the provider. The rest is ended by the mark.
const MOST_SESSIONS: i64 = 1000;
/// How long the counts of a minute are kept, in seconds: replicas' clocks may differ a little.
const COUNTED_FOR: i64 = 120;

/// The ledger, where the sessions are.
#[derive(Clone)]
pub enum Ledger {
    /// In this process's memory.
    Memory(Arc<Mutex<Memory>>),
    /// In Redis or Valkey.
    Redis(Redis),
}

impl fmt::Debug for Ledger {
    /// Not what is in it: whoever knows a session's id has the session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory(_) => "Memory",
            Self::Redis(_) => "Redis",
        })
    }
}

impl Ledger {
    /// A ledger where the sessions are: bounded in memory, or shared.
    #[must_use]
    pub fn beside(store: &Store) -> Self {
        match store {
            Store::Memory(_) => Self::Memory(Arc::default()),
            Store::Redis(redis) => Self::Redis(redis.clone()),
        }
    }

    /// Whether others than this process can read it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Redis(_))
    }

    /// Writes down a session, or an invitation, under a tag, until it ends by itself.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn add(
        &self,
        tag: &Key,
        id: &str,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        match self {
            Self::Memory(memory) => {
                locked(memory).add(tag, id, until, now);
                Ok(())
            }
            Self::Redis(redis) => {
                let left = seconds_left(until, now);
                let (until, now) = (until.unix_timestamp(), now.unix_timestamp());
                let member = (float(until), id.to_owned());
                // Those that have ended by themselves go, and the first to end where there are too many.
                let ended = (f64::NEG_INFINITY, float(now));
                let queued =
                    redis.ask("list_add", tag.in_redis("list"), |client, key| async move {
                        let pipeline = client.pipeline();
                        let _: () = pipeline
                            .zadd(&key, None, None, false, false, member)
                            .await?;
                        let _: () = pipeline.zremrangebyscore(&key, ended.0, ended.1).await?;
                        let _: () = pipeline
                            .zremrangebyrank(&key, 0, -MOST_SESSIONS - 1)
                            .await?;
                        let _: () = pipeline.expire(&key, left, None).await?;
                        let _: () = pipeline
                            .zrange(&key, -1, -1, None, false, None, true)
                            .await?;
                        let answers: (i64, i64, i64, i64, Vec<(String, i64)>) =
                            pipeline.all().await?;
                        // The list stays as long as what ends last (`EXPIRE … GT` would need Redis 7). Asked for after
                        // its end was set: of two who add at once, the one who set it last sees both.
                        match answers.4.first() {
                            Some((_, last)) if *last > until => {
                                client.expire(&key, last - now, None).await
                            }
                            _ => Ok(()),
                        }
                    });
                Ok(queued.await?)
            }
        }
    }

    /// Takes out the sessions under a tag.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn take(&self, tag: &Key, now: OffsetDateTime) -> Result<Vec<String>, Error> {
        match self {
            Self::Memory(memory) => Ok(locked(memory).take(tag, now)),
            Self::Redis(redis) => {
                let key = tag.in_redis("list");
                let ids: Vec<String> = redis
                    .ask("list_read", key.clone(), |client, key| async move {
                        client.zrange(key, 0, -1, None, false, None, false).await
                    })
                    .await?;
                // These alone: another session may have been added since.
                if !ids.is_empty() {
                    let these = ids.clone();
                    let _: () = redis
                        .ask("list_remove", key, |client, key| async move {
                            client.zrem(key, these).await
                        })
                        .await?;
                }
                Ok(ids)
            }
        }
    }

    /// What is written down under a tag, the first to end first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn read(&self, tag: &Key, now: OffsetDateTime) -> Result<Vec<String>, Error> {
        match self {
            Self::Memory(memory) => Ok(locked(memory).read(tag, now)),
            Self::Redis(redis) => {
                let after = float(now.unix_timestamp() + 1);
                let entries = redis.ask(
                    "list_read",
                    tag.in_redis("list"),
                    |client, key| async move {
                        let end = f64::INFINITY;
                        client.zrangebyscore(key, after, end, false, None).await
                    },
                );
                Ok(entries.await?)
            }
        }
    }

    /// Marks a tag at a time, and keeps the mark until `until`. A tag of sessions is marked when they are logged out, an
    /// invitation as long as it counts: what is forgotten must not open anything.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn mark(
        &self,
        tag: &Key,
        at: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<(), Error> {
        match self {
            Self::Memory(memory) => {
                locked(memory).mark(tag, at.unix_timestamp(), until, at);
                Ok(())
            }
            Self::Redis(redis) => {
                let kept = Expiration::EX(seconds_left(until, at));
                let at = at.unix_timestamp();
                let marked = redis.ask("mark", tag.in_redis("mark"), |client, key| async move {
                    client.set(key, at, Some(kept), None, false).await
                });
                Ok(marked.await?)
            }
        }
    }

    /// Marks a tag as soon as the store is back, before anything there counts; where it is not away, nothing is owed.
    pub fn owe_mark(&self, tag: &Key, at: OffsetDateTime, until: OffsetDateTime) {
        if let Self::Redis(redis) = self {
            let kept = seconds_left(until, at);
            redis.owe(tag.in_redis("mark"), at.unix_timestamp(), kept);
        }
    }

    /// Takes a mark away.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn unmark(&self, tag: &Key) -> Result<(), Error> {
        match self {
            Self::Memory(memory) => {
                locked(memory).unmark(tag);
                Ok(())
            }
            Self::Redis(redis) => Ok(redis
                .ask("unmark", tag.in_redis("mark"), |client, key| async move {
                    client.del(key).await
                })
                .await?),
        }
    }

    /// Takes one thing out that is written down under a tag.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove(&self, tag: &Key, id: &str) -> Result<(), Error> {
        match self {
            Self::Memory(memory) => {
                locked(memory).forget(tag, id);
                Ok(())
            }
            Self::Redis(redis) => {
                let id = id.to_owned();
                let removed = redis.ask(
                    "list_remove",
                    tag.in_redis("list"),
                    |client, key| async move { client.zrem(key, id).await },
                );
                Ok(removed.await?)
            }
        }
    }

    /// When a tag was last marked, in seconds since 1970.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn marked(&self, tag: &Key, now: OffsetDateTime) -> Result<Option<i64>, Error> {
        match self {
            Self::Memory(memory) => Ok(locked(memory).marked(tag, now)),
            Self::Redis(redis) => {
                let mark = redis.ask("marked", tag.in_redis("mark"), |client, key| async move {
                    client.get(key).await
                });
                Ok(mark.await?)
            }
        }
    }

    /// Whether something is used up: a logout token by its issuer and `jti`, or a turn.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn is_used(&self, of: &str, name: &str, now: OffsetDateTime) -> Result<bool, Error> {
        let key = Key::of(&["used", of, name]);
        match self {
            Self::Memory(memory) => Ok(locked(memory).is_used(&key, now)),
            Self::Redis(redis) => {
                let used: Option<String> = redis
                    .ask("is_used", key.in_redis("used"), |client, key| async move {
                        client.get(key).await
                    })
                    .await?;
                Ok(used.is_some())
            }
        }
    }

    /// Uses something up until `until`; gives whether it was new. Of several who ask at once, for one it was.
    ///
    /// # Errors
    /// When the store does not answer. It may be used up then all the same.
    pub async fn first_use(
        &self,
        of: &str,
        name: &str,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let key = Key::of(&["used", of, name]);
        match self {
            Self::Memory(memory) => Ok(locked(memory).first_use(&key, until, now)),
            Self::Redis(redis) => {
                let kept = Expiration::EX(seconds_left(until, now));
                let only_new = Some(SetOptions::NX);
                let set: Option<String> = redis
                    .ask("use_up", key.in_redis("used"), |client, key| async move {
                        client.set(key, 1, Some(kept), only_new, false).await
                    })
                    .await?;
                Ok(set.is_some())
            }
        }
    }

    /// Counts one more deed of a visitor within a minute; gives how many that makes, by all replicas.
    ///
    /// # Errors
    /// When the store does not answer. In memory nothing is counted.
    pub async fn count(&self, deed: Deed, visitor: IpNet, minute: i64) -> Result<u64, Error> {
        let Self::Redis(redis) = self else {
            return Ok(0);
        };
        let key = Key::of(&[
            "rate",
            deed.name(),
            &visitor.to_string(),
            &minute.to_string(),
        ]);
        let queued = redis.ask(
            "rate_count",
            key.in_redis("rate"),
            |client, key| async move {
                let pipeline = client.pipeline();
                let _: () = pipeline.incr(&key).await?;
                let _: () = pipeline.expire(&key, COUNTED_FOR, None).await?;
                pipeline.all::<(u64, u64)>().await
            },
        );
        let (count, _) = queued.await?;
        Ok(count)
    }
}

/// What is behind the lock is whole after every step, so a panic elsewhere does it no harm.
fn locked(memory: &Mutex<Memory>) -> std::sync::MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long something is kept, by the clock of whoever keeps it: a clock that differs from ours changes nothing.
fn seconds_left(until: OffsetDateTime, now: OffsetDateTime) -> i64 {
    (until - now).whole_seconds().max(1)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds since 1970 fit a double exactly for millions of years"
)]
fn float(seconds: i64) -> f64 {
    seconds as f64
}
