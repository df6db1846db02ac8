//! What is looked up when somebody asks for the metrics, since nothing happens that could be counted.

use prometheus::core::{AtomicF64, AtomicU64, GenericCounterVec};
use time::{Duration, OffsetDateTime};

use super::instruments::Instruments;
use super::{Metrics, add, number, process, set};

/// How things stand.
#[derive(Debug)]
pub struct Standing {
    /// The time.
    pub now: OffsetDateTime,
    /// When the bridge was started.
    pub started: OffsetDateTime,
    /// When the configuration in force was taken over.
    pub good_since: OffsetDateTime,
    /// The providers of the configuration in force.
    pub providers: Vec<ProviderStanding>,
    /// The keyring's keys; nothing with a shared secret.
    pub keys: Option<KeyStanding>,
    /// Log lines lost since the start.
    pub log_lost: u64,
    /// Lines of the audit lost since the start.
    pub audit_lost: u64,
}

/// What is known of a provider.
#[derive(Debug)]
pub struct ProviderStanding {
    /// Its name.
    pub name: String,
    /// Its number of keys, their age, and the time until they are due; nothing while it has not been reached.
    pub known: Option<(usize, Duration, Duration)>,
}

/// What the keyring's keys do.
#[derive(Debug, Default)]
pub struct KeyStanding {
    /// How many there are of each state: `signs`, `published`, `waiting`, `retired`.
    pub states: [(&'static str, usize); 4],
    /// For how long the key that signs has been doing so.
    pub age: Option<Duration>,
    /// The time until the next key signs.
    pub next: Option<Duration>,
    /// The time until the key that signs is retired.
    pub ends: Option<Duration>,
}

impl Metrics {
    /// Everything, as Prometheus reads it; nothing where nobody counts.
    #[must_use]
    pub fn rendered(&self, standing: &Standing) -> Option<String> {
        let parts = self.0.as_deref()?;
        let to = &parts.instruments;
        show(to, standing);
        to.gauge_providers(standing, |name| parts.providers.bounded(name));
        show_keys(to, standing.keys.as_ref());
        show_process(to);
        to.rendered().ok()
    }
}

impl Instruments {
    fn gauge_providers<'a>(&self, standing: &'a Standing, bounded: impl Fn(&'a str) -> &'a str) {
        // Providers come and go with configurations.
        for gauge in [
            &self.provider_known,
            &self.provider_keys,
            &self.provider_keys_age,
            &self.provider_keys_due,
        ] {
            gauge.reset();
        }
        for provider in &standing.providers {
            let name = &[bounded(&provider.name)];
            set(
                &self.provider_known,
                name,
                f64::from(u8::from(provider.known.is_some())),
            );
            if let Some((keys, age, due)) = provider.known {
                set(&self.provider_keys, name, number(keys));
                set(&self.provider_keys_age, name, age.as_seconds_f64());
                set(&self.provider_keys_due, name, due.as_seconds_f64());
            }
        }
    }
}

fn show(to: &Instruments, standing: &Standing) {
    let seconds = |at: OffsetDateTime| (at - OffsetDateTime::UNIX_EPOCH).as_seconds_f64();
    set(&to.clock, &[], seconds(standing.now));
    set(&to.start, &[], seconds(standing.started));
    set(&to.good_since, &[], seconds(standing.good_since));
    raise(&to.log_lost, standing.log_lost);
    raise(&to.audit_lost, standing.audit_lost);
}

fn show_keys(to: &Instruments, keys: Option<&KeyStanding>) {
    let times = [
        &to.signing_key_age,
        &to.signing_key_next,
        &to.signing_key_ends,
    ];
    for gauge in times {
        gauge.reset();
    }
    to.signing_keys.reset();
    let Some(keys) = keys else {
        return;
    };
    for (state, count) in keys.states {
        set(&to.signing_keys, &[state], number(count));
    }
    for (gauge, time) in times.into_iter().zip([keys.age, keys.next, keys.ends]) {
        if let Some(time) = time {
            set(gauge, &[], time.as_seconds_f64());
        }
    }
}

fn show_process(to: &Instruments) {
    if let Some(usage) = process::usage() {
        set(&to.resident, &[], usage.resident);
        set(&to.descriptors, &[], number(usage.descriptors));
        raise_seconds(&to.cpu, usage.cpu);
    }
    if let Some(most) = process::most_descriptors() {
        set(
            &to.most_descriptors,
            &[],
            number(usize::try_from(most).unwrap_or(usize::MAX)),
        );
    }
}

/// Lets a counter go on to what somebody else has counted.
fn raise(counter: &GenericCounterVec<AtomicU64>, to: u64) {
    if let Ok(now) = counter.get_metric_with_label_values::<&str>(&[]) {
        add(counter, &[], to.saturating_sub(now.get()));
    }
}

fn raise_seconds(counter: &GenericCounterVec<AtomicF64>, to: f64) {
    if let Ok(now) = counter.get_metric_with_label_values::<&str>(&[]) {
        add(counter, &[], (to - now.get()).max(0.0));
    }
}
