//! Told to stop, the server lets running logins finish, and takes no new ones.

use std::time::Duration as RealTime;

use jitsi_oidc_bridge::config::{Sources, load};
use jitsi_oidc_bridge::web::Patience;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::support::bridge::{JITSI, TOKEN_SECRET};
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
    let further = "server.shutdown_timeout = \"1s\"\nprovider.timeout = \"10min\"";
    let mut bridge = Bridge::start(&provider, further).await;
    provider.holds(TOKEN);
    let mut browser = Browser::new();
    let room = bridge.at("/room/standup");
    let login = tokio::spawn(async move { browser.go(&room).await });
    provider.is_asked(TOKEN, 1).await;

    bridge.stop();
    let ended = tokio::time::timeout(RealTime::from_secs(10), bridge.finished()).await;
    assert!(
        ended.is_ok(),
        "the server waits for longer than it was told to"
    );
    login.abort();
    let landed = login.await;
    assert!(landed.is_err_and(|error| error.is_cancelled()), "it landed");
}

#[tokio::test]
async fn a_connection_kept_open_gets_one_more_answer_which_closes_it() {
    let provider = Provider::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let text = format!(
        "server.public_url = {url:?}\njitsi.url = {JITSI:?}\ntoken.secret = {TOKEN_SECRET:?}\n\
         provider.issuer = {:?}\nprovider.client_id = \"x\"\npolicy.default = \"participant\"\n",
        provider.issuer
    );
    let loaded = load(&Sources {
        file: Some(("test.toml".to_owned(), text)),
        environment: Vec::new(),
    });
    // Longer than the test waits for anything.
    let change = |patience| Patience {
        last_request: RealTime::from_mins(10),
        shutdown: RealTime::from_mins(10),
        ..patience
    };
    let mut bridge = Bridge::with_patience(loaded.unwrap(), &provider, listener, url, change);
    let address = bridge.origin().replace("http://", "");
    let mut kept = TcpStream::connect(&address).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    kept.write_all(request).await.unwrap();
    let mut before = Vec::new();
    while !before.ends_with(b"ok\n") {
        assert_ne!(kept.read_buf(&mut before).await.unwrap(), 0);
    }
    assert!(!String::from_utf8(before).unwrap().contains("close"));

    bridge.stop();
    refuses_connections(&address).await;
    kept.write_all(request).await.unwrap();
    let mut last = Vec::new();
    kept.read_to_end(&mut last).await.unwrap();
    let last = String::from_utf8(last).unwrap();
    assert!(last.starts_with("HTTP/1.1 200 OK\r\n"), "{last}");
    assert!(last.contains("connection: close\r\n"), "{last}");
    // With no connection left, nothing is waited for.
    let ended = tokio::time::timeout(RealTime::from_mins(1), bridge.finished()).await;
    assert!(ended.is_ok(), "it waits for nobody");
}

#[tokio::test]
async fn a_connection_kept_open_for_nothing_does_not_keep_the_server_up() {
    let (mut bridge, _provider, _browser) = usual().await;
    let address = bridge.origin().replace("http://", "");
    let _kept = TcpStream::connect(&address).await.unwrap();
    bridge.stop();
    let ended = tokio::time::timeout(RealTime::from_secs(20), bridge.finished()).await;
    assert!(ended.is_ok(), "it waits for a request that does not come");
}

#[tokio::test]
async fn whoever_has_connected_before_the_stop_is_still_served() {
    let (mut bridge, _provider, _browser) = usual().await;
    let address = bridge.origin().replace("http://", "");
    bridge.stop();
    // This runs on the server's own thread, which has seen neither the stop nor those who come here.
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        std::io::Write::write_all(&mut stream, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        stream.set_nonblocking(true).unwrap();
        waiting.push(TcpStream::from_std(stream).unwrap());
    }
    for mut stream in waiting {
        let mut answer = Vec::new();
        let read = tokio::time::timeout(RealTime::from_mins(1), stream.read_to_end(&mut answer));
        read.await.unwrap().unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{answer:?}");
    }
    bridge.finished().await;
}

/// Waits until nobody listens there any more.
async fn refuses_connections(address: &str) {
    let refused = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    let in_time = tokio::time::timeout(RealTime::from_mins(1), refused).await;
    assert!(in_time.is_ok(), "it still takes connections");
}
