//! The ledger in memory: three bounded tables, whose entries end with the time that is passed in.

use std::collections::{BTreeSet, HashMap};

use time::OffsetDateTime;

use super::{Key, MOST_SESSIONS};

/// The most entries of a table: as many as there are sessions in memory. The first to end give way.
const MOST: usize = 100_000;

/// The ledger of one process.
#[derive(Debug, Default)]
pub struct Memory {
    sessions: Table<Vec<(String, i64)>>,
    marks: Table<i64>,
    used: Table<()>,
}

impl Memory {
    pub(super) fn add(&mut self, tag: &Key, id: &str, until: OffsetDateTime, now: OffsetDateTime) {
        let (until, now) = (until.unix_timestamp(), now.unix_timestamp());
        let mut ids = self.sessions.take(tag, now).unwrap_or_default();
        ids.retain(|(_, ends)| *ends > now);
        if ids.len() >= usize::try_from(MOST_SESSIONS).unwrap_or(usize::MAX) {
            ids.remove(0);
        }
        // The first to end first: what is kept longest keeps the list.
        let after = ids.partition_point(|(_, ends)| *ends <= until);
        ids.insert(after, (id.to_owned(), until));
        let last = ids.last().map_or(until, |(_, ends)| *ends);
        self.sessions.put(tag, ids, last, now);
    }

    pub(super) fn take(&mut self, tag: &Key, now: OffsetDateTime) -> Vec<String> {
        let ids = self.sessions.take(tag, now.unix_timestamp());
        ids.into_iter().flatten().map(|(id, _)| id).collect()
    }

    pub(super) fn read(&self, tag: &Key, now: OffsetDateTime) -> Vec<String> {
        let now = now.unix_timestamp();
        let ids = self.sessions.get(tag, now).into_iter().flatten();
        ids.filter(|(_, ends)| *ends > now)
            .map(|(id, _)| id.clone())
            .collect()
    }

    pub(super) fn mark(&mut self, tag: &Key, at: i64, until: OffsetDateTime, now: OffsetDateTime) {
        self.marks
            .put(tag, at, until.unix_timestamp(), now.unix_timestamp());
    }

    pub(super) fn unmark(&mut self, tag: &Key) {
        self.marks.remove(tag);
    }

    pub(super) fn forget(&mut self, tag: &Key, id: &str) {
        if let Some((ids, _)) = self.sessions.values.get_mut(tag) {
            ids.retain(|(known, _)| known != id);
        }
    }

    pub(super) fn marked(&self, tag: &Key, now: OffsetDateTime) -> Option<i64> {
        self.marks.get(tag, now.unix_timestamp()).copied()
    }

    pub(super) fn first_use(
        &mut self,
        key: &Key,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> bool {
        let now = now.unix_timestamp();
        let new = self.used.get(key, now).is_none();
        if new {
            self.used.put(key, (), until.unix_timestamp(), now);
        }
        new
    }

    pub(super) fn is_used(&self, key: &Key, now: OffsetDateTime) -> bool {
        self.used.get(key, now.unix_timestamp()).is_some()
    }
}

/// Values that end at a time, in seconds since 1970.
#[derive(Debug)]
struct Table<V> {
    values: HashMap<Key, (V, i64)>,
    ends: BTreeSet<(i64, Key)>,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self {
            values: HashMap::new(),
            ends: BTreeSet::new(),
        }
    }
}

impl<V> Table<V> {
    fn get(&self, key: &Key, now: i64) -> Option<&V> {
        let (value, until) = self.values.get(key)?;
        (*until > now).then_some(value)
    }

    fn put(&mut self, key: &Key, value: V, until: i64, now: i64) {
        self.remove(key);
        while let Some((ends, _)) = self.ends.first()
            && (*ends <= now || self.ends.len() >= MOST)
            && let Some((_, first)) = self.ends.pop_first()
        {
            self.values.remove(&first);
        }
        self.values.insert(*key, (value, until));
        self.ends.insert((until, *key));
    }

    fn take(&mut self, key: &Key, now: i64) -> Option<V> {
        let (value, until) = self.remove(key)?;
        (until > now).then_some(value)
    }

    fn remove(&mut self, key: &Key) -> Option<(V, i64)> {
        let (value, until) = self.values.remove(key)?;
        self.ends.remove(&(until, *key));
        Some((value, until))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tag;
    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn entries_end_with_the_time_and_the_first_to_end_give_way() {
        let mut table = Table::default();
        let key = |n: usize| Tag::Session(&n.to_string()).key();
        for n in 0..MOST {
            table.put(&key(n), n, 1_000_000 + i64::try_from(n).unwrap(), 0);
        }
        table.put(&key(MOST), MOST, 2_000_000, 0);
        assert_eq!(table.get(&key(0), 0), None);
        assert_eq!(table.get(&key(1), 0), Some(&1));
        assert_eq!(table.get(&key(1), 1_000_001), None);
        table.put(&key(MOST + 1), MOST, 2_000_000, 1_000_009);
        assert_eq!(table.values.len(), MOST - 8);
        assert_eq!(table.ends.len(), table.values.len());
    }

    #[test]
    fn a_tag_knows_its_youngest_sessions() {
        let mut memory = Memory::default();
        let tag = Tag::Subject("issuer", "sara").key();
        memory.add(&tag, "ended", at(5), at(0));
        for n in 0..=MOST_SESSIONS {
            memory.add(&tag, &n.to_string(), at(100 + n), at(5));
        }
        let ids = memory.take(&tag, at(10));
        assert_eq!(ids.len(), 1000);
        assert_eq!(ids.first().unwrap(), "1");
        assert!(memory.take(&tag, at(10)).is_empty());
    }

    #[test]
    fn what_ends_later_stays_known_when_something_shorter_is_added() {
        let mut memory = Memory::default();
        let tag = Tag::Subject("issuer", "sara").key();
        memory.add(&tag, "long", at(100), at(0));
        memory.add(&tag, "short", at(50), at(0));
        assert_eq!(memory.read(&tag, at(49)), ["short", "long"]);
        assert_eq!(memory.read(&tag, at(99)), ["long"]);
        assert_eq!(memory.read(&tag, at(100)), [] as [&str; 0]);
    }

    #[test]
    fn a_logout_token_counts_once_until_it_would_be_refused_anyway() {
        let mut memory = Memory::default();
        let key = Tag::Session("jti").key();
        assert!(memory.first_use(&key, at(60), at(0)));
        assert!(!memory.first_use(&key, at(60), at(59)));
        assert!(memory.first_use(&key, at(120), at(60)));
        assert!(memory.is_used(&key, at(119)) && !memory.is_used(&key, at(120)));
    }
}
