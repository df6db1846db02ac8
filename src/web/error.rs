//! What can go wrong, and what becomes of it: a status and a page for the person, a cause for the log.
//!
//! The only place where errors meet HTTP. It does not log: the request's one line does, once.

mod refusal;

use std::any::Any;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use self::refusal::why;
use super::outcome::Counted;
use super::page::Notice;
use crate::identity::Groups;
use crate::identity::claims::shown;
use crate::identity::error::LoginError;
use crate::identity::id_token::IdTokenError;
use crate::identity::provider::ProviderError;
use crate::meeting::{Destination, MeetingError, MeetingRequest};
use crate::policy::Denied;
use crate::session::SignedInNow;
use crate::session::invitations::InvitationError;
use crate::session::pending::PendingError;
use crate::session::popups::PopupError;
use crate::session::rates::TooOften;
use crate::token::MintError;

/// The cause of an error, for the request's line in the log; an extension of the response.
#[derive(Debug, Clone)]
pub struct Cause(pub String);

/// Everything that ends a request without a meeting.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Policy says no.
    #[error("refused by policy ({})", why(denied, *stepped_up, *groups_missing))]
    Denied {
        /// Why.
        denied: Denied,
        /// The person's name; nothing for a guest, whom nobody vouches for.
        name: Option<String>,
        /// Where they wanted to go.
        request: MeetingRequest,
        /// The provider was asked for the sign-in that is lacking, and did not deliver.
        stepped_up: bool,
        /// The provider sent no groups claim, and nobody knows why.
        groups_missing: bool,
    },
    /// The person said no at the provider, or the provider did.
    #[error("the provider answered {error}: {description}")]
    Cancelled {
        /// The `error`.
        error: String,
        /// The `error_description`.
        description: String,
        /// Where the person wanted to go.
        destination: Destination,
    },
    /// The provider wants to see the person again.
    #[error("the provider answered {error}: {description}")]
    LoginRequired {
        /// The `error`.
        error: String,
        /// The `error_description`.
        description: String,
        /// Where the person wanted to go.
        destination: Destination,
    },
    /// The provider reported an error of its own.
    #[error("the provider answered {error}: {description}")]
    ProviderError {
        /// The `error`.
        error: String,
        /// The `error_description`.
        description: String,
        /// Where the person wanted to go.
        destination: Destination,
    },
    /// Jitsi sends the browser straight back, again and again.
    #[error("Jitsi sent this browser back from the room {} for the third time within a minute: it refuses the token, or never sees it; Prosody's log says why", request.room)]
    InCircles {
        /// Where the person wanted to go.
        request: MeetingRequest,
    },
    /// The meeting is for people of no provider at all.
    #[error("no provider is for this meeting: each names other tenants or rooms")]
    NoProvider(Destination),
    /// The provider cannot be reached.
    #[error("the provider is not available: {cause}")]
    Unavailable {
        /// Why.
        cause: String,
        /// Where the person wanted to go.
        destination: Destination,
    },
    /// The provider does not take our request, so that nobody could sign in.
    #[error("the sign-in could not begin: {cause}")]
    NotBegun {
        /// Why.
        cause: LoginError,
        /// Where the person wanted to go.
        destination: Destination,
    },
    /// What the provider sent is not to be trusted.
    #[error("the sign-in failed: {cause}")]
    SignInFailed {
        /// Why.
        cause: LoginError,
        /// Where the person wanted to go.
        destination: Destination,
    },
    /// The provider did not sign the person in strongly enough.
    #[error("the sign-in failed: {cause}")]
    TooWeak {
        /// Why.
        cause: LoginError,
        /// Where the person wanted to go.
        destination: Destination,
    },
    /// No login under way belongs to this callback: too late, reloaded, or begun in another browser.
    #[error("no login under way belongs to this callback")]
    Expired(Option<Destination>),
    /// Too often, from one address.
    #[error("more than {} {} within a minute from {} (limits.{})", often.most, often.deed.name(), often.network, often.deed.key())]
    TooOften {
        /// What, and from where.
        often: TooOften,
        /// Where the person wanted to go.
        destination: Option<Destination>,
    },
    /// Not opened by anybody: a picture or a script of another page.
    #[error("a page of others made the browser ask for this, as a picture say (Sec-Fetch-Mode)")]
    Embedded,
    /// Too much at once, from everybody together.
    #[error("too many requests at once; limits.requests says how many may be")]
    Overloaded,
    /// Something that the answer needs takes too long: the provider, its groups, or the store.
    #[error("the request took longer than {} s", super::LONGEST_REQUEST.as_secs())]
    TookTooLong,
    /// No meeting can have this name, or the link is broken.
    #[error(transparent)]
    Meeting(#[from] MeetingError),
    /// Jitsi's inline sign-in is set up differently here and there: this parameter is not what it should be.
    #[error(
        "{0} is not what this bridge expects; compare tokenAuthUrl and sso in Jitsi's config.js with [inline] here"
    )]
    Client(&'static str),
    /// A code could not be kept.
    #[error(transparent)]
    Popup(#[from] PopupError),
    /// The person is no moderator there whom a rule lets invite.
    #[error("no rule with may_invite makes this person a moderator of the room {}", .0.room)]
    MayNotInvite(MeetingRequest),
    /// The invitation does not count, or could not be made.
    #[error(transparent)]
    Invitation(#[from] InvitationError),
    /// What came is no form of ours.
    #[error("the request holds no form")]
    Form,
    /// A parameter came twice.
    #[error("a parameter came twice")]
    TwoMeanings,
    /// The login does not fit into a cookie, or could not be sealed.
    #[error(transparent)]
    Pending(#[from] PendingError),
    /// The token could not be made.
    #[error(transparent)]
    Mint(#[from] MintError),
    /// The provider reported a logout while the person signed in.
    #[error("the provider has signed the person out in the meantime")]
    SignedOut(Destination),
    /// What was asked for lives in the session store alone.
    #[error("the session store does not answer: {0}")]
    StoreAway(String),
    /// Nobody gets a token that is not written down.
    #[error("the audit cannot be written (audit.file), and audit.on_failure is \"refuse\"")]
    AuditAway,
    /// The session could not be ended.
    #[error("the session store does not answer: {0}")]
    SignOutFailed(String),
    /// Nothing here.
    #[error("nothing is here")]
    NotFound,
    /// Here, but not so.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// A defect of ours.
    #[error("defect: {0}")]
    Internal(String),
}

impl WebError {
    /// Policy says no.
    #[must_use]
    pub fn denied(denied: Denied, who: SignedInNow<'_>, request: &MeetingRequest) -> Self {
        Self::Denied {
            denied,
            name: Some(who.person.name.clone()),
            request: request.clone(),
            stepped_up: who.stepped_up,
            groups_missing: who.person.groups == Groups::Missing,
        }
    }

    /// The provider cannot be reached.
    #[must_use]
    pub fn unavailable(error: &ProviderError, destination: Destination) -> Self {
        Self::Unavailable {
            cause: error.to_string(),
            destination,
        }
    }

    /// The provider's answer was an error (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6).
    #[must_use]
    pub fn provider_said(error: &str, description: &str, destination: Destination) -> Self {
        let (error, description) = (shown(error), shown(description));
        match error.as_str() {
            "access_denied" => Self::Cancelled {
                error,
                description,
                destination,
            },
            "login_required"
            | "interaction_required"
            | "consent_required"
            | "account_selection_required" => Self::LoginRequired {
                error,
                description,
                destination,
            },
            "temporarily_unavailable" => Self::Unavailable {
                cause: format!("{error}: {description}"),
                destination,
            },
            _ => Self::ProviderError {
                error,
                description,
                destination,
            },
        }
    }

    /// The login did not end in a person.
    #[must_use]
    pub fn login(error: LoginError, destination: Destination) -> Self {
        match error {
            LoginError::Provider(error) => Self::unavailable(&error, destination),
            LoginError::Http(error) => Self::Unavailable {
                cause: error.to_string(),
                destination,
            },
            LoginError::IdToken(IdTokenError::Acr { .. } | IdTokenError::AuthTime(_)) => {
                Self::TooWeak {
                    cause: error,
                    destination,
                }
            }
            cause => Self::SignInFailed { cause, destination },
        }
    }

    /// The login did not even get as far as the provider's page.
    #[must_use]
    pub fn not_begun(error: LoginError, destination: Destination) -> Self {
        match Self::login(error, destination) {
            Self::SignInFailed { cause, destination } => Self::NotBegun { cause, destination },
            other => other,
        }
    }

    /// Whether it ends in a popup over a call.
    #[must_use]
    pub fn in_popup(&self) -> bool {
        let request = match self {
            // A code is for a popup alone.
            Self::Popup(_) => return true,
            Self::Denied { request, .. } => Some(request),
            Self::Cancelled { destination, .. }
            | Self::LoginRequired { destination, .. }
            | Self::ProviderError { destination, .. }
            | Self::NoProvider(destination)
            | Self::Unavailable { destination, .. }
            | Self::NotBegun { destination, .. }
            | Self::SignInFailed { destination, .. }
            | Self::TooWeak { destination, .. }
            | Self::Expired(Some(destination))
            | Self::TooOften {
                destination: Some(destination),
                ..
            }
            | Self::SignedOut(destination) => match destination {
                Destination::Meeting(request) => Some(request),
                Destination::Home | Destination::WhoAmI(_) => None,
            },
            _ => None,
        };
        request.is_some_and(|request| request.popup.is_some())
    }

    /// The room in which somebody may not do what they wanted.
    #[must_use]
    pub fn room(&self) -> Option<&MeetingRequest> {
        match self {
            Self::Denied { request, .. } | Self::MayNotInvite(request) => Some(request),
            _ => None,
        }
    }

    /// After how many seconds the same may work.
    #[must_use]
    pub fn retry_after(&self) -> Option<u8> {
        match self {
            Self::TooOften { often, .. } => Some(often.wait),
            Self::Overloaded => Some(2),
            error if error.status() == StatusCode::SERVICE_UNAVAILABLE => Some(5),
            _ => None,
        }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Denied { .. }
            | Self::Cancelled { .. }
            | Self::LoginRequired { .. }
            | Self::MayNotInvite(_)
            | Self::NoProvider(_)
            | Self::TooWeak { .. } => StatusCode::FORBIDDEN,
            // No 5xx: nothing failed here, and proxies like to put pages of their own over those.
            Self::InCircles { .. } | Self::Invitation(InvitationError::TooMany) => {
                StatusCode::CONFLICT
            }
            Self::ProviderError { .. } | Self::NotBegun { .. } | Self::SignInFailed { .. } => {
                StatusCode::BAD_GATEWAY
            }
            Self::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable { .. }
            | Self::Overloaded
            | Self::Popup(_)
            | Self::Invitation(InvitationError::Store(_))
            | Self::StoreAway(_)
            | Self::AuditAway
            | Self::TookTooLong
            | Self::SignOutFailed(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Expired(_)
            | Self::SignedOut(_)
            | Self::Meeting(_)
            | Self::Client(_)
            | Self::TwoMeanings
            | Self::Embedded
            | Self::Form
            | Self::Pending(PendingError::TooLong) => StatusCode::BAD_REQUEST,
            Self::NotFound
            | Self::Invitation(
                InvitationError::Unknown
                | InvitationError::Ended(_)
                | InvitationError::Withdrawn(_),
            ) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Pending(PendingError::Sealing)
            | Self::Invitation(InvitationError::Sealing(_))
            | Self::Mint(_)
            | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let (cause, counted) = (Cause(self.to_string()), Counted::of(&self));
        let mut response = Notice::Error(Arc::new(self)).into_response();
        response.extensions_mut().insert(cause);
        if let Some(counted) = counted {
            response.extensions_mut().insert(counted);
        }
        response
    }
}

/// A panic is a defect: the person gets a page. The log has been told where it was; what it says is dropped unread, as it
/// may quote a secret.
#[must_use]
pub fn from_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    WebError::Internal("panicked".to_owned()).into_response()
}

/// The same where no page can be made any more.
#[must_use]
pub fn from_panic_in_a_layer(_: Box<dyn Any + Send + 'static>) -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
