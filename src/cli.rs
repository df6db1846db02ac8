//! The commands: short functions over the library.

mod check;
mod config_check;
mod core_dumps;
mod descriptors;
mod healthcheck;
mod keys;
mod serve;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::{Parser, Subcommand};

use self::check::JitsiFileArguments;
use self::keys::KeysCommand;
use crate::check::Subject;
use crate::clock::{Clock as _, SharedClock, SystemClock};
use crate::config::inputs::Inputs;
use crate::config::{Loaded, Problems, Sources, listen, load};
use crate::observe::panics;
use crate::reload::{LoadError, Origin};
use crate::secret;

/// Single sign-on for Jitsi Meet: OpenID Connect in, Jitsi tokens out.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the bridge.
    Serve {
        /// The configuration file. Without one, the environment alone counts.
        #[arg(long, env = "BRIDGE_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Show the whole journey on this machine, with a provider and a meeting page of its own.
    Demo {
        /// Where the demo's meeting page listens; the bridge and the provider take free ports beside it.
        #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
        listen: SocketAddr,
    },
    /// Find what is wrong before a user does, on both sides, and say how to mend it. Exit code 1 when there is a fault.
    Check {
        /// The configuration file. Without one, the environment alone counts.
        #[arg(long, env = "BRIDGE_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        /// Print the findings as JSON, for machines.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        jitsi_files: JitsiFileArguments,
    },
    /// Look at a configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Make and list the keys that sign tokens, where they are to be signed with keys instead of a secret.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Ask the running bridge whether it is alive: exit code 0 or 1.
    Healthcheck {
        /// The configuration file that the bridge runs with.
        #[arg(long, env = "BRIDGE_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say everything that is wrong with a configuration, without the network.
    Check {
        /// The configuration file; `BRIDGE_…` variables count as they do for `serve`. Without one, the environment alone counts.
        #[arg(env = "BRIDGE_CONFIG", value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

/// The environment, read once.
pub type Environment = Vec<(String, String)>;

/// Runs a command.
///
/// # Errors
/// Whatever keeps the command from doing its work, for people.
pub fn run(cli: Cli, environment: Environment) -> anyhow::Result<ExitCode> {
    panics::watch();
    core_dumps::forbid().context("cannot keep secrets out of core dumps")?;
    let environment = Sources {
        file: None,
        environment,
    };
    match cli.command {
        Command::Serve { config } => {
            let mut origin = Origin::new(config, environment);
            let clock: SharedClock = Arc::new(SystemClock);
            let mut inputs = Inputs::default();
            let loaded = origin
                .load(&mut inputs, &clock)
                .map_err(|error| match error {
                    LoadError::Problems(problems) => to_mend(&problems),
                    unreadable @ LoadError::Unreadable(..) => unreadable.into(),
                })?;
            in_runtime(serve::serve(loaded, clock, origin, inputs))
        }
        Command::Demo { listen } => in_runtime(crate::demo::run(listen)),
        Command::Check {
            config,
            json,
            jitsi_files,
        } => {
            let subject = Subject {
                loaded: load_now(&sources(config.as_deref(), environment)?),
                clock: Arc::new(SystemClock),
                jitsi_files: jitsi_files.into(),
            };
            in_runtime(check::run(subject, json))
        }
        Command::Config {
            command: ConfigCommand::Check { file },
        } => config_check::run(&sources(file.as_deref(), environment)?),
        Command::Keys { command } => keys::run(command, SystemClock.now()),
        Command::Healthcheck { config } => {
            let listen = listen(&sources(config.as_deref(), environment)?)
                .map_err(|problems| to_mend(&problems))?;
            in_runtime(healthcheck::run(listen))
        }
    }
}

/// How long what blocks may take in the end.
const LAST_MOMENT: std::time::Duration = std::time::Duration::from_secs(1);

fn in_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let result = runtime.block_on(work);
    // A file that nobody can read, or a name that nobody knows, keeps no process from ending.
    runtime.shutdown_timeout(LAST_MOMENT);
    result
}

fn sources(file: Option<&Path>, environment: Sources) -> anyhow::Result<Sources> {
    let mut sources = environment;
    if let Some(path) = file {
        let text = secret::read_text(path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        sources.replace_file(path, &text);
    }
    Ok(sources)
}

/// Loads, and looks at what depends on the time.
fn load_now(sources: &Sources) -> Result<Loaded, Problems> {
    load(sources)?.at(SystemClock.now())
}

fn to_mend(problems: &Problems) -> anyhow::Error {
    anyhow!(
        "the configuration has {} to mend:\n{problems}",
        count(problems.iter().count(), "problem")
    )
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
