//! Which part of a token Prosody did not like, by its own words (jitsi-meet, `resources/prosody-plugins/luajwtjitsi.lib.lua`
//! and `token/util.lib.lua`; older versions say some of it in other words).

use crate::check::meetings::mend;
use crate::check::meetings::xmpp::trouble::Refusal;
use crate::config::{Config, Signing};

/// A part of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Culprit {
    /// The secret or the key.
    Signature,
    /// `alg`
    Algorithm,
    /// Prosody has keys fetched, and the token has no `kid`.
    NoKid,
    /// Prosody did not get the key.
    PublicKey,
    /// Prosody has neither a secret nor keys.
    NoKey,
    /// `iss`
    Issuer,
    /// `aud`
    Audience,
    /// `nbf`
    NotBefore,
    /// `exp`
    Expiry,
    /// `sub` or `room`, or what nobody knows.
    Unknown,
}

impl Culprit {
    /// What a refusal is about.
    pub fn of(refusal: &Refusal) -> Self {
        let words = refusal.text.to_ascii_lowercase();
        // In this order: "missing" has an "iss" in it, and a key may be missing, too.
        let signs: [(Self, &[&str]); 10] = [
            (Self::NoKey, &["verification key is missing"]),
            (Self::NoKid, &["'kid'"]),
            (Self::PublicKey, &["public key"]),
            (Self::Signature, &["signature"]),
            (Self::Algorithm, &["incorrect alg", "'alg'", "algorithm"]),
            (Self::Issuer, &["'iss'", "issuer"]),
            (Self::Audience, &["'aud'", "audience"]),
            (Self::NotBefore, &["nbf"]),
            (Self::Expiry, &["by exp", "expired"]),
            (Self::Unknown, &[""]),
        ];
        let found = signs
            .into_iter()
            .find(|(_, signs)| signs.iter().any(|sign| words.contains(sign)));
        found.map_or(Self::Unknown, |(culprit, _)| culprit)
    }

    /// What it means.
    pub fn said(self, config: &Config) -> String {
        let by_secret = matches!(config.token.signing, Signing::SharedSecret { .. });
        match self {
            Self::Signature if by_secret => "its secret is not the bridge's".to_owned(),
            Self::Signature => "the key that it has is not the one that signed".to_owned(),
            Self::Algorithm => format!("it wants another algorithm than {}", algorithm_of(config)),
            Self::NoKid => {
                "it verifies by keys that it fetches, and the bridge signs with a secret".to_owned()
            }
            Self::PublicKey => "it did not get the bridge's public key".to_owned(),
            Self::NoKey => "it has no secret, and no address to fetch keys from".to_owned(),
            Self::Issuer => format!(
                "`iss` is {:?}, which is not among its accepted issuers",
                config.jitsi.identity.app_id
            ),
            Self::Audience => format!(
                "`aud` is {:?}, which is not among its accepted audiences",
                config.jitsi.identity.audience
            ),
            Self::NotBefore => {
                "its clock is behind this one by more than token.not_before_leeway".to_owned()
            }
            Self::Expiry => "its clock is ahead of this one".to_owned(),
            Self::Unknown => "why, only its log says".to_owned(),
        }
    }

    /// What to do where no change was found that helps.
    pub fn mend(self, config: &Config) -> String {
        let by_secret = matches!(config.token.signing, Signing::SharedSecret { .. });
        match self {
            Self::Signature if by_secret => format!(
                "Compare token.secret with Prosody's, down to quotes and line breaks. {}",
                mend::prosody("JWT_APP_SECRET", "app_secret in the main VirtualHost")
            ),
            Self::Signature => "Prosody may keep an old key of the same name: start it anew, and never use a name for two keys.".to_owned(),
            Self::Algorithm => format!(
                "Set token.algorithm to what Prosody has, or the other way round. {}",
                mend::prosody(
                    &format!("JWT_SIGN_TYPE={}", algorithm_of(config)),
                    &format!("signature_algorithm = \"{}\"", algorithm_of(config))
                )
            ),
            Self::NoKid => format!(
                "Let the bridge sign with keys (docs/jitsi.md, \"Keys instead of a secret\"), or take the keys' address out. {}",
                mend::prosody("no JWT_ASAP_KEYSERVER, no cache_keys_url in XMPP_CONFIGURATION", "no asap_key_server, no cache_keys_url")
            ),
            Self::PublicKey => format!(
                "See that Prosody reaches the key server, and trusts its certificate. {}",
                mend::prosody(
                    &format!("JWT_ASAP_KEYSERVER={}", key_server(config)),
                    &format!("asap_key_server = \"{}\"", key_server(config))
                )
            ),
            Self::NoKey if by_secret => {
                mend::prosody("JWT_APP_SECRET", "app_secret in the main VirtualHost")
            }
            Self::NoKey => mend::prosody(
                &format!("JWT_ASAP_KEYSERVER={}", key_server(config)),
                &format!("asap_key_server = \"{}\"", key_server(config)),
            ),
            Self::Issuer => accept_issuer(&config.jitsi.identity.app_id),
            Self::Audience => accept_audience(&config.jitsi.identity.audience),
            Self::NotBefore | Self::Expiry => "Let both machines set their clocks by NTP.".to_owned(),
            Self::Unknown => "Look into Prosody's log, for a line with `Error verifying token`; docs/jitsi.md says what it means.".to_owned(),
        }
    }
}

/// How to have Prosody accept an issuer, or the bridge name another.
pub fn accept_issuer(ours: &str) -> String {
    let theirs = mend::prosody(
        &format!("JWT_APP_ID={ours} and JWT_ACCEPTED_ISSUERS={ours}"),
        &format!("app_id = \"{ours}\" and asap_accepted_issuers = {{ \"{ours}\" }}"),
    );
    format!("Set jitsi.app_id to JWT_APP_ID of Prosody. Or the other way round: {theirs}")
}

/// How to have Prosody accept an audience, or the bridge name another.
pub fn accept_audience(ours: &str) -> String {
    let theirs = mend::prosody(
        &format!("JWT_ACCEPTED_AUDIENCES={ours}"),
        &format!("asap_accepted_audiences = {{ \"{ours}\" }}"),
    );
    format!(
        "Set jitsi.audience to one of JWT_ACCEPTED_AUDIENCES of Prosody. Or the other way round: {theirs}"
    )
}

/// Where the bridge has its keys for Prosody.
pub fn key_server(config: &Config) -> String {
    let base = config.server.public_url.as_str().trim_end_matches('/');
    format!("{base}/asap")
}

/// By which algorithm the bridge signs.
pub fn algorithm_of(config: &Config) -> &'static str {
    match &config.token.signing {
        Signing::SharedSecret { algorithm, .. } => algorithm.name(),
        Signing::Keys(live) => live.current().algorithm().name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prosodys_words_are_understood() {
        let of = |text: &str| {
            Culprit::of(&Refusal {
                condition: "not-allowed".to_owned(),
                text: text.to_owned(),
                lobby: false,
            })
        };
        for (text, culprit) in [
            ("Invalid signature", Culprit::Signature),
            ("signature verification key is missing", Culprit::NoKey),
            ("Invalid or incorrect alg", Culprit::Algorithm),
            ("'kid' claim is missing", Culprit::NoKid),
            ("'kid' claim only support with RS family", Culprit::NoKid),
            ("could not obtain public key", Culprit::PublicKey),
            ("invalid 'iss' claim", Culprit::Issuer),
            ("Invalid issuer", Culprit::Issuer),
            ("'aud' claim is missing", Culprit::Audience),
            ("Invalid audience", Culprit::Audience),
            ("Not acceptable by nbf", Culprit::NotBefore),
            (
                "Not acceptable by exp (3600 sec since expired)",
                Culprit::Expiry,
            ),
            ("room claim is missing", Culprit::Unknown),
            ("", Culprit::Unknown),
        ] {
            assert_eq!(of(text), culprit, "{text}");
        }
    }
}
