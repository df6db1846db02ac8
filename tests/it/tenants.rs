//! A tenant is in the token where Jitsi looks for it, and opens nothing that policy did not judge.

use serde_json::Value;

use super::support::bridge::POLICY;
use super::support::{JITSI, sara};
use super::tokens::{login, minted};

async fn token(path: &str, further: &str) -> Value {
    minted(sara(), path, further, POLICY).await
}

#[tokio::test]
async fn a_tenant_stands_in_sub_and_context_and_never_in_the_room() {
    let of_tenant = token("/room/Acme/Standup", "").await;
    assert_eq!(of_tenant["sub"], "acme");
    assert_eq!(of_tenant["context"]["tenant"], "acme");
    assert_eq!(of_tenant["room"], "standup");

    let without = token("/room/Standup", "").await;
    assert_eq!(without["sub"], "meet.jitsi");
    assert_eq!(without["context"].get("tenant"), None);
    assert_eq!(without["room"], "standup");
}

#[tokio::test]
async fn a_bound_tenant_stands_in_the_room_as_prosody_knows_it() {
    let further = "jitsi.bind_tenant = true";
    let (landed, _bridge, _provider) =
        login(sara(), "/room/Acme/Réunion%20A", further, POLICY).await;
    assert!(
        landed
            .url
            .starts_with(&format!("{JITSI}/acme/r%c3%a9union%20a#jwt=")),
        "{landed:?}"
    );
    let bound = token("/room/Acme/Réunion%20A", further).await;
    assert_eq!(bound["room"], "[acme]r%c3%a9union%20a");
    assert_eq!(bound["sub"], "acme");

    let without = token("/room/standup", further).await;
    assert_eq!(without["room"], "standup", "there is nothing to bind");
}

#[tokio::test]
async fn a_rule_that_opens_every_room_does_so_with_a_bound_tenant_too() {
    let rules = "[[policy.rules]]\nname = \"all\"\nrole = \"participant\"\nany_room = true\n";
    let token = minted(
        sara(),
        "/room/acme/standup",
        "jitsi.bind_tenant = true",
        rules,
    )
    .await;
    assert_eq!(token["room"], "*");
}
