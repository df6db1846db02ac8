//! Jitsi as a Service: one account there is an AppID, under which all its rooms live.

use std::fmt;

/// Where JaaS holds its meetings.
pub const URL: &str = "https://8x8.vc";

/// What every AppID begins with; Jitsi's client knows JaaS by it (jitsi-meet, `react/features/jaas/functions.ts`).
const PREFIX: &str = "vpaas-magic-cookie-";

/// The longest AppID, in bytes: it becomes a label of the conference's domain name.
const LONGEST: usize = 63;

/// An AppID. It is the first path part of every meeting's address, and the `sub` of every token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppId(String);

/// Why there is no such AppID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an AppID as the JaaS console shows it, such as \"vpaas-magic-cookie-\" and 32 digits and letters"
)]
pub struct AppIdError;

impl AppId {
    /// An AppID as it is written.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, AppIdError> {
        let rest = text.strip_prefix(PREFIX).ok_or(AppIdError)?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if rest.is_empty() || text.len() > LONGEST || !rest.bytes().all(plain) {
            return Err(AppIdError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The AppID as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
