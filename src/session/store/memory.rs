//! Sessions in this process's memory: as they are, shared with whoever reads them.

use std::sync::Arc;
use std::time::Instant;

use moka::Expiry;
use moka::ops::compute::Op;
use moka::sync::Cache;
use time::Duration;
use tower_sessions::session::Id;

use super::SignedIn;

/// The most sessions held; beyond them the least used end first, and those people sign in again.
const MOST: u64 = 100_000;

/// The sessions of one process.
#[derive(Clone)]
pub struct Memory(Cache<Id, Entry>);

#[derive(Clone)]
struct Entry {
    signed_in: Arc<SignedIn>,
    life: std::time::Duration,
}

impl Default for Memory {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(MOST);
        Self(cache.expire_after(ByLife).build())
    }
}

impl Memory {
    pub(super) fn create(&self, signed_in: SignedIn, life: Duration) -> Id {
        let entry = Entry::of(signed_in, life);
        loop {
            let id = Id::default();
            let kept = self.0.entry(id).or_insert_with(|| entry.clone());
            if kept.is_fresh() {
                return id;
            }
        }
    }

    /// As in Redis: what was ended in the meantime stays so.
    pub(super) fn save(&self, id: Id, signed_in: SignedIn, life: Duration) {
        let entry = Entry::of(signed_in, life);
        self.0.entry(id).and_compute_with(|kept| match kept {
            Some(_) => Op::Put(entry),
            None => Op::Nop,
        });
    }

    pub(super) fn load(&self, id: &Id) -> Option<Arc<SignedIn>> {
        self.0.get(id).map(|entry| entry.signed_in)
    }

    pub(super) fn delete(&self, id: &Id) {
        self.0.invalidate(id);
    }
}

impl Entry {
    fn of(signed_in: SignedIn, life: Duration) -> Self {
        Self {
            signed_in: Arc::new(signed_in),
            life: life.try_into().unwrap_or_default(),
        }
    }
}

/// Each entry ends after its own life.
struct ByLife;

impl Expiry<Id, Entry> for ByLife {
    fn expire_after_create(
        &self,
        _id: &Id,
        entry: &Entry,
        _at: Instant,
    ) -> Option<std::time::Duration> {
        Some(entry.life)
    }

    fn expire_after_update(
        &self,
        _id: &Id,
        entry: &Entry,
        _at: Instant,
        _left: Option<std::time::Duration>,
    ) -> Option<std::time::Duration> {
        Some(entry.life)
    }
}
