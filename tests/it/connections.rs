//! Connections of people who take their time, or never mean to finish, do not keep others out.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use jitsi_oidc_bridge::config::{Sources, load};
use jitsi_oidc_bridge::web::Patience;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::metrics::Scrape;
use super::support::bridge::{JITSI, TOKEN_SECRET};
use super::support::{Bridge, Browser, Provider};

/// A bridge that waits for a request's head so long, and serves so many connections at once.
async fn patient(head: Duration, connections: usize) -> (Bridge, Provider) {
    let provider = Provider::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let text = format!(
        "server.public_url = {url:?}\njitsi.url = {JITSI:?}\ntoken.secret = {TOKEN_SECRET:?}\n\
         provider.issuer = {:?}\nprovider.client_id = \"x\"\npolicy.default = \"participant\"\n\
         metrics.listen = \"127.0.0.1:0\"\n",
        provider.issuer
    );
    let file = Some(("test.toml".to_owned(), text));
    let loaded = load(&Sources {
        file,
        environment: Vec::new(),
    })
    .unwrap();
    let change = |patience: Patience| Patience {
        head,
        connections,
        ..patience
    };
    let bridge = Bridge::with_patience(loaded, &provider, listener, url, change);
    (bridge, provider)
}

/// Connects, and sends the beginning of a request.
fn half_a_request(bridge: &Bridge) -> TcpStream {
    let mut stream = TcpStream::connect(bridge.origin().trim_start_matches("http://")).unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-")
        .unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_is_ended() {
    let (bridge, _provider) = patient(Duration::from_millis(200), 100).await;
    let mut stream = half_a_request(&bridge);
    let mut answer = Vec::new();
    // The other side closes: this returns, where it would otherwise wait for ever.
    stream
        .set_read_timeout(Some(Duration::from_mins(1)))
        .unwrap();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(Browser::new().hop(&bridge.at("/healthz")).await.status, 200);
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_their_turn_and_get_it() {
    let (bridge, _provider) = patient(Duration::from_mins(10), 2).await;
    let scrape = Scrape::of(&bridge).await;
    let open = async || scrape.value("jitsi_oidc_bridge_connections").await;
    let mut held = vec![half_a_request(&bridge), half_a_request(&bridge)];
    while open().await != Some(2.0) {}
    let mut third = half_a_request(&bridge);
    third.write_all(b"X: x\r\n\r\n").unwrap();
    third.set_nonblocking(true).unwrap();
    // All of this runs on the thread of the server, which could have accepted it before it answers twice.
    assert_eq!([open().await, open().await], [Some(2.0); 2]);
    let nothing = third.read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);

    held.pop();
    let mut third = tokio::net::TcpStream::from_std(third).unwrap();
    let mut answer = [0; 15];
    let read = tokio::time::timeout(Duration::from_mins(1), third.read_exact(&mut answer));
    read.await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}
