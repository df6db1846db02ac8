//! The home page: who one is, a room to open, one's rooms, and one's guests.

use super::{Action, Field, Home, HomeGuests, Page, PageForm, invitation_page};
use crate::meeting::Destination;
use crate::web::Addresses;
use crate::web::texts::Texts;

/// The longest text that can be typed for a room.
const LONGEST_ROOM: usize = 500;

/// The page, signed in or not.
pub(super) fn of<'a>(
    home: &Home,
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
) -> Page<'a> {
    let page = Page {
        forms: vec![PageForm {
            action: format!("{}/open", addresses.base),
            method: "get",
            hidden: Vec::new(),
            text: None,
            field: Some(Field {
                name: "room",
                label: texts.room_label,
                kind: "text",
                fill: "off",
                longest: LONGEST_ROOM,
            }),
            button: texts.room_button,
        }],
        ..page.saying("info", texts.welcome_title, texts.welcome_text)
    };
    let action = |label: &str, prompt| Action {
        label: label.to_owned(),
        href: addresses.again(&Destination::Home, prompt),
    };
    let Some(signed_in) = &home.signed_in else {
        let sign_in = home.can_sign_in.then(|| action(texts.sign_in, None));
        return page.offering(sign_in);
    };
    let who = match &signed_in.email {
        Some(email) => format!("{} ({email})", signed_in.name),
        None => signed_in.name.clone(),
    };
    let rooms = signed_in
        .rooms
        .iter()
        .map(|room| (room.href.clone(), room.name.clone(), texts.role(room.role)));
    let guests = signed_in.guests.as_ref();
    Page {
        person: Some(texts.signed_in_as.replace("{}", &who)),
        rooms: rooms.collect(),
        more_forms: guests.map_or_else(Vec::new, |guests| guest_forms(guests, texts, addresses)),
        ..page
    }
    .offering([
        action(texts.sign_in_as_other, Some("login")),
        Action {
            label: texts.sign_out.to_owned(),
            href: format!("{}/logout", addresses.base),
        },
    ])
}

/// One to make an invitation, and one each to withdraw those that still count.
fn guest_forms<'a>(
    guests: &HomeGuests,
    texts: &'a Texts,
    addresses: &Addresses,
) -> Vec<PageForm<'a>> {
    let form = ("form", guests.form_token.clone());
    let make = PageForm {
        action: format!("{}/invitations", addresses.base),
        method: "post",
        hidden: vec![form.clone()],
        text: None,
        field: Some(Field {
            name: "to",
            label: texts.invite_label,
            kind: "text",
            fill: "off",
            longest: LONGEST_ROOM,
        }),
        button: texts.invite_button,
    };
    let withdraw = guests.invitations.iter().map(|invitation| PageForm {
        action: format!("{}/invitations/withdraw", addresses.base),
        method: "post",
        hidden: vec![form.clone(), ("invitation", invitation.id.clone())],
        text: Some(
            texts
                .invitation_until
                .replace("{until}", &invitation_page::until(invitation))
                .replace("{room}", &invitation_page::place(invitation)),
        ),
        field: None,
        button: texts.withdraw_button,
    });
    std::iter::once(make).chain(withdraw).collect()
}
