//! What is wrong, found before a user finds it: on our side, at the provider, in front of us and in Jitsi.
//!
//! Each part looks at one of them, and reports each thing that it looked at as a [`Finding`]: good, worth a look, or a
//! fault, with the way to mend it. Nothing is changed anywhere, and no secret or token is shown.

mod configuration;
pub mod meetings;
pub mod report;

use std::sync::Arc;

pub use self::configuration::configuration;
use self::meetings::{Patience, meetings};
pub use self::report::{Area, Finding, Findings, Report, Verdict};
use crate::clock::SharedClock;
use crate::config::{Loaded, Problems};

/// What is looked at.
pub struct Subject {
    /// The configuration, or what is wrong with it.
    pub loaded: Result<Loaded, Problems>,
    /// The time.
    pub clock: SharedClock,
}

/// Hears of each area as soon as it has been looked at.
pub type Listener = Arc<dyn Fn(Area, &[Finding]) + Send + Sync>;

/// Looks at everything, in order.
pub async fn check(subject: Subject, listener: &Listener) -> Report {
    let mut report = Report::new(listener.clone());
    report.add(Area::Configuration, configuration(&subject.loaded));
    if let Ok(loaded) = &subject.loaded {
        let told = None;
        let meetings = meetings(&loaded.config, told, &subject.clock, Patience::default());
        report.add(Area::JitsiMeetings, meetings.await);
    }
    report
}
