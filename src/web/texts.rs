//! What pages say, in each language. A text that is missing does not compile.

mod english;
mod german;

use crate::policy::Role;

/// One language's texts. `{}` stands for a value.
pub struct Texts {
    /// The language's tag.
    pub lang: &'static str,
    /// Policy lets the person not in.
    pub denied_title: &'static str,
    /// A rule denies; its own message follows.
    pub denied_text: &'static str,
    /// No rule lets one in.
    pub denied_by_default_text: &'static str,
    /// What the button after it is for.
    pub everywhere_text: &'static str,
    /// Action: sign out on every device.
    pub everywhere_button: &'static str,
    /// Every session has ended.
    pub signed_out_everywhere_title: &'static str,
    /// What that means.
    pub signed_out_everywhere_text: &'static str,
    /// Action: end the session at the provider as well.
    pub sign_out_at_provider: &'static str,
    /// A stronger sign-in is needed.
    pub denied_acr_text: &'static str,
    /// Too many sign-ins from one address.
    pub too_often_title: &'static str,
    /// What to do.
    pub too_often_text: &'static str,
    /// Too much to do for everybody.
    pub overloaded_title: &'static str,
    /// What to do.
    pub overloaded_text: &'static str,
    /// The provider was asked for a stronger sign-in and did not deliver it.
    pub step_up_failed_text: &'static str,
    /// Who the person is here; `{}` is their name.
    pub signed_in_as: &'static str,
    /// The home page's field for a room.
    pub room_label: &'static str,
    /// Action: open that room.
    pub room_button: &'static str,
    /// The home page's field for a room to invite to.
    pub invite_label: &'static str,
    /// Action: make an invitation.
    pub invite_button: &'static str,
    /// An invitation of one's own: `{room}` and `{until}`.
    pub invitation_until: &'static str,
    /// Action: take it back.
    pub withdraw_button: &'static str,
    /// An invitation was made.
    pub invited_title: &'static str,
    /// What to do with it: `{room}` and `{until}`.
    pub invited_text: &'static str,
    /// Stands before the link.
    pub invitation_link_label: &'static str,
    /// What a guest sees.
    pub guest_title: &'static str,
    /// Who invites whereto: `{by}` and `{room}`.
    pub guest_text: &'static str,
    /// The field for a guest's name.
    pub guest_label: &'static str,
    /// Nothing is left of the name that was typed.
    pub guest_nameless: &'static str,
    /// Action: the same meeting with an account.
    pub with_account: &'static str,
    /// The invitation counts no more, or never did.
    pub invitation_over_title: &'static str,
    /// What to do.
    pub invitation_over_text: &'static str,
    /// Somebody wanted to invite where they may not.
    pub may_not_invite_title: &'static str,
    /// Who may; `{}` is the room's name.
    pub may_not_invite_text: &'static str,
    /// Somebody has as many invitations as can be kept an eye on.
    pub too_many_title: &'static str,
    /// What to do.
    pub too_many_text: &'static str,
    /// Action: to the home page.
    pub to_home: &'static str,
    /// One's role in a room.
    pub as_moderator: &'static str,
    /// One's role in a room.
    pub as_participant: &'static str,
    /// One's role in a room.
    pub as_visitor: &'static str,
    /// Several providers sign people in.
    pub choose_title: &'static str,
    /// What to do.
    pub choose_text: &'static str,
    /// The field for an e-mail address, by which a provider is found.
    pub choose_email_label: &'static str,
    /// Action: find it.
    pub choose_email_button: &'static str,
    /// None was found.
    pub choose_email_unknown: &'static str,
    /// Between the form and the provider.
    pub signing_in_title: &'static str,
    /// Between the form and the meeting.
    pub opening_title: &'static str,
    /// For browsers that do not go on by themselves.
    pub opening_text: &'static str,
    /// Action: go on.
    pub opening_now: &'static str,
    /// The way back into an app.
    pub open_app_title: &'static str,
    /// The page is of no more use then.
    pub open_app_text: &'static str,
    /// Action: open the app.
    pub open_app: &'static str,
    /// Action: the meeting in this browser, for those without the app.
    pub join_in_browser: &'static str,
    /// Action: to the provider.
    pub sign_in: &'static str,
    /// Action: to the provider, for another account.
    pub sign_in_as_other: &'static str,
    /// Jitsi sends the person back again and again.
    pub in_circles_title: &'static str,
    /// What that means; the points follow.
    pub in_circles_text: &'static str,
    /// What an administrator should look at, the likeliest first.
    pub in_circles_points: &'static [&'static str],
    /// Action: into the same meeting, one more time.
    pub try_once_more: &'static str,
    /// The provider answered `access_denied`.
    pub cancelled_title: &'static str,
    /// It cannot be told who said no: the person or the provider.
    pub cancelled_text: &'static str,
    /// The provider wants to see the person.
    pub login_required_title: &'static str,
    /// It would not go on without.
    pub login_required_text: &'static str,
    /// The provider reported an error of its own.
    pub provider_error_title: &'static str,
    /// Its cause is in the log.
    pub provider_error_text: &'static str,
    /// The provider cannot be reached.
    pub provider_unavailable_title: &'static str,
    /// Nothing to do but wait.
    pub provider_unavailable_text: &'static str,
    /// The provider's answer was not to be trusted.
    pub sign_in_failed_title: &'static str,
    /// Its cause is in the log.
    pub sign_in_failed_text: &'static str,
    /// No login under way belongs to the callback.
    pub login_expired_title: &'static str,
    /// Also shown where the room is unknown, without an action.
    pub login_expired_text: &'static str,
    /// The link to the meeting is broken.
    pub bad_request_title: &'static str,
    /// Where to find a good one.
    pub bad_request_text: &'static str,
    /// Jitsi could not open a room of this name.
    pub bad_room_title: &'static str,
    /// What a name may be.
    pub bad_room_text: &'static str,
    /// The token does not fit into an address.
    pub token_too_large_title: &'static str,
    /// Only an administrator can mend it.
    pub token_too_large_text: &'static str,
    /// Action: sign out.
    pub sign_out: &'static str,
    /// The end of a sign-out.
    pub signed_out_title: &'static str,
    /// At the provider as well.
    pub signed_out_text: &'static str,
    /// Here; of the provider nothing is known.
    pub signed_out_here_text: &'static str,
    /// Action: to the home page.
    pub sign_in_again: &'static str,
    /// Action: to Jitsi's front page.
    pub to_jitsi: &'static str,
    /// The session could not be ended.
    pub sign_out_failed_title: &'static str,
    /// It is still alive.
    pub sign_out_failed_text: &'static str,
    /// What lives in the session store does not work.
    pub store_away_title: &'static str,
    /// What that is, and what works.
    pub store_away_text: &'static str,
    /// No such address.
    pub not_found_title: &'static str,
    /// What this service is.
    pub not_found_text: &'static str,
    /// The address exists, the method does not.
    pub method_not_allowed_title: &'static str,
    /// Where to go instead.
    pub method_not_allowed_text: &'static str,
    /// A defect of ours.
    pub internal_title: &'static str,
    /// Says whose fault it is.
    pub internal_text: &'static str,
    /// The home page.
    pub welcome_title: &'static str,
    /// What this service is, and how to come to use it.
    pub welcome_text: &'static str,
    /// Where the page is in a popup over a call.
    pub close_popup: &'static str,
    /// Action: the same wish to join once more.
    pub try_again: &'static str,
    /// Action: a new login; `{}` is the room's name.
    pub start_again: &'static str,
    /// Stands before the request's id.
    pub request_id_label: &'static str,
}

impl Texts {
    /// What one is in a room, as a word.
    #[must_use]
    pub fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Moderator => self.as_moderator,
            Role::Participant => self.as_participant,
            Role::Visitor => self.as_visitor,
        }
    }
}

/// The texts of the first language that there is, of those a browser accepts, in its order.
#[must_use]
pub fn best_for(accepted: &[String]) -> &'static Texts {
    let known = |tag: &String| match tag
        .split('-')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "de" => Some(&german::TEXTS),
        "en" => Some(&english::TEXTS),
        _ => None,
    };
    accepted.iter().find_map(known).unwrap_or(&english::TEXTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_language_counts() {
        let lang = |tags: &[&str]| {
            best_for(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>()).lang
        };
        assert_eq!(lang(&["de-AT", "en"]), "de");
        assert_eq!(lang(&["fr", "en-GB", "de"]), "en");
        assert_eq!(lang(&["fr"]), "en");
        assert_eq!(lang(&[]), "en");
    }
}
