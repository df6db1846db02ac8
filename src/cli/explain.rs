//! `explain`: why would this person get what in this room?

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use time::OffsetDateTime;

use super::arguments::{ConfigFile, Meeting, PersonFlags, provider};
use super::{in_runtime, load_now, to_mend};
use crate::admit::explained::Subject;
use crate::config::{Sources, StoreChoice};
use crate::identity::claims_file;
use crate::secret;
use crate::session::Sessions;
use crate::session::ledger::Ledger;
use crate::session::store::Store;

/// About whom, and where.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  jitsi-oidc-bridge explain --config bridge.toml --user anna --groups /staff,/board --acr mfa --room board-2026
  jitsi-oidc-bridge explain --config bridge.toml --claims claims.json --room board-2026
  jitsi-oidc-bridge explain --config bridge.toml --session 3f1c-9a07-be42 --room board-2026")]
pub struct Explain {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    meeting: Meeting,
    /// The claims that the provider sends about them, as JSON: the ID token's payload, or one set of them for each place: `{"id_token": {…}, "userinfo": {…}}`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["session", "person"])]
    claims: Option<PathBuf>,
    /// The handle of their session in Redis or Valkey, as /whoami and the audit show it. (Not the cookie, which is a secret.)
    #[arg(long, value_name = "HANDLE", conflicts_with_all = ["claims", "person", "provider"])]
    session: Option<String>,
    #[command(flatten)]
    person: PersonFlags,
    /// Where they sign in, if there are several providers.
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Print it as JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// Prints the explanation. A refusal is an answer, too: the exit code is 0.
pub fn run(asked: Explain, environment: Sources, now: OffsetDateTime) -> anyhow::Result<ExitCode> {
    let Explain {
        config,
        meeting,
        claims,
        session,
        person,
        provider: name,
        json,
    } = asked;
    let (admission, mut subject) = if let Some(handle) = session {
        let loaded = load_now(&config.sources(environment)?).map_err(|error| to_mend(&error))?;
        let config = loaded.config;
        let subject = remembered(&handle, &config.session, now)?;
        (config.admission(config.keyring()), subject)
    } else {
        let rules = config.rules(environment)?;
        let provider = provider(rules.providers(), name.as_deref())?;
        let subject = if let Some(path) = claims {
            let text = secret::read_text(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let read = claims_file::read(&text, &provider.settings)
                .with_context(|| format!("in {}", path.display()))?;
            Subject {
                person: read.person,
                mapping: read.mapping,
                assumed: read.assumed,
            }
        } else {
            let (person, assumed) = person.person(provider, now)?;
            Subject {
                person,
                mapping: Vec::new(),
                assumed,
            }
        };
        (rules.admission(), subject)
    };
    subject.assumed.push(format!(
        "they join now, at {}",
        crate::token::keyring::keys::moment(now)
    ));
    let explained = admission.explained(subject, &meeting.request(), now);
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{:#}", serde_json::to_value(&explained)?)?;
    } else {
        writeln!(out, "{explained}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn remembered(
    handle: &str,
    session: &crate::config::Sessions,
    now: OffsetDateTime,
) -> anyhow::Result<Subject> {
    if !session.enabled {
        bail!(
            "nobody is remembered (session.enabled = false): take the claims, with --claims, or flags such as --groups"
        );
    }
    let StoreChoice::Redis { url, ca } = session.store.clone() else {
        bail!(
            "sessions are in the bridge's own memory (session.store = \"memory\"), and this is another process: take the claims, with --claims, or flags such as --groups"
        );
    };
    let limits = session.limits;
    let found = in_runtime(async move {
        let url = secrecy::ExposeSecret::expose_secret(&url);
        let store = Store::redis(url, ca.as_deref()).context("session.redis_url")?;
        let sessions = Sessions::new(store.clone(), Ledger::beside(&store), limits);
        sessions
            .find(handle, now)
            .await
            .context("the session store does not answer")
    })?;
    let signed_in = found.with_context(|| {
        format!("no session that is alive has the handle {handle:?}: it may have ended")
    })?;
    Ok(Subject {
        person: signed_in.person.as_ref().clone(),
        mapping: Vec::new(),
        assumed: vec![
            "groups and claims are those that the session remembers; the provider was not asked"
                .to_owned(),
        ],
    })
}
