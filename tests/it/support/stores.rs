//! Each test twice: with the memory as the store, and with Redis or Valkey.
//!
//! The latter need a server that `REDIS_URL` names, so they are ignored unless asked for:
//! `REDIS_URL=redis://127.0.0.1:6379 cargo test --test it in_redis -- --ignored`.

/// The settings of the Redis store.
pub fn redis() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "no configuration reaches a test; the environment says which services are there"
    )]
    let url = std::env::var("REDIS_URL").expect("REDIS_URL names a Redis to test with");
    format!("session.store = \"redis\"\nsession.redis_url = {url:?}")
}

/// Makes two tests of each function, which takes the store's settings.
macro_rules! in_both_stores {
    ($($name:ident)*) => {
        mod in_memory {
            $(#[tokio::test] async fn $name() { super::$name("").await; })*
        }
        mod in_redis {
            $(
                #[tokio::test]
                #[ignore = "needs a Redis: set REDIS_URL"]
                async fn $name() { super::$name(&crate::support::stores::redis()).await; }
            )*
        }
    };
}
pub(crate) use in_both_stores;
