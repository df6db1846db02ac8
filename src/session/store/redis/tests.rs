use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::super::redis_address;
use super::*;

#[test]
fn nothing_is_read_while_a_sign_out_is_owed_and_a_later_one_is_not_forgotten() {
    let mut state = State::default();
    assert!(state.may_ask().is_ok());
    let owed = |number| Owed { number, kept: 60 };
    for number in [130, 100] {
        state.owe("person", owed(number));
    }
    assert_eq!(state.owed.get("person"), Some(&owed(130)));
    assert!(matches!(state.may_ask(), Err(RedisError::Away(_))));
    for n in 0..MOST_OWED {
        state.owe(&n.to_string(), owed(1));
    }
    assert_eq!(state.owed.len(), MOST_OWED);
    // Even when there is no room for more.
    state.owe("person", owed(140));
    assert_eq!(state.owed.get("person"), Some(&owed(140)));
}

#[tokio::test]
async fn a_store_that_nobody_uses_any_more_lets_go_of_its_connections() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("redis://{}", server.local_addr().unwrap());
    let redis = Redis::connect(redis_address(&address, None).unwrap()).unwrap();
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (mut connection, _) = server.accept().await.unwrap();
        connections.spawn(async move {
            let mut asked = [0; 1024];
            // Good enough an answer to all that is asked.
            while connection.read(&mut asked).await.is_ok_and(|read| read > 0) {
                connection.write_all(b"+PONG\r\n").await.unwrap();
            }
        });
    }
    drop(redis);
    let ended = tokio::time::timeout(Duration::from_secs(10), connections.join_all());
    assert_eq!(ended.await.expect("some are still open").len(), CONNECTIONS);
}
