//! What Prometheus counts. Where nobody asks for it, nothing is counted, and nothing is looked up.

mod instruments;
mod names;
mod process;
mod standing;

use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::core::{Atomic, GenericCounterVec};
use prometheus::{GaugeVec, HistogramVec};

use self::instruments::Instruments;
pub use self::instruments::{CATALOGUE, Described};
use self::names::Names;
pub use self::standing::{KeyStanding, ProviderStanding, Standing};
use super::event::Event;

/// Counts, or does not. All clones count together.
#[derive(Clone, Default)]
pub struct Metrics(Option<Arc<Parts>>);

struct Parts {
    instruments: Instruments,
    rules: Names,
    providers: Names,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "On" } else { "Off" })
    }
}

/// What became of an exchange with a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// An answer of this status.
    Answered(u16),
    /// No answer that could be used.
    NoAnswer,
}

/// What became of a command to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// It was answered.
    Answered,
    /// It was not, or by an error.
    Failed,
    /// It was not sent, since the store was away a moment ago.
    NotSent,
}

impl Metrics {
    /// Counts from now on.
    ///
    /// # Errors
    /// Never, as long as no two instruments have one name; a test says so.
    pub fn on() -> prometheus::Result<Self> {
        let instruments = Instruments::new()?;
        let build = [
            env!("CARGO_PKG_VERSION"),
            option_env!("BRIDGE_COMMIT").unwrap_or("unknown"),
        ];
        set(&instruments.build, &build, 1.0);
        // There before the first: an alert sees how a number grows, not that it is born.
        add(&instruments.mint_failures, &[], 0);
        for outcome in ["taken_over", "refused"] {
            add(&instruments.reloads, &[outcome], 0);
        }
        Ok(Self(Some(Arc::new(Parts {
            instruments,
            rules: Names::default(),
            providers: Names::default(),
        }))))
    }

    /// Whether anything is counted.
    #[must_use]
    pub fn are_on(&self) -> bool {
        self.0.is_some()
    }

    /// A browser was sent to a provider.
    pub fn login_started(&self, provider: &str) {
        if let Some(Parts {
            instruments,
            providers,
            ..
        }) = self.0.as_deref()
        {
            count(&instruments.logins_started, &[providers.bounded(provider)]);
        }
    }

    /// Something happened to somebody.
    pub fn heard(&self, event: &Event<'_>) {
        let Some(Parts {
            instruments,
            rules,
            providers,
        }) = self.0.as_deref()
        else {
            return;
        };
        match *event {
            Event::SignIn {
                provider,
                how,
                result,
            } => {
                let outcome = result.map_or_else(|failure| failure.reason, |_| "succeeded");
                count(
                    &instruments.logins,
                    &[providers.bounded(provider), how.name(), outcome],
                );
            }
            Event::Decision {
                outcome,
                role,
                rules: caused_by,
                ..
            } => {
                count(&instruments.decisions, &[outcome, role]);
                for rule in caused_by {
                    count(&instruments.rules, &[rules.bounded(rule), outcome, role]);
                }
            }
            Event::Token { role, minted, .. } => {
                count(&instruments.tokens, &[role, minted.algorithm]);
            }
            Event::Invitation { action, .. } => count(&instruments.invitations, &[action.name()]),
            Event::SignOut { scope, ended, .. } => {
                add(
                    &instruments.sessions_ended,
                    &[scope.name()],
                    ended.len() as u64,
                );
            }
            Event::Revocation { .. } => {
                count(&instruments.sessions_ended, &["unknown_to_provider"]);
            }
            Event::Reloaded { .. } => count(&instruments.reloads, &["taken_over"]),
            Event::Refused { .. } => count(&instruments.reloads, &["refused"]),
            Event::Started | Event::Stopped => {}
        }
    }

    /// A token was granted, and could not be made.
    pub fn mint_failed(&self) {
        self.with(|to| count(&to.mint_failures, &[]));
    }

    /// A session began.
    pub fn session_started(&self) {
        self.with(|to| count(&to.sessions_started, &[]));
    }

    /// A session was found to have ended, or made way for another one.
    pub fn session_ended(&self, reason: &'static str) {
        self.with(|to| count(&to.sessions_ended, &[reason]));
    }

    /// A request was answered.
    pub fn answered(&self, route: &str, status: u16, within: Duration) {
        let class = match status {
            100..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        self.with(|to| {
            count(&to.requests, &[route, class]);
            observe(&to.request_seconds, &[route], within);
        });
    }

    /// A limit has kept something out.
    pub fn rejected(&self, limit: &str) {
        self.with(|to| count(&to.rejections, &[limit]));
    }

    /// A connection was opened.
    pub fn connection_opened(&self) {
        self.with(|to| change(&to.connections, 1.0));
    }

    /// A connection was closed.
    pub fn connection_closed(&self) {
        self.with(|to| change(&to.connections, -1.0));
    }

    /// A provider was asked.
    pub fn provider_asked(
        &self,
        provider: &str,
        endpoint: &str,
        exchange: Exchange,
        begun: Instant,
    ) {
        if let Some(Parts {
            instruments,
            providers,
            ..
        }) = self.0.as_deref()
        {
            let provider = providers.bounded(provider);
            let outcome = match exchange {
                Exchange::Answered(400..500) => "refused",
                Exchange::Answered(500..) => "failed",
                Exchange::Answered(_) => "answered",
                Exchange::NoAnswer => "no_answer",
            };
            count(
                &instruments.provider_requests,
                &[provider, endpoint, outcome],
            );
            observe(
                &instruments.provider_seconds,
                &[provider, endpoint],
                begun.elapsed(),
            );
        }
    }

    /// The store was asked.
    pub fn store_asked(&self, operation: &'static str, command: Command, begun: Instant) {
        self.with(|to| {
            let outcome = match command {
                Command::Answered => "answered",
                Command::Failed => "failed",
                Command::NotSent => "not_sent",
            };
            count(&to.store_requests, &[operation, outcome]);
            if command != Command::NotSent {
                observe(&to.store_seconds, &[operation], begun.elapsed());
            }
        });
    }

    fn with(&self, tell: impl FnOnce(&Instruments)) {
        if let Some(parts) = self.0.as_deref() {
            tell(&parts.instruments);
        }
    }
}

/// Counts one. The labels are as many as the instrument has: a test renders them all.
fn count(counter: &GenericCounterVec<prometheus::core::AtomicU64>, labels: &[&str]) {
    add(counter, labels, 1);
}

fn add<P: Atomic>(counter: &GenericCounterVec<P>, labels: &[&str], by: P::T) {
    if let Ok(counter) = counter.get_metric_with_label_values(labels) {
        counter.inc_by(by);
    }
}

fn set(gauge: &GaugeVec, labels: &[&str], value: f64) {
    if let Ok(gauge) = gauge.get_metric_with_label_values(labels) {
        gauge.set(value);
    }
}

fn change(gauge: &GaugeVec, by: f64) {
    if let Ok(gauge) = gauge.get_metric_with_label_values::<&str>(&[]) {
        gauge.add(by);
    }
}

fn observe(histogram: &HistogramVec, labels: &[&str], within: Duration) {
    if let Ok(histogram) = histogram.get_metric_with_label_values(labels) {
        histogram.observe(within.as_secs_f64());
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "what is counted here fits a double exactly"
)]
fn number(count: usize) -> f64 {
    count as f64
}
