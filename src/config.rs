//! Everything that can be set, as it is meant: values that cannot be wrong. One struct a section.
//!
//! `config/bridge.toml` documents every key with its default. [`load()`] reads defaults < file < environment, secrets also
//! from files of their own, and reports every fault at once.

mod address;
mod admission;
mod apps;
pub mod audit;
pub mod documented;
mod duration;
pub mod effective;
mod grants;
pub mod inputs;
mod invitations;
mod jaas;
mod jitsi;
mod jitsi_openid;
mod limits;
pub mod load;
pub mod metrics;
mod pages;
mod policy;
pub mod policy_table;
mod provider;
mod providers;
mod reader;
mod rules;
pub mod schema;
mod secrets;
pub mod server;
mod session;
mod shape;
mod signing;
mod source;
mod token_content;
pub mod traces;
mod value;

use std::sync::Arc;

use secrecy::SecretString;
use time::Duration;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

pub use self::inputs::Sources;
pub use self::invitations::Invitations;
pub use self::limits::Limits;
pub use self::load::{Loaded, listen, load, load_noting};
pub use self::pages::Pages;
pub use self::reader::{Problem, Problems};
pub use self::rules::{Rules, load_rules};
pub use self::server::Server;
use crate::identity::settings::ProviderSettings;
use crate::meeting::app::Apps;
use crate::meeting::jaas::AppId;
use crate::meeting::url::TokenPlace;
use crate::policy::Policy;
use crate::policy::entrance::Entrance;
use crate::session::SessionLimits;
use crate::session::logout_state::SignedOut;
use crate::token::TokenIdentity;
use crate::token::claims::TokenContent;
use crate::token::keyring::SharedSecretAlgorithm;
use crate::token::keyring::live::LiveKeys;

/// The whole configuration.
#[derive(Debug)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[jitsi]`
    pub jitsi: Jitsi,
    /// `[token]`
    pub token: Token,
    /// `[provider]`, or each `[providers.NAME]`; at least one.
    pub providers: Vec<ProviderConfig>,
    /// `[session]`
    pub session: Sessions,
    /// `[inline]`
    pub inline: Inline,
    /// `[invitations]`
    pub invitations: Invitations,
    /// `[limits]`
    pub limits: Limits,
    /// `[pages]`
    pub pages: Pages,
    /// `[log]`
    pub log: Log,
    /// `[metrics]`
    pub metrics: metrics::Metrics,
    /// `[traces]`
    pub traces: traces::Traces,
    /// `[audit]`
    pub audit: audit::AuditSettings,
    /// `[policy]`
    pub policy: Policy,
}

/// `[jitsi]`: the Jitsi that people are sent to.
#[derive(Debug)]
pub struct Jitsi {
    /// Its public address.
    pub url: Url,
    /// The account, where it is Jitsi as a Service.
    pub jaas: Option<AppId>,
    /// What its tokens must say of themselves.
    pub identity: TokenIdentity,
    /// Where in the URL the token stands.
    pub token_in: TokenPlace,
    /// Skip Jitsi's own page before the meeting.
    pub skip_prejoin: bool,
    /// What becomes of people whom the provider does not know without asking.
    pub not_signed_in: NotSignedIn,
    /// Where a sign-out ends.
    pub after_logout: SignedOut,
    /// `[jitsi.apps]`
    pub apps: AppSettings,
}

/// What becomes of people whom the provider was not to ask, and does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSignedIn {
    /// They sign in.
    SignIn,
    /// They go into the meeting as guests, without a token.
    Guest,
}

/// `[jitsi.apps]`: how people who came from an app get back into it.
#[derive(Debug)]
pub struct AppSettings {
    /// What the apps are called.
    pub apps: Apps,
    /// Open the app without a tap, where that is safe.
    pub automatic_return: bool,
}

/// `[token]`: how tokens are signed and how long they live.
#[derive(Debug)]
pub struct Token {
    /// What signs them.
    pub signing: Signing,
    /// The life of a token for which no rule says otherwise.
    pub lifetime: Duration,
    /// How far `nbf` lies in the past.
    pub not_before_leeway: Duration,
    /// How the role is written, and what a token holds besides.
    pub content: TokenContent,
}

/// What signs tokens.
#[derive(Debug)]
pub enum Signing {
    /// A secret.
    SharedSecret {
        /// The algorithm.
        algorithm: SharedSecretAlgorithm,
        /// The secret that Prosody has as `app_secret`.
        secret: SecretString,
    },
    /// The keys of a file.
    Keys(Arc<LiveKeys>),
}

/// `[provider]` or `[providers.NAME]`: who signs people in, and how it is reached.
#[derive(Debug)]
pub struct ProviderConfig {
    /// What the login needs.
    pub settings: ProviderSettings,
    /// Which meetings it is for.
    pub entrance: Entrance,
    /// The issuer as an address.
    pub issuer: Url,
    /// The address under which this server reaches the issuer's origin.
    pub internal_url: Option<Url>,
    /// Further certificates to trust, in PEM.
    pub extra_ca: Option<Vec<u8>>,
    /// The longest a call may take.
    pub timeout: Duration,
}

impl ProviderConfig {
    /// What it is called here, and what it calls itself.
    #[must_use]
    pub fn name_and_issuer(&self) -> (String, String) {
        (self.settings.name.clone(), self.settings.issuer.clone())
    }
}

/// `[inline]`: Jitsi's inline sign-in, for which the bridge is the token service.
#[derive(Debug)]
pub struct Inline {
    /// What Jitsi calls itself (`sso.clientId` in its `config.js`).
    pub client_id: String,
    /// Whether tokens can be refreshed for as long as a session may live.
    pub refresh: bool,
}

/// `[session]`: what is remembered after a login.
#[derive(Debug)]
pub struct Sessions {
    /// Whether anything is.
    pub enabled: bool,
    /// For how long.
    pub limits: SessionLimits,
    /// Where.
    pub store: StoreChoice,
    /// What encrypts logins under way: the first encrypts, all decrypt. Drawn at start when there is none.
    pub cookie_keys: Vec<SecretString>,
}

/// Where sessions live.
#[derive(Debug, Clone)]
pub enum StoreChoice {
    /// In memory.
    Memory,
    /// In Redis or Valkey.
    Redis {
        /// Where: it may hold a password.
        url: SecretString,
        /// Certificates in PEM of whom alone to trust there instead of the system's.
        ca: Option<Vec<u8>>,
    },
}

/// `[log]`: what is logged, and how.
#[derive(Debug, Clone, Copy)]
pub struct Log {
    /// The form.
    pub format: LogFormat,
    /// The least level.
    pub level: LevelFilter,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}
