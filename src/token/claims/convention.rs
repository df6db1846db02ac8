//! How a token says who is a moderator, and what else they may do: Jitsi's way, and those of others that read its tokens.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::policy::{Feature, Grant};

/// What reads the token's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Convention {
    /// Jitsi's `token_affiliation` and those that came before it: `context.user.moderator` and `context.user.affiliation`,
    /// and the top-level `moderator`, all three saying the same.
    #[default]
    Jitsi,
    /// The community's older `token_moderation`: the top-level `moderator` alone.
    TokenModeration,
    /// Jitsi as a Service: `context.user.moderator` as a text.
    Jaas,
}

/// A boolean as its reader wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Flag {
    /// `true`, `false`.
    Bool(bool),
    /// `"true"`, `"false"`.
    Text(&'static str),
}

/// The one feature that is no permission: it fixes the name. Prosody takes it for granted by a real `true` alone
/// (jitsi-meet, `mod_muc_displayname.lua`).
pub const NAME_READONLY: &str = "name-readonly";

/// The features that JaaS documents (developer.8x8.com, "The Jitsi JSON Web Token"); others are errors to its client.
const OF_JAAS: [Feature; 11] = [
    Feature::CreatePolls,
    Feature::FileUpload,
    Feature::InboundCall,
    Feature::ListVisitors,
    Feature::Livestreaming,
    Feature::OutboundCall,
    Feature::Recording,
    Feature::SendGroupchat,
    Feature::SipInboundCall,
    Feature::SipOutboundCall,
    Feature::Transcription,
];

impl Convention {
    /// The top-level `moderator`.
    #[must_use]
    pub fn top_level(self, moderator: bool) -> Option<bool> {
        match self {
            Self::Jitsi | Self::TokenModeration => Some(moderator),
            Self::Jaas => None,
        }
    }

    /// `context.user.moderator`.
    #[must_use]
    pub fn user(self, moderator: bool) -> Option<Flag> {
        match self {
            Self::Jitsi => Some(Flag::Bool(moderator)),
            Self::TokenModeration => None,
            Self::Jaas => Some(Flag::Text(if moderator { "true" } else { "false" })),
        }
    }

    /// `context.user.affiliation`. It never contradicts the others: `owner` alone would make a moderator.
    #[must_use]
    pub fn affiliation(self, moderator: bool) -> Option<&'static str> {
        match self {
            Self::Jitsi => Some(if moderator { "owner" } else { "member" }),
            Self::TokenModeration | Self::Jaas => None,
        }
    }

    /// `context.features`: a complete object, since Prosody takes an absent name for a forbidden one.
    #[must_use]
    pub fn features(self, grant: &Grant) -> Option<BTreeMap<&'static str, bool>> {
        let granted = grant.features.as_ref()?;
        let known = match self {
            Self::Jitsi | Self::TokenModeration => Feature::ALL,
            Self::Jaas => OF_JAAS.as_slice(),
        };
        let mut all: BTreeMap<&'static str, bool> = known
            .iter()
            .map(|feature| (feature.name(), granted.contains(feature)))
            .collect();
        if grant.name_readonly && self != Self::Jaas {
            all.insert(NAME_READONLY, true);
        }
        Some(all)
    }
}
