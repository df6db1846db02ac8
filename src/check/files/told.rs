//! What Jitsi's files say, whichever of them says it, and how each writes it.

use super::place::Placed;

/// A setting, wherever it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `app_id`, `JWT_APP_ID`.
    AppId,
    /// `app_secret`, `JWT_APP_SECRET`.
    Secret,
    /// `asap_accepted_issuers`, `JWT_ACCEPTED_ISSUERS`.
    Issuers,
    /// `asap_accepted_audiences`, `JWT_ACCEPTED_AUDIENCES`.
    Audiences,
    /// `signature_algorithm`, `JWT_SIGN_TYPE`.
    Algorithm,
    /// `asap_key_server`, `JWT_ASAP_KEYSERVER`.
    KeyServer,
    /// `allow_empty_token`, `JWT_ALLOW_EMPTY`.
    AllowEmpty,
    /// `enable_domain_verification`, `JWT_ENABLE_DOMAIN_VERIFICATION`.
    DomainVerification,
    /// `wait_for_host_disable_auto_owners`, `WAIT_FOR_HOST_DISABLE_AUTO_OWNERS`.
    DisableAutoOwners,
}

/// A list of Prosody's modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Those of the rooms: `XMPP_MUC_MODULES`.
    Rooms,
    /// Those of the members' domain: `XMPP_MODULES`.
    Members,
    /// Those of the guests' domain: `XMPP_MODULES`.
    Guests,
    /// Those of breakout rooms: `XMPP_BREAKOUT_MUC_MODULES`.
    Breakout,
}

/// Modules, each where it is named.
pub type Modules = Vec<Placed<String>>;

/// What the files say of tokens, guests and modules.
#[derive(Default)]
pub struct Told {
    /// The application id.
    pub app_id: Option<Placed<String>>,
    /// The secret.
    pub secret: Option<Placed<String>>,
    /// The secret has what compose takes for a variable that is set nowhere here.
    pub secret_is_cut: bool,
    /// The accepted issuers.
    pub issuers: Option<Placed<Vec<String>>>,
    /// The accepted audiences.
    pub audiences: Option<Placed<Vec<String>>>,
    /// The algorithm.
    pub algorithm: Option<Placed<String>>,
    /// Where Prosody asks for single keys.
    pub key_server: Option<Placed<String>>,
    /// Where Prosody asks for all keys.
    pub keys_url: Option<Placed<String>>,
    /// Whether nobody needs a token on the members' domain.
    pub allow_empty: Option<Placed<bool>>,
    /// Whether `sub` is looked at.
    pub domain_verification: Option<Placed<bool>>,
    /// The members' domain, and what makes it that.
    pub domain: Option<(String, String)>,
    /// Whether guests have a domain of their own.
    pub guests: bool,
    /// Whether there is a lobby.
    pub lobby: bool,
    /// Whether `muc_wait_for_host` hands out no roles.
    pub disable_auto_owners: Option<Placed<bool>>,
    /// The modules of rooms.
    pub rooms: Modules,
    /// The modules of the members' domain.
    pub members: Modules,
    /// The modules of the guests' domain, where it has a list of its own.
    pub guests_modules: Option<Modules>,
    /// The modules of breakout rooms.
    pub breakout: Modules,
}

impl Told {
    /// A list of modules.
    pub fn modules(&self, list: List) -> &[Placed<String>] {
        match list {
            List::Rooms => &self.rooms,
            List::Members => &self.members,
            List::Guests => self.guests_modules.as_deref().unwrap_or_default(),
            List::Breakout => &self.breakout,
        }
    }

    /// Where a list names a module.
    pub fn module(&self, list: List, name: &str) -> Option<&Placed<String>> {
        let mut modules = self.modules(list).iter();
        modules.find(|module| module.it == name)
    }

    /// Whether `sub` is looked at; `default` where nothing is written.
    pub fn verifies_domains(&self, default: bool) -> bool {
        self.domain_verification
            .as_ref()
            .map_or(default, |on| on.it)
    }
}

/// How a file writes things.
pub trait Dialect {
    /// That a setting is missing, in a sentence without its end: `jitsi.env has no JWT_APP_ID`.
    fn absent(&self, setting: Setting) -> String;
    /// A setting with a value, as a line to write; lists of one, and `true` or `false`.
    fn line(&self, setting: Setting, value: &str) -> String;
    /// Where a list of modules is that lacks one, or that there is no list.
    fn lacks(&self, list: List, module: &str) -> String;
    /// The line of a list with a module more.
    fn with_module(&self, list: List, module: &str) -> String;
    /// The line of a list with a module less.
    fn without_module(&self, list: List, module: &str) -> String;
    /// Whether a setting that is not told is missing, and not just somewhere else or unclear.
    fn would_tell(&self, setting: Setting) -> bool;
    /// Whether a list of modules is known, all of it.
    fn knows(&self, list: List) -> bool;
    /// What domain verification is where nothing is written.
    fn verifies_domains_by_default(&self) -> bool;
}
