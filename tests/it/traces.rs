//! A request is one trace from the proxy through the bridge to the provider, nothing secret is in it, and a collector that
//! is away keeps nobody waiting.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration as RealTime, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use jitsi_oidc_bridge::clock::{Clock as _, SystemClock};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;

use super::support::bridge::{POLICY, settings};
use super::support::keyring::KeyFolder;
use super::support::{Browser, Landed, Provider, sara};

/// Takes what a bridge sends, as a collector does.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<(HeaderMap, ExportTraceServiceRequest)>>>);

impl Collector {
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let take = async |State(taken): State<Self>, headers: HeaderMap, body: Bytes| {
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            taken.0.lock().unwrap().push((headers, request));
        };
        let router = axum::Router::new()
            .route("/v1/traces", post(take))
            .with_state(collector.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        (collector, url)
    }

    fn spans(&self) -> Vec<Span> {
        let taken = self.0.lock().unwrap();
        let all = taken
            .iter()
            .flat_map(|(_, request)| &request.resource_spans);
        let all = all.flat_map(|resource| &resource.scope_spans);
        all.flat_map(|scope| scope.spans.clone()).collect()
    }

    fn text(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

/// The program itself.
struct Running {
    child: Child,
    url: String,
    _folder: KeyFolder,
}

impl Running {
    /// With further settings, at a provider whose clock goes right.
    async fn with(provider: &Provider, further: &str) -> Self {
        provider
            .clock
            .advance(SystemClock.now() - jitsi_oidc_bridge::clock::Clock::now(&*provider.clock));
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = free.local_addr().unwrap();
        drop(free);
        let (folder, url) = (KeyFolder::new(), format!("http://{listen}"));
        let further = format!("server.listen = \"{listen}\"\n{further}");
        folder.put("bridge.toml", &settings(provider, &url, &further, POLICY));
        let file = folder.path().join("bridge.toml");
        let of_others = "x-api-key=of-the-environment,x-else=of-the-environment";
        let mut child = Command::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"))
            .env("OTEL_EXPORTER_OTLP_HEADERS", of_others)
            .args(["serve", "--config"])
            .arg(file)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut ready = Some(ready);
            // Read until the end, so that it never waits to be.
            for line in log.lines().map_while(Result::ok) {
                if line.contains("ready for browsers")
                    && let Some(ready) = ready.take()
                {
                    let _ = ready.send(());
                }
            }
        });
        is_ready.await.expect("it has not started");
        Self {
            child,
            url,
            _folder: folder,
        }
    }

    /// Stops it, and gives how long that took.
    async fn stop(&mut self) -> RealTime {
        let begun = Instant::now();
        let id = self.child.id().to_string();
        Command::new("kill").arg(id).status().unwrap();
        while self.child.try_wait().unwrap().is_none() {
            tokio::time::sleep(RealTime::from_millis(10)).await;
        }
        begun.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const TRUSTED: &str = "server.trusted_proxies = [\"127.0.0.1\"]";

/// Sara's way into a meeting, from a proxy that traces.
async fn way_in(bridge: &Running) -> Landed {
    let mut browser = Browser::new();
    browser.says = Some((
        "traceparent",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ));
    let landed = browser.go(&format!("{}/room/standup", bridge.url)).await;
    assert!(landed.in_meeting(), "{landed:?}");
    landed
}

fn hexadecimal(id: &[u8]) -> String {
    use std::fmt::Write as _;
    id.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[track_caller]
fn the<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<&Span> = spans.iter().filter(|span| span.name == name).collect();
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(found.len(), 1, "{name} among {names:?}");
    found[0]
}

#[tokio::test]
async fn a_way_into_a_meeting_is_one_trace_from_the_proxy_to_the_provider() {
    let (collector, url) = Collector::start().await;
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let further = format!(
        "{TRUSTED}\ntraces.endpoint = {url:?}\ntraces.headers = \"x-api-key: of%20the,collector=\""
    );
    let mut bridge = Running::with(&provider, &further).await;
    way_in(&bridge).await;
    bridge.stop().await;

    let spans = collector.spans();
    let of_trace: Vec<Span> = spans
        .into_iter()
        .filter(|span| hexadecimal(&span.trace_id) == TRACE)
        .collect();
    let begin = the(&of_trace, "GET /room/{*names}");
    let back = the(&of_trace, "GET /callback");
    assert_eq!(hexadecimal(&begin.parent_span_id), PARENT);
    assert_eq!(hexadecimal(&back.parent_span_id), PARENT);
    let finish = the(&of_trace, "login finish");
    let token = the(&of_trace, "token");
    for (child, parent) in [
        (the(&of_trace, "login begin"), begin),
        (finish, back),
        (token, finish),
        (the(&of_trace, "mint"), back),
    ] {
        assert_eq!(
            child.parent_span_id, parent.span_id,
            "{} in {}",
            child.name, parent.name
        );
    }
    assert!(
        of_trace
            .iter()
            .any(|span| span.name == "decide" && span.parent_span_id == back.span_id)
    );
    // The provider is told by which span it is asked, and nothing else.
    let told = format!("00-{TRACE}-{}-01", hexadecimal(&token.span_id));
    assert_eq!(provider.traced("POST /token"), [told]);
    let status = |span: &Span| {
        let found = span
            .attributes
            .iter()
            .find(|pair| pair.key == "http.response.status_code");
        found.unwrap().value.clone().unwrap().value.unwrap()
    };
    assert_eq!(status(token), any_value::Value::IntValue(200));
    assert_eq!(status(back), any_value::Value::IntValue(303));
    // As configured to the letter, and none that the environment of the process would add.
    let taken = collector.0.lock().unwrap();
    for (headers, _) in taken.iter() {
        assert_eq!(headers["x-api-key"], "of%20the,collector=");
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert!(!headers.contains_key("x-else"), "{headers:?}");
    }
}

#[tokio::test]
async fn a_method_that_a_visitor_made_up_names_no_span() {
    let (collector, url) = Collector::start().await;
    let provider = Provider::start().await;
    let mut bridge = Running::with(&provider, &format!("traces.endpoint = {url:?}")).await;
    let made_up = reqwest::Method::from_bytes(b"SOMETHING").unwrap();
    let client = Browser::new().client;
    let room = format!("{}/room/standup", bridge.url);
    let answer = client.request(made_up, &room).send().await.unwrap();
    assert_eq!(answer.status(), 405);
    bridge.stop().await;
    let spans = collector.spans();
    the(&spans, "HTTP none");
    let text = collector.text();
    assert!(
        text.contains("_OTHER") && !text.contains("SOMETHING"),
        "{text}"
    );
}

#[tokio::test]
async fn nothing_secret_and_nobody_by_name_is_in_a_trace() {
    let (collector, url) = Collector::start().await;
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let mut bridge = Running::with(&provider, &format!("traces.endpoint = {url:?}")).await;
    let landed = way_in(&bridge).await;
    bridge.stop().await;
    let text = collector.text();
    assert!(text.contains("login finish"), "{text}");
    let authorization = provider.last_authorization();
    let sent = authorization
        .iter()
        .filter(|(name, _)| ["state", "nonce", "code_challenge"].contains(&name.as_str()));
    let mut secrets: Vec<String> = sent.map(|(_, value)| value.clone()).collect();
    let form = provider.last_token_request().form;
    secrets.extend(["code", "code_verifier"].map(|name| form[name].as_str().unwrap().to_owned()));
    secrets.push(landed.token().unwrap());
    secrets.extend(
        [
            "sara", "Sara", "s-sara", "standup", "eyJ", "code=", "state=",
        ]
        .map(ToOwned::to_owned),
    );
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret} stands in\n{text}");
    }
}

#[tokio::test]
async fn whoever_is_no_trusted_proxy_does_not_choose_what_is_traced() {
    let (collector, url) = Collector::start().await;
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let further = format!("traces.endpoint = {url:?}\ntraces.ratio = 0");
    let mut bridge = Running::with(&provider, &further).await;
    way_in(&bridge).await;
    bridge.stop().await;
    assert_eq!(collector.spans().len(), 0);
    // Passed on as not sampled, under an id of our own.
    let told = provider.traced("POST /token");
    assert_eq!(told.len(), 1);
    assert!(
        !told[0].contains(TRACE) && told[0].ends_with("-00"),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_collector_that_is_away_keeps_nobody_waiting() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    // It takes connections, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let further = format!(
        "traces.endpoint = \"http://{}/v1/traces\"",
        silent.local_addr().unwrap()
    );
    let mut bridge = Running::with(&provider, &further).await;
    let begun = Instant::now();
    way_in(&bridge).await;
    assert!(
        begun.elapsed() < RealTime::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    // Two seconds for the spans, one for connections that are kept open.
    let took = bridge.stop().await;
    assert!(took < RealTime::from_secs(8), "{took:?}");
}

#[tokio::test]
async fn without_a_collector_the_provider_is_told_nothing() {
    let provider = Provider::start().await;
    provider.signs_in(sara());
    let bridge = Running::with(&provider, TRUSTED).await;
    way_in(&bridge).await;
    assert_eq!(provider.traced("POST /token"), [] as [String; 0]);
}
