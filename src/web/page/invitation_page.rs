//! The pages of invitations: made, used, and of no use.

use super::moment::utc;
use super::{Action, Field, GuestPage, Page, PageForm, error_page};
use crate::identity::claims::clean;
use crate::meeting::{Destination, Invitation, MeetingRequest};
use crate::session::invitations::InvitationError;
use crate::web::Addresses;
use crate::web::texts::{Texts, fill};

/// The room, and its tenant if it has one.
pub(super) fn place(invitation: &Invitation) -> String {
    named(&invitation.request())
}

/// The same of a wish to join.
pub(super) fn named(request: &MeetingRequest) -> String {
    let room = clean(&request.room.readable());
    match &request.tenant {
        Some(tenant) => format!("{tenant}/{room}"),
        None => room,
    }
}

/// The longest text that can be typed for a name; what Jitsi does not show is cut off later.
const LONGEST_TYPED: usize = 100;

impl<'a> Page<'a> {
    /// The link of a new invitation.
    pub(super) fn with_invitation(
        self,
        invitation: &Invitation,
        link: &str,
        texts: &'a Texts,
        addresses: &Addresses,
    ) -> Self {
        let (until, room) = (utc(invitation.expires), place(invitation));
        let text = fill(texts.invited_text, &[("until", &until), ("room", &room)]);
        Page {
            copy: Some((texts.invitation_link_label, link.to_owned())),
            ..self.saying("good", texts.invited_title, &text)
        }
        .offering([Action {
            label: texts.to_home.to_owned(),
            href: addresses.home(),
        }])
    }

    /// What a guest sees who opens the link.
    pub(super) fn for_guest(self, guest: &GuestPage, texts: &'a Texts) -> Self {
        let (by, room) = (&guest.invitation.by, place(&guest.invitation));
        let text = fill(texts.guest_text, &[("by", by), ("room", &room)]);
        let nameless = guest.nameless.then(|| texts.guest_nameless.to_owned());
        Page {
            messages: nameless.into_iter().collect(),
            forms: vec![PageForm {
                action: guest.action.clone(),
                method: "post",
                hidden: Vec::new(),
                text: None,
                field: Some(Field {
                    name: "name",
                    label: texts.guest_label,
                    kind: "text",
                    value: String::new(),
                    fill: "name",
                    longest: LONGEST_TYPED,
                }),
                button: texts.room_button,
            }],
            ..self.saying("info", texts.guest_title, &text)
        }
        .offering([Action {
            label: texts.with_account.to_owned(),
            href: guest.with_account.clone(),
        }])
    }

    /// Somebody wanted to invite where they may not.
    pub(super) fn may_not_invite(
        self,
        request: &MeetingRequest,
        texts: &'a Texts,
        addresses: &Addresses,
    ) -> Self {
        let text = fill(texts.may_not_invite_text, &[("room", &named(request))]);
        self.saying("denied", texts.may_not_invite_title, &text)
            .offering([Action {
                label: texts.to_home.to_owned(),
                href: addresses.again(&Destination::Home, None),
            }])
    }

    /// An invitation that does not count, or of which nobody knows whether it does.
    pub(super) fn of_invitation(
        self,
        error: &InvitationError,
        texts: &'a Texts,
        addresses: &Addresses,
    ) -> Self {
        match error {
            InvitationError::Unknown
            | InvitationError::Ended(_)
            | InvitationError::Withdrawn(_) => self.saying(
                "info",
                texts.invitation_over_title,
                texts.invitation_over_text,
            ),
            InvitationError::TooMany => self
                .saying("info", texts.too_many_title, texts.too_many_text)
                .offering([Action {
                    label: texts.to_home.to_owned(),
                    href: addresses.home(),
                }]),
            InvitationError::Store(_) => error_page::store_away(self, texts),
            InvitationError::Sealing(_) => {
                self.saying("problem", texts.internal_title, texts.internal_text)
            }
        }
    }
}
