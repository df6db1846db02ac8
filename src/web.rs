//! The server: its state, and every route and every layer, in order, on this page.
//!
//! Thin: handlers call the stages in order and hold no rule of their own.

mod addresses;
mod app_return;
mod asked;
mod callback;
mod choice;
mod circles;
pub mod cookies;
pub mod error;
mod form;
mod freshness;
mod home;
mod inline;
mod invite;
mod join;
mod keys;
mod languages;
mod lasting;
mod limits;
mod live;
pub mod logout;
pub mod page;
mod proxies;
mod public;
mod redirect;
mod request;
mod serving;
mod sign_out_everywhere;
mod silent;
mod texts;
mod token_answer;
mod visitor;

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use tower::util::MapRequest;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyDeadlineLayer, TimeoutLayer};

pub use self::addresses::Addresses;
use self::cookies::CookieSettings;
pub use self::lasting::Lasting;
pub use self::live::Live;
pub use self::serving::{Patience, serve};
use crate::admit::{Admission, Guests};
use crate::clock::SharedClock;
use crate::config::server::TrustedProxies;
use crate::config::{Config, NotSignedIn, ProviderConfig, Signing};
use crate::identity::http::{HttpError, ProviderHttp};
use crate::identity::provider::Provider;
use crate::identity::providers::Providers;
use crate::meeting::url::MeetingUrls;
use crate::observe::Audit;
use crate::session::Sessions;
use crate::session::invitations::Invitations;
use crate::session::pending::{PendingError, Seals};
use crate::session::popups::Popups;
use crate::session::rates::Rates;
use crate::session::store::StoreError;
use crate::token::Minter;
use crate::token::id_token::IdTokens;
use crate::token::keyring::Keyring;

/// The longest token request, in bytes: a code, a verifier and a few addresses.
const LONGEST_TOKEN_REQUEST: usize = 16 * 1024;

/// The longest form of a page of ours, in bytes: a name and a seal.
const LONGEST_FORM: usize = 16 * 1024;

/// The longest that a request may take: several answers of the provider, each with a time-out of its own.
const LONGEST_REQUEST: std::time::Duration = std::time::Duration::from_secs(90);

/// The longest that a request's body may take to come: forms are small.
const LONGEST_BODY: std::time::Duration = std::time::Duration::from_secs(10);

/// Everything that handlers use: built of one configuration, never changed.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// The parts of the state. None is optional but what configuration can switch off.
pub struct Parts {
    /// Policy, token and URL.
    pub admission: Admission,
    /// Who signs people in.
    pub providers: Arc<Providers>,
    /// Logins under way.
    pub seals: Seals,
    /// What is remembered; nothing when `session.enabled` is false.
    pub sessions: Option<Sessions>,
    /// Guests' invitations; nothing where no rule lets anybody invite.
    pub invitations: Option<Invitations>,
    /// Codes and refresh tokens of inline sign-ins.
    pub popups: Popups,
    /// Jitsi's side of inline sign-ins.
    pub inline: Inline,
    /// Names and attributes of cookies.
    pub cookies: CookieSettings,
    /// Where sign-outs lead.
    pub logout: logout::LogoutSettings,
    /// What becomes of people whom the provider does not know without asking.
    pub not_signed_in: NotSignedIn,
    /// Open apps without a tap, where that is safe.
    pub automatic_return: bool,
    /// What browsers call us.
    pub addresses: Addresses,
    /// Who is believed about where visitors come from.
    pub proxies: TrustedProxies,
    /// How often an address does something.
    pub rates: Rates,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub random: SystemRandom,
    /// Who hears of decisions.
    pub audit: Audit,
}

impl std::ops::Deref for AppState {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Jitsi as a client of the bridge's token service.
pub struct Inline {
    /// Its client id.
    pub client_id: String,
    /// Its page that takes codes, and nothing else does.
    pub redirect_uri: String,
    /// The origin of that page.
    pub origin: String,
    /// Signs what it gets beside the token.
    pub id_tokens: IdTokens,
}

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
    let Config {
        server,
        jitsi,
        token,
        providers,
        session,
        log: _,
        policy,
        inline,
        invitations,
        limits,
    } = config;
    let providers = providers
        .into_iter()
        .map(|provider| connect(provider, &lasting.clock, before))
        .collect::<Result<Vec<_>, _>>()?;
    let providers = Arc::new(Providers::new(providers));
    let seals = Seals::new(&lasting.cookie_keys(session.cookie_keys)?)?;
    let keyring = match token.signing {
        Signing::SharedSecret { algorithm, secret } => Keyring::shared_secret(algorithm, &secret),
        Signing::Keys(live) => {
            Keyring::Keys(live.or_before(before.and_then(|app| app.keyring.live())))
        }
    };
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
    let urls = MeetingUrls::new(
        &jitsi.url,
        jitsi.token_in,
        jitsi.skip_prejoin,
        jitsi.apps.apps,
    );
    let urls = match &jitsi.jaas {
        Some(app_id) => urls.at_jaas(app_id),
        None => urls,
    };
    let may_invite = policy.lets_invite();
    let state = AppState(Arc::new(Parts {
        admission: Admission {
            policy,
            minter: Minter {
                identity: jitsi.identity,
                content: token.content,
                lifetime: token.lifetime,
                not_before_leeway: token.not_before_leeway,
                keyring: keyring.clone(),
            },
            urls,
            guests: Guests {
                wait_in_lobby: invitations.lobby,
                mark: invitations.guest_mark,
            },
        },
        invitations: may_invite
            .then(|| Invitations::new(lasting.invitations.clone(), invitations.lifetime)),
        providers: providers.clone(),
        seals,
        proxies: server.proxies,
        rates: Rates::new(lasting.rates.clone(), limits.rates),
        sessions: session.enabled.then(|| {
            Sessions::new(
                lasting.store.clone(),
                lasting.ledger.clone(),
                session.limits,
            )
        }),
        popups,
        inline,
        cookies: CookieSettings::new(&server.public_url),
        logout: logout::LogoutSettings::new(jitsi.after_logout, &jitsi.url, &addresses.base),
        not_signed_in: jitsi.not_signed_in,
        automatic_return: jitsi.apps.automatic_return,
        addresses,
        clock: lasting.clock.clone(),
        random: SystemRandom::new(),
        audit: lasting.audit.clone(),
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
        lasting,
    })
}

fn connect(
    config: ProviderConfig,
    clock: &SharedClock,
    before: Option<&App>,
) -> Result<Arc<Provider>, HttpError> {
    let http = ProviderHttp::new(
        config.timeout.unsigned_abs(),
        config.extra_ca.as_deref(),
        &config.issuer,
        config.internal_url.as_ref(),
    )?;
    let provider = Provider::new(config.settings, http, clock.clone());
    for other in before.iter().flat_map(|app| app.providers.iter()) {
        provider.learn_from(other);
    }
    Ok(Arc::new(provider))
}

/// Every route and every layer.
fn router(state: AppState, most_at_once: usize) -> Router {
    let form = || DefaultBodyLimit::max(LONGEST_FORM);
    let routes = Router::new()
        .route("/", get(home::get))
        .route("/sign-in", get(home::sign_in))
        .route("/open", get(home::open))
        // Guests without an account: made and withdrawn on the home page, used by whoever has the link.
        .route("/invitations", post(invite::make).layer(form()))
        .route(
            "/invitations/withdraw",
            post(invite::withdraw).layer(form()),
        )
        .route(
            "/invite/{sealed}",
            get(invite::show).post(invite::enter).layer(form()),
        )
        // A wish to join, from Jitsi's tokenAuthUrl.
        .route("/room/{*names}", get(join::by_path))
        .route("/join", get(join::by_query))
        // The token service of Jitsi's inline sign-in.
        .route("/authorize", get(inline::authorize))
        .route(
            "/token",
            post(inline::token)
                .options(inline::preflight)
                .layer(DefaultBodyLimit::max(LONGEST_TOKEN_REQUEST)),
        )
        // The choice of a provider, by an e-mail address; and back from it.
        .route("/choose", post(choice::by_address).layer(form()))
        .route(
            "/callback",
            get(callback::get).post(callback::post).layer(form()),
        )
        .route(
            "/callback/{provider}",
            get(callback::get).post(callback::post).layer(form()),
        )
        // For Prosody: the keys that verify tokens.
        .route("/.well-known/jwks.json", get(keys::jwks))
        .route("/asap/{name}", get(keys::asap))
        // For providers: the keys that verify our own assertions.
        .route("/.well-known/client-jwks.json", get(keys::client_jwks))
        // Sign-out: by the person, here or on every device, back from the provider, and by the provider itself.
        .route("/logout", get(logout::get))
        .route("/logged-out", get(logout::logged_out))
        .route(
            "/sign-out-everywhere",
            post(sign_out_everywhere::post).layer(form()),
        )
        .route(
            "/backchannel-logout",
            post(logout::backchannel).layer(DefaultBodyLimit::max(logout::LONGEST_BODY)),
        )
        // Whoever looks after the server, below, is answered when nobody else is.
        .route_layer(middleware::from_fn_with_state(
            Arc::new(Semaphore::new(most_at_once)),
            limits::one_of,
        ))
        // For whoever keeps the server running.
        .route("/healthz", get(public::healthz))
        .route("/readyz", get(public::readyz))
        .method_not_allowed_fallback(public::method_not_allowed)
        .fallback(public::not_found)
        .with_state(state.clone());
    let path = state.addresses.path.clone();
    let below_path = MapRequest::new(routes, move |request| request::without_path(request, &path));
    Router::new()
        .fallback_service(below_path)
        // From the inside out: a panic becomes an error, errors become pages, and each request one line in the log.
        .layer(CatchPanicLayer::custom(error::from_panic))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            LONGEST_REQUEST,
        ))
        .layer(RequestBodyDeadlineLayer::new(LONGEST_BODY))
        .layer(middleware::from_fn_with_state(state, page::show))
        .layer(middleware::from_fn(request::headers))
        .layer(middleware::from_fn(request::tell))
        // Whatever happens in the layers themselves still gets an answer.
        .layer(CatchPanicLayer::custom(error::from_panic_in_a_layer))
}
