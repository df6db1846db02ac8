//! Told to stop, the server lets running logins finish, and takes no new ones.

use std::time::Duration as RealTime;

use super::support::{Bridge, Browser, Provider, sara, token_in, usual};

const TOKEN: &str = "POST /token";

#[tokio::test]
async fn a_login_that_is_running_still_comes_to_its_meeting() {
    let (mut bridge, provider, mut browser) = usual().await;
    provider.holds(TOKEN);
    let room = bridge.at("/room/standup");
    let login = tokio::spawn(async move { browser.go(&room).await });
    provider.is_asked(TOKEN, 1).await;

    bridge.stop();
    let address = bridge.origin().replace("http://", "");
    refuses_connections(&address).await;
    provider.releases();
    let landed = login.await.unwrap();
    assert_eq!(token_in(&landed)["room"], "standup");
    bridge.finished().await;
}

#[tokio::test]
async fn a_login_that_takes_too_long_is_cut_off() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let mut bridge = Bridge::start(&provider, "server.shutdown_timeout = \"1s\"").await;
    provider.holds(TOKEN);
    let mut browser = Browser::new();
    let room = bridge.at("/room/standup");
    let login = tokio::spawn(async move { browser.go(&room).await });
    provider.is_asked(TOKEN, 1).await;

    bridge.stop();
    let ended = tokio::time::timeout(RealTime::from_mins(1), bridge.finished()).await;
    assert!(ended.is_ok(), "the server waits for ever");
    login.abort();
}

/// Waits until nobody listens there any more.
async fn refuses_connections(address: &str) {
    let refused = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    let in_time = tokio::time::timeout(RealTime::from_mins(1), refused).await;
    assert!(in_time.is_ok(), "it still takes connections");
}
