//! Groups as they are now: the provider is asked anew, by the refresh token of the sign-in, when what it said has become
//! old. Nobody notices, unless the provider does not know them any more.

use std::sync::Arc;

use secrecy::SecretString;
use time::{Duration, OffsetDateTime};
use tracing::Instrument as _;

use super::AppState;
use crate::identity::Person;
use crate::identity::refresh::{Refreshed, refresh};
use crate::observe::event::{About, Event, How};
use crate::session::SignedIn;
use crate::session::freshness::Refresh;

/// How long a person waits for it. What takes longer goes on without them, and counts for the next request.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
/// How soon it is tried again where nothing came of it.
const PAUSE: Duration = Duration::MINUTE;

/// What a session keeps of a refresh token that was granted at this time.
pub fn kept(
    state: &AppState,
    token: Option<&SecretString>,
    now: OffsetDateTime,
) -> Option<Refresh> {
    let sealed = state.seals.seal_refresh_token(token?).ok()?;
    Some(Refresh {
        sealed,
        asked_at: now,
    })
}

/// The person of a live session as the provider knows them now, or knew them lately; nothing when it does not any more.
///
/// A provider that does not answer changes nothing: it is asked again later, and the session ends by itself.
pub async fn fresh(state: &AppState, id: &str, signed_in: &SignedIn) -> Option<Arc<Person>> {
    let now = state.clock.now();
    let sessions = state.sessions.as_ref();
    let due = sessions.and_then(|sessions| sessions.refresh_is_due(signed_in, now));
    let Some(due) = due.cloned() else {
        return Some(signed_in.person.clone());
    };
    let person = signed_in.person.clone();
    let asked = ask(state.clone(), id.to_owned(), person.clone(), due);
    // By itself: neither a person who goes away nor a server that stops must leave a refresh token spent and its
    // successor lost.
    let asking = state.background.spawn(asked.in_current_span());
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(Answer::Person(new))) => Some(new),
        Ok(Ok(Answer::Gone)) => None,
        Ok(Ok(Answer::Unknown) | Err(_)) | Err(_) => Some(person),
    }
}

/// Nobody asked for it by a request.
fn about(session: &str) -> About<'_> {
    About {
        session: Some(session),
        ..About::default()
    }
}

enum Answer {
    Person(Arc<Person>),
    Gone,
    Unknown,
}

async fn ask(state: AppState, id: String, person: Arc<Person>, kept_so_far: Refresh) -> Answer {
    let now = state.clock.now();
    let Some(sessions) = &state.sessions else {
        return Answer::Unknown;
    };
    // Of all requests and replicas one asks: a refresh token works once.
    let turn = sessions.may_refresh(&id, &kept_so_far, PAUSE, now).await;
    if !turn.unwrap_or(false) {
        return Answer::Unknown;
    }
    let renew = async |person: Arc<Person>, refresh: Refresh| {
        if let Err(error) = sessions.renew(&id, person, refresh, now).await {
            tracing::warn!(%error, "the session store does not answer; a session was not renewed");
        }
    };
    let (Some(provider), Some(token)) = (
        state.providers.vouching_for(&person),
        state.seals.open_refresh_token(&kept_so_far.sealed),
    ) else {
        // Sealed with a key that nobody has any more: nothing to ask with, and no reason to end anything.
        let asked_at = now;
        renew(
            person,
            Refresh {
                asked_at,
                ..kept_so_far
            },
        )
        .await;
        return Answer::Unknown;
    };
    match Box::pin(refresh(provider, &person, &token)).await {
        Ok(Refreshed::Person { person, next }) => {
            let person: Arc<Person> = person.into();
            let event = Event::SignIn {
                provider: &person.provider,
                how: How::Refresh,
                result: Ok(&person),
            };
            state.audit.tell(&about(&id), &event);
            if let Some(refresh) = kept(&state, Some(&next), now) {
                renew(person.clone(), refresh).await;
            }
            Answer::Person(person)
        }
        Ok(Refreshed::Unclear { said, next }) => {
            tracing::warn!(
                user.id = person.id,
                provider.name = provider.settings.name,
                error = said,
                "the provider was asked anew and its answer is of no use; what it said before holds"
            );
            if let Some(refresh) = kept(&state, Some(&next), kept_so_far.asked_at) {
                renew(person, refresh).await;
            }
            Answer::Unknown
        }
        Ok(Refreshed::Gone) => {
            tracing::info!(
                user.id = person.id,
                provider.name = provider.settings.name,
                "the provider does not know this person any more, or wants to see them; the session ends"
            );
            match sessions.end_gone(&id, now).await {
                Ok(()) => {
                    let event = Event::Revocation { person: &person };
                    state.audit.tell(&about(&id), &event);
                }
                Err(error) => {
                    tracing::warn!(%error, "the session store does not answer; a session that should end may live on");
                }
            }
            Answer::Gone
        }
        Err(error) => {
            tracing::warn!(
                user.id = person.id,
                provider.name = provider.settings.name,
                %error,
                "the provider was asked anew and did not answer; what it said before holds"
            );
            // The person was here all the same.
            renew(person, kept_so_far).await;
            Answer::Unknown
        }
    }
}
