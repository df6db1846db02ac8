//! The page that stops a browser which Jitsi sends back again and again.

use super::{Action, Page};
use crate::meeting::MeetingRequest;
use crate::web::Addresses;
use crate::web::texts::Texts;

impl<'a> Page<'a> {
    /// What happened, what an administrator should look at, and one more try.
    pub(super) fn of_circles(
        self,
        request: &MeetingRequest,
        texts: &'a Texts,
        addresses: &Addresses,
    ) -> Self {
        Self {
            points: vec![
                texts.in_circles_secret,
                texts.in_circles_names,
                texts.in_circles_domain,
                texts.in_circles_clocks,
                texts.in_circles_room,
                texts.in_circles_no_token,
            ],
            ..self.saying("problem", texts.in_circles_title, texts.in_circles_text)
        }
        .offering([Action {
            label: texts.try_once_more.to_owned(),
            href: addresses.join(request, None),
        }])
    }
}
