//! Everything that the bridge does in the store, done once on a key of its own, which is gone afterwards.

use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{KeysInterface as _, SortedSetsInterface as _};
use fred::types::{Expiration, Value};

use crate::check::report::Findings;
use crate::session::store::Redis;

const RIGHTS: &str = "store-rights";

/// The rights that the bridge needs, as `docs/replicas.md` has them.
const LEAST_RIGHTS: &str = "give the user the rights of docs/replicas.md: ~jitsi-oidc-bridge:* +get +set +del +getdel +zadd +zrem +zrange +zrangebyscore +zremrangebyscore +zremrangebyrank +expire +incr";

/// Does everything, and tells what is refused.
pub async fn try_all(client: &Client, findings: &mut Findings) {
    let key = Redis::key("check", "value");
    let list = Redis::key("check", "list");
    let member = || (1.0, "check");
    let soon = || Some(Expiration::EX(60));
    let done: [(&str, Result<Value, Error>); 12] = [
        ("SET", client.set(&key, 1, soon(), None, false).await),
        ("GET", client.get(&key).await),
        ("INCR", client.incr(&key).await),
        ("EXPIRE", client.expire(&key, 60, None).await),
        ("GETDEL", client.getdel(&key).await),
        (
            "ZADD",
            client.zadd(&list, None, None, false, false, member()).await,
        ),
        (
            "ZRANGE",
            client.zrange(&list, 0, -1, None, false, None, false).await,
        ),
        (
            "ZRANGEBYSCORE",
            client.zrangebyscore(&list, 0.0, 2.0, false, None).await,
        ),
        (
            "ZREMRANGEBYSCORE",
            client.zremrangebyscore(&list, 5.0, 6.0).await,
        ),
        ("ZREMRANGEBYRANK", client.zremrangebyrank(&list, 5, 6).await),
        ("ZREM", client.zrem(&list, "check").await),
        ("DEL", client.del(&list).await),
    ];
    let refused: Vec<(&str, String)> = done
        .into_iter()
        .filter_map(|(name, answer)| Some((name, answer.err()?.to_string())))
        .collect();
    let Some((_, first)) = refused.first() else {
        findings.good(
            RIGHTS,
            "the session store lets the bridge write, read and forget",
        );
        return;
    };
    let names: Vec<&str> = refused.iter().map(|(name, _)| *name).collect();
    let said = format!("the session store refuses {}: {first}", names.join(", "));
    let has = |word: &str| refused.iter().any(|(_, said)| said.contains(word));
    let mend = if has("READONLY") {
        "session.redis_url names a replica, which only reads: name the primary, or Sentinel (docs/replicas.md)"
    } else if has("unknown command") {
        "use Redis 6.2 or later, or Valkey"
    } else if has("OOM") {
        "the store is full: give it more memory (maxmemory)"
    } else if has("MISCONF") {
        "the store cannot write to its disk: look at its own log, or switch saving off (save \"\")"
    } else {
        LEAST_RIGHTS
    };
    findings.fault(RIGHTS, said, mend);
}
