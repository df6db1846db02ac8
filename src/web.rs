//! The server: its state, and every route and every layer, in order, on this page.
//!
//! Thin: handlers call the stages in order and hold no rule of their own.

pub(crate) mod addresses;
mod app;
mod app_return;
pub mod appearance;
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
mod logo;
pub mod logout;
mod mirror;
mod outcome;
pub mod page;
mod proxies;
mod public;
mod redirect;
mod request;
pub mod scrape;
mod serving;
mod sign_out_everywhere;
mod silent;
pub mod texts;
mod token_answer;
mod visitor;
mod whoami;

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::{Request, StatusCode};
use axum::middleware;
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tower::ServiceBuilder;
use tower::util::MapRequest;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{DeadlineBody, RequestBodyDeadlineLayer, TimeoutLayer};

pub use self::addresses::Addresses;
pub use self::app::{App, BuildError, build};
use self::appearance::Appearance;
use self::cookies::CookieSettings;
pub use self::lasting::Lasting;
pub use self::live::Live;
pub use self::serving::{Patience, serve};
use self::texts::Wording;
use crate::admit::Admission;
use crate::clock::SharedClock;
use crate::config::NotSignedIn;
use crate::config::server::TrustedProxies;
use crate::identity::providers::Providers;
use crate::mirror::MirrorKey;
use crate::observe::Audit;
use crate::observe::metrics::Metrics;
use crate::session::Sessions;
use crate::session::invitations::Invitations;
use crate::session::pending::Seals;
use crate::session::popups::Popups;
use crate::session::rates::Rates;
use crate::token::id_token::IdTokens;

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
    /// What pages say.
    pub wording: Wording,
    /// What pages look like.
    pub appearance: Appearance,
    /// Whether people may see what is known and decided about them.
    pub whoami: bool,
    /// What browsers call us.
    pub addresses: Addresses,
    /// Who is believed about where visitors come from.
    pub proxies: TrustedProxies,
    /// By what `check` is known; nothing where the configuration has no secret.
    pub mirror: Option<MirrorKey>,
    /// How often an address does something.
    pub rates: Rates,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub random: SystemRandom,
    /// Who hears of what happens to people.
    pub audit: Audit,
    /// What is counted.
    pub metrics: Metrics,
    /// What goes on after its request was answered.
    pub background: TaskTracker,
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

/// Every route and every layer.
fn router(state: AppState, most_at_once: usize) -> Router {
    let form = || DefaultBodyLimit::max(LONGEST_FORM);
    let for_people = Router::new()
        .route("/", get(home::get))
        .route("/sign-in", get(home::sign_in))
        .route("/open", get(home::open))
        // What is known and decided about whoever asks.
        .route("/whoami", get(whoami::get))
        .route("/logo/{version}", get(logo::get))
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
        .route_layer(middleware::from_fn_with_state(
            Arc::new(Semaphore::new(most_at_once)),
            limits::one_of,
        ));
    // Machines are answered when nobody else is.
    let for_machines = Router::new()
        // For Prosody: the keys that verify tokens.
        .route("/.well-known/jwks.json", get(keys::jwks))
        .route("/asap/{name}", get(keys::asap))
        // For providers: the keys that verify our own assertions.
        .route("/.well-known/client-jwks.json", get(keys::client_jwks))
        // For whoever keeps the server running.
        .route("/healthz", get(public::healthz))
        .route("/readyz", get(public::readyz))
        .route(crate::mirror::PATH, get(mirror::get))
        .route_layer(middleware::from_fn(request::routed));
    let routes = for_people
        .merge(for_machines)
        .method_not_allowed_fallback(public::method_not_allowed)
        .fallback(public::not_found)
        .with_state(state.clone());
    let path = state.addresses.path.clone();
    let below_path = MapRequest::new(routes, move |request: Request<DeadlineBody<Body>>| {
        request::without_path(request.map(Body::new), &path)
    });
    let around_all = ServiceBuilder::new()
        // Whatever happens in the layers themselves still gets an answer.
        .layer(CatchPanicLayer::custom(error::from_panic_in_a_layer))
        // Errors become pages, and each request one line in the log.
        .layer(middleware::from_fn_with_state(state, request::tell))
        .layer(RequestBodyDeadlineLayer::new(LONGEST_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            LONGEST_REQUEST,
        ))
        // A panic becomes an error.
        .layer(CatchPanicLayer::custom(error::from_panic));
    // In one piece: each call of `Router::layer` would put another box around every request.
    Router::new().fallback_service(around_all.service(below_path))
}
