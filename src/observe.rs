//! What operators see: the log's form, one line a request, one audit line a decision.
//!
//! Never a query string, code, state, token or cookie.

pub mod panics;
mod writer;

use std::io::IsTerminal as _;
use std::sync::Arc;

use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::util::SubscriberInitExt as _;

use self::writer::{Flush, Lost, Writer};
use crate::admit::Outcome;
use crate::config::{Log, LogFormat};
use crate::identity::{Groups, Person};
use crate::meeting::MeetingRequest;
use crate::policy::DeniedCause;

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
fn filter(level: LevelFilter) -> EnvFilter {
    EnvFilter::builder().parse_lossy(format!(
        "warn,fred=error,tower_sessions_core=off,jitsi_oidc_bridge={level},{AUDIT}=info"
    ))
}

/// Sends log lines to standard error: text for a terminal, JSON otherwise. The second thing that this gives is to be kept
/// until the end: lines wait there to be written.
///
/// # Errors
/// When there can be no thread that writes them.
pub fn start_logging(log: Log) -> std::io::Result<(LogLevel, Flush)> {
    let text = match log.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let notice = if text { lost_in_text } else { lost_in_json };
    let (writer, flush) = Writer::start(std::io::stderr(), notice)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(log.level))
        .with_writer(writer);
    // A second call (in tests) leaves the first subscriber in place. A handle whose subscriber is gone changes nothing.
    let level = if text {
        let builder = builder
            .with_ansi(std::io::stderr().is_terminal())
            .with_filter_reloading();
        let handle = builder.reload_handle();
        let _ = builder.finish().try_init();
        LogLevel(Box::new(move |level| drop(handle.reload(filter(level)))))
    } else {
        let builder = builder.json().flatten_event(true).with_filter_reloading();
        let handle = builder.reload_handle();
        let _ = builder.finish().try_init();
        LogLevel(Box::new(move |level| drop(handle.reload(filter(level)))))
    };
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

/// The time as it stands before every line.
fn time() -> String {
    let mut text = String::new();
    // Nothing fails that writes into a string.
    let _ = SystemTime.format_time(&mut format::Writer::new(&mut text));
    text
}

/// A decision, as the audit tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Who, by stable id.
    pub user_id: String,
    /// The provider's name.
    pub provider: String,
    /// The room, as Jitsi names it.
    pub room: String,
    /// The tenant.
    pub tenant: Option<String>,
    /// What became of it.
    pub outcome: DecidedOutcome,
    /// The rules that caused it, by name, sorted.
    pub rules: Vec<String>,
}

/// What became of a wish to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecidedOutcome {
    /// Let in, with this role and token identifier.
    Admitted {
        /// The role's name.
        role: &'static str,
        /// The token's `jti`.
        jti: String,
    },
    /// Refused, for this cause: `rule`, `acr`, `no_rule` or `provider`.
    Denied(&'static str),
}

/// Hears every decision.
pub type Listener = Arc<dyn Fn(&Decided) + Send + Sync>;

/// Tells every decision: to the log, and to whoever listens.
#[derive(Clone, Default)]
pub struct Audit {
    listener: Option<Listener>,
}

impl Audit {
    /// An audit that also tells `listener`.
    #[must_use]
    pub fn heard_by(listener: Listener) -> Self {
        Self {
            listener: Some(listener),
        }
    }

    /// Tells one decision.
    pub fn decided(
        &self,
        request_id: &str,
        person: &Person,
        request: &MeetingRequest,
        outcome: &Outcome,
    ) {
        let (rules, outcome) = match outcome {
            Outcome::Admitted(admitted) => {
                let role = admitted.grant.role.name();
                (
                    admitted.grant.rules.clone(),
                    DecidedOutcome::Admitted {
                        role,
                        jti: admitted.jti.clone(),
                    },
                )
            }
            Outcome::Denied(denied) => (
                denied.rules.clone(),
                DecidedOutcome::Denied(match denied.cause {
                    DeniedCause::Rule(_) => "rule",
                    DeniedCause::StepUp(_) => "acr",
                    DeniedCause::NoRule => "no_rule",
                    DeniedCause::Provider => "provider",
                }),
            ),
        };
        let decided = Decided {
            user_id: person.id.clone(),
            provider: person.provider.clone(),
            room: request.room.to_string(),
            tenant: request.tenant.as_ref().map(ToString::to_string),
            outcome,
            rules,
        };
        decided.log(request_id, person);
        if let Some(listener) = &self.listener {
            listener(&decided);
        }
    }
}

impl Decided {
    fn log(&self, request_id: &str, person: &Person) {
        let (message, outcome, role, jti) = match &self.outcome {
            DecidedOutcome::Admitted { role, jti } => ("admitted", "admitted", *role, jti.as_str()),
            DecidedOutcome::Denied(cause) => ("refused", *cause, "", ""),
        };
        let groups = match &person.groups {
            Groups::Known(names) => format!("{} groups", names.len()),
            Groups::Missing | Groups::NotSent => "no groups claim came".to_owned(),
        };
        tracing::info!(
            target: AUDIT,
            {
                request.id = request_id,
                user.id = self.user_id,
                user.groups = groups,
                provider.name = self.provider,
                room.name = self.room,
                room.tenant = self.tenant,
                decision.outcome = outcome,
                decision.role = role,
                decision.rules = self.rules.join(" | "),
                token.jti = jti,
            },
            "{message}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
