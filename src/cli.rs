//! The commands: short functions over the library.

mod arguments;
mod check;
mod config_check;
mod configuration;
mod core_dumps;
mod descriptors;
mod explain;
mod healthcheck;
mod keys;
mod policy;
mod serve;
mod shell;
mod token;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::{Parser, Subcommand};

use self::check::JitsiFileArguments;
use self::configuration::ConfigCommand;
use self::keys::KeysCommand;
use self::policy::PolicyCommand;
use crate::check::{Area, Subject};
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
        /// Look at these areas alone, and at the configuration. Several stand with commas between.
        #[arg(long, value_name = "AREA", value_delimiter = ',')]
        only: Vec<Area>,
        #[command(flatten)]
        jitsi_files: JitsiFileArguments,
    },
    /// Tell why somebody would get what in a room: each rule, each of its conditions, and what the token would hold.
    Explain(Box<explain::Explain>),
    /// Ask what the rules say: for a table of people and rooms, or of one room.
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Look at a configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Mint a token for testing, or say what Jitsi would make of one.
    Token(Box<token::TokenArguments>),
    /// Make and list the keys that sign tokens, where they are to be signed with keys instead of a secret.
    #[command(after_help = "Examples:
  jitsi-oidc-bridge keys generate --keyring /etc/jitsi-oidc-bridge/keys.toml
  jitsi-oidc-bridge keys list --keyring /etc/jitsi-oidc-bridge/keys.toml")]
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Print what lets a shell complete these commands.
    Completions(shell::Completions),
    /// Print the manual page, or write one for each command.
    Man(shell::Man),
    /// Ask the running bridge whether it is alive: exit code 0 or 1.
    Healthcheck {
        /// The configuration file that the bridge runs with.
        #[arg(long, env = "BRIDGE_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// The environment, read once. What is no UTF-8 in it stands there as U+FFFD.
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
            only,
            jitsi_files,
        } => {
            let subject = Subject {
                loaded: load_now(&sources(config.as_deref(), environment)?),
                clock: Arc::new(SystemClock),
                jitsi_files: jitsi_files.into(),
                only,
            };
            in_runtime(check::run(subject, json))
        }
        Command::Config { command } => configuration::run(command, environment),
        Command::Completions(asked) => shell::completions(&asked),
        Command::Man(asked) => shell::man(&asked),
        Command::Explain(asked) => explain::run(*asked, environment, SystemClock.now()),
        Command::Policy { command } => policy::run(command, environment, SystemClock.now()),
        Command::Token(asked) => token::run(*asked, environment, SystemClock.now()),
        Command::Keys { command } => keys::run(command, SystemClock.now()),
        Command::Healthcheck { config } => {
            let listen = listen(&sources(config.as_deref(), environment)?)
                .map_err(|problems| to_mend(&problems))?;
            in_runtime(healthcheck::run(listen))
        }
    }
}

/// The exit code of a command whose output nobody reads to the end: what shells say of one that a closed pipe has ended.
pub const NOBODY_READS: u8 = 128 + 13;

/// Whether a command failed for nothing else than that nobody reads on.
#[must_use]
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    // The outermost alone: beneath a word about something else it is a connection that broke.
    let outermost = error.chain().next().and_then(|it| it.downcast_ref());
    outermost.is_some_and(|error: &std::io::Error| error.kind() == ErrorKind::BrokenPipe)
}

/// How long what blocks may take in the end.
const LAST_MOMENT: std::time::Duration = std::time::Duration::from_secs(1);

fn in_runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
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
