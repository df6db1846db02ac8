//! One provider as an operator configured it, each value already checked.

use jsonwebtoken::Algorithm;
use secrecy::SecretString;
use time::Duration;

use super::Person;
use super::claim_map::ClaimMap;
use super::client_key::ClientKey;
use super::groups_endpoint::GroupsEndpoint;
use super::id_token::AtHash;

/// How the client proves itself at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// What the provider's metadata prefers; nothing without a secret.
    Auto,
    /// HTTP Basic.
    Basic,
    /// In the form.
    Post,
    /// An assertion signed with the client's key.
    PrivateKeyJwt,
    /// A public client.
    None,
}

/// Whom an assertion is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionAudience {
    /// The provider, by its issuer identifier.
    Issuer,
    /// Its token endpoint.
    TokenEndpoint,
}

/// Whether the authorization request is pushed to the provider first (RFC 9126).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// Where the provider offers it.
    Auto,
    /// In any case; a provider that does not offer it signs nobody in.
    Always,
    /// Only where the provider takes no other requests.
    Never,
}

/// How the provider's answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of an address.
    Query,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

/// How a stronger sign-in is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskAcr {
    /// By the parameter of that name.
    AcrValues,
    /// As an essential claim, by the parameter `claims` (OpenID Connect Core 1.0, 5.5.1.1).
    Claims,
}

/// When to ask the userinfo endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskUserinfo {
    /// When the ID token lacks a name or the groups.
    WhenNeeded,
    /// After every sign-in.
    Always,
    /// Not at all.
    Never,
}

impl ProviderSettings {
    /// Whether a person who was remembered is one whom this provider, as it is configured now, would vouch for: sessions
    /// may outlive a change of configuration, and stores may be shared.
    #[must_use]
    pub fn vouches_for(&self, person: &Person) -> bool {
        let strong_enough = self.request.acr_values.is_empty()
            || self
                .request
                .acr_values
                .iter()
                .any(|acr| person.acr.contains(acr));
        self.issuers.contains(&person.issuer) && person.provider == self.name && strong_enough
    }
}

/// What people know a provider by, where they choose one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// Its name for people.
    pub label: String,
    /// A picture, as a `data:` address.
    pub logo: Option<String>,
}

impl Sign {
    /// The bare name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            label: name.to_owned(),
            logo: None,
        }
    }
}

/// What is asked of the provider at every sign-in.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// Whether it is pushed.
    pub push: Push,
    /// How the answer comes.
    pub response_mode: ResponseMode,
    /// How authentication contexts are asked for.
    pub ask_acr: AskAcr,
    /// Scopes; `openid` is among them.
    pub scopes: Vec<String>,
    /// The `prompt` of every login.
    pub prompt: Option<String>,
    /// The greatest age of a sign-in.
    pub max_age: Option<Duration>,
    /// Authentication contexts, one of which is required.
    pub acr_values: Vec<String>,
    /// Further parameters of the authorization request.
    pub parameters: Vec<(String, String)>,
    /// Tell the provider the browser's languages.
    pub ui_locales: bool,
}

/// One provider as configured, each value already checked.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Its name in policy rules and logs.
    pub name: String,
    /// What people know it by.
    pub sign: Sign,
    /// Where it sends browsers back to, below our own address. Each of several has its own, so that an answer of one
    /// cannot pass for another's (RFC 9700, 4.4.2.2).
    pub redirect_path: String,
    /// The issuer identifier, compared letter by letter; where it has several directories, the one that discovery asks.
    pub issuer: String,
    /// The issuers that its tokens may name: that one, or one for each directory.
    pub issuers: Vec<String>,
    /// What its metadata call the issuer.
    pub metadata_issuer: String,
    /// Another endpoint that knows groups.
    pub groups_endpoint: Option<GroupsEndpoint>,
    /// The origins from which claims may be fetched.
    pub claim_sources: Vec<String>,
    /// Our client id.
    pub client_id: String,
    /// Our client secret; none for a public client.
    pub client_secret: Option<SecretString>,
    /// How the secret is shown.
    pub client_authentication: ClientAuthentication,
    /// The key of assertions, where the client proves itself by those.
    pub client_key: Option<ClientKey>,
    /// Whom assertions are for.
    pub assertion_audience: AssertionAudience,
    /// What is asked at every sign-in.
    pub request: AuthorizationRequest,
    /// Accepted ID-token algorithms; empty: the asymmetric ones that the provider advertises.
    pub id_token_algorithms: Vec<Algorithm>,
    /// Other clients that may stand in an ID token's audience.
    pub trusted_audiences: Vec<String>,
    /// How far clocks may differ.
    pub clock_leeway: Duration,
    /// Take logout tokens that name no end, as long as they are recent.
    pub endless_logout_tokens: bool,
    /// When to ask userinfo.
    pub userinfo: AskUserinfo,
    /// What to do about `at_hash`.
    pub at_hash: AtHash,
    /// Where claims stand.
    pub claims: ClaimMap,
}
