//! What an error means to whoever counts: a word of few, and never what a request brought along.

use crate::observe::event::Failure;
use crate::session::rates::Deed;

use super::error::WebError;

/// What an answer adds to the metrics; an extension of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// This key of `[limits]` has kept the request out.
    Limit(&'static str),
    /// A token was granted, and could not be made.
    MintFailed,
}

impl Counted {
    /// Of an error.
    #[must_use]
    pub fn of(error: &WebError) -> Option<Self> {
        match error {
            WebError::TooOften { often, .. } => Some(Self::of_deed(often.deed)),
            WebError::Overloaded => Some(Self::Limit("requests")),
            WebError::TookTooLong => Some(Self::Limit("time")),
            WebError::Mint(_) => Some(Self::MintFailed),
            _ => None,
        }
    }

    fn of_deed(deed: Deed) -> Self {
        Self::Limit(deed.key())
    }
}

/// Why a login failed, in a word.
#[must_use]
pub fn reason(error: &WebError) -> &'static str {
    match error {
        WebError::Cancelled { .. } => "cancelled",
        WebError::LoginRequired { .. } => "login_required",
        WebError::ProviderError { .. } | WebError::NotBegun { .. } => "provider_error",
        WebError::Unavailable { .. } => "unavailable",
        WebError::SignInFailed { .. } => "refused",
        WebError::TooWeak { .. } => "too_weak",
        WebError::Expired(_) => "expired",
        WebError::SignedOut(_) => "signed_out",
        _ => "failed",
    }
}

/// Why a login failed, for the audit: in a word, and as the log says it.
#[must_use]
pub fn failure<'a>(error: &WebError, cause: &'a str) -> Failure<'a> {
    Failure {
        reason: reason(error),
        cause,
    }
}
