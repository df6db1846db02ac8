//! `completions` and `man`: made of the same description of the commands as their help.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Cli;

/// Which shell.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  jitsi-oidc-bridge completions bash > /etc/bash_completion.d/jitsi-oidc-bridge
  jitsi-oidc-bridge completions zsh  > \"${fpath[1]}/_jitsi-oidc-bridge\"
  jitsi-oidc-bridge completions fish > ~/.config/fish/completions/jitsi-oidc-bridge.fish")]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

/// Which pages.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  jitsi-oidc-bridge man | man -l -
  jitsi-oidc-bridge man --dir /usr/local/share/man/man1")]
pub struct Man {
    /// Write the page of each command into this directory. Without one, the first page is printed.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints the completions of a shell.
pub fn completions(asked: &Completions) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    let mut cli = Cli::command();
    let name = cli.get_name().to_owned();
    clap_complete::generate(asked.shell, &mut cli, name, &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the page, or writes one for each command, named as `git-log.1` is.
pub fn man(asked: &Man) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    if let Some(dir) = &asked.dir {
        std::fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), dir))
            .with_context(|| format!("cannot write manual pages into {}", dir.display()))?;
        writeln!(out, "The manual pages are in {}.", dir.display())?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        out.write_all(&page)?;
    }
    Ok(ExitCode::SUCCESS)
}
