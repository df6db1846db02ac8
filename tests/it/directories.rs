//! Microsoft Entra ID signs in the people of many directories under one address: only those of the directories that are
//! named come in, and each directory's people are their own.

use serde_json::json;

use super::support::bridge::POLICY;
use super::support::logout::with;
use super::support::{Bridge, Browser, Fault, Provider, sara, token_in};

const OURS: &str = "9122040d-6c67-4c5b-b112-36a304b66dad";
const PARTNERS: &str = "3338040d-6c67-4c5b-b112-36a304b66dad";
const STRANGERS: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

async fn started() -> (Bridge, Provider) {
    with_metadata_of("{tenantid}").await
}

async fn with_metadata_of(directory: &str) -> (Bridge, Provider) {
    let provider = Provider::start().await;
    provider.misbehaves(Fault::NoIss);
    let issuer = format!("{}/{directory}/v2.0", provider.issuer);
    provider.says("issuer", issuer.into());
    let further = format!(
        "provider.issuer = \"{}/organizations/v2.0\"\nprovider.directories = [{OURS:?}, {PARTNERS:?}]",
        provider.issuer
    );
    let bridge = Bridge::set_up(&provider, "", &further, POLICY).await;
    (bridge, provider)
}

/// Sara signs in from this directory.
fn signs_in_from(provider: &Provider, directory: &str) {
    let issuer = format!("{}/{directory}/v2.0", provider.issuer);
    provider.signs_in(with(sara(), json!({ "iss": issuer, "tid": directory })));
}

#[tokio::test]
async fn people_of_the_named_directories_come_in_each_as_their_own() {
    let (bridge, provider) = started().await;
    let mut ids = Vec::new();
    for directory in [OURS, PARTNERS] {
        signs_in_from(&provider, directory);
        let mut browser = Browser::new();
        let landed = browser.go(&bridge.at("/room/a")).await;
        assert!(landed.in_meeting(), "{}", bridge.last_cause());
        ids.push(token_in(&landed)["context"]["user"]["id"].clone());
        // The session holds.
        let asked = provider.count("GET /authorize");
        assert!(browser.go(&bridge.at("/room/b")).await.in_meeting());
        assert_eq!(provider.count("GET /authorize"), asked);
    }
    assert_ne!(
        ids[0], ids[1],
        "one subject in two directories is two people"
    );
}

#[tokio::test]
async fn people_of_other_directories_stay_out() {
    let (bridge, provider) = started().await;
    for directory in [STRANGERS, "{tenantid}", "organizations", ""] {
        signs_in_from(&provider, directory);
        let landed = Browser::new().go(&bridge.at("/room/a")).await;
        assert_eq!(
            (landed.status, bridge.tokens_minted()),
            (502, 0),
            "{directory}"
        );
        assert!(
            bridge.last_cause().contains("issued by"),
            "{}",
            bridge.last_cause()
        );
    }
}

#[tokio::test]
async fn metadata_of_one_directory_are_not_those_of_all() {
    for directory in [STRANGERS, OURS, "organizations"] {
        let (bridge, _provider) = with_metadata_of(directory).await;
        let landed = Browser::new().go(&bridge.at("/room/a")).await;
        assert_eq!((landed.status, bridge.tokens_minted()), (503, 0));
        let cause = bridge.last_cause();
        assert!(
            cause.contains("calls itself") && cause.contains("{tenantid}"),
            "{cause}"
        );
    }
}
