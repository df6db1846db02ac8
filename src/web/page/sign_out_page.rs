//! The ends of sign-outs.

use super::{Action, Page};
use crate::meeting::Destination;
use crate::web::Addresses;
use crate::web::texts::Texts;

/// Here, or at the provider as well.
pub(super) fn signed_out<'a>(
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
    everywhere: bool,
    jitsi: &str,
) -> Page<'a> {
    let text = if everywhere {
        texts.signed_out_text
    } else {
        texts.signed_out_here_text
    };
    page.saying("info", texts.signed_out_title, text).offering([
        Action {
            label: texts.sign_in_again.to_owned(),
            href: addresses.again(&Destination::Home, None),
        },
        Action {
            label: texts.to_jitsi.to_owned(),
            href: jitsi.to_owned(),
        },
    ])
}

/// On every device.
pub(super) fn signed_out_everywhere<'a>(
    page: Page<'a>,
    texts: &'a Texts,
    addresses: &Addresses,
) -> Page<'a> {
    let (title, text) = (
        texts.signed_out_everywhere_title,
        texts.signed_out_everywhere_text,
    );
    page.saying("info", title, text).offering([Action {
        label: texts.sign_out_at_provider.to_owned(),
        href: format!("{}/logout", addresses.base),
    }])
}
