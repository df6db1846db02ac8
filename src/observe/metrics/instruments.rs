//! Every metric there is, each with its labels and what it says.
//!
//! No label's values are unbounded: they are words of ours, or names from the configuration, of which only so many count.

use prometheus::{
    CounterVec, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry,
};

/// Upper bounds in seconds, from the memory's speed to the longest time-out.
const SECONDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// What is told of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// Its whole name.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

trait Instrument: Sized {
    const KIND: &'static str;
    fn of(described: &Described) -> prometheus::Result<Self>;
}

impl Instrument for IntCounterVec {
    const KIND: &'static str = "counter";
    fn of(described: &Described) -> prometheus::Result<Self> {
        Self::new(Opts::new(described.name, described.help), described.labels)
    }
}

impl Instrument for CounterVec {
    const KIND: &'static str = "counter";
    fn of(described: &Described) -> prometheus::Result<Self> {
        Self::new(Opts::new(described.name, described.help), described.labels)
    }
}

impl Instrument for GaugeVec {
    const KIND: &'static str = "gauge";
    fn of(described: &Described) -> prometheus::Result<Self> {
        Self::new(Opts::new(described.name, described.help), described.labels)
    }
}

impl Instrument for HistogramVec {
    const KIND: &'static str = "histogram";
    fn of(described: &Described) -> prometheus::Result<Self> {
        let opts = HistogramOpts::new(described.name, described.help);
        Self::new(opts.buckets(SECONDS.to_vec()), described.labels)
    }
}

/// Writes down the struct of all instruments, and the list of what is told of them.
macro_rules! instruments {
    ($($field:ident: $kind:ident = $name:literal [$($label:literal),*], $help:literal;)+) => {
        /// All instruments.
        pub(super) struct Instruments {
            registry: Registry,
            $(pub(super) $field: $kind,)+
        }

        /// What is told of each, in the order of the documentation.
        pub const CATALOGUE: &[Described] = &[
            $(Described {
                name: $name,
                kind: <$kind as Instrument>::KIND,
                labels: &[$($label),*],
                help: $help,
            },)+
        ];

        impl Instruments {
            /// All of them, at nothing.
            pub(super) fn new() -> prometheus::Result<Self> {
                let registry = Registry::new();
                $(let $field = {
                    let instrument = $kind::of(&Described {
                        name: $name,
                        kind: <$kind as Instrument>::KIND,
                        labels: &[$($label),*],
                        help: $help,
                    })?;
                    registry.register(Box::new(instrument.clone()))?;
                    instrument
                };)+
                Ok(Self { registry, $($field),+ })
            }
        }
    };
}

instruments! {
    logins_started: IntCounterVec = "jitsi_oidc_bridge_logins_started_total" ["provider"],
        "Browsers sent to a provider.";
    logins: IntCounterVec = "jitsi_oidc_bridge_logins_total" ["provider", "how", "outcome"],
        "Logins that came back, by how they were begun and what became of them.";
    decisions: IntCounterVec = "jitsi_oidc_bridge_decisions_total" ["outcome", "role"],
        "Decisions whether somebody may join; the role is empty for whoever may not.";
    rules: IntCounterVec = "jitsi_oidc_bridge_decisions_by_rule_total" ["rule", "outcome", "role"],
        "Decisions by each rule that caused them; several rules may cause one.";
    tokens: IntCounterVec = "jitsi_oidc_bridge_tokens_minted_total" ["role", "algorithm"],
        "Jitsi tokens minted.";
    mint_failures: IntCounterVec = "jitsi_oidc_bridge_token_mint_failures_total" [],
        "Jitsi tokens that were granted and could not be made.";
    invitations: IntCounterVec = "jitsi_oidc_bridge_invitations_total" ["action"],
        "Guests' invitations made, used and withdrawn.";
    sessions_started: IntCounterVec = "jitsi_oidc_bridge_sessions_started_total" [],
        "Sessions begun.";
    sessions_ended: IntCounterVec = "jitsi_oidc_bridge_sessions_ended_total" ["reason"],
        "Sessions ended by an action, or found to have ended by themselves when somebody came back.";
    requests: IntCounterVec = "jitsi_oidc_bridge_http_requests_total" ["route", "status"],
        "Requests answered, by route and class of status.";
    request_seconds: HistogramVec = "jitsi_oidc_bridge_http_request_duration_seconds" ["route"],
        "Time until a request was answered.";
    rejections: IntCounterVec = "jitsi_oidc_bridge_rejections_total" ["limit"],
        "Requests refused by a limit; for connections: times that further ones had to wait.";
    connections: GaugeVec = "jitsi_oidc_bridge_connections" [],
        "Connections open now.";
    provider_requests: IntCounterVec = "jitsi_oidc_bridge_provider_requests_total" ["provider", "endpoint", "outcome"],
        "Requests to a provider: answered, refused (4xx), failed (5xx), or without a usable answer.";
    provider_seconds: HistogramVec = "jitsi_oidc_bridge_provider_request_duration_seconds" ["provider", "endpoint"],
        "Time until a provider had answered.";
    provider_known: GaugeVec = "jitsi_oidc_bridge_provider_known" ["provider"],
        "Whether metadata and keys of the provider are known: without them nobody can sign in there.";
    provider_keys: GaugeVec = "jitsi_oidc_bridge_provider_keys" ["provider"],
        "Keys of the provider that can verify.";
    provider_keys_age: GaugeVec = "jitsi_oidc_bridge_provider_keys_age_seconds" ["provider"],
        "Time since the provider's metadata and keys were loaded.";
    provider_keys_due: GaugeVec = "jitsi_oidc_bridge_provider_keys_due_seconds" ["provider"],
        "Time until the provider's metadata and keys are loaded anew; below zero when that is overdue.";
    signing_keys: GaugeVec = "jitsi_oidc_bridge_signing_keys" ["state"],
        "Keys of the keyring, by what they do now.";
    signing_key_age: GaugeVec = "jitsi_oidc_bridge_signing_key_age_seconds" [],
        "Time since the key that signs began to; absent where its file does not say.";
    signing_key_next: GaugeVec = "jitsi_oidc_bridge_signing_key_next_seconds" [],
        "Time until the next key signs; absent where none is to.";
    signing_key_ends: GaugeVec = "jitsi_oidc_bridge_signing_key_ends_seconds" [],
        "Time until the key that signs is retired; absent where its file does not say.";
    store_requests: IntCounterVec = "jitsi_oidc_bridge_store_requests_total" ["operation", "outcome"],
        "Commands to Redis or Valkey: answered, failed, or not sent since it was away.";
    store_seconds: HistogramVec = "jitsi_oidc_bridge_store_request_duration_seconds" ["operation"],
        "Time until Redis or Valkey had answered.";
    reloads: IntCounterVec = "jitsi_oidc_bridge_configuration_reloads_total" ["outcome"],
        "Configurations that were read again: taken over or refused.";
    good_since: GaugeVec = "jitsi_oidc_bridge_configuration_good_timestamp_seconds" [],
        "When the configuration in force was taken over.";
    log_lost: IntCounterVec = "jitsi_oidc_bridge_log_lines_lost_total" [],
        "Log lines that could not be written.";
    audit_lost: IntCounterVec = "jitsi_oidc_bridge_audit_lines_lost_total" [],
        "Lines of the audit that could not be written.";
    clock: GaugeVec = "jitsi_oidc_bridge_clock_timestamp_seconds" [],
        "The time by the bridge's clock.";
    start: GaugeVec = "process_start_time_seconds" [],
        "When the bridge was started.";
    resident: GaugeVec = "process_resident_memory_bytes" [],
        "Resident memory.";
    descriptors: GaugeVec = "process_open_fds" [],
        "Open file descriptors.";
    most_descriptors: GaugeVec = "process_max_fds" [],
        "Open file descriptors that the system allows.";
    cpu: CounterVec = "process_cpu_seconds_total" [],
        "Processor time spent, in user and system mode.";
    build: GaugeVec = "jitsi_oidc_bridge_build_info" ["version", "commit"],
        "Always 1: which build this is.";
}

impl Instruments {
    /// All of them with their values, as Prometheus reads them.
    pub(super) fn rendered(&self) -> prometheus::Result<String> {
        prometheus::TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
