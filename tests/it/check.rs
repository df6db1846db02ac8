//! `check` finds each fault that was put there, says what to do about it, and finds none where there is none.

mod configuration;
mod documentation;
mod provider;
mod provider_addresses;
mod proxy;
mod secrecy;
mod store;

use std::sync::Arc;

use jitsi_oidc_bridge::check::{
    Area, Finding, JitsiFiles, Listener, Report, Subject, Verdict, check,
};
use jitsi_oidc_bridge::config::{Sources, load};
use tokio::net::TcpListener;

use super::support::bridge::{POLICY, settings};
use super::support::provider::{CLIENT_ID, CLIENT_SECRET};
use super::support::proxy::Proxy;
use super::support::{Bridge, Provider};

/// A bridge behind a proxy, and its provider: nothing is wrong with any of them.
pub struct Scene {
    pub provider: Provider,
    pub proxy: Proxy,
    pub bridge: Bridge,
    /// Where it is reached without the proxy.
    pub behind: String,
    /// The settings that are not the usual ones.
    pub further: String,
}

impl Scene {
    /// Below a path, with further settings.
    pub async fn with(further: &str) -> Self {
        Self::of(Provider::start().await, further).await
    }

    /// Between two providers: acme, with this in its section, and staff, with that.
    pub async fn between(of_acme: &str, of_staff: &str) -> Self {
        let (acme, staff) = (Provider::start().await, Provider::start().await);
        let section = |name: &str, provider: &Provider, more: &str| {
            format!(
                "[providers.{name}]\nissuer = {:?}\nclient_id = {CLIENT_ID:?}\nclient_secret = {CLIENT_SECRET:?}\n{more}\n",
                provider.issuer
            )
        };
        let without = ["issuer", "client_id", "client_secret"];
        let without = without.map(|key| format!("# no provider.{key}\n")).concat();
        let of_acme = section("acme", &acme, of_acme);
        let further = format!("{without}{of_acme}{}", section("staff", &staff, of_staff));
        Self::of(acme, &further).await
    }

    async fn of(provider: Provider, further: &str) -> Self {
        let end_session = format!("{}/end-session", provider.issuer);
        provider.says("end_session_endpoint", end_session.into());
        let proxy = Proxy::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        let further = format!(
            "server.listen = \"{listen}\"\nserver.trusted_proxies = [\"127.0.0.1\"]\n{further}"
        );
        let url = format!("{}/sso", proxy.origin);
        let text = settings(&provider, &url, &further, POLICY);
        let loaded = load(&sources(text)).unwrap_or_else(|problems| panic!("{problems}"));
        let bridge = Bridge::of(loaded, &provider, listener, url);
        let behind = format!("http://{listen}");
        proxy.stands_before(&behind);
        Self {
            provider,
            proxy,
            bridge,
            behind,
            further,
        }
    }

    /// What `check` finds with the bridge's own configuration.
    pub async fn checked(&self) -> Report {
        self.checked_with("").await
    }

    /// … and with other settings above those of the bridge.
    pub async fn checked_with(&self, other: &str) -> Report {
        let kept: Vec<&str> = self
            .further
            .lines()
            .filter(|line| !is_set_by(other, line))
            .collect();
        let further = format!("{}\n{other}", kept.join("\n"));
        let text = settings(&self.provider, &self.bridge.url, &further, POLICY);
        checked(text, &self.provider).await
    }
}

fn is_set_by(other: &str, line: &str) -> bool {
    let key = |line: &str| line.split_once(" = ").map(|(key, _)| key.trim().to_owned());
    let ours = key(line);
    ours.is_some() && other.lines().any(|other| key(other) == ours)
}

fn sources(text: String) -> Sources {
    Sources {
        file: Some(("test.toml".to_owned(), text)),
        environment: Vec::new(),
    }
}

/// What `check` finds with this configuration.
pub async fn checked(text: String, provider: &Provider) -> Report {
    let listener: Listener = Arc::new(|_, _| {});
    let subject = Subject {
        loaded: load(&sources(text)),
        clock: provider.clock.clone(),
        jitsi_files: JitsiFiles::default(),
        // There is no Jitsi here.
        only: vec![Area::Provider, Area::Store, Area::PublicAddress],
    };
    check(subject, &listener).await
}

/// What is to be found: id, verdict, a part of what is said, and of how to mend it.
pub type Expected = (&'static str, Verdict, &'static str, &'static str);

/// Asserts that it is found.
#[track_caller]
pub fn assert_found(report: &Report, what: &str, (id, verdict, said, mend): Expected) {
    let of_id: Vec<&Finding> = report
        .iter()
        .map(|(_, finding)| finding)
        .filter(|finding| finding.id == id)
        .collect();
    let fits = |finding: &&&Finding| {
        finding.verdict == verdict && finding.said.contains(said) && finding.mend.contains(mend)
    };
    assert!(
        of_id.iter().any(|finding| fits(&finding)),
        "{what}: of {id} {of_id:#?} was found; expected {verdict:?}, {said:?} and {mend:?}\n{}",
        told(report)
    );
}

/// Everything, as people read it.
pub fn told(report: &Report) -> String {
    let lines: Vec<String> = report
        .iter()
        .map(|(_, finding)| finding.to_string())
        .collect();
    lines.join("\n")
}

#[tokio::test]
async fn nothing_is_wrong_where_nothing_is() {
    let scene = Scene::with("").await;
    let report = scene.checked().await;
    assert_eq!(report.verdict(), Verdict::Good, "{}", told(&report));
    // Each step was taken: none of them was silent.
    for id in [
        "configuration",
        "provider-issuer",
        "provider-clock",
        "provider-capabilities",
        "provider-keys",
        "provider-client",
        "provider-credentials",
        "provider-post-logout-uri",
        "provider-registration",
        "store-memory",
        "public-address",
        "public-address-ready",
        "public-address-bridge",
        "public-address-forwarded",
        "public-address-join",
        "public-address-cookies",
        "public-address-cache",
        "public-address-headers",
        "public-address-long-requests",
        "public-address-long-answers",
    ] {
        assert!(
            report.iter().any(|(_, finding)| finding.id == id),
            "{id}\n{}",
            told(&report)
        );
    }
    // And nothing came of it: nobody signed in, and no token was minted.
    assert_eq!(scene.bridge.tokens_minted(), 0);
    assert!(scene.provider.last_token_request().form["code"].is_string());
}
