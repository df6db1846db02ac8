//! What can be wrong with a rule by itself.

/// What is wrong with a rule: it could never match, or not as it was meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// A placeholder in `rooms` that stands for nothing.
    #[error(
        "nothing fills {{{0}}}: write it in `groups` too (there it captures), or use {{username}}, {{tenant}} or '*'"
    )]
    UnfilledPlaceholder(String),
    /// A placeholder that only some alternatives fill, where all must.
    #[error("{{{0}}} is used in `{1}`, so every entry of `{2}` must contain it")]
    SometimesUnfilled(String, &'static str, &'static str),
    /// A placeholder in a tenant.
    #[error("a tenant cannot contain {{{0}}}; write {{tenant}} in `groups` or `rooms` instead")]
    PlaceholderInTenant(String),
    /// A group both demanded and excluded.
    #[error("can never match: the group {0:?} is demanded and excluded")]
    Contradiction(String),
    /// Neither gives nor refuses.
    #[error("does nothing: give it a `role`, another grant, or `deny`")]
    NoEffect,
    /// A deny that hangs on the way of signing in.
    #[error(
        "a `deny` cannot ask for an `acr` or a `max_auth_age`: one would escape it by signing in more weakly or more strongly"
    )]
    DenyWithDemand,
    /// A password in hands that only take part.
    #[error(
        "a `room_password` is for moderators: anybody can read their own token; give it in a rule with role = \"moderator\""
    )]
    PasswordWithoutModerator,
    /// An invitation from somebody who only takes part.
    #[error(
        "`may_invite` is for moderators: give it in a rule with role = \"moderator\", or in one without a role"
    )]
    InvitingWithoutModerator,
    /// Waits in the lobby and passes it.
    #[error("`user_lobby` sends into the lobby, and {0} passes it: keep one")]
    LobbyBothWays(&'static str),
}
