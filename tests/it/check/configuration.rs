//! Faults of the configuration itself.

use jitsi_oidc_bridge::check::Verdict::{Fault as Wrong, Warning};
use jitsi_oidc_bridge::check::{Area, Report};

use super::{Scene, assert_found, checked};
use crate::support::Provider;

fn areas(report: &Report) -> Vec<Area> {
    let mut areas: Vec<Area> = report.iter().map(|(area, _)| area).collect();
    areas.dedup();
    areas
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used_is_told_whole_and_nothing_else_is_looked_at() {
    let provider = Provider::start().await;
    let text = "server.public_url = \"nonsense\"\nprovider.tea = 1".to_owned();
    let report = checked(text, &provider).await;
    for said in [
        "server.public_url (test.toml:1)",
        "provider.tea (test.toml:2)",
        "jitsi.url",
    ] {
        assert_found(&report, said, ("configuration", Wrong, said, ""));
    }
    let rest = (
        "not-looked-at",
        Warning,
        "nothing else was looked at",
        "mend the configuration",
    );
    assert_found(&report, "the rest", rest);
    assert_eq!(areas(&report), [Area::Configuration]);
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn what_should_be_mended_is_told_and_the_rest_is_looked_at() {
    let scene = Scene::with("").await;
    let store = "session.store = \"redis\"\nsession.redis_url = \"redis://127.0.0.1:9\"";
    let report = scene.checked_with(store).await;
    let expected = ("configuration", Warning, "session.cookie_keys: not set", "");
    assert_found(&report, "no cookie keys with Redis", expected);
    let all = [
        Area::Configuration,
        Area::Provider,
        Area::Store,
        Area::PublicAddress,
    ];
    assert_eq!(areas(&report)[..4], all);
}
