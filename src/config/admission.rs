//! What decides, signs and writes addresses, of a configuration: for the server, and for the commands that ask the same.

use super::{Config, Signing};
use crate::admit::{Admission, Guests};
use crate::meeting::url::MeetingUrls;
use crate::token::Minter;
use crate::token::keyring::Keyring;

impl Config {
    /// What signs tokens.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        match &self.token.signing {
            Signing::SharedSecret { algorithm, secret } => {
                Keyring::shared_secret(*algorithm, secret)
            }
            Signing::Keys(live) => Keyring::Keys(live.clone()),
        }
    }

    /// Policy, token and URL. `keyring` signs: [`Config::keyring`], or the one of a running server whose keys it shares.
    #[must_use]
    pub fn admission(&self, keyring: Keyring) -> Admission {
        let urls = MeetingUrls::new(
            &self.jitsi.url,
            self.jitsi.token_in,
            self.jitsi.skip_prejoin,
            self.jitsi.apps.apps.clone(),
        );
        Admission {
            policy: self.policy.clone(),
            minter: Minter {
                identity: self.jitsi.identity.clone(),
                content: self.token.content.clone(),
                lifetime: self.token.lifetime,
                not_before_leeway: self.token.not_before_leeway,
                keyring,
            },
            urls: match &self.jitsi.jaas {
                Some(app_id) => urls.at_jaas(app_id),
                None => urls,
            },
            guests: Guests {
                wait_in_lobby: self.invitations.lobby,
                mark: self.invitations.guest_mark.clone(),
            },
        }
    }
}
