//! Spans, sent to an OpenTelemetry collector by OTLP over HTTP. Where nobody collects them, there are none.
//!
//! A span says which stage of the walk took how long, and what came of it: no names of people, no addresses with a query,
//! and nothing that is worth anything to whoever reads it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider,
};
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Handle;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::config::traces::Traces;
use crate::identity::http;

/// The target of all spans; nothing else has it, and the log does not show it.
pub(crate) const TARGET: &str = "spans";

/// A span of a stage.
macro_rules! span {
    ($name:literal $(, $($fields:tt)*)?) => {
        tracing::info_span!(target: "spans", $name $(, $($fields)*)?)
    };
}
pub(crate) use span;

/// A method that is none of HTTP's own.
const OTHER: &str = "_OTHER";
/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end waits for what has not been sent yet.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(2);
/// Spans that wait to be sent; further ones are lost. How many are sent at once, and how often.
const MOST_WAITING: usize = 4096;
const SENT_AT_ONCE: usize = 512;
const SENT_EVERY: Duration = Duration::from_secs(2);

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The HTTP client.
    #[error(transparent)]
    Http(#[from] http::HttpError),
    /// The exporter.
    #[error("cannot set up the exporter of traces (traces.endpoint): {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// Collects spans, and sends them by a thread of its own: nobody waits for a collector.
pub struct Spans(SdkTracerProvider);

impl Spans {
    /// Sends spans where configuration says; nothing where it says nothing. Must run inside a Tokio runtime.
    ///
    /// # Errors
    /// When the exporter cannot be set up.
    pub fn start(settings: &Traces) -> Result<Option<Self>, TracesError> {
        let Some(endpoint) = &settings.endpoint else {
            return Ok(None);
        };
        let client = Collector {
            client: http::client(PATIENCE, None)?,
            headers: configured(settings),
            runtime: Handle::current(),
            failing: AtomicBool::new(false),
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint.as_str())
            .with_timeout(PATIENCE)
            .build()?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(MOST_WAITING)
            .with_max_export_batch_size(SENT_AT_ONCE)
            .with_scheduled_delay(SENT_EVERY)
            .build();
        let processor = BatchSpanProcessor::builder(exporter)
            .with_batch_config(batches)
            .build();
        let ratio = Sampler::TraceIdRatioBased(settings.ratio);
        let resource = Resource::builder_empty()
            .with_service_name(settings.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(Sampler::ParentBased(Box::new(ratio)))
            .with_resource(resource)
            .build();
        Ok(Some(Self(provider)))
    }

    /// What turns our spans, and no others, into OpenTelemetry's.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let tracer: SdkTracer = self.0.tracer("jitsi-oidc-bridge");
        OpenTelemetryLayer::new(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|metadata| {
                metadata.is_span() && metadata.target() == TARGET
            }))
    }

    /// Sends what is left, unless that takes too long.
    pub async fn end(self) {
        let provider = self.0;
        let ending = tokio::task::spawn_blocking(move || {
            // What could not be sent is lost with the process.
            let _ = provider.shutdown_with_timeout(PATIENCE_AT_THE_END);
        });
        let _ = tokio::time::timeout(PATIENCE_AT_THE_END, ending).await;
    }
}

/// Goes on with the trace that a request belongs to (W3C Trace Context): of baggage nothing is read.
pub fn go_on(span: &Span, headers: &HeaderMap) {
    if !span.is_disabled() {
        let parent = TraceContextPropagator::new()
            .extract_with_context(&Context::new(), &HeaderExtractor(headers));
        // It has none yet.
        let _ = span.set_parent(parent);
    }
}

/// A request's method, as spans tell it: one that HTTP does not know could be any word of the visitor's
/// (OpenTelemetry's semantic conventions, `http.request.method`).
#[must_use]
pub fn method(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::CONNECT,
        Method::OPTIONS,
        Method::TRACE,
        Method::PATCH,
    ];
    if known.contains(method) {
        method.as_str()
    } else {
        OTHER
    }
}

/// A request's span, as it is called (the same conventions, "Name").
#[must_use]
pub fn name(method: &Method, route: &str) -> String {
    match self::method(method) {
        OTHER => format!("HTTP {route}"),
        method => format!("{method} {route}"),
    }
}

/// Calls a span something else: what it is called is known only when it ends.
pub fn rename(span: &Span, name: String) {
    span.context().span().update_name(name);
}

/// The request, which tells its receiver of the span that it is sent in.
pub fn passed_on(request: RequestBuilder, span: &Span) -> RequestBuilder {
    if span.is_disabled() {
        return request;
    }
    let context = span.context();
    let span = context.span();
    let within = span.span_context();
    if !within.is_valid() {
        return request;
    }
    let (trace, id, flags) = (within.trace_id(), within.span_id(), within.trace_flags());
    request.header("traceparent", format!("00-{trace}-{id}-{flags:02x}"))
}

/// The headers of configuration, which has made sure that they are some.
fn configured(settings: &Traces) -> HeaderMap {
    let header = |(name, value): &(String, SecretString)| {
        let name = HeaderName::try_from(name).ok()?;
        let mut value = HeaderValue::try_from(value.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    };
    settings.headers.iter().filter_map(header).collect()
}

/// The collector, asked by our own HTTP client.
struct Collector {
    client: reqwest::Client,
    /// Those of configuration. The exporter has others from the environment, which would come before them.
    headers: HeaderMap,
    /// The thread that sends spans is none of its own.
    runtime: Handle,
    failing: AtomicBool,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Collector")
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let of_content = [header::CONTENT_TYPE, header::CONTENT_ENCODING];
        let of_content =
            of_content.map(|name| Some((name.clone(), parts.headers.get(name)?.clone())));
        let mut headers: HeaderMap = of_content.into_iter().flatten().collect();
        headers.extend(self.headers.clone());
        let request = self
            .client
            .request(parts.method, parts.uri.to_string())
            .headers(headers)
            .body(body);
        let sent = self.runtime.spawn(async move {
            let answer = request.send().await.map_err(reqwest::Error::without_url)?;
            // What it says is of no use, and could be of any length.
            Ok::<_, reqwest::Error>(answer.status())
        });
        let status = match sent.await {
            Ok(Ok(status)) => status,
            Ok(Err(error)) => return Err(self.failed(http::chain(&error))),
            Err(error) => return Err(error.into()),
        };
        if status.is_success() {
            self.failing.store(false, Ordering::Relaxed);
        } else {
            self.failed(format!("it answered {status}"));
        }
        Ok(Response::builder().status(status).body(Bytes::new())?)
    }
}

impl Collector {
    /// Told once, until it is well again.
    fn failed(&self, cause: String) -> HttpError {
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                error = cause,
                "the collector does not take traces (traces.endpoint); they are lost until it does"
            );
        }
        cause.into()
    }
}
