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
}

/// Hears of each area as soon as it has been looked at.
pub type Listener = Arc<dyn Fn(Area, &[Finding]) + Send + Sync>;

/// Looks at everything, in order.
pub async fn check(subject: Subject, listener: &Listener) -> Report {
    let mut report = Report::new(listener.clone());
    report.add(Area::Configuration, configuration(&subject.loaded));
    let Ok(Loaded { config, .. }) = &subject.loaded else {
        return report;
    };
    let clock = &subject.clock;
    report.add(Area::Provider, provider::providers(config, clock).await);
    report.add(Area::Store, store::look(&config.session).await);
    report.add(
        Area::PublicAddress,
        public_address::look(config, clock).await,
    );
    let (findings, endpoints) = jitsi_page(config).await;
    report.add(Area::JitsiPage, findings);
    let meetings = meetings(config, endpoints.as_ref(), clock, Patience::default());
    report.add(Area::JitsiMeetings, meetings.await);
    report.add(Area::JitsiFiles, jitsi_files(&subject.jitsi_files, config));
    report
}
