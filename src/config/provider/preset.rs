//! `preset`: what fits a provider by default. Whatever is written goes above it.

use crate::config::value::choice;
use crate::identity::ClaimPath;
use crate::identity::claim_map::Source;
use crate::identity::groups_endpoint::{GroupsEndpoint, NextPage, WhenToAsk};
use crate::identity::settings::{
    AskAcr, AskUserinfo, AssertionAudience, ClientAuthentication, Push,
};

/// A provider that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Whatever OpenID Connect says.
    None,
    /// Keycloak.
    Keycloak,
    /// Microsoft Entra ID.
    Entra,
    /// Google Workspace.
    Google,
    /// Okta.
    Okta,
    /// Auth0.
    Auth0,
    /// authentik.
    Authentik,
    /// Zitadel.
    Zitadel,
    /// Authelia.
    Authelia,
    /// GitLab.
    Gitlab,
    /// Kanidm.
    Kanidm,
    /// `LemonLDAP::NG`.
    Lemonldap,
}

/// What it means that no groups claim comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingGroups {
    /// Nobody knows: rules that deny by groups then apply.
    Unknown,
    /// The person is in no group.
    None,
}

/// What is not written.
pub struct Defaults {
    /// `scopes`
    pub scopes: Vec<String>,
    /// `claims.id`
    pub id: Option<ClaimPath>,
    /// `claims.groups`
    pub groups: Vec<ClaimPath>,
    /// `claims.groups_from`
    pub groups_from: Vec<Source>,
    /// `claims.acr`
    pub acr: Vec<ClaimPath>,
    /// `claims.missing_groups`
    pub missing_groups: MissingGroups,
    /// `userinfo`
    pub userinfo: AskUserinfo,
    /// `trusted_audiences`
    pub trusted_audiences: Vec<String>,
    /// `endless_logout_tokens`
    pub endless_logout_tokens: bool,
    /// `client_authentication`
    pub client_authentication: ClientAuthentication,
    /// `client_assertion_audience`
    pub assertion_audience: AssertionAudience,
    /// `pushed_authorization`
    pub push: Push,
    /// `acr_request`
    pub ask_acr: AskAcr,
    /// `groups_endpoint`
    pub groups_endpoint: Option<GroupsEndpoint>,
}

/// Of Microsoft Graph, for people in more groups than a token holds. (microsoft-graph, "List a user's memberships
/// (direct and transitive)": `User.Read` is enough for one's own.)
const GRAPH: &str = "https://graph.microsoft.com/v1.0/me/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999";

impl Preset {
    /// What fits this provider. Where each thing is from: `docs/providers`.
    #[must_use]
    pub fn defaults(self) -> Defaults {
        let usual = Defaults::usual();
        let both = vec![Source::IdToken, Source::Userinfo];
        match self {
            Self::None => usual,
            Self::Keycloak => Defaults {
                // Its mapper sends no empty list, and does not go by scope.
                missing_groups: MissingGroups::None,
                ..usual
            },
            Self::Entra => Defaults {
                scopes: scopes(&["User.Read"]),
                // `sub` is another for each application, `oid` the same in all of them.
                id: path("oid"),
                groups: paths(&["groups", "roles"]),
                groups_from: vec![Source::IdToken],
                acr: paths(&["acrs", "acr"]),
                userinfo: AskUserinfo::Never,
                assertion_audience: AssertionAudience::TokenEndpoint,
                ask_acr: AskAcr::Claims,
                groups_endpoint: graph(),
                ..usual
            },
            Self::Google => Defaults {
                groups_from: vec![Source::IdToken],
                ..usual
            },
            Self::Okta => Defaults {
                scopes: scopes(&["groups"]),
                userinfo: AskUserinfo::Always,
                assertion_audience: AssertionAudience::TokenEndpoint,
                ..usual
            },
            Self::Auth0 => Defaults {
                groups: paths(&["https://jitsi-oidc-bridge/groups"]),
                groups_from: vec![Source::IdToken],
                acr: paths(&["acr", "amr"]),
                push: Push::Never,
                ..usual
            },
            Self::Authentik => Defaults {
                acr: paths(&["acr", "amr"]),
                ..usual
            },
            Self::Zitadel => Defaults {
                groups: paths(&["urn:zitadel:iam:org:project:roles"]),
                acr: paths(&["acr", "amr"]),
                userinfo: AskUserinfo::Always,
                // Every application of the project stands in the audience; `azp` says which one is meant.
                trusted_audiences: vec!["*".to_owned()],
                ..usual
            },
            Self::Authelia => Defaults {
                scopes: scopes(&["groups"]),
                acr: paths(&["acr", "amr"]),
                groups_from: both,
                userinfo: AskUserinfo::Always,
                client_authentication: ClientAuthentication::Auto,
                assertion_audience: AssertionAudience::TokenEndpoint,
                ..usual
            },
            Self::Gitlab => Defaults {
                groups_from: vec![Source::Userinfo],
                userinfo: AskUserinfo::Always,
                ..usual
            },
            Self::Kanidm => Defaults {
                scopes: scopes(&["groups_name"]),
                groups_from: vec![Source::IdToken],
                ..usual
            },
            Self::Lemonldap => Defaults {
                scopes: scopes(&["groups"]),
                userinfo: AskUserinfo::Always,
                // Its logout tokens have no `exp`.
                endless_logout_tokens: true,
                ..usual
            },
        }
    }
}

impl Defaults {
    fn usual() -> Self {
        Self {
            scopes: scopes(&[]),
            id: None,
            groups: paths(&["groups"]),
            groups_from: vec![Source::IdToken, Source::Userinfo],
            acr: paths(&["acr"]),
            missing_groups: MissingGroups::Unknown,
            userinfo: AskUserinfo::WhenNeeded,
            trusted_audiences: Vec::new(),
            endless_logout_tokens: false,
            client_authentication: ClientAuthentication::Auto,
            assertion_audience: AssertionAudience::Issuer,
            push: Push::Auto,
            ask_acr: AskAcr::AcrValues,
            groups_endpoint: None,
        }
    }
}

fn scopes(further: &[&str]) -> Vec<String> {
    let usual = ["openid", "profile", "email"];
    usual
        .iter()
        .chain(further)
        .map(|scope| (*scope).to_owned())
        .collect()
}

fn path(name: &str) -> Option<ClaimPath> {
    ClaimPath::from_names(vec![name.to_owned()]).ok()
}

/// Each the name of one claim, whatever stands in it.
fn paths(names: &[&str]) -> Vec<ClaimPath> {
    names.iter().filter_map(|name| path(name)).collect()
}

fn graph() -> Option<GroupsEndpoint> {
    Some(GroupsEndpoint {
        url: GRAPH.to_owned(),
        list: path("value")?,
        name: path("id"),
        next: NextPage::Url(path("@odata.nextLink")?),
        when: WhenToAsk::Overage,
    })
}

choice!(Preset {
    "none" => Self::None,
    "keycloak" => Self::Keycloak,
    "entra" => Self::Entra,
    "google" => Self::Google,
    "okta" => Self::Okta,
    "auth0" => Self::Auth0,
    "authentik" => Self::Authentik,
    "zitadel" => Self::Zitadel,
    "authelia" => Self::Authelia,
    "gitlab" => Self::Gitlab,
    "kanidm" => Self::Kanidm,
    "lemonldap" => Self::Lemonldap,
});
