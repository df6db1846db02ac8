//! The session store: whether it answers, lets everything be done that the bridge does, and how fast.

mod rights;

use std::time::{Duration, Instant};

use fred::clients::Client;
use fred::error::{Error, ErrorKind};
use fred::interfaces::{ClientLike as _, KeysInterface as _};
use fred::types::Builder;
use fred::types::config::{ConnectionConfig, ReconnectPolicy};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;

use super::report::Findings;
use crate::config::{Sessions, StoreChoice};
use crate::session::store::{Redis, redis_address};

const CONNECTION: &str = "store-connection";
const LATENCY: &str = "store-latency";

/// How long it may take to connect.
const PATIENCE: Duration = Duration::from_secs(5);
/// What takes longer is felt at each sign-in; what takes half a second counts as away.
const SLOW: Duration = Duration::from_millis(50);
/// So many answers are timed.
const TIMED: u32 = 5;

/// Looks at the store that is configured.
pub async fn look(sessions: &Sessions) -> Findings {
    let mut findings = Findings::default();
    match &sessions.store {
        StoreChoice::Memory => in_memory(sessions, &mut findings),
        StoreChoice::Redis { url, ca } => {
            in_redis(url.expose_secret(), ca.as_deref(), &mut findings).await;
        }
    }
    findings
}

fn in_memory(sessions: &Sessions, findings: &mut Findings) {
    let remembered = if sessions.enabled {
        "sessions are kept in memory: a restart signs everybody out of the bridge (not out of meetings), and there can be one bridge alone"
    } else {
        "nobody is remembered (session.enabled = false): each meeting begins with a trip to the provider"
    };
    let logins = if sessions.cookie_keys.is_empty() {
        "; without session.cookie_keys it also ends the sign-ins that are under way"
    } else {
        ""
    };
    findings.good("store-memory", format!("{remembered}{logins}"));
}

async fn in_redis(url: &str, ca: Option<&[u8]>, findings: &mut Findings) {
    let client = match client(url, ca) {
        Ok(client) => client,
        Err(said) => {
            findings.fault(CONNECTION, said, "mend session.redis_url");
            return;
        }
    };
    let connected = match timeout(PATIENCE, client.init()).await {
        Ok(connected) => connected,
        Err(_) => Err(Error::new(ErrorKind::Timeout, "no answer")),
    };
    match connected {
        Ok(_) => {
            rights::try_all(&client, findings).await;
            if !findings.have_a_fault() {
                time(&client, findings).await;
            }
        }
        Err(error) => not_connected(&error, findings),
    }
    // Whether it says good-bye does not matter.
    let _ = timeout(PATIENCE, client.quit()).await;
}

/// One that gives up at once.
fn client(url: &str, ca: Option<&[u8]>) -> Result<Client, String> {
    let mut address = redis_address(url, ca).map_err(|error| error.to_string())?;
    address.fail_fast = true;
    Builder::from_config(address)
        .with_performance_config(|performance| performance.default_command_timeout = PATIENCE)
        .with_connection_config(|connection| {
            *connection = ConnectionConfig {
                connection_timeout: PATIENCE,
                internal_command_timeout: PATIENCE,
                max_command_attempts: 1,
                reconnect_on_auth_error: false,
                ..ConnectionConfig::default()
            }
        })
        .set_policy(ReconnectPolicy::new_constant(1, 100))
        .build()
        .map_err(|error| error.details().to_owned())
}

fn not_connected(error: &Error, findings: &mut Findings) {
    let said = error.to_string();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["WRONGPASS", "NOAUTH", "invalid password"]) || *error.kind() == ErrorKind::Auth {
        findings.fault(
            "store-password",
            format!("the session store refuses the password: {said}"),
            "write its user and password into session.redis_url: redis://USER:PASSWORD@HOST:6379/0, special characters percent-encoded",
        );
    } else if *error.kind() == ErrorKind::Tls
        || has(&[
            "certificate",
            "Certificate",
            "corrupt message",
            "tls handshake",
        ])
    {
        findings.fault(
            "store-tls",
            format!("no encrypted connection to the session store: {said}"),
            "name the authority of its certificate in session.redis_ca_file; the certificate has to name the host of session.redis_url; where the store does not speak TLS at that port, write redis:// instead of rediss://",
        );
    } else {
        findings.fault(
            CONNECTION,
            format!("no connection to the session store: {said}"),
            "start it, or mend host and port in session.redis_url; where it wants TLS, write rediss://",
        );
    }
}

async fn time(client: &Client, findings: &mut Findings) {
    let begun = Instant::now();
    for _ in 0..TIMED {
        let key = Redis::key("ready", "");
        if client.get::<fred::types::Value, _>(key).await.is_err() {
            return;
        }
    }
    let each = begun.elapsed() / TIMED;
    let said = format!(
        "the session store answers in {:.1} ms",
        each.as_secs_f64() * 1000.0
    );
    if each > SLOW {
        let mend = "put it nearer, or give it a better machine: each sign-in asks it several times, and beyond 500 ms it counts as away";
        findings.warning(LATENCY, said, mend);
    } else {
        findings.good(LATENCY, said);
    }
}
