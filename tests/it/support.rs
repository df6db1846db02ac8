//! What the tests stand on.

pub mod bridge;
pub mod browser;
pub mod command;
pub mod endpoints;
pub mod fault;
pub mod forge;
pub mod keyring;
pub mod keys;
pub mod log;
pub mod logout;
pub mod prosody;
pub mod protocol;
pub mod provider;
pub mod proxy;
pub mod scene;
pub mod store_stand_in;
pub mod stores;
pub mod tls;

pub use bridge::{Bridge, JITSI, TestClock};
pub use browser::{Browser, Landed};
pub use fault::Fault;
pub use provider::Provider;
use serde_json::{Value, json};

/// A member of staff, as the provider's claims.
pub fn sara() -> Value {
    json!({ "sub": "s-sara", "name": "Sara Stein", "preferred_username": "sara", "email": "sara@example.org",
            "email_verified": true, "groups": ["/staff"] })
}

/// A team lead.
pub fn tim() -> Value {
    json!({ "sub": "s-tim", "name": "Tim Lorenz", "preferred_username": "tim", "groups": ["/staff", "/teams/rocket/leads"] })
}

/// Somebody without any group.
pub fn nora() -> Value {
    json!({ "sub": "s-nora", "name": "Nora Noack", "preferred_username": "nora", "groups": [] })
}

/// A bridge with the usual rules, its provider, and a browser.
pub async fn usual() -> (Bridge, Provider, Browser) {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, "").await;
    provider.signs_in(sara());
    (bridge, provider, Browser::new())
}

/// The payload of the token in a meeting's address, its signature verified.
#[track_caller]
pub fn token_in(landed: &Landed) -> Value {
    bridge::payload(
        &landed
            .token()
            .unwrap_or_else(|| panic!("no token in {landed:?}")),
    )
}
