//! `check`: everything that is wrong, on both sides, before a user finds it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::count;
use crate::check::{Area, Finding, JitsiFiles, Listener, Report, Subject, Verdict, check};

/// Files of Jitsi's that are looked at as well.
#[derive(Debug, Args)]
pub struct JitsiFileArguments {
    /// docker-jitsi-meet's .env, or what `env` prints in its containers. Several are taken in order.
    #[arg(long = "jitsi-env", value_name = "FILE", num_args = 1..)]
    env: Vec<PathBuf>,
    /// Prosody's configuration: files, or folders with *.cfg.lua.
    #[arg(long = "prosody-config", value_name = "FILE", num_args = 1..)]
    prosody: Vec<PathBuf>,
    /// Jicofo's configuration: jicofo.conf, and the sip-communicator.properties of old.
    #[arg(long = "jicofo-config", value_name = "FILE", num_args = 1..)]
    jicofo: Vec<PathBuf>,
}

impl From<JitsiFileArguments> for JitsiFiles {
    fn from(arguments: JitsiFileArguments) -> Self {
        Self {
            env: arguments.env,
            prosody: arguments.prosody,
            jicofo: arguments.jicofo,
        }
    }
}

/// Looks at everything, and prints what was found: for people as it is found, or for machines at the end. Fails when
/// there is a fault.
pub async fn run(subject: Subject, for_machines: bool) -> anyhow::Result<ExitCode> {
    let listener: Listener = if for_machines {
        Arc::new(|_, _| {})
    } else {
        Arc::new(print_area)
    };
    let report = check(subject, &listener).await;
    let mut out = std::io::stdout().lock();
    if for_machines {
        let json = json!({ "verdict": report.verdict(), "areas": report_areas(&report)? });
        writeln!(out, "{json:#}")?;
    } else {
        writeln!(out, "{}", summary(&report))?;
    }
    Ok(match report.verdict() {
        Verdict::Good | Verdict::Warning => ExitCode::SUCCESS,
        Verdict::Fault => ExitCode::FAILURE,
    })
}

fn report_areas(report: &Report) -> anyhow::Result<serde_json::Value> {
    let mut json = serde_json::to_value(report)?;
    Ok(json
        .get_mut("areas")
        .map(serde_json::Value::take)
        .unwrap_or_default())
}

fn print_area(area: Area, findings: &[Finding]) {
    let mut out = std::io::stdout().lock();
    // Where nobody can read it, the exit code still tells.
    let _ = writeln!(out, "{}", area.heading());
    for finding in findings {
        let _ = writeln!(out, "{finding}");
    }
    let _ = writeln!(out);
}

fn summary(report: &Report) -> String {
    let (faults, warnings) = (report.count(Verdict::Fault), report.count(Verdict::Warning));
    match (faults, warnings) {
        (0, 0) => "All is well.".to_owned(),
        (0, _) => format!(
            "Nothing is broken; {} to look at.",
            count(warnings, "thing")
        ),
        (_, 0) => format!("{} to mend.", count(faults, "fault")),
        _ => format!(
            "{} to mend, and {} to look at.",
            count(faults, "fault"),
            count(warnings, "thing")
        ),
    }
}
