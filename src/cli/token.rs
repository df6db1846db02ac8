//! `token`: mints one for testing, and says what Jitsi would make of one.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use aws_lc_rs::rand::SystemRandom;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::arguments::{ConfigFile, room, tenant};
use super::{load_now, to_mend};
use crate::check::token::{Against, token};
use crate::check::{Findings, Verdict};
use crate::config::{ProviderConfig, Sources};
use crate::identity::imagined::Imagined;
use crate::meeting::{MeetingRequest, RoomName, Tenant};
use crate::policy::{Grant, Role};
use crate::token::reading::Reading;

/// What to do with a token.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true
)]
#[command(after_help = "Examples:
  jitsi-oidc-bridge token --config bridge.toml --user anna --room rocket-weekly --moderator --minutes 10
  jitsi-oidc-bridge token decode --config bridge.toml --room rocket-weekly - < token.txt")]
pub struct TokenArguments {
    #[command(subcommand)]
    command: Option<TokenCommand>,
    #[command(flatten)]
    mint: Mint,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Mint a token for testing, whatever rules say. The same without the word `mint`.
    Mint(Mint),
    /// Say what Jitsi would make of a token, and why it would refuse it. Exit code 1 when it would.
    Decode(Decode),
}

/// The token to make.
#[derive(Debug, Args)]
struct Mint {
    #[command(flatten)]
    config: ConfigFile,
    /// Whom it is for; also the name in the meeting, if --name is not given.
    #[arg(long, value_name = "ID", required = true)]
    user: Option<String>,
    /// The room, as people type it.
    #[arg(long, value_name = "ROOM", value_parser = room, required = true)]
    room: Option<RoomName>,
    /// The tenant, where the address has one before the room.
    #[arg(long, value_name = "TENANT", value_parser = tenant)]
    tenant: Option<Tenant>,
    /// Make them a moderator.
    #[arg(long)]
    moderator: bool,
    /// How long it is good for; if it is not given, token.lifetime.
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(i64).range(1..=1440))]
    minutes: Option<i64>,
    /// The name in the meeting.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The e-mail address in the token.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Print it as JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// The token to read.
#[derive(Debug, Args)]
struct Decode {
    /// The token, or an address with jwt= in it; '-' reads it from the input, where no list of processes shows it.
    #[arg(default_value = "-", value_name = "TOKEN")]
    token: String,
    #[command(flatten)]
    config: ConfigFile,
    /// The room that it is to open, as people type it.
    #[arg(long, value_name = "ROOM", value_parser = room)]
    room: Option<RoomName>,
    /// The tenant, where the address has one before the room.
    #[arg(long, value_name = "TENANT", value_parser = tenant, requires = "room")]
    tenant: Option<Tenant>,
    /// Print what was found as JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// Runs the command at this time.
pub fn run(
    asked: TokenArguments,
    environment: Sources,
    now: OffsetDateTime,
) -> anyhow::Result<ExitCode> {
    match asked.command {
        Some(TokenCommand::Decode(asked)) => decode(asked, environment, now),
        Some(TokenCommand::Mint(asked)) => mint(asked, environment, now),
        None => mint(asked.mint, environment, now),
    }
}

fn mint(asked: Mint, environment: Sources, now: OffsetDateTime) -> anyhow::Result<ExitCode> {
    let (Some(user), Some(room)) = (asked.user, asked.room) else {
        bail!("say for whom and for which room: --user and --room");
    };
    let sources = asked.config.sources(environment)?;
    let config = load_now(&sources)
        .map_err(|problems| to_mend(&problems))?
        .config;
    let admission = config.admission(config.keyring());
    let request = MeetingRequest::to(room, asked.tenant);
    if admission.confuses(&request) {
        bail!(
            "the tenant's name means another room to Jitsi (jitsi.xmpp_domain, or JaaS): the bridge mints no such token"
        );
    }
    let provider = config
        .providers
        .first()
        .map(ProviderConfig::name_and_issuer);
    let (mut person, _) = Imagined {
        provider: provider.unwrap_or_default(),
        subject: Some(user.clone()),
        username: Some(user.clone()),
        name: asked.name,
        email: asked.email.map(|address| (address, true)),
        ..Imagined::default()
    }
    .person(now);
    person.id = user;
    let role = if asked.moderator {
        Role::Moderator
    } else {
        Role::Participant
    };
    let grant = Grant::of(role, asked.minutes.map(Duration::minutes));
    let minted = admission
        .minter
        .mint(&person, &request, &grant, now, &SystemRandom::new())?;
    let url = admission.urls.web(&request, &minted.jwt);
    let claims = Reading::find(&minted.jwt)?.claims;
    let mut out = std::io::stdout().lock();
    if asked.json {
        let token = &minted.jwt;
        writeln!(
            out,
            "{:#}",
            json!({ "token": token, "url": url, "claims": claims })
        )?;
    } else {
        writeln!(out, "{}\n\n{url}\n\n{:#}", minted.jwt, Value::from(claims))?;
    }
    out.flush()?;
    writeln!(
        std::io::stderr(),
        "This token is a secret: whoever has it comes into the room with these rights until it ends. Rules were not asked."
    )?;
    Ok(ExitCode::SUCCESS)
}

fn decode(asked: Decode, environment: Sources, now: OffsetDateTime) -> anyhow::Result<ExitCode> {
    let text = if asked.token == "-" {
        let mut text = String::new();
        let most = 128 * 1024;
        let input = std::io::stdin().lock().take(most);
        std::io::BufReader::new(input)
            .read_to_string(&mut text)
            .context("cannot read the input")?;
        text
    } else {
        asked.token
    };
    let reading = Reading::find(&text)?;
    let sources = asked.config.sources(environment)?;
    // Without any configuration there is still much to say.
    let config = if sources.are_empty() {
        None
    } else {
        Some(
            load_now(&sources)
                .map_err(|problems| to_mend(&problems))?
                .config,
        )
    };
    let keyring = config.as_ref().map(crate::config::Config::keyring);
    let identity = config.as_ref().map(|config| &config.jitsi.identity);
    let request = asked
        .room
        .map(|room| MeetingRequest::to(room, asked.tenant));
    let against = Against {
        jitsi: keyring.as_ref().zip(identity),
        meeting: request.as_ref(),
    };
    let findings = token(&reading, &against, now);
    let refused = findings
        .iter()
        .any(|finding| finding.verdict == Verdict::Fault);
    let (header, claims) = (Value::from(reading.header), Value::from(reading.claims));
    let mut out = std::io::stdout().lock();
    if asked.json {
        let all: Vec<_> = findings.iter().collect();
        let json =
            json!({ "refused": refused, "findings": all, "header": header, "claims": claims });
        writeln!(out, "{json:#}")?;
    } else {
        writeln!(out, "{header:#}\n{claims:#}\n")?;
        for finding in findings.iter() {
            let (sign, id, said) = (finding.verdict.sign(), finding.id, &finding.said);
            writeln!(out, "  {sign} {id}: {said}")?;
            if !finding.mend.is_empty() {
                writeln!(out, "      → {}", finding.mend)?;
            }
        }
        writeln!(out, "\n{}", summary(&findings))?;
    }
    Ok(if refused {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn summary(findings: &Findings) -> &'static str {
    let worst = findings.iter().map(|finding| finding.verdict).max();
    match worst {
        Some(Verdict::Fault) => "Jitsi would refuse it, or break on it.",
        Some(Verdict::Warning) => "Jitsi may take it; there is something to look at.",
        _ => "Jitsi would take it.",
    }
}
