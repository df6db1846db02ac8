use serde_json::json;

use super::*;

const ISSUER: &str = "https://id.example.org";

fn sessions() -> Sessions {
    let limits = SessionLimits {
        lifetime: Duration::hours(10),
        idle_timeout: Duration::hours(2),
        refresh_groups_after: Duration::minutes(15),
    };
    let store = Store::memory();
    Sessions::new(store.clone(), Ledger::beside(&store), limits)
}

/// Far in the future: the store forgets by the real time.
fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(2_100_000_000 + seconds).unwrap()
}

fn sign_in(sid: Option<&str>) -> SignIn {
    let person = json!({
        "issuer": ISSUER, "provider": "default", "subject": "s-sara", "id": "1", "name": "Sara",
        "groups": "missing", "claims": {}, "sid": sid,
    });
    SignIn {
        person: serde_json::from_value(person).unwrap(),
        session: ProviderSession::default(),
        refresh_token: None,
    }
}

#[tokio::test]
async fn a_logout_counts_even_where_the_index_has_lost_the_session() {
    let sessions = sessions();
    for (sid, subject) in [(Some("s-1"), None), (None, Some("s-sara"))] {
        let id = sessions
            .remember(None, &sign_in(sid), None, at(0))
            .await
            .unwrap();
        let lost = sign_in(sid);
        for tag in tags(&lost.person) {
            let taken = sessions.ledger.take(&tag.key(), at(0)).await.unwrap();
            assert!(taken.contains(&id));
        }
        assert!(sessions.recall(&id, at(1)).await.unwrap().is_some());
        let known = sessions.end_all(ISSUER, subject, sid, at(2)).await;
        assert_eq!(known.unwrap(), [] as [String; 0]);
        assert!(sessions.recall(&id, at(3)).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_session_that_a_running_request_writes_back_stays_ended() {
    let sessions = sessions();
    let id = sessions
        .remember(None, &sign_in(None), None, at(0))
        .await
        .unwrap();
    let parsed = id.parse::<Id>().unwrap();
    let read = sessions.read(&parsed).await.unwrap().unwrap();
    assert!(sessions.end(&id, at(1)).await.unwrap().is_some());
    let written = SignedIn::clone(&read);
    sessions.save(&parsed, written, at(1)).await.unwrap();
    assert!(sessions.recall(&id, at(2)).await.unwrap().is_none());
    assert!(sessions.end(&id, at(3)).await.unwrap().is_none());
}

#[tokio::test]
async fn what_hangs_on_a_sign_in_is_revoked_with_it_and_not_with_another() {
    let sessions = sessions();
    let revoked = async |subject: &str, sid: Option<&str>, since: i64| {
        let mut person = Person::clone(&sign_in(sid).person);
        subject.clone_into(&mut person.subject);
        sessions
            .revoked_since(&person, at(since), at(9))
            .await
            .unwrap()
    };
    sessions
        .end_all(ISSUER, Some("s-sara"), Some("s-1"), at(5))
        .await
        .unwrap();
    for (subject, sid, since, expected) in [
        ("s-sara", Some("s-1"), 4, true),
        ("s-sara", Some("s-1"), 5, true),
        ("s-sara", Some("s-1"), 6, false),
        ("s-sara", Some("s-2"), 4, false),
        ("s-sara", None, 4, true),
        ("s-tim", None, 4, false),
    ] {
        assert_eq!(
            revoked(subject, sid, since).await,
            expected,
            "{subject} {sid:?} {since}"
        );
    }
    sessions
        .end_all(ISSUER, Some("s-sara"), None, at(7))
        .await
        .unwrap();
    assert!(revoked("s-sara", Some("s-2"), 6).await);
    let mut other = Person::clone(&sign_in(None).person);
    other.issuer = "https://other.example".to_owned();
    assert!(!sessions.revoked_since(&other, at(4), at(9)).await.unwrap());
}

#[tokio::test]
async fn a_session_from_before_the_provider_was_remembered_is_still_read() {
    let old =
        json!({ "person": sign_in(None).person, "since": 2_100_000_000, "seen_at": 2_100_000_000 });
    let read: SignedIn = serde_json::from_value(old).unwrap();
    assert_eq!(read.person.sid, None);
}

#[tokio::test]
async fn debug_shows_neither_the_id_of_a_session_nor_what_it_holds() {
    let sessions = sessions();
    let canary = "c4n4ry.c4n4ry.c4n4ry";
    let sign_in = SignIn {
        session: ProviderSession::of(canary),
        ..sign_in(Some("s-1"))
    };
    let id = sessions
        .remember(None, &sign_in, None, at(0))
        .await
        .unwrap();
    let signed_in = sessions.recall(&id, at(1)).await.unwrap().unwrap();
    let shown = format!("{sessions:?} {sessions:#?} {signed_in:?} {sign_in:?}");
    assert!(!shown.contains("c4n4ry") && !shown.contains(&id), "{shown}");
}
