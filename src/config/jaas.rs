//! `jitsi.jaas_app_id`: what Jitsi as a Service settles by itself, and what it cannot do.

use url::Url;

use super::address::PublicUrl;
use super::reader::Section;
use super::source::Node;
use super::value::{FromNode, text};
use super::{Signing, Token};
use crate::meeting::jaas::{AppId, URL};
use crate::policy::rule::{Effect, Gift};
use crate::policy::{Policy, Rule};

/// The one algorithm by which JaaS verifies tokens.
const ALGORITHM: &str = "RS256";

/// Settings of `[jitsi]` that JaaS leaves no choice in.
const SETTLED: [&str; 4] = ["app_id", "audience", "xmpp_domain", "bind_tenant"];

/// Reads `jaas_app_id`, and refuses what would contradict it.
pub fn app_id(section: &mut Section<'_>) -> Option<Option<AppId>> {
    let app_id = section.optional::<AppId>("jaas_app_id");
    if matches!(app_id, Some(Some(_))) {
        for key in SETTLED {
            if let Some(origin) = section.origin(key) {
                section.fault(
                    key,
                    Some(origin),
                    "JaaS leaves no choice here: leave it out beside jitsi.jaas_app_id",
                );
            }
        }
    }
    app_id
}

/// Where its meetings are, unless something else is written.
pub fn url() -> Option<PublicUrl> {
    Url::parse(URL).ok().map(PublicUrl)
}

/// Notes what cannot work at JaaS, and has policy say what JaaS wants to hear.
pub fn settle(
    root: &mut Section<'_>,
    app_id: &AppId,
    token: Option<&Token>,
    policy: Option<&mut Policy>,
) {
    // What stands in for a keyring is a secret, and says nothing of what signs where the keyring is.
    let signing = token.map(|token| &token.signing);
    let signing = signing.filter(|_| !root.files_may_be_absent());
    if let Some((key, said)) = signing.and_then(|signing| fault_of(app_id, signing)) {
        root.fault(key, None, said);
    }
    if let Some(policy) = policy {
        policy.always_name_features = true;
        if let Some((rule, grant)) = unread_grant(policy) {
            let said = format!("rule {rule:?}: nobody at JaaS reads `{grant}`: leave it out");
            root.fault("policy.rules", None, said);
        }
    }
}

/// The key to mend, and what is wrong with it, when tokens signed so would be refused.
fn fault_of(app_id: &AppId, signing: &Signing) -> Option<(&'static str, String)> {
    match signing {
        Signing::SharedSecret { algorithm, .. } => {
            algorithm_fault(algorithm.name()).map(|said| ("token.algorithm", said))
        }
        Signing::Keys(live) => {
            let keys = live.current();
            let of_algorithm = algorithm_fault(keys.algorithm().name());
            let kids = keys.entries().iter().map(|entry| entry.key.kid());
            of_algorithm
                .map(|said| ("token.algorithm", said))
                .or_else(|| kid_fault(app_id, kids).map(|said| ("token.keyring", said)))
        }
    }
}

fn algorithm_fault(name: &str) -> Option<String> {
    (name != ALGORITHM).then(|| {
        format!(
            "JaaS verifies {ALGORITHM} alone, and tokens are signed by {name}: a private key is needed, whose public half the JaaS console has"
        )
    })
}

/// A key's id there is the AppID, a slash, and what the console shows for it (jitsi-meet, `react/features/base/jwt/functions.ts`).
fn kid_fault<'a>(app_id: &AppId, mut kids: impl Iterator<Item = &'a str>) -> Option<String> {
    let foreign = |kid: &&str| {
        kid.strip_prefix(app_id.as_str())
            .and_then(|rest| rest.strip_prefix('/'))
            .is_none_or(str::is_empty)
    };
    let kid = kids.find(foreign)?;
    Some(format!(
        "the key {kid:?} cannot sign for JaaS: a key's id is there {app_id}/ and what the JaaS console shows for it"
    ))
}

/// The first grant of a rule that nobody at JaaS reads, and the rule's name.
fn unread_grant(policy: &Policy) -> Option<(&str, &'static str)> {
    let unread = |gift: &Gift| {
        let grants = [
            ("name_readonly", gift.name_readonly),
            ("lobby_bypass", gift.lobby_bypass),
            ("security_bypass", gift.security_bypass),
            ("user_lobby", gift.user_lobby),
            ("room_lobby", gift.room_lobby),
            ("room_password", gift.room_password.is_some()),
        ];
        grants
            .into_iter()
            .find_map(|(name, given)| given.then_some(name))
    };
    policy
        .rules
        .iter()
        .find_map(|Rule { name, effect, .. }| match effect {
            Effect::Give(gift) => Some((name.as_str(), unread(gift)?)),
            Effect::Deny(_) => None,
        })
}

impl FromNode for AppId {
    fn from_node(node: &Node) -> Result<Self, String> {
        let text = String::from_node(node)?;
        Self::parse(&text).map_err(|error| format!("{error}, found {text:?}"))
    }

    text!(app_id => app_id.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_of_the_account_signs_and_only_by_rs256() {
        assert_eq!(algorithm_fault("RS256"), None);
        assert!(algorithm_fault("HS256").is_some() && algorithm_fault("RS512").is_some());
        let app_id = AppId::parse("vpaas-magic-cookie-1fc5").unwrap();
        let ours = "vpaas-magic-cookie-1fc5/4f4910";
        assert_eq!(kid_fault(&app_id, [ours].into_iter()), None);
        for kid in [
            "4f4910",
            "vpaas-magic-cookie-1fc5",
            "vpaas-magic-cookie-1fc5/",
            "vpaas-magic-cookie-2/4f4910",
        ] {
            assert!(
                kid_fault(&app_id, [ours, kid].into_iter()).is_some(),
                "{kid}"
            );
        }
    }
}
