//! The server of one configuration: its parts, put together.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use axum::Router;
use time::OffsetDateTime;

use super::appearance::Appearance;
use super::cookies::CookieSettings;
use super::lasting::Lasting;
use super::serving::Patience;
use super::{Addresses, AppState, Inline, Parts, logout, router};
use crate::clock::SharedClock;
use crate::config::{Config, ProviderConfig};
use crate::identity::http::{HttpError, ProviderHttp};
use crate::identity::provider::Provider;
use crate::identity::providers::Providers;
use crate::mirror::MirrorKey;
use crate::observe::Audit;
use crate::session::Sessions;
use crate::session::invitations::Invitations;
use crate::session::pending::{PendingError, Seals};
use crate::session::popups::Popups;
use crate::session::rates::Rates;
use crate::session::store::StoreError;
use crate::token::id_token::IdTokens;
use crate::token::keyring::Keyring;

/// Why the server could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The provider's HTTP client.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The session store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cipher of logins under way.
    #[error(transparent)]
    Seals(#[from] PendingError),
    /// The audit's file.
    #[error("cannot write the audit to {0} (audit.file): {1}")]
    Audit(String, std::io::Error),
    /// The metrics.
    #[error("cannot count: {0}")]
    Metrics(#[from] prometheus::Error),
    /// No randomness for a key.
    #[error("the system gave no random numbers")]
    Random,
}

/// The server, built of one configuration.
pub struct App {
    /// The routes.
    pub router: Router,
    /// The providers, to be kept fresh.
    pub providers: Arc<Providers>,
    /// How long others may take.
    pub patience: Patience,
    /// What signs; keys are read again when their file changes.
    pub keyring: Keyring,
    /// How often to look whether it has.
    pub look_at_keys_every: std::time::Duration,
    /// What servers built of later configurations share with this one.
    pub lasting: Arc<Lasting>,
    /// When it was built.
    pub built: OffsetDateTime,
}

/// Seldom enough to cost nothing, often enough for somebody who waits for it.
const LOOK_AT_KEYS_EVERY: std::time::Duration = std::time::Duration::from_secs(3);

/// Builds the server: the one way for serving, for the demo and for tests.
///
/// Must run inside a Tokio runtime: a Redis store connects in the background.
///
/// # Errors
/// When a part cannot be made of the configuration.
pub fn build(config: Config, clock: SharedClock, audit: Audit) -> Result<App, BuildError> {
    let lasting = Arc::new(Lasting::new(&config, clock, audit)?);
    assemble(config, lasting, None)
}

impl App {
    /// The time.
    #[must_use]
    pub fn clock(&self) -> SharedClock {
        self.lasting.clock.clone()
    }

    /// The server of another configuration, with all that lasts and what is known of the providers.
    ///
    /// # Errors
    /// When a part cannot be made of the configuration.
    pub fn rebuild(&self, config: Config) -> Result<Self, BuildError> {
        let mut app = assemble(config, self.lasting.clone(), Some(self))?;
        app.look_at_keys_every = self.look_at_keys_every;
        Ok(app)
    }
}

fn assemble(
    config: Config,
    lasting: Arc<Lasting>,
    before: Option<&App>,
) -> Result<App, BuildError> {
    let keyring = keyring(config.keyring(), before);
    let admission = config.admission(keyring.clone());
    let mirror = MirrorKey::of(&config);
    let Config {
        server,
        jitsi,
        token: _,
        providers,
        session,
        log: _,
        metrics: _,
        traces: _,
        audit: _,
        policy,
        inline,
        invitations,
        limits,
        pages,
    } = config;
    let providers = providers
        .into_iter()
        .map(|provider| connect(provider, &lasting, before))
        .collect::<Result<Vec<_>, _>>()?;
    let providers = Arc::new(Providers::new(providers));
    let seals = Seals::new(&lasting.cookie_keys(session.cookie_keys)?)?;
    let addresses = Addresses::new(&server.public_url, &jitsi.url, &inline.client_id);
    let refresh_for = (session.enabled && inline.refresh).then_some(session.limits.lifetime);
    let popups = Popups::new(lasting.tickets.clone(), refresh_for);
    let id_token_key = seals.derive("id tokens of inline sign-ins");
    let inline = Inline {
        id_tokens: IdTokens::new(
            addresses.base.clone(),
            inline.client_id.clone(),
            id_token_key.as_slice(),
        ),
        client_id: inline.client_id,
        redirect_uri: addresses.sso_page.clone(),
        origin: jitsi.url.origin().ascii_serialization(),
    };
    let may_invite = policy.lets_invite();
    let state = AppState(Arc::new(Parts {
        admission,
        invitations: may_invite
            .then(|| Invitations::new(lasting.invitations.clone(), invitations.lifetime)),
        providers: providers.clone(),
        seals,
        proxies: server.proxies,
        mirror,
        rates: Rates::new(lasting.rates.clone(), limits.rates),
        sessions: session.enabled.then(|| {
            Sessions::new(
                lasting.store.clone(),
                lasting.ledger.clone(),
                session.limits,
            )
            .counted(lasting.metrics.clone())
        }),
        popups,
        inline,
        cookies: CookieSettings::new(&server.public_url),
        logout: logout::LogoutSettings::new(jitsi.after_logout, &jitsi.url, &addresses.base),
        not_signed_in: jitsi.not_signed_in,
        automatic_return: jitsi.apps.automatic_return,
        wording: pages.wording,
        appearance: Appearance::new(pages.look, &addresses),
        whoami: pages.whoami,
        addresses,
        clock: lasting.clock.clone(),
        random: SystemRandom::new(),
        audit: lasting.audit.clone(),
        metrics: lasting.metrics.clone(),
        background: lasting.background.clone(),
    }));
    let patience = Patience {
        shutdown: server.shutdown_timeout.unsigned_abs(),
        connections: limits.connections,
        ..Patience::default()
    };
    Ok(App {
        router: router(state, limits.requests),
        providers,
        patience,
        keyring,
        look_at_keys_every: LOOK_AT_KEYS_EVERY,
        built: lasting.clock.now(),
        lasting,
    })
}

/// Keys that have not changed stay as they are, with all that was seen of their file.
fn keyring(keyring: Keyring, before: Option<&App>) -> Keyring {
    match keyring {
        Keyring::Keys(live) => {
            Keyring::Keys(live.or_before(before.and_then(|app| app.keyring.live())))
        }
        shared_secret @ Keyring::SharedSecret(..) => shared_secret,
    }
}

fn connect(
    config: ProviderConfig,
    lasting: &Lasting,
    before: Option<&App>,
) -> Result<Arc<Provider>, HttpError> {
    let http = ProviderHttp::new(
        config.timeout.unsigned_abs(),
        config.extra_ca.as_deref(),
        &config.issuer,
        config.internal_url.as_ref(),
    )?;
    let http = http.watched(&config.settings.name, lasting.metrics.clone());
    let provider = Provider::new(config.settings, http, lasting.clock.clone());
    for other in before.iter().flat_map(|app| app.providers.iter()) {
        provider.learn_from(other);
    }
    Ok(Arc::new(provider))
}
