//! `policy test` and `policy who`: what the rules say, asked from outside.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use serde_json::json;
use time::OffsetDateTime;

use super::arguments::{ConfigFile, Meeting};
use super::count;
use crate::admit::table;
use crate::config::{Sources, policy_table};
use crate::secret;

/// What to ask of the rules.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Try a table of people, rooms and what is expected. Exit code 1 when a row is not as expected.
    #[command(after_help = "Example of a FILE:
  [people.anna]
  groups = [\"/staff\", \"/teams/rocket/leads\"]

  [[tests]]
  people = [\"anna\"]
  rooms = [\"rocket\", \"rocket-weekly\"]
  expect = \"moderator\"        # or \"participant\", \"visitor\", \"denied\", \"step-up\"")]
    Test(Test),
    /// Tell which groups, users, domains and claims get what in a room.
    #[command(after_help = "Example:
  jitsi-oidc-bridge policy who --config bridge.toml --room rocket-weekly")]
    Who(Who),
}

/// The table.
#[derive(Debug, Args)]
pub struct Test {
    /// The file with the people and the tests.
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
    /// Print what came out as JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// The room.
#[derive(Debug, Args)]
pub struct Who {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    meeting: Meeting,
    /// Print it as JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// Runs the command at this time.
pub fn run(
    command: PolicyCommand,
    environment: Sources,
    now: OffsetDateTime,
) -> anyhow::Result<ExitCode> {
    match command {
        PolicyCommand::Test(asked) => test(&asked, environment, now),
        PolicyCommand::Who(asked) => who(asked, environment),
    }
}

fn test(asked: &Test, environment: Sources, now: OffsetDateTime) -> anyhow::Result<ExitCode> {
    let rules = asked.config.rules(environment)?;
    let text = secret::read_text(&asked.file)
        .with_context(|| format!("cannot read {}", asked.file.display()))?;
    let path = asked.file.display().to_string();
    let cases = policy_table::read(&path, &text, &rules, now).map_err(|problems| {
        let number = count(problems.iter().count(), "problem");
        anyhow!("the tests have {number} to mend:\n{problems}")
    })?;
    let outcomes = table::run(&rules.admission(), &cases, now);
    let mut out = std::io::stdout().lock();
    if asked.json {
        writeln!(out, "{:#}", json!(outcomes))?;
    } else {
        writeln!(out, "{outcomes}")?;
    }
    Ok(if outcomes.failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn who(asked: Who, environment: Sources) -> anyhow::Result<ExitCode> {
    let rules = asked.config.rules(environment)?;
    let view = rules.admission().who(&asked.meeting.request());
    let mut out = std::io::stdout().lock();
    if asked.json {
        writeln!(out, "{:#}", json!(view))?;
    } else {
        writeln!(out, "{view}")?;
    }
    Ok(ExitCode::SUCCESS)
}
