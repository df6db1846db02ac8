//! What operators see: the log's form, one line a request, and the audit, metrics and traces beside it.
//!
//! Never a query string, code, state, token or cookie.

pub mod audit;
pub mod event;
mod json_lines;
pub mod metrics;
pub mod panics;
pub mod traces;
pub mod trail;
mod writer;

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use humantime::format_rfc3339_micros;
use serde_json::json;
use time::OffsetDateTime;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, reload};

pub use self::audit::{Audit, Decided, DecidedOutcome, Listener};
use self::json_lines::JsonLines;
use self::traces::Spans;
pub use self::writer::{Flush, Losses};
use self::writer::{Lost, Writer};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Log, LogFormat};

/// Changes the level of the log while it is written.
pub struct LogLevel(Box<dyn Fn(LevelFilter) + Send + Sync>);

impl LogLevel {
    /// Of a log that is somebody else's, and stays as it is.
    #[must_use]
    pub fn fixed() -> Self {
        Self(Box::new(|_| {}))
    }

    /// From now on, this is the least level.
    pub fn set(&self, level: LevelFilter) {
        (self.0)(level);
    }
}

/// The target of audit lines.
const AUDIT: &str = "audit";

/// Libraries below are told about only when something is wrong with them; those of the session store are not, since what
/// is wrong with it is told here, once.
fn filter(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("fred", LevelFilter::ERROR)
        .with_target("tower_sessions_core", LevelFilter::OFF)
        .with_target("jitsi_oidc_bridge", level)
        .with_target(AUDIT, LevelFilter::INFO)
}

/// Sends log lines to standard error: text for a terminal, JSON otherwise; and spans where they are collected. The second thing that this gives is to be kept
/// until the end: lines wait there to be written.
///
/// # Errors
/// When there can be no thread that writes them.
pub fn start_logging(log: Log, spans: Option<&Spans>) -> std::io::Result<(LogLevel, Flush)> {
    let text = match log.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let notice = if text { lost_in_text } else { lost_in_json };
    let (writer, flush) = Writer::start(std::io::stderr(), Box::new(notice))?;
    let (levels, handle) = reload::Layer::new(filter(log.level));
    let lines = if text {
        let lines = fmt::layer().with_writer(writer);
        lines.with_ansi(std::io::stderr().is_terminal()).boxed()
    } else {
        JsonLines(writer).boxed()
    };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(levels));
    // A second call (in tests) leaves the first subscriber in place. A handle whose subscriber is gone changes nothing.
    let _ = match spans {
        Some(spans) => subscriber.with(spans.layer()).try_init(),
        // A layer that is `None` would have every span made, for nobody.
        None => subscriber.try_init(),
    };
    let level = LogLevel(Box::new(move |level| drop(handle.reload(filter(level)))));
    Ok((level, flush))
}

/// What is said of lines that were lost.
const LOST: &str = "log lines were lost: they could not be written, or not fast enough";

fn lost_in_text(Lost { lines, audit }: Lost) -> String {
    let (time, target) = (time(), module_path!());
    format!("{time}  WARN {target}: {LOST} log.lost={lines} log.lost_audit={audit}\n")
}

fn lost_in_json(Lost { lines, audit }: Lost) -> String {
    let line = json!({
        "timestamp": time(), "level": "WARN", "message": LOST, "log.lost": lines, "log.lost_audit": audit,
        "target": module_path!(),
    });
    format!("{line}\n")
}

/// The time as it stands before every line, in UTC, to the microsecond.
fn time() -> String {
    // There is no form for a time before 1970; a clock that is set so is wrong in any case.
    let now = SystemClock.now().max(OffsetDateTime::UNIX_EPOCH);
    let mut text = String::with_capacity("1970-01-01T00:00:00.000000Z".len());
    // Nothing fails that writes into a string.
    let _ = write!(text, "{}", format_rfc3339_micros(now.into()));
    text
}

#[cfg(test)]
mod tests {
    use time::format_description::well_known::Rfc3339;

    use super::*;

    #[test]
    fn the_time_has_one_form_and_length() {
        let time = time();
        assert_eq!(time.len(), "1970-01-01T00:00:00.000000Z".len(), "{time}");
        OffsetDateTime::parse(&time, &Rfc3339).unwrap();
    }

    #[test]
    fn lost_lines_are_told_in_the_form_of_the_log() {
        let (lines, audit) = (7, 2);
        let lost = Lost { lines, audit };
        let text = lost_in_text(lost);
        let end = "Z  WARN jitsi_oidc_bridge::observe: log lines were lost: they could not be written, or not fast \
                   enough log.lost=7 log.lost_audit=2\n";
        assert!(text.ends_with(end), "{text}");
        let json = lost_in_json(lost);
        assert!(json.ends_with("}\n"), "{json}");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["message"], LOST);
        assert_eq!(
            (&json["log.lost"], &json["log.lost_audit"]),
            (&7.into(), &2.into())
        );
        assert_eq!(json["timestamp"].as_str().map(str::len), Some(27));
    }
}
