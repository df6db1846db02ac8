//! What happens to people, as the audit and the metrics hear of it.

use std::net::IpAddr;

use crate::identity::Person;
use crate::meeting::MeetingRequest;

/// By which request something happened.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// The request's id.
    pub request: &'a str,
    /// Where the visitor came from, if that is known.
    pub address: Option<IpAddr>,
    /// The session's id, which is told by its handle alone.
    pub session: Option<&'a str>,
}

/// What happened.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The bridge has started.
    Started,
    /// The bridge stops.
    Stopped,
    /// Somebody has come back from a provider.
    SignIn {
        /// The provider's name; nothing where nobody knows which login it was.
        provider: &'a str,
        /// How it was begun.
        how: How,
        /// Who it is, or why it failed.
        result: Result<&'a Person, Failure<'a>>,
    },
    /// Somebody may join a meeting, or not.
    Decision {
        /// Who.
        person: &'a Person,
        /// Where.
        request: &'a MeetingRequest,
        /// `admitted`, or the cause of the refusal: `rule`, `acr`, `no_rule` or `provider`.
        outcome: &'a str,
        /// The role's name; empty for whoever may not.
        role: &'a str,
        /// The rules that caused it.
        rules: &'a [String],
    },
    /// A token was made.
    Token {
        /// For whom.
        person: &'a Person,
        /// Where.
        request: &'a MeetingRequest,
        /// The role's name.
        role: &'a str,
        /// What may be told of the token.
        minted: Minted<'a>,
    },
    /// A guest's invitation.
    Invitation {
        /// What became of it.
        action: InvitationAction,
        /// Its identifier.
        id: &'a str,
        /// Who made or withdrew it, or the guest.
        person: &'a Person,
        /// The room, where it is known.
        request: Option<&'a MeetingRequest>,
    },
    /// Somebody has signed out.
    SignOut {
        /// Where, and by whom.
        scope: Scope,
        /// Who, if that is known.
        user: Option<&'a str>,
        /// The provider's name.
        provider: &'a str,
        /// The ids of the sessions that ended.
        ended: &'a [String],
    },
    /// The provider, asked anew, does not know somebody any more: their session has ended.
    Revocation {
        /// Who.
        person: &'a Person,
    },
    /// A new configuration is in force.
    Reloaded {
        /// The sections that have changed.
        changed: &'a [String],
        /// What made the bridge read it.
        by: Trigger,
    },
    /// A new configuration cannot be used.
    Refused {
        /// How much is wrong with it.
        faults: usize,
        /// What made the bridge read it.
        by: Trigger,
    },
}

/// How a login was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By somebody who wants to sign in.
    Login,
    /// By a rule that wants a stronger or fresher sign-in.
    StepUp,
    /// Without a question.
    Silent,
    /// Nobody noticed: the provider was asked anew.
    Refresh,
    /// Nobody knows.
    Unknown,
}

/// Why a login failed.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// In a word.
    pub reason: &'static str,
    /// As the log says it.
    pub cause: &'a str,
}

/// What may be told of a token.
#[derive(Debug, Clone, Copy)]
pub struct Minted<'a> {
    /// Its identifier.
    pub jti: &'a str,
    /// When it ends.
    pub expires: time::OffsetDateTime,
    /// How it is signed.
    pub algorithm: &'a str,
    /// By which key of the keyring.
    pub kid: Option<&'a str>,
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationAction {
    /// Made by a moderator.
    Made,
    /// A guest came by it.
    Used,
    /// Taken back.
    Withdrawn,
}

/// Where somebody has signed out, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In one browser.
    Here,
    /// On every device.
    Everywhere,
    /// Where the provider says so.
    Provider,
}

/// What made the bridge read its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// It has changed.
    Change,
    /// Somebody said so (SIGHUP).
    Signal,
}

impl How {
    /// For labels and for the audit.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::StepUp => "step_up",
            Self::Silent => "silent",
            Self::Refresh => "refresh",
            Self::Unknown => "unknown",
        }
    }
}

impl InvitationAction {
    /// For labels and for the audit.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Used => "used",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Scope {
    /// For labels and for the audit.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Everywhere => "everywhere",
            Self::Provider => "provider",
        }
    }
}

impl Trigger {
    /// For the audit.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Signal => "signal",
        }
    }
}
