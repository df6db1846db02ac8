//! What is wrong, found before a user finds it: on our side, at the provider, in front of us and in Jitsi.
//!
//! Each part looks at one of them, and reports each thing that it looked at as a [`Finding`]: good, worth a look, or a
//! fault, with the way to mend it. Nothing is changed anywhere, and no secret or token is shown.

mod certificate;
mod configuration;
pub mod files;
pub mod jitsi_page;
pub mod meetings;
mod provider;
mod public_address;
mod reach;
pub mod report;
mod store;
pub mod token;

use std::sync::Arc;

pub use self::configuration::configuration;
pub use self::files::{JitsiFiles, jitsi_files};
pub use self::jitsi_page::jitsi_page;
use self::meetings::{Patience, meetings};
pub use self::public_address::reachable;
pub use self::report::{Area, Finding, Findings, Report, Verdict};
use crate::clock::SharedClock;
use crate::config::{Loaded, Problems};

/// What is looked at.
pub struct Subject {
    /// The configuration, or what is wrong with it.
    pub loaded: Result<Loaded, Problems>,
    /// The time.
    pub clock: SharedClock,
    /// Files of Jitsi's to look at.
    pub jitsi_files: JitsiFiles,
    /// The areas to look at, beside the configuration; all of them when there is none.
    pub only: Vec<Area>,
}

/// Hears of each area as soon as it has been looked at.
pub type Listener = Arc<dyn Fn(Area, &[Finding]) + Send + Sync>;

impl Subject {
    fn is_about(&self, area: Area) -> bool {
        self.only.is_empty() || self.only.contains(&area)
    }
}

/// Looks at everything that is asked for, in order.
pub async fn check(subject: Subject, listener: &Listener) -> Report {
    let mut report = Report::new(listener.clone());
    report.add(Area::Configuration, configuration(&subject.loaded));
    let Ok(Loaded { config, .. }) = &subject.loaded else {
        return report;
    };
    let clock = &subject.clock;
    if subject.is_about(Area::Provider) {
        report.add(Area::Provider, provider::providers(config, clock).await);
    }
    if subject.is_about(Area::Store) {
        report.add(Area::Store, store::look(&config.session).await);
    }
    if subject.is_about(Area::PublicAddress) {
        let findings = public_address::look(config, clock).await;
        report.add(Area::PublicAddress, findings);
    }
    let mut endpoints = None;
    if subject.is_about(Area::JitsiPage) || subject.is_about(Area::JitsiMeetings) {
        let findings;
        (findings, endpoints) = jitsi_page(config).await;
        if subject.is_about(Area::JitsiPage) {
            report.add(Area::JitsiPage, findings);
        }
    }
    if subject.is_about(Area::JitsiMeetings) {
        let meetings = meetings(config, endpoints.as_ref(), clock, Patience::default());
        report.add(Area::JitsiMeetings, meetings.await);
    }
    if subject.is_about(Area::JitsiFiles) {
        report.add(Area::JitsiFiles, jitsi_files(&subject.jitsi_files, config));
    }
    report
}
