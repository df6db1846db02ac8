//! Invitations for people without an account: a sealed link, good for one room until a time, and withdrawn by whoever
//! made it.
//!
//! The link holds all that it stands for. The store holds which invitations there are, without the links: one that it
//! does not know was withdrawn, or is forgotten, and does not count.

use aws_lc_rs::rand::SecureRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::{Duration, OffsetDateTime};
use tower_sessions::session_store::Error;

use super::ledger::{Key, Ledger, Tag};
use super::pending::{PendingError, Purpose, Seals};
use crate::identity::Person;
use crate::meeting::{Invitation, MeetingRequest};

/// The most invitations of one person that count at a time: so many can be shown, and so withdrawn.
pub const MOST_OF_ONE_PERSON: usize = 50;

/// An invitation, and what its link holds.
pub struct Made {
    /// The invitation.
    pub invitation: Invitation,
    /// It, sealed: a secret among those whom it invites.
    pub sealed: String,
}

/// Why an invitation was not made or does not count.
#[derive(Debug, thiserror::Error)]
pub enum InvitationError {
    /// Not sealed by us.
    #[error("the invitation is not one of ours, or of another session.cookie_keys")]
    Unknown,
    /// Too late.
    #[error("the invitation {0} has ended")]
    Ended(String),
    /// Withdrawn, or forgotten with the rest of the store.
    #[error("the invitation {0} was withdrawn, or the session store was emptied")]
    Withdrawn(String),
    /// One person has as many as can be kept an eye on.
    #[error("{MOST_OF_ONE_PERSON} invitations of this person still count")]
    TooMany,
    /// No random numbers, or the cipher failed.
    #[error(transparent)]
    Sealing(#[from] PendingError),
    /// The store does not answer: then nobody knows whether it was withdrawn.
    #[error("the session store does not answer: {0}")]
    Store(#[from] Error),
}

/// All invitations.
#[derive(Debug, Clone)]
pub struct Invitations {
    ledger: Ledger,
    lifetime: Duration,
}

impl Invitations {
    /// Invitations that are good for `lifetime`, written down in a ledger.
    #[must_use]
    pub fn new(ledger: Ledger, lifetime: Duration) -> Self {
        Self { ledger, lifetime }
    }

    /// Makes an invitation. Whether the person may is for policy to say.
    ///
    /// # Errors
    /// When the person has too many already, or it cannot be sealed, or not be written down: it could then not be
    /// withdrawn.
    pub async fn make(
        &self,
        seals: &Seals,
        by: &Person,
        request: &MeetingRequest,
        now: OffsetDateTime,
        random: &(dyn SecureRandom + Sync),
    ) -> Result<Made, InvitationError> {
        if self.made_by(by, now).await?.len() >= MOST_OF_ONE_PERSON {
            return Err(InvitationError::TooMany);
        }
        let mut id = [0; 9];
        random.fill(&mut id).map_err(|_| PendingError::Sealing)?;
        let invitation = Invitation {
            id: URL_SAFE_NO_PAD.encode(id),
            room: request.room.clone(),
            tenant: request.tenant.clone(),
            by: by.name.clone(),
            expires: now + self.lifetime,
        };
        let sealed = seals.seal(Purpose::Invitation, &invitation)?;
        let entry = serde_json::to_string(&invitation).map_err(|_| PendingError::Sealing)?;
        let (all, this) = (of(by), Tag::Invitation(&invitation.id).key());
        // Written down first, so that nothing counts that cannot be withdrawn.
        self.ledger
            .add(&all, &entry, invitation.expires, now)
            .await?;
        self.ledger.mark(&this, now, invitation.expires).await?;
        Ok(Made { invitation, sealed })
    }

    /// The invitation behind a link, if it still counts.
    ///
    /// # Errors
    /// When it is not ours, has ended, or was withdrawn; and when the store cannot say whether it was.
    pub async fn open(
        &self,
        seals: &Seals,
        sealed: &str,
        now: OffsetDateTime,
    ) -> Result<Invitation, InvitationError> {
        let invitation: Invitation = seals
            .open(Purpose::Invitation, sealed)
            .ok_or(InvitationError::Unknown)?;
        if invitation.expires <= now {
            return Err(InvitationError::Ended(invitation.id));
        }
        let this = Tag::Invitation(&invitation.id).key();
        if self.ledger.marked(&this, now).await?.is_none() {
            return Err(InvitationError::Withdrawn(invitation.id));
        }
        Ok(invitation)
    }

    /// Withdraws one of a person's own invitations; gives whether there was one.
    ///
    /// # Errors
    /// When the store does not answer; the invitation then still counts.
    pub async fn withdraw(
        &self,
        person: &Person,
        id: &str,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let made = self.made_by(person, now).await?;
        let Some(invitation) = made.into_iter().find(|invitation| invitation.id == id) else {
            return Ok(false);
        };
        self.ledger
            .unmark(&Tag::Invitation(&invitation.id).key())
            .await?;
        // Dead from here on, whatever becomes of the list.
        if let Ok(entry) = serde_json::to_string(&invitation) {
            self.ledger.remove(&of(person), &entry).await?;
        }
        Ok(true)
    }

    /// The invitations of a person that still count, the first to end first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn made_by(
        &self,
        person: &Person,
        now: OffsetDateTime,
    ) -> Result<Vec<Invitation>, Error> {
        let entries = self.ledger.read(&of(person), now).await?;
        Ok(entries
            .iter()
            .filter_map(|entry| serde_json::from_str(entry).ok())
            .collect())
    }
}

/// Under what a person's invitations are written down.
fn of(person: &Person) -> Key {
    Tag::InvitationsOf(&person.issuer, &person.subject).key()
}
