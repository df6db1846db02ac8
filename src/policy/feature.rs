//! Jitsi's features, as tokens name them (`context.features`).

use serde::Serialize;

macro_rules! features {
    ($($variant:ident = $name:literal,)*) => {
        /// Something that a token can allow.
        ///
        /// The names are those that jitsi-meet's client and Prosody modules look for
        /// (`react/features/base/jwt/constants.ts`, `resources/prosody-plugins`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[expect(missing_docs, reason = "the name says it")]
        pub enum Feature {
            $(#[serde(rename = $name)] $variant,)*
        }

        impl Feature {
            /// Every feature, by name.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in a token.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

features! {
    Branding = "branding",
    Calendar = "calendar",
    CreatePolls = "create-polls",
    FileUpload = "file-upload",
    Flip = "flip",
    InboundCall = "inbound-call",
    ListVisitors = "list-visitors",
    LiveTranslation = "live-translation",
    LiveTranslationSubscribe = "live-translation-subscribe",
    Livestreaming = "livestreaming",
    Lobby = "lobby",
    Moderation = "moderation",
    OutboundCall = "outbound-call",
    Recording = "recording",
    Room = "room",
    ScreenSharing = "screen-sharing",
    SendGroupchat = "send-groupchat",
    SendPrivateMessage = "send-private-message",
    SipInboundCall = "sip-inbound-call",
    SipOutboundCall = "sip-outbound-call",
    Transcription = "transcription",
}

impl std::str::FromStr for Feature {
    type Err = ();
    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL
            .iter()
            .copied()
            .find(|feature| feature.name() == name)
            .ok_or(())
    }
}
