//! `config`: looks at a configuration.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::arguments::ConfigFile;
use super::{config_check, to_mend};
use crate::config::effective::load_to_show;
use crate::config::{Sources, schema::schema};

/// What to look at.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say everything that is wrong with a configuration, without the network.
    Check {
        #[command(flatten)]
        file: File,
    },
    /// Show every key with its value and where that is from: the file, a variable, or the default. Secrets are hidden.
    Show {
        #[command(flatten)]
        file: File,
        /// Print it as JSON, for machines.
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of the configuration file, for editors.
    #[command(
        after_help = "Example, for editors that know TOML (Taplo, Even Better TOML):
  jitsi-oidc-bridge config schema > bridge.schema.json
and as the first line of bridge.toml:
  #:schema ./bridge.schema.json"
    )]
    Schema,
}

/// The configuration.
#[derive(Debug, Args)]
pub struct File {
    /// The configuration file; goes above --config and `BRIDGE_CONFIG`, which name one as well.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    named: ConfigFile,
}

impl File {
    fn sources(self, environment: Sources) -> anyhow::Result<Sources> {
        let config = self.file.or(self.named.config);
        ConfigFile { config }.sources(environment)
    }
}

/// Runs the command.
pub fn run(command: ConfigCommand, environment: Sources) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Check { file } => config_check::run(&file.sources(environment)?),
        ConfigCommand::Show { file, json } => {
            let sources = file.sources(environment)?;
            let loaded = load_to_show(&sources).map_err(|problems| to_mend(&problems))?;
            let mut out = std::io::stdout().lock();
            if json {
                writeln!(out, "{:#}", loaded.effective_json())?;
            } else {
                write!(out, "{}", loaded.effective())?;
            }
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Schema => {
            let schema = schema().map_err(|problems| to_mend(&problems))?;
            writeln!(std::io::stdout().lock(), "{schema:#}")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
