//! The home page: who one is, a room to open, one's rooms, and one's guests.

use super::moment::utc;
use super::{Action, Field, Home, Page, PageForm, SignedInHome, invitation_page};
use crate::meeting::{Destination, Invitation};
use crate::web::Addresses;
use crate::web::texts::{Texts, fill};

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
                value: String::new(),
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
    Page {
        person: Some(fill(texts.signed_in_as, &[("name", &who)])),
        rooms: rooms.collect(),
        more_forms: more_forms(signed_in, texts, addresses),
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

/// Guests, where the person may have some; and a sign-out on every device.
fn more_forms<'a>(
    signed_in: &SignedInHome,
    texts: &'a Texts,
    addresses: &Addresses,
) -> Vec<PageForm<'a>> {
    let form = |action: &str, button: &'a str| PageForm {
        action: format!("{}{action}", addresses.base),
        method: "post",
        hidden: vec![("form", signed_in.form_token.clone())],
        text: None,
        field: None,
        button,
    };
    let mut forms = Vec::new();
    if let Some(invitations) = &signed_in.invitations {
        forms.push(PageForm {
            field: Some(Field {
                name: "to",
                label: texts.invite_label,
                kind: "text",
                value: String::new(),
                fill: "off",
                longest: LONGEST_ROOM,
            }),
            ..form("/invitations", texts.invite_button)
        });
        forms.extend(invitations.iter().map(|invitation| {
            let mut withdraw = form("/invitations/withdraw", texts.withdraw_button);
            let id = ("invitation", invitation.id.clone());
            withdraw.hidden.push(id);
            withdraw.text = Some(described(invitation, texts));
            withdraw
        }));
    }
    forms.push(PageForm {
        text: Some(texts.everywhere_text.to_owned()),
        ..form("/sign-out-everywhere", texts.everywhere_button)
    });
    forms
}

fn described(invitation: &Invitation, texts: &Texts) -> String {
    let until = utc(invitation.expires);
    let room = invitation_page::place(invitation);
    fill(
        texts.invitation_until,
        &[("until", &until), ("room", &room)],
    )
}
