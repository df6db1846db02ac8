//! The whole journey on one machine: the real server with a generated configuration, between a provider without
//! passwords and a page that stands in for Jitsi's.
//!
//! Nothing is short-circuited: the browser is redirected, the code redeemed and the tokens signed and verified as they
//! would be between strangers.

mod meeting;
mod people;
mod provider;
mod verdict;

use std::collections::VecDeque;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::clock::{SharedClock, SystemClock};
use crate::config::{Log, LogFormat, Sources, load};
use crate::observe::{self, Audit, Decided};
use crate::web;

/// The demo's rules; also what its page shows.
const POLICY: &str = include_str!("demo/policy.toml");
/// How many decisions the meeting page can look back on.
const REMEMBERED_DECISIONS: usize = 1000;

/// The last decisions, which the meeting page shows beside the token: a token does not say why.
#[derive(Clone, Default)]
pub(crate) struct Decisions(Arc<Mutex<VecDeque<Decided>>>);

impl Decisions {
    fn listener(&self) -> observe::Listener {
        let decisions = self.clone();
        Arc::new(move |decided: &Decided| {
            let mut all = decisions.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.truncate(REMEMBERED_DECISIONS - 1);
            all.push_front(decided.clone());
        })
    }

    /// The rules that let in the holder of the token with this identifier.
    fn rules_of(&self, jti: &str) -> Vec<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_token = |decided: &&Decided| matches!(&decided.outcome, observe::DecidedOutcome::Admitted { jti: j, .. } if j == jti);
        all.iter()
            .find(of_token)
            .map(|decided| decided.rules.clone())
            .unwrap_or_default()
    }
}

/// Where the three parts are.
#[derive(Clone)]
pub(crate) struct Places {
    /// The page that stands in for Jitsi's.
    pub jitsi: String,
    /// The bridge.
    pub bridge: String,
    /// The provider.
    pub provider: String,
}

/// The secrets that the parts share; new at each start.
#[derive(Clone)]
pub(crate) struct Shared {
    /// Between bridge and Jitsi.
    pub token_secret: String,
    /// Between bridge and provider.
    pub client_secret: String,
}

/// Starts the demo and runs it until Ctrl-C.
///
/// # Errors
/// When a port is taken, or `listen` is not on this machine alone.
pub async fn run(listen: SocketAddr) -> anyhow::Result<ExitCode> {
    if !listen.ip().is_loopback() {
        bail!(
            "the demo signs anybody in without a password, so it listens on this machine alone: use 127.0.0.1 or [::1]"
        );
    }
    let log = Log {
        format: LogFormat::Auto,
        level: tracing_subscriber::filter::LevelFilter::WARN,
    };
    let _log = observe::start_logging(log, None).context("cannot start the log")?;
    let jitsi = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}; try --listen 127.0.0.1:0"))?;
    let mut demo = Demo::start(jitsi).await?;
    writeln!(
        std::io::stdout(),
        "Open {}/ in a browser. Ctrl-C ends the demo.",
        demo.places.jitsi
    )?;
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = tokio::signal::ctrl_c() => ended?,
        _ = terminated.recv() => {}
        ended = &mut demo.parts => ended?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The three parts, running.
pub struct Demo {
    places: Places,
    parts: tokio::task::JoinHandle<()>,
}

impl Demo {
    /// Starts the three parts; `jitsi` is where the meeting page listens.
    ///
    /// # Errors
    /// When a part cannot start.
    pub async fn start(jitsi: TcpListener) -> anyhow::Result<Self> {
        let ip = jitsi.local_addr()?.ip();
        let (bridge, provider) = (free_port(ip).await?, free_port(ip).await?);
        let places = Places {
            jitsi: address(&jitsi)?,
            bridge: address(&bridge)?,
            provider: address(&provider)?,
        };
        let shared = Shared {
            token_secret: random_text()?,
            client_secret: random_text()?,
        };
        let clock: SharedClock = Arc::new(SystemClock);
        let decisions = Decisions::default();

        let text = configuration(&places, &shared);
        let loaded = load(&Sources {
            file: Some(("the demo's configuration".to_owned(), text)),
            environment: Vec::new(),
        })?;
        let app = web::build(
            loaded.config,
            clock.clone(),
            Audit::heard_by(decisions.listener()),
        )?;
        let provider_state = provider::DemoProvider::new(&places, &shared, clock.clone())?;
        let meeting = meeting::router(meeting::Stand {
            places: places.clone(),
            secret: shared.token_secret.clone(),
            clock,
            decisions,
        });
        let identity = provider::router(provider_state);
        let parts = tokio::spawn(async move {
            // Each of them runs for ever; whichever ends, ends the demo.
            tokio::select! {
                _ = web::serve(bridge, app, std::future::pending()) => {}
                _ = axum::serve(provider, identity).into_future() => {}
                _ = axum::serve(jitsi, meeting).into_future() => {}
            }
        });
        Ok(Self { places, parts })
    }

    /// The address to open in a browser.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.places.jitsi
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.parts.abort();
    }
}

async fn free_port(ip: IpAddr) -> anyhow::Result<TcpListener> {
    Ok(TcpListener::bind(SocketAddr::new(ip, 0)).await?)
}

/// A listener's address for browsers. `localhost` would do as well, but names can mean other machines.
fn address(listener: &TcpListener) -> anyhow::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| anyhow::anyhow!("the system gave no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The file that an administrator would write for these three.
fn configuration(places: &Places, shared: &Shared) -> String {
    format!(
        r#"
        [server]
        public_url = "{bridge}"
        [jitsi]
        url = "{jitsi}"
        [token]
        secret = "{token_secret}"
        [provider]
        name = "demo"
        issuer = "{provider}"
        client_id = "{client_id}"
        client_secret = "{client_secret}"
        {POLICY}
        "#,
        bridge = places.bridge,
        jitsi = places.jitsi,
        provider = places.provider,
        token_secret = shared.token_secret,
        client_secret = shared.client_secret,
        client_id = provider::CLIENT_ID,
    )
}

/// The address that tests start the demo on.
#[must_use]
pub fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}
