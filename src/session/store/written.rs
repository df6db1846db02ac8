//! How a session stands in Redis: as the record of tower-sessions 0.14, of which ours has one entry, so that sessions live
//! on across versions of the bridge.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tower_sessions::session::{Error, Id};
use tower_sessions::session_store::Error as Failure;

use super::SignedIn;

#[derive(Serialize, Deserialize)]
struct Record<T> {
    id: Id,
    data: T,
    expiry_date: OffsetDateTime,
}

#[derive(Serialize)]
struct Written<'a> {
    signed_in: &'a SignedIn,
}

#[derive(Deserialize)]
struct Read {
    signed_in: Option<SignedIn>,
}

pub(super) fn write(
    id: &Id,
    signed_in: &SignedIn,
    until: OffsetDateTime,
) -> Result<Vec<u8>, Failure> {
    let record = Record {
        id: *id,
        data: Written { signed_in },
        expiry_date: until,
    };
    serde_json::to_vec(&record).map_err(|error| Failure::Encode(error.to_string()))
}

/// A record whose entry nobody can read any more is told from what is no record.
pub(super) fn read(written: &[u8]) -> Result<Option<SignedIn>, Error> {
    serde_json::from_slice::<Record<Read>>(written)
        .map(|record| record.data.signed_in)
        .map_err(
            |error| match serde_json::from_slice::<Record<IgnoredAny>>(written) {
                Ok(_) => Error::SerdeJson(error),
                Err(error) => Error::Store(Failure::Decode(error.to_string())),
            },
        )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tower_sessions::session::Record as Theirs;

    use super::*;

    fn signed_in() -> Value {
        json!({
            "person": {
                "issuer": "https://id.example.org", "provider": "default", "subject": "s-1", "id": "1",
                "name": "Sara", "groups": { "known": ["/staff"] }, "claims": {},
            },
            "since": 2_100_000_000, "seen_at": 2_100_000_000,
        })
    }

    fn theirs(entry: Option<Value>) -> Vec<u8> {
        let record = Theirs {
            id: Id(-5),
            data: entry
                .map(|entry| ("signed_in".to_owned(), entry))
                .into_iter()
                .collect(),
            expiry_date: OffsetDateTime::from_unix_timestamp(2_100_036_000).unwrap(),
        };
        serde_json::to_vec(&record).unwrap()
    }

    #[test]
    fn a_session_is_written_and_read_as_the_record_of_tower_sessions() {
        let sara = read(&theirs(Some(signed_in()))).unwrap().unwrap();
        assert_eq!(sara.person.name, "Sara");
        let until = OffsetDateTime::from_unix_timestamp(2_100_036_000).unwrap();
        let ours = write(&Id(-5), &sara, until).unwrap();
        let record: Theirs = serde_json::from_slice(&ours).unwrap();
        assert_eq!((record.id, record.expiry_date), (Id(-5), until));
        let entry: SignedIn = serde_json::from_value(record.data["signed_in"].clone()).unwrap();
        assert_eq!(entry.person, sara.person);
    }

    #[test]
    fn what_nobody_can_read_is_told_from_what_is_no_record() {
        assert!(read(&theirs(None)).unwrap().is_none());
        assert!(matches!(
            read(&theirs(Some(json!("old")))),
            Err(Error::SerdeJson(_))
        ));
        for other in ["", "{}", "7"] {
            assert!(
                matches!(
                    read(other.as_bytes()),
                    Err(Error::Store(Failure::Decode(_)))
                ),
                "{other}"
            );
        }
    }
}
