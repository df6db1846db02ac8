//! Every text that pages have, by the name that the configuration knows it by.

/// Makes the struct of the texts, and the ways to them by their names.
macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// One language's texts. `{room}` and the like stand for a value. A text that is missing does not compile.
        #[derive(Debug, Clone, Copy)]
        pub struct Texts<'a> {
            /// The language's tag.
            pub lang: &'static str,
            $($(#[doc = $doc])+ pub $name: &'a str,)+
        }

        impl<'a> Texts<'a> {
            /// The names of all texts.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)+];

            /// What each text is for, in the order of [`Self::NAMES`].
            pub const MEANINGS: &'static [&'static str] = &[$(concat!($($doc),+),)+];

            /// The text of this name.
            #[must_use]
            pub fn named(&self, name: &str) -> Option<&'a str> {
                match name {
                    $(stringify!($name) => Some(self.$name),)+
                    _ => None,
                }
            }

            /// Puts another text in the place of the one of this name; a name that there is not changes nothing.
            pub fn replace(&mut self, name: &str, text: &'a str) {
                match name {
                    $(stringify!($name) => self.$name = text,)+
                    _ => {}
                }
            }
        }
    };
}

texts! {
    /// Policy lets the person not in.
    denied_title,
    /// A rule denies; its own message follows.
    denied_text,
    /// No rule lets one in.
    denied_by_default_text,
    /// What the button after it is for.
    everywhere_text,
    /// Action: sign out on every device.
    everywhere_button,
    /// Every session has ended.
    signed_out_everywhere_title,
    /// What that means.
    signed_out_everywhere_text,
    /// Action: end the session at the provider as well.
    sign_out_at_provider,
    /// A stronger sign-in is needed.
    denied_acr_text,
    /// Too many sign-ins from one address.
    too_often_title,
    /// What to do.
    too_often_text,
    /// Too much to do for everybody.
    overloaded_title,
    /// What to do.
    overloaded_text,
    /// The provider was asked for a stronger sign-in and did not deliver it.
    step_up_failed_text,
    /// Who the person is here: `{name}`.
    signed_in_as,
    /// The home page's field for a room.
    room_label,
    /// Action: open that room.
    room_button,
    /// The home page's field for a room to invite to.
    invite_label,
    /// Action: make an invitation.
    invite_button,
    /// An invitation of one's own: `{room}` and `{until}`.
    invitation_until,
    /// Action: take it back.
    withdraw_button,
    /// An invitation was made.
    invited_title,
    /// What to do with it: `{room}` and `{until}`.
    invited_text,
    /// Stands before the link.
    invitation_link_label,
    /// What a guest sees.
    guest_title,
    /// Who invites whereto: `{by}` and `{room}`.
    guest_text,
    /// The field for a guest's name.
    guest_label,
    /// Nothing is left of the name that was typed.
    guest_nameless,
    /// Action: the same meeting with an account.
    with_account,
    /// The invitation counts no more, or never did.
    invitation_over_title,
    /// What to do.
    invitation_over_text,
    /// Somebody wanted to invite where they may not.
    may_not_invite_title,
    /// Who may: `{room}`.
    may_not_invite_text,
    /// Somebody has as many invitations as can be kept an eye on.
    too_many_title,
    /// What to do.
    too_many_text,
    /// Action: to the home page.
    to_home,
    /// One's role in a room.
    as_moderator,
    /// One's role in a room.
    as_participant,
    /// One's role in a room.
    as_visitor,
    /// Several providers sign people in.
    choose_title,
    /// What to do.
    choose_text,
    /// The field for an e-mail address, by which a provider is found.
    choose_email_label,
    /// Action: find it.
    choose_email_button,
    /// None was found.
    choose_email_unknown,
    /// Between the form and the provider.
    signing_in_title,
    /// Between the form and the meeting.
    opening_title,
    /// For browsers that do not go on by themselves.
    opening_text,
    /// Action: go on.
    opening_now,
    /// The way back into an app.
    open_app_title,
    /// The page is of no more use then.
    open_app_text,
    /// Action: open the app.
    open_app,
    /// Action: the meeting in this browser, for those without the app.
    join_in_browser,
    /// Action: to the provider.
    sign_in,
    /// Action: to the provider, for another account.
    sign_in_as_other,
    /// Jitsi sends the person back again and again.
    in_circles_title,
    /// What that means; the points follow.
    in_circles_text,
    /// A point: the secret or the key.
    in_circles_secret,
    /// A point: issuer and audience.
    in_circles_names,
    /// A point: domain verification.
    in_circles_domain,
    /// A point: the clocks.
    in_circles_clocks,
    /// A point: the room.
    in_circles_room,
    /// A point: the token does not arrive.
    in_circles_no_token,
    /// Action: into the same meeting, one more time.
    try_once_more,
    /// The provider answered `access_denied`.
    cancelled_title,
    /// It cannot be told who said no: the person or the provider.
    cancelled_text,
    /// The provider wants to see the person.
    login_required_title,
    /// It would not go on without.
    login_required_text,
    /// The provider reported an error of its own.
    provider_error_title,
    /// Its cause is in the log.
    provider_error_text,
    /// The provider cannot be reached.
    provider_unavailable_title,
    /// Nothing to do but wait.
    provider_unavailable_text,
    /// The provider's answer was not to be trusted.
    sign_in_failed_title,
    /// Its cause is in the log.
    sign_in_failed_text,
    /// No login under way belongs to the callback.
    login_expired_title,
    /// Also shown where the room is unknown, without an action.
    login_expired_text,
    /// The link to the meeting is broken.
    bad_request_title,
    /// Where to find a good one.
    bad_request_text,
    /// Jitsi could not open a room of this name.
    bad_room_title,
    /// What a name may be.
    bad_room_text,
    /// The token does not fit into an address.
    token_too_large_title,
    /// Only an administrator can mend it.
    token_too_large_text,
    /// Action: sign out.
    sign_out,
    /// The end of a sign-out.
    signed_out_title,
    /// At the provider as well.
    signed_out_text,
    /// Here; of the provider nothing is known.
    signed_out_here_text,
    /// Action: to the home page.
    sign_in_again,
    /// Action: to Jitsi's front page.
    to_jitsi,
    /// The session could not be ended.
    sign_out_failed_title,
    /// It is still alive.
    sign_out_failed_text,
    /// What lives in the session store does not work.
    store_away_title,
    /// What that is, and what works.
    store_away_text,
    /// No such address.
    not_found_title,
    /// What this service is.
    not_found_text,
    /// The address exists, the method does not.
    method_not_allowed_title,
    /// Where to go instead.
    method_not_allowed_text,
    /// A defect of ours.
    internal_title,
    /// Says whose fault it is.
    internal_text,
    /// The home page.
    welcome_title,
    /// What this service is, and how to come to use it.
    welcome_text,
    /// Where the page is in a popup over a call.
    close_popup,
    /// Action: the same wish to join once more.
    try_again,
    /// Action: a new login for `{room}`.
    start_again,
    /// Stands before the request's id.
    request_id_label,
    /// Action: to whom to turn; a label in the configuration goes before it.
    support,
    /// Action: to the page of what is known and decided here.
    whoami_link,
    /// That page.
    whoami_title,
    /// What it is for.
    whoami_text,
    /// The same for somebody whom nobody here knows.
    whoami_not_signed_in_text,
    /// Stands over who one is.
    whoami_person_heading,
    /// Label: the name that others see.
    whoami_name,
    /// Label: the name that one signs in with.
    whoami_username,
    /// Label: the identifier in logs and tokens.
    whoami_id,
    /// Label: the identifier at the provider (`sub`).
    whoami_subject,
    /// Label: the e-mail address.
    whoami_email,
    /// The provider vouches for `{address}`.
    whoami_verified,
    /// It does not for `{address}`, and no rule counts it.
    whoami_unverified,
    /// Label: who signed the person in.
    whoami_provider,
    /// Label: the groups.
    whoami_groups,
    /// A groups claim came, and no group stands in it.
    whoami_no_groups,
    /// No groups claim came, and nobody knows why.
    whoami_groups_missing,
    /// None came, which is how this provider says that somebody is in no group.
    whoami_groups_not_sent,
    /// What is too long to be shown whole: `{count}`, which is more than one.
    whoami_more,
    /// Label: how one signed in (`acr`).
    whoami_acr,
    /// Label: when one last gave proof at the provider (`auth_time`).
    whoami_auth_time,
    /// The provider said nothing of it.
    whoami_not_told,
    /// Stands over the claims that rules look at.
    whoami_claims_heading,
    /// Stands over what is known of the session.
    whoami_session_heading,
    /// Label: what can be quoted of the session.
    whoami_handle,
    /// Label: when one signed in here.
    whoami_since,
    /// Label: when the session ends.
    whoami_ends,
    /// At `{latest}`; at `{unused}` where it is not used until then.
    whoami_ends_text,
    /// Label: when the provider is asked for the groups again.
    whoami_refresh,
    /// With the first visit after `{time}`.
    whoami_refresh_text,
    /// It cannot be asked without the person.
    whoami_no_refresh,
    /// Label: the version of this service.
    whoami_version,
    /// Stands over what holds in a room.
    whoami_room_heading,
    /// What the field is for.
    whoami_room_text,
    /// Action: tell what holds in that room.
    whoami_room_button,
    /// Label: may one join?
    whoami_decision,
    /// One may.
    whoami_granted,
    /// One may not.
    whoami_refused,
    /// Label: the role.
    whoami_role,
    /// Label: the features.
    whoami_features,
    /// The token says nothing of them.
    whoami_features_unnamed,
    /// None at all.
    whoami_no_features,
    /// Label: whatever else rules give.
    whoami_rights,
    /// Label: why not.
    whoami_reason,
    /// One signs in again on the way, more strongly or more recently.
    whoami_step_up,
    /// Label: what that sign-in has to be like.
    whoami_demand,
    /// The room is for the people of other providers.
    whoami_other_provider,
    /// Label: the rules that decided.
    whoami_rules,
    /// None did.
    whoami_no_rules,
}
