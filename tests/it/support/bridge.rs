//! The real server on a loopback port, with a clock that is advanced by hand and an ear on its decisions.

use std::sync::{Arc, Mutex};

use jitsi_oidc_bridge::clock::Clock;
use jitsi_oidc_bridge::config::{Loaded, Sources, load};
use jitsi_oidc_bridge::observe::{Audit, Decided, DecidedOutcome};
use jitsi_oidc_bridge::token::keyring::Keyring;
use jitsi_oidc_bridge::web::error::Cause;
use jitsi_oidc_bridge::web::{self, Live};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::provider::{CLIENT_ID, CLIENT_SECRET, Provider};

pub const JITSI: &str = "https://meet.example.org";
pub const TOKEN_SECRET: &str = "a secret that Prosody knows as well, long enough";

/// The usual rules.
pub const POLICY: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "team leads"
groups = ["/teams/{team}/leads"]
rooms = ["{team}", "{team}-*"]
role = "moderator"
[[policy.rules]]
name = "board only"
rooms = ["board"]
unless_groups = ["/board"]
deny = "This room is for the board."
"#;

/// A clock that stands still until it is advanced. It begins far in the future: stores forget by the real time.
pub struct TestClock(Mutex<OffsetDateTime>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Mutex::new(
            OffsetDateTime::from_unix_timestamp(2_100_000_000).unwrap(),
        ))
    }
}

impl TestClock {
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }

    pub fn now_unix(&self) -> i64 {
        self.now().unix_timestamp()
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

pub struct Bridge {
    /// What browsers call it.
    pub url: String,
    pub clock: Arc<TestClock>,
    pub keyring: Keyring,
    /// What answers, and may be replaced.
    pub live: Live,
    decisions: Arc<Mutex<Vec<Decided>>>,
    causes: Arc<Mutex<Vec<String>>>,
    end: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

impl Bridge {
    /// A bridge with the usual rules, and further settings over the usual ones.
    pub async fn start(provider: &Provider, further: &str) -> Self {
        Self::with(provider, "", further, POLICY).await
    }

    /// A bridge under a path.
    pub async fn under(provider: &Provider, path: &str) -> Self {
        Self::with(provider, path, "", POLICY).await
    }

    /// A bridge with these rules instead of the usual ones.
    pub async fn with_policy(provider: &Provider, policy: &str) -> Self {
        Self::with(provider, "", "", policy).await
    }

    async fn with(provider: &Provider, path: &str, further: &str, policy: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let text = settings(provider, &url, further, policy);
        let loaded = load(&Sources {
            file: Some(("test.toml".to_owned(), text)),
            environment: Vec::new(),
        });
        Self::of(
            loaded.unwrap_or_else(|problems| panic!("{problems}")),
            provider,
            listener,
            url,
        )
    }

    /// A bridge with this configuration.
    pub fn of(loaded: Loaded, provider: &Provider, listener: TcpListener, url: String) -> Self {
        Self::with_patience(loaded, provider, listener, url, |patience| patience)
    }

    /// A bridge whose patience with others is changed.
    pub fn with_patience(
        loaded: Loaded,
        provider: &Provider,
        listener: TcpListener,
        url: String,
        change: impl FnOnce(web::Patience) -> web::Patience,
    ) -> Self {
        let decisions = Arc::new(Mutex::new(Vec::new()));
        let heard = decisions.clone();
        let audit = Audit::heard_by(Arc::new(move |decided: &Decided| {
            heard.lock().unwrap().push(decided.clone());
        }));
        let mut app = web::build(loaded.config, provider.clock.clone(), audit).unwrap();
        app.look_at_keys_every = std::time::Duration::from_millis(20);
        let keyring = app.keyring.clone();
        let causes = Arc::new(Mutex::new(Vec::new()));
        app.router = told(app.router, causes.clone());
        app.patience = change(app.patience);
        let live = Live::from(app);
        let served = live.clone();
        let (end, is_ended) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            web::serve(listener, served, async { drop(is_ended.await) })
                .await
                .unwrap();
        });
        Self {
            url,
            clock: provider.clock.clone(),
            keyring,
            live,
            decisions,
            causes,
            end: Some(end),
            ended,
        }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn decisions(&self) -> Vec<Decided> {
        self.decisions.lock().unwrap().clone()
    }

    /// How many tokens were minted.
    pub fn tokens_minted(&self) -> usize {
        self.decisions()
            .iter()
            .filter(|decided| matches!(decided.outcome, DecidedOutcome::Admitted { .. }))
            .count()
    }

    /// Tells the server to stop; `finished` then waits for it.
    pub fn stop(&mut self) {
        let _ = self.end.take().map(|end| end.send(()));
    }

    pub async fn finished(self) {
        self.ended.await.unwrap();
    }
}

/// A configuration with the usual settings, further ones over them, and these rules.
pub fn settings(provider: &Provider, url: &str, further: &str, policy: &str) -> String {
    let usual = format!(
        "server.public_url = {url:?}\njitsi.url = {JITSI:?}\ntoken.secret = {TOKEN_SECRET:?}\nprovider.issuer = {:?}\n\
             provider.client_id = {CLIENT_ID:?}\nprovider.client_secret = {CLIENT_SECRET:?}\n",
        provider.issuer
    );
    // Dotted keys may be written again by `further`: the later line counts.
    let kept = usual.lines().filter(|line| {
        let key = line.split_once(" = ").unwrap().0;
        !further.lines().any(|other| {
            other.trim().starts_with(&format!("{key} =")) || other.trim() == format!("# no {key}")
        })
    });
    format!(
        "{}\n{further}\n{policy}",
        kept.collect::<Vec<_>>().join("\n")
    )
}

/// The payload of a token of ours; panics when the signature is wrong.
#[track_caller]
pub fn payload(token: &str) -> Value {
    let mut validation = Validation::new(Algorithm::HS256);
    // The times are the test clock's; the tests look at them themselves.
    validation.validate_exp = false;
    validation.set_audience(&["jitsi"]);
    validation.set_issuer(&["jitsi"]);
    decode(
        token,
        &DecodingKey::from_secret(TOKEN_SECRET.as_bytes()),
        &validation,
    )
    .unwrap()
    .claims
}

impl Bridge {
    /// A bridge under a path, with further settings and these rules.
    pub async fn set_up(provider: &Provider, path: &str, further: &str, policy: &str) -> Self {
        Self::with(provider, path, further, policy).await
    }

    /// A bridge between several providers, each with its name and further settings.
    pub async fn between(providers: &[(&str, &Provider, &str)], policy: &str) -> Self {
        Self::between_with(providers, "", policy).await
    }

    /// The same, with settings that are none of a provider's.
    pub async fn between_with(
        providers: &[(&str, &Provider, &str)],
        further: &str,
        policy: &str,
    ) -> Self {
        let keys = ["issuer", "client_id", "client_secret"];
        let without = keys.map(|key| format!("# no provider.{key}\n")).concat();
        let section = |(name, provider, further): &(&str, &Provider, &str)| {
            let Provider { issuer, .. } = provider;
            format!(
                "[providers.{name}]\nissuer = {issuer:?}\nclient_id = {CLIENT_ID:?}\nclient_secret = {CLIENT_SECRET:?}\n{further}\n"
            )
        };
        let sections: String = providers.iter().map(section).collect();
        Self::with(
            providers[0].1,
            "",
            &format!("{without}{further}\n{sections}"),
            policy,
        )
        .await
    }

    /// The address it listens on, without a path.
    pub fn origin(&self) -> String {
        let url = url::Url::parse(&self.url).unwrap();
        url.origin().ascii_serialization()
    }

    /// The last decision, as the outcome's name and the rules.
    #[track_caller]
    pub fn last_decision(&self) -> (String, Vec<String>) {
        let decided = self.decisions().pop().expect("nothing was decided");
        let outcome = match decided.outcome {
            DecidedOutcome::Admitted { role, .. } => role.to_owned(),
            DecidedOutcome::Denied(cause) => format!("denied: {cause}"),
        };
        (outcome, decided.rules)
    }
}

impl Bridge {
    /// What the log would say of the last answer that was an error: its cause.
    #[track_caller]
    pub fn last_cause(&self) -> String {
        let causes = self.causes.lock().unwrap();
        causes.last().expect("no answer had a cause").clone()
    }
}

/// Keeps the causes that answers carry for the log, outside of all that the server does with them.
fn told(router: axum::Router, causes: Arc<Mutex<Vec<String>>>) -> axum::Router {
    router.layer(axum::middleware::map_response(
        move |response: axum::response::Response| {
            if let Some(Cause(cause)) = response.extensions().get::<Cause>() {
                causes.lock().unwrap().push(cause.clone());
            }
            std::future::ready(response)
        },
    ))
}
