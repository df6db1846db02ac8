//! Connections to the provider are kept, and shared where the provider speaks HTTP/2.

use tokio::task::JoinSet;

use crate::support::keyring::KeyFolder;
use crate::support::tls::{Certificate, Tls};
use crate::support::{Bridge, Browser, Provider, sara};

/// More logins than HTTP/1.1 could carry through one connection at once.
const MANY: usize = 20;

/// A bridge that reaches its provider through this server, and has learnt all about it.
async fn through(tls: &Tls, provider: &Provider) -> Bridge {
    provider.signs_in(sara());
    let folder = KeyFolder::new();
    folder.put("ca.pem", &tls.authority);
    let authority = folder.path().join("ca.pem").display().to_string();
    let further = format!(
        "provider.internal_url = {:?}\nprovider.ca_file = {authority:?}\n",
        tls.origin
    );
    let bridge = Bridge::start(provider, &further).await;
    assert!(login(&bridge).await);
    bridge
}

async fn login(bridge: &Bridge) -> bool {
    Browser::new()
        .go(&bridge.at("/room/standup"))
        .await
        .in_meeting()
}

#[tokio::test]
async fn logins_at_once_share_one_connection_of_http2() {
    let provider = Provider::start().await;
    let tls = Tls::with_http2_before(&provider.issuer).await;
    let bridge = through(&tls, &provider).await;
    let mut going = JoinSet::new();
    // Nobody is answered until all are there.
    provider.holds("POST /token");
    for _ in 0..MANY {
        let browser = Browser::new();
        let url = bridge.at("/room/standup");
        going.spawn(async move { { browser }.go(&url).await.in_meeting() });
    }
    provider.is_asked("POST /token", 1 + MANY).await;
    provider.releases();
    assert_eq!(going.join_all().await, [true; MANY]);
    assert_eq!(tls.protocols(), ["h2"]);
}

#[tokio::test]
async fn one_login_after_the_other_keeps_its_connection_of_http1() {
    let provider = Provider::start().await;
    let tls = Tls::before(&provider.issuer, Certificate::Good).await;
    let bridge = through(&tls, &provider).await;
    for _ in 0..MANY {
        assert!(login(&bridge).await);
    }
    assert_eq!(provider.count("POST /token"), 1 + MANY);
    assert_eq!(
        tls.protocols(),
        [""],
        "nothing is agreed upon, which means HTTP/1.1"
    );
}
