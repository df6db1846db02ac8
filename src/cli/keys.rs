//! `keys`: makes keys for a keyring, and tells what is in one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use clap::{Args, Subcommand, ValueEnum};
use time::{Duration, OffsetDateTime};

use super::arguments::duration;
use crate::token::keyring::file::read;
use crate::token::keyring::generate::{Made, Wish, generate};
use crate::token::keyring::keys::moment;
use crate::token::keyring::rsa::RsaAlgorithm;

/// What to do with a keyring.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and put it into a keyring, so that it takes over from the one that signs now.
    Generate(Generate),
    /// Tell each key and what it does now.
    List {
        /// The keyring's file (token.keyring).
        #[arg(long, value_name = "FILE")]
        keyring: PathBuf,
    },
}

/// The key to make.
#[derive(Debug, Args)]
pub struct Generate {
    /// The keyring's file (token.keyring); begun where there is none. The key's file is put beside it.
    #[arg(long, value_name = "FILE")]
    keyring: PathBuf,
    /// What it is to sign with: told in the lines for the configuration. Any key serves all three.
    #[arg(long, value_enum, ignore_case = true, default_value = "RS256")]
    algorithm: Algorithm,
    /// The key's size.
    #[arg(long, value_enum, default_value = "2048")]
    bits: Bits,
    /// The key's name, for ever; without one, it is drawn at random.
    #[arg(long, value_name = "NAME")]
    kid: Option<String>,
    /// For how long the key is published before it signs: longer than `token.keys_max_age`.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "2h")]
    publish_ahead: Duration,
    /// For how long the key before it verifies after that: longer than the life of any token.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "26h")]
    retire_after: Duration,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Algorithm {
    #[value(name = "RS256")]
    Rs256,
    #[value(name = "RS384")]
    Rs384,
    #[value(name = "RS512")]
    Rs512,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Bits {
    #[value(name = "2048")]
    Two,
    #[value(name = "3072")]
    Three,
    #[value(name = "4096")]
    Four,
}

/// Runs the command at this time.
pub fn run(command: KeysCommand, now: OffsetDateTime) -> anyhow::Result<ExitCode> {
    match command {
        KeysCommand::Generate(wished) => make(wished, now),
        KeysCommand::List { keyring } => list(&keyring, now),
    }
}

fn make(wished: Generate, now: OffsetDateTime) -> anyhow::Result<ExitCode> {
    let wish = Wish {
        size: match wished.bits {
            Bits::Two => KeySize::Rsa2048,
            Bits::Three => KeySize::Rsa3072,
            Bits::Four => KeySize::Rsa4096,
        },
        kid: wished.kid,
        publish_ahead: wished.publish_ahead,
        retire_after: wished.retire_after,
    };
    let made = generate(&wished.keyring, wish, now, &SystemRandom::new())?;
    let Made {
        kid,
        file,
        signs_from,
        predecessor,
        warnings,
    } = &made;
    let mut out = std::io::stdout().lock();
    writeln!(out, "Made the key {kid}: {}", file.display())?;
    match signs_from {
        Some(from) => {
            writeln!(
                out,
                "It is published from now on, and signs from {} on.",
                moment(*from)
            )?;
        }
        None => {
            writeln!(out, "It signs from now on.")?;
        }
    }
    if let Some((before, retires)) = predecessor {
        writeln!(
            out,
            "The key {before} before it retires at {}.",
            moment(*retires)
        )?;
    }
    if signs_from.is_none() {
        let algorithm = match wished.algorithm {
            Algorithm::Rs256 => RsaAlgorithm::Rs256,
            Algorithm::Rs384 => RsaAlgorithm::Rs384,
            Algorithm::Rs512 => RsaAlgorithm::Rs512,
        };
        writeln!(
            out,
            "A bridge that has this keyring reads it by itself. Otherwise write, instead of the secret:\n  [token]\n  algorithm = {:?}\n  keyring = \"{}\"",
            algorithm.name(),
            wished.keyring.display()
        )?;
    }
    for warning in warnings {
        writeln!(out, "Note: {warning}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list(keyring: &Path, now: OffsetDateTime) -> anyhow::Result<ExitCode> {
    // Whatever algorithm is configured: it does not matter here.
    let reading = read(keyring, RsaAlgorithm::Rs256).context("the keyring cannot be used")?;
    let longest = reading
        .keys
        .entries()
        .iter()
        .map(|entry| entry.key.kid().chars().count())
        .max()
        .unwrap_or_default();
    let mut out = std::io::stdout().lock();
    for (entry, state) in reading.keys.states(now) {
        let end = match entry.retire_at {
            Some(at) if at > now => format!(", retires at {}", moment(at)),
            _ => String::new(),
        };
        writeln!(out, "{:longest$}  {state}{end}", entry.key.kid())?;
    }
    for warning in &reading.warnings {
        writeln!(out, "Note: {warning}")?;
    }
    if reading.keys.signing(now).is_none() {
        writeln!(out, "No key can sign now.")?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
