//! The bridge, built as it is for serving, at a time that stands still.

use std::sync::Arc;

use jitsi_oidc_bridge::clock::Clock;
use jitsi_oidc_bridge::config::{Loaded, Sources, load};
use jitsi_oidc_bridge::observe::Audit;
use jitsi_oidc_bridge::web::{self, App};
use time::OffsetDateTime;

/// The time, in seconds since 1970: far in the future, since stores forget by the real time.
pub const NOW: i64 = 2_100_000_000;
/// Jitsi's address.
pub const JITSI: &str = "https://meet.example.org";
/// The bridge's own.
pub const PUBLIC: &str = "https://sso.example.org/bridge";
/// What the provider calls the bridge.
pub const CLIENT_ID: &str = "bridge";

struct Standing;

impl Clock for Standing {
    fn now(&self) -> OffsetDateTime {
        now()
    }
}

/// The time.
#[must_use]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW).expect("it is a time")
}

/// A configuration, or the report of all that is wrong with it.
pub fn loaded(text: String) -> Result<Loaded, String> {
    let sources = Sources {
        file: Some(("fuzzed.toml".to_owned(), text)),
        environment: Vec::new(),
    };
    load(&sources).map_err(|problems| problems.to_string())
}

/// The least configuration that there can be, but for the policy.
#[must_use]
pub fn configuration(issuer: &str) -> String {
    format!(
        "server.public_url = {PUBLIC:?}\njitsi.url = {JITSI:?}\ntoken.secret = \"only for fuzzing, and long enough to count\"\n\
         provider.issuer = {issuer:?}\nprovider.client_id = {CLIENT_ID:?}\n"
    )
}

/// The bridge, with further settings and rules.
///
/// Must run inside a Tokio runtime.
#[must_use]
pub fn built(issuer: &str, further: &str) -> App {
    let text = format!("{}{further}", configuration(issuer));
    let loaded = loaded(text).expect("the configuration is good");
    web::build(loaded.config, Arc::new(Standing), Audit::default()).expect("it can be built")
}
