//! Whoever watches the bridge sees what it does, on a listener of its own, and nothing that is a secret or could be
//! anything.

use std::collections::{BTreeMap, BTreeSet};

use jitsi_oidc_bridge::observe::Losses;
use jitsi_oidc_bridge::observe::metrics::{CATALOGUE, Described};
use jitsi_oidc_bridge::web::scrape;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::support::scene::Scene;
use super::support::{Bridge, Browser, Fault, Provider, nora, sara, tim};

const ON: &str = "metrics.listen = \"127.0.0.1:0\"";

/// Where Prometheus asks.
pub struct Scrape(String);

impl Scrape {
    pub async fn of(bridge: &Bridge) -> Self {
        let listener = scrape::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        tokio::spawn(scrape::serve(
            listener,
            bridge.live.clone(),
            Losses::default(),
        ));
        Self(url)
    }

    async fn text(&self) -> String {
        let answer = Browser::new().client.get(&self.0).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let media_type = answer.headers()["content-type"].to_str().unwrap();
        assert_eq!(media_type, "text/plain; version=0.0.4; charset=utf-8");
        answer.text().await.unwrap()
    }

    /// The value of a series, as Prometheus would write it; nothing where there is none.
    pub async fn value(&self, series: &str) -> Option<f64> {
        let text = self.text().await;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{series} ")));
        line.map(|value| value.parse().unwrap())
    }
}

async fn counted(further: &str) -> (Bridge, Provider, Scrape) {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Bridge::start(&provider, &format!("{ON}\n{further}")).await;
    let scrape = Scrape::of(&bridge).await;
    (bridge, provider, scrape)
}

#[tokio::test]
async fn a_login_is_counted_at_every_stage() {
    let (bridge, provider, scrape) = counted("").await;
    provider.signs_in(tim());
    assert!(
        Browser::new()
            .go(&bridge.at("/room/rocket"))
            .await
            .in_meeting()
    );
    let prefix = "jitsi_oidc_bridge_";
    for series in [
        "logins_started_total{provider=\"default\"}",
        "logins_total{how=\"login\",outcome=\"succeeded\",provider=\"default\"}",
        "decisions_total{outcome=\"admitted\",role=\"moderator\"}",
        "decisions_by_rule_total{outcome=\"admitted\",role=\"moderator\",rule=\"team leads\"}",
        "tokens_minted_total{algorithm=\"HS256\",role=\"moderator\"}",
        "sessions_started_total",
        "http_requests_total{route=\"/room/{*names}\",status=\"3xx\"}",
        "http_requests_total{route=\"/callback\",status=\"3xx\"}",
        "http_request_duration_seconds_count{route=\"/callback\"}",
        "provider_requests_total{endpoint=\"discovery\",outcome=\"answered\",provider=\"default\"}",
        "provider_requests_total{endpoint=\"jwks\",outcome=\"answered\",provider=\"default\"}",
        "provider_requests_total{endpoint=\"token\",outcome=\"answered\",provider=\"default\"}",
        "provider_request_duration_seconds_count{endpoint=\"token\",provider=\"default\"}",
        "provider_known{provider=\"default\"}",
    ] {
        let value = scrape.value(&format!("{prefix}{series}")).await;
        assert_eq!(value, Some(1.0), "{series}\n{}", scrape.text().await);
    }
}

#[tokio::test]
async fn what_failed_and_what_was_refused_is_counted_by_its_cause() {
    let (bridge, provider, scrape) = counted("").await;
    provider.signs_in(nora());
    let refused = Browser::new().go(&bridge.at("/room/standup")).await;
    assert_eq!(refused.status, 403);
    provider.misbehaves(Fault::AccessDenied);
    Browser::new().go(&bridge.at("/room/standup")).await;
    provider.misbehaves(Fault::WrongNonce);
    Browser::new().go(&bridge.at("/room/standup")).await;
    Browser::new()
        .go(&bridge.at("/callback?state=made-up&code=c"))
        .await;
    for (series, expected) in [
        ("decisions_total{outcome=\"no_rule\",role=\"\"}", 1.0),
        (
            "logins_total{how=\"login\",outcome=\"succeeded\",provider=\"default\"}",
            1.0,
        ),
        (
            "logins_total{how=\"login\",outcome=\"cancelled\",provider=\"default\"}",
            1.0,
        ),
        (
            "logins_total{how=\"login\",outcome=\"refused\",provider=\"default\"}",
            1.0,
        ),
        (
            "logins_total{how=\"unknown\",outcome=\"expired\",provider=\"\"}",
            1.0,
        ),
        (
            "http_requests_total{route=\"/callback\",status=\"4xx\"}",
            3.0,
        ),
    ] {
        let value = scrape.value(&format!("jitsi_oidc_bridge_{series}")).await;
        assert_eq!(value, Some(expected), "{series}\n{}", scrape.text().await);
    }
    let tokens = scrape.value("jitsi_oidc_bridge_tokens_minted_total").await;
    assert_eq!(tokens, None, "nothing was minted");
}

#[tokio::test]
async fn whatever_somebody_asks_for_makes_no_new_series() {
    let (bridge, _provider, scrape) = counted("").await;
    Browser::new().go(&bridge.at("/room/alpha")).await;
    Browser::new().go(&bridge.at("/nowhere/alpha")).await;
    let before = scrape.text().await.lines().count();
    for name in ["beta", "gamma", "<&\"'>", "%00"] {
        Browser::new()
            .go(&bridge.at(&format!("/room/{name}")))
            .await;
        Browser::new()
            .go(&bridge.at(&format!("/nowhere/{name}")))
            .await;
    }
    let after = scrape.text().await;
    // A room that cannot be is another class of status.
    let of_status = after
        .lines()
        .filter(|line| line.contains("\"4xx\""))
        .count();
    assert!(after.lines().count() <= before + of_status, "{after}");
    for name in ["alpha", "beta", "gamma"] {
        assert!(!after.contains(name), "{name} stands in\n{after}");
    }
}

#[tokio::test]
async fn no_secret_and_no_person_stands_in_the_metrics() {
    let (bridge, _provider, scrape) = counted("").await;
    let mut browser = Browser::new();
    let landed = browser.go(&bridge.at("/room/standup")).await;
    let text = scrape.text().await;
    let cookies = browser.cookie_header();
    let (_, session) = cookies.split_once("jitsi-session=").unwrap();
    let session = session.split(';').next().unwrap();
    for secret in [
        landed.token().unwrap().as_str(),
        session,
        "sara",
        "standup",
        super::support::bridge::TOKEN_SECRET,
        super::support::provider::CLIENT_SECRET,
    ] {
        assert!(!text.contains(secret), "{secret} stands in\n{text}");
    }
}

#[tokio::test]
async fn the_public_address_has_no_metrics() {
    let (bridge, _provider, _scrape) = counted("").await;
    assert_eq!(Browser::new().go(&bridge.at("/metrics")).await.status, 404);
}

#[tokio::test]
async fn without_a_listener_nothing_is_counted() {
    let provider = Provider::start().await;
    let bridge = Bridge::start(&provider, "").await;
    assert!(!bridge.live.current().lasting.metrics.are_on());
    let scrape = Scrape::of(&bridge).await;
    let answer = Browser::new().client.get(&scrape.0).send().await.unwrap();
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn a_connection_has_one_answer_and_makes_way_for_the_next() {
    let (_bridge, _provider, scrape) = counted("").await;
    let address = scrape.0.strip_prefix("http://").unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = "GET /metrics HTTP/1.1\r\nhost: bridge\r\n\r\n";
    connection
        .write_all(request.repeat(100).as_bytes())
        .await
        .unwrap();
    let mut answers = Vec::new();
    // It may break off, with requests that nobody has read.
    let _ = connection.read_to_end(&mut answers).await;
    let answers = String::from_utf8(answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 1, "{answers}");
    assert!(answers.contains("connection: close"), "{answers}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_the_key_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = scrape::bind(address).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {address} (metrics.listen)")
    );
}

#[tokio::test]
async fn limits_that_keep_somebody_out_are_counted() {
    let limits = "server.trusted_proxies = [\"127.0.0.1\"]\nlimits.login_starts_per_minute = 1";
    let (bridge, _provider, scrape) = counted(limits).await;
    for _ in 0..3 {
        let mut browser = Browser::new();
        browser.says = Some(("x-forwarded-for", "192.0.2.7"));
        browser.hop(&bridge.at("/room/team")).await;
    }
    let long = "x".repeat(20_000);
    let refused = Browser::new()
        .post(&bridge.at("/token"), &[("code", &long)])
        .await;
    assert_eq!(refused.status, 413);
    for (limit, expected) in [("login_starts_per_minute", 2.0), ("body", 1.0)] {
        let series = format!("jitsi_oidc_bridge_rejections_total{{limit=\"{limit}\"}}");
        assert_eq!(scrape.value(&series).await, Some(expected), "{limit}");
    }
}

#[tokio::test]
async fn configurations_that_were_read_again_are_counted_and_the_last_good_one_is_dated() {
    let mut scene = Scene::with(ON).await;
    let scrape = Scrape::of(&scene.bridge).await;
    let begun = f64::from(u32::try_from(scene.bridge.clock.now_unix()).unwrap());
    scene.bridge.clock.advance(time::Duration::minutes(5));
    scene
        .changes(
            &format!("{ON}\ntoken.lifetime = \"1h\""),
            super::support::bridge::POLICY,
        )
        .await;
    scene.bridge.clock.advance(time::Duration::minutes(5));
    scene.write("nonsense = 1", "");
    scene.is_refused().await;
    let reloads = |outcome: &str| {
        format!("jitsi_oidc_bridge_configuration_reloads_total{{outcome=\"{outcome}\"}}")
    };
    assert_eq!(scrape.value(&reloads("taken_over")).await, Some(1.0));
    assert_eq!(scrape.value(&reloads("refused")).await, Some(1.0));
    let good = scrape
        .value("jitsi_oidc_bridge_configuration_good_timestamp_seconds")
        .await
        .unwrap();
    assert!((good - (begun + 300.0)).abs() < 1.0, "{good}");
    let clock = scrape
        .value("jitsi_oidc_bridge_clock_timestamp_seconds")
        .await
        .unwrap();
    assert!((clock - (begun + 600.0)).abs() < 1.0, "{clock}");
}

#[tokio::test]
async fn keys_grow_old_and_are_due() {
    let (bridge, provider, scrape) = counted("").await;
    provider.keeps_for(600);
    Browser::new().go(&bridge.at("/room/standup")).await;
    let age = "jitsi_oidc_bridge_provider_keys_age_seconds{provider=\"default\"}";
    let due = "jitsi_oidc_bridge_provider_keys_due_seconds{provider=\"default\"}";
    let (first_age, first_due) = (
        scrape.value(age).await.unwrap(),
        scrape.value(due).await.unwrap(),
    );
    assert!(
        (first_age, first_due >= 600.0) == (0.0, true),
        "{first_age} {first_due}"
    );
    assert_eq!(
        scrape
            .value("jitsi_oidc_bridge_provider_keys{provider=\"default\"}")
            .await,
        Some(1.0)
    );
    // The process's own figures are there as well.
    for name in [
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_max_fds",
        "process_start_time_seconds",
    ] {
        assert!(scrape.value(name).await.unwrap() > 0.0, "{name}");
    }
}

#[tokio::test]
async fn sessions_are_counted_by_how_they_end() {
    let (bridge, provider, scrape) = counted("session.idle_timeout = \"10min\"").await;
    let mut browser = Browser::new();
    browser.go(&bridge.at("/room/standup")).await;
    bridge.clock.advance(time::Duration::minutes(11));
    browser.go(&bridge.at("/room/standup")).await;
    browser.hop(&bridge.at("/logout")).await;
    Browser::new().go(&bridge.at("/room/standup")).await;
    let about = serde_json::json!({ "sub": "s-sara" });
    assert_eq!(provider.signs_out(&bridge, about).await.status, 200);
    assert_eq!(
        scrape
            .value("jitsi_oidc_bridge_sessions_started_total")
            .await,
        Some(3.0)
    );
    for reason in ["idle", "here", "provider"] {
        let series = format!("jitsi_oidc_bridge_sessions_ended_total{{reason=\"{reason}\"}}");
        assert_eq!(
            scrape.value(&series).await,
            Some(1.0),
            "{reason}\n{}",
            scrape.text().await
        );
    }
}

/// Prometheus' `increase` of a counter that is born at 1 is nothing.
#[tokio::test]
async fn what_an_alert_wants_to_see_once_is_there_before() {
    let (_bridge, _provider, scrape) = counted("").await;
    for series in [
        "jitsi_oidc_bridge_token_mint_failures_total",
        "jitsi_oidc_bridge_configuration_reloads_total{outcome=\"refused\"}",
        "jitsi_oidc_bridge_configuration_reloads_total{outcome=\"taken_over\"}",
        "jitsi_oidc_bridge_log_lines_lost_total",
        "jitsi_oidc_bridge_audit_lines_lost_total",
    ] {
        assert_eq!(scrape.value(series).await, Some(0.0), "{series}");
    }
}

#[tokio::test]
async fn whatever_is_told_stands_in_the_catalogue_with_its_kind_and_its_help() {
    let (bridge, _provider, scrape) = counted("").await;
    Browser::new().go(&bridge.at("/room/standup")).await;
    let text = scrape.text().await;
    let known: BTreeMap<&str, &Described> = CATALOGUE.iter().map(|one| (one.name, one)).collect();
    let mut told = 0;
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words.as_slice() {
            ["#", "TYPE", name, kind] => assert_eq!(known[name].kind, *kind, "{name}"),
            ["#", "HELP", name, help] => assert_eq!(known[name].help, *help, "{name}"),
            _ => told += 1,
        }
    }
    assert!(told > 50, "{text}");
}

#[test]
fn every_name_says_what_it_counts_and_in_which_unit() {
    let names: BTreeSet<&str> = CATALOGUE.iter().map(|one| one.name).collect();
    assert_eq!(names.len(), CATALOGUE.len(), "a name comes twice");
    for Described {
        name, kind, help, ..
    } in CATALOGUE
    {
        assert_eq!(*kind == "counter", name.ends_with("_total"), "{name}");
        assert!(*kind != "histogram" || name.ends_with("_seconds"), "{name}");
        assert!(
            name.starts_with("jitsi_oidc_bridge_") || name.starts_with("process_"),
            "{name}"
        );
        assert!(help.ends_with('.'), "{name}: {help}");
    }
}

/// The table of the documentation.
fn table() -> String {
    let row = |one: &Described| {
        let labels: Vec<String> = one
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        format!(
            "| `{}` | {} | {} | {} |\n",
            one.name,
            one.kind,
            labels.join(", "),
            one.help
        )
    };
    CATALOGUE.iter().map(row).collect()
}

#[test]
fn the_documentation_has_every_metric_and_no_other() {
    let text = include_str!("../../docs/monitoring.md");
    let is_row = |line: &&str| {
        let of_ours = ["| `jitsi_oidc_bridge_", "| `process_"];
        of_ours.iter().any(|begin| line.starts_with(begin))
    };
    let rows: Vec<&str> = text.lines().filter(is_row).collect();
    let rows = format!("{}\n", rows.join("\n"));
    assert_eq!(
        rows,
        table(),
        "docs/monitoring.md should have:\n{}",
        table()
    );
}

/// Each metric that an expression names, with the labels that it is asked for by.
fn named(expression: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (at, _) in expression
        .match_indices("jitsi_oidc_bridge_")
        .chain(expression.match_indices("process_"))
    {
        let before = expression[..at].chars().next_back();
        if before.is_some_and(|before| before.is_ascii_alphanumeric() || before == '_') {
            continue;
        }
        let rest = &expression[at..];
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let within = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'))
            .map_or("", |(within, _)| within);
        let labels = within
            .split(',')
            .filter_map(|pair| pair.split_once(['=', '!']))
            .map(|(name, _)| name.trim().to_owned());
        found.push((name.to_owned(), labels.collect()));
    }
    found
}

/// The labels of `by (…)` in an expression.
fn grouped(expression: &str) -> Vec<String> {
    let groups = expression
        .split("by (")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    groups
        .flat_map(|(labels, _)| labels.split(',').map(|label| label.trim().to_owned()))
        .collect()
}

/// Panics unless an expression names only what there is.
#[track_caller]
fn names_what_there_is(expression: &str) {
    let metrics = named(expression);
    assert!(!metrics.is_empty(), "names no metric of ours: {expression}");
    let mut known: BTreeSet<&str> = ["instance", "job", "le"].into();
    for (name, labels) in &metrics {
        let of_histogram = |one: &&Described| {
            let tail = name.strip_prefix(one.name);
            match one.kind {
                "histogram" => matches!(tail, Some("_bucket" | "_sum" | "_count")),
                _ => tail == Some(""),
            }
        };
        let one = CATALOGUE.iter().find(of_histogram);
        let one = one.unwrap_or_else(|| panic!("no such metric: {name} in {expression}"));
        known.extend(one.labels);
        for label in labels {
            let is_known = one.labels.contains(&label.as_str())
                || ["instance", "job"].contains(&label.as_str());
            assert!(is_known, "{name} has no label {label}: {expression}");
        }
    }
    for label in grouped(expression) {
        assert!(
            known.contains(label.as_str()),
            "no such label: {label} in {expression}"
        );
    }
}

fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "expr" => found.push(text.clone()),
                    member => expressions(member, found),
                }
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| expressions(entry, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_names_only_metrics_and_labels_that_there_are() {
    let dashboard: Value =
        serde_json::from_str(include_str!("../../config/grafana-dashboard.json")).unwrap();
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    assert!(found.len() >= 20, "{}", found.len());
    for expression in &found {
        names_what_there_is(expression);
    }
}

#[test]
fn the_alerts_name_only_metrics_and_labels_that_there_are() {
    let rules = include_str!("../../config/prometheus-alerts.yml");
    let expressions: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "))
        .collect();
    assert!(expressions.len() >= 10, "{}", expressions.len());
    assert_eq!(expressions.len(), rules.matches("- alert: ").count());
    expressions.into_iter().for_each(names_what_there_is);
}
