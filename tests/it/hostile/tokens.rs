//! Tokens that a forger, or a provider that was taken over, would send: each is refused for its own reason, costs no more
//! than its size, and leaves nothing behind.

mod claims;
mod key_sets;
mod shapes;
mod signatures;

use serde_json::{Value, json};

use super::support;
use super::support::forge::signed;
use super::support::keys::FIRST;
use super::support::logout::with;
use super::support::{Bridge, Provider, sara};
use super::{ROOM, is_a_plain_line, is_refused, login, succeeds};

/// Makes a token of the claims of a good one.
type Forger = Box<dyn Fn(&Value) -> String + Send + Sync>;

/// Each of these tokens is refused for its reason, at one bridge, and a good one is believed right after each.
async fn are_refused(settings: &str, forgers: Vec<(Forger, &str)>) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, settings).await;
    for (before, (forger, reason)) in forgers.into_iter().enumerate() {
        provider.forges(forger);
        let landed = login(&bridge).await;
        is_refused(&bridge, &landed, 502, reason);
        is_a_plain_line(&bridge.last_cause());
        assert_eq!(bridge.tokens_minted(), before, "{reason}");
        provider.is_honest();
        let landed = login(&bridge).await;
        assert!(landed.in_meeting(), "{reason}: {}", bridge.last_cause());
    }
}

/// The token of a header and the good claims, signed by the published key.
fn headed(header: Value) -> Forger {
    written(header.to_string())
}

/// The same with a header as a text, which can be no JSON.
fn written(header: String) -> Forger {
    Box::new(move |claims| signed(&header, &claims.to_string(), &FIRST))
}

/// The token of the usual header and of what becomes of the good claims' text.
fn saying(change: impl Fn(String) -> String + Send + Sync + 'static) -> Forger {
    Box::new(move |claims| {
        let header = json!({ "alg": "RS256", "kid": FIRST.kid }).to_string();
        signed(&header, &change(claims.to_string()), &FIRST)
    })
}

/// The token of the good claims with some others instead.
fn saying_with(others: Value) -> Forger {
    saying(move |claims| with(serde_json::from_str(&claims).unwrap(), others.clone()).to_string())
}

/// The good claims and further members, which are JSON text and stand after them.
fn adding(members: &'static str) -> Forger {
    saying(move |claims| format!("{},{members}}}", claims.strip_suffix('}').unwrap()))
}

/// A text that is no token at all.
fn bare(text: &str) -> Forger {
    let text = text.to_owned();
    Box::new(move |_| text.clone())
}
