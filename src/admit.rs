//! The one place where policy, token and URL meet: a person and a meeting go in, an address or a refusal comes out.
//!
//! Joining, coming back from the provider and the demo all end here. Knows nothing of HTTP.

pub mod explained;
pub mod table;

use aws_lc_rs::rand::SecureRandom;
use time::OffsetDateTime;

use crate::identity::{Person, guest};
use crate::meeting::url::MeetingUrls;
use crate::meeting::{Invitation, MeetingRequest};
use crate::observe::traces;
use crate::policy::decide::{Invited, invited};
use crate::policy::explain::{Explanation, explain};
use crate::policy::who::RoomView;
use crate::policy::{Decision, Denied, DeniedCause, Grant, Policy, decide};
use crate::token::claims::Convention;
use crate::token::{MintError, Minter, new_jti};

/// Why nobody comes into a room that [`Admission::confuses`].
const CONFUSED: &str = "the tenant's name means another room to Jitsi (jitsi.xmpp_domain, or JaaS): such rooms are refused, whatever rules say";

/// All that is needed to let somebody in.
#[derive(Debug)]
pub struct Admission {
    /// The rules.
    pub policy: Policy,
    /// The keys and the token's form.
    pub minter: Minter,
    /// The way back to Jitsi.
    pub urls: MeetingUrls,
    /// What becomes of guests who were invited.
    pub guests: Guests,
}

/// What becomes of guests who were invited.
#[derive(Debug)]
pub struct Guests {
    /// They wait in the lobby, where there is a module for it.
    pub wait_in_lobby: bool,
    /// What stands in brackets behind their names.
    pub mark: String,
}

/// What became of a wish to join.
pub enum Outcome {
    /// Come in.
    Admitted(Admitted),
    /// Stay out. No token was minted.
    Denied(Denied),
}

/// A way into the meeting.
pub struct Admitted {
    /// The token: a secret of the person's.
    pub token: String,
    /// The meeting's address in a browser, with the token in it.
    pub location: String,
    /// The address that opens the app which the person came from, with the token in it; nothing for a browser.
    pub app: Option<String>,
    /// What was granted, and by which rules.
    pub grant: Grant,
    /// The token's identifier.
    pub jti: String,
    /// When the token ends.
    pub expires: OffsetDateTime,
}

impl Admission {
    /// Whether a room of this tenant would be another room to Prosody than to policy: with domain verification on, a
    /// token whose `sub` is the XMPP domain opens rooms without a tenant; and JaaS, which has no tenants, would open the
    /// room of that name.
    #[must_use]
    pub fn confuses(&self, request: &MeetingRequest) -> bool {
        let domain = &self.minter.identity.xmpp_domain;
        let of_jaas = self.minter.content.convention == Convention::Jaas;
        request
            .tenant
            .as_ref()
            .is_some_and(|tenant| of_jaas || tenant.as_str().eq_ignore_ascii_case(domain))
    }

    /// Decides, and mints nothing.
    #[must_use]
    pub fn decide(
        &self,
        person: &Person,
        request: &MeetingRequest,
        now: OffsetDateTime,
    ) -> Decision {
        let _span = traces::span!("decide").entered();
        if self.confuses(request) {
            return Decision::Denied(Denied {
                cause: DeniedCause::NoRule,
                rules: Vec::new(),
            });
        }
        decide(&self.policy, person, request, now)
    }

    /// Explains the same decision: each rule, each of its conditions, and what came of them.
    #[must_use]
    pub fn explain(
        &self,
        person: &Person,
        request: &MeetingRequest,
        now: OffsetDateTime,
    ) -> Explanation {
        let explanation = explain(&self.policy, person, request, now);
        if self.confuses(request) {
            let decision = self.decide(person, request, now);
            return Explanation {
                decision,
                refused: Some(CONFUSED),
                ..explanation
            };
        }
        explanation
    }

    /// Who gets what in a room.
    #[must_use]
    pub fn who(&self, request: &MeetingRequest) -> RoomView {
        if self.confuses(request) {
            return RoomView::of_nobody(CONFUSED);
        }
        self.policy.who(request)
    }

    /// Decides, and mints a token for exactly what was granted.
    ///
    /// # Errors
    /// When a token was granted but could not be made.
    pub fn admit(
        &self,
        person: &Person,
        request: &MeetingRequest,
        now: OffsetDateTime,
        random: &dyn SecureRandom,
    ) -> Result<Outcome, MintError> {
        self.carry_out(
            self.decide(person, request, now),
            person,
            request,
            now,
            random,
        )
    }

    /// A guest by this name, who comes by an invitation that still counts; `None` where nothing is left of the name.
    ///
    /// # Errors
    /// When no random number was to be had.
    pub fn guest(
        &self,
        typed_name: &str,
        invitation: &Invitation,
        random: &dyn SecureRandom,
    ) -> Result<Option<Person>, MintError> {
        let visit = format!("{} {}", invitation.id, new_jti(random)?);
        Ok(guest::guest(typed_name, &self.guests.mark, &visit))
    }

    /// Lets in a guest by an invitation that still counts, unless a rule refuses, with a token that ends no later than it.
    ///
    /// # Errors
    /// When a token was granted but could not be made.
    pub fn admit_guest(
        &self,
        guest: &Person,
        invitation: &Invitation,
        now: OffsetDateTime,
        random: &dyn SecureRandom,
    ) -> Result<Outcome, MintError> {
        let request = invitation.request();
        let of_jaas = self.minter.content.convention == Convention::Jaas;
        let terms = Invited {
            id: invitation.id.clone(),
            // JaaS reads neither of the two.
            waits_in_lobby: self.guests.wait_in_lobby && !of_jaas,
            keeps_name: !of_jaas,
            lifetime: self.minter.lifetime.min(invitation.expires - now),
        };
        let decision = if self.confuses(&request) {
            self.decide(guest, &request, now)
        } else {
            invited(&self.policy, guest, &request, &terms, now)
        };
        self.carry_out(decision, guest, &request, now, random)
    }

    /// Mints a token for exactly what was decided for this person in this meeting.
    ///
    /// # Errors
    /// When a token was granted but could not be made.
    pub fn carry_out(
        &self,
        decision: Decision,
        person: &Person,
        request: &MeetingRequest,
        now: OffsetDateTime,
        random: &dyn SecureRandom,
    ) -> Result<Outcome, MintError> {
        let grant = match decision {
            Decision::Granted(grant) => grant,
            Decision::Denied(denied) => return Ok(Outcome::Denied(denied)),
        };
        let _span = traces::span!("mint").entered();
        let minted = self.minter.mint(person, request, &grant, now, random)?;
        let location = self.urls.web(request, &minted.jwt);
        Ok(Outcome::Admitted(Admitted {
            location,
            app: self.urls.app(request, &minted.jwt),
            token: minted.jwt,
            grant,
            jti: minted.jti,
            expires: minted.expires,
        }))
    }
}
