//! Arguments that several commands take.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::to_mend;
use crate::config::{ProviderConfig, Rules, Sources, load_rules};
use crate::identity::imagined::Imagined;
use crate::meeting::{MeetingRequest, RoomName, Tenant};

/// The configuration.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// The configuration file; `BRIDGE_…` variables count as they do for `serve`. Without one, the environment alone counts.
    #[arg(long, env = "BRIDGE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl ConfigFile {
    /// What is written in it, with the environment above it.
    pub fn sources(&self, environment: Sources) -> anyhow::Result<Sources> {
        super::sources(self.config.as_deref(), environment)
    }

    /// What rules hang on, without the secrets.
    pub fn rules(&self, environment: Sources) -> anyhow::Result<Rules> {
        load_rules(&self.sources(environment)?).map_err(|problems| to_mend(&problems))
    }
}

/// A meeting.
#[derive(Debug, Args)]
pub struct Meeting {
    /// The room, as people type it.
    #[arg(long, value_name = "ROOM", value_parser = room)]
    pub room: RoomName,
    /// The tenant, where the address has one before the room.
    #[arg(long, value_name = "TENANT", value_parser = tenant)]
    pub tenant: Option<Tenant>,
}

impl Meeting {
    /// The wish to join it.
    pub fn request(self) -> MeetingRequest {
        MeetingRequest::to(self.room, self.tenant)
    }
}

pub fn room(text: &str) -> Result<RoomName, String> {
    RoomName::parse(text).map_err(|error| error.to_string())
}

pub fn tenant(text: &str) -> Result<Tenant, String> {
    Tenant::parse(text).map_err(|error| error.to_string())
}

/// Somebody, by what is known of them.
#[derive(Debug, Args)]
#[group(id = "person", multiple = true)]
pub struct PersonFlags {
    /// Their groups as rules call them, separated by commas.
    #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
    groups: Vec<String>,
    /// No groups claim came, and nobody knows why.
    #[arg(long, conflicts_with = "groups")]
    groups_unknown: bool,
    /// The name that they sign in with.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The provider's `sub`; the user's name if it is not given.
    #[arg(long, value_name = "SUB")]
    subject: Option<String>,
    /// Their e-mail address, which the provider has verified.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The provider has not verified the address.
    #[arg(long, requires = "email")]
    email_unverified: bool,
    /// The authentication contexts of their sign-in, separated by commas.
    #[arg(long, value_name = "ACR", value_delimiter = ',')]
    acr: Vec<String>,
    /// How long ago they signed in, such as 10min. Not given: just now.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    signed_in_ago: Option<Duration>,
    /// A claim, such as department=IT; what stands behind '=' is JSON, or else a text.
    #[arg(long = "claim", value_name = "NAME=VALUE")]
    single_claims: Vec<String>,
}

impl PersonFlags {
    /// The person, and what was assumed of them.
    pub fn person(
        self,
        provider: &ProviderConfig,
        now: OffsetDateTime,
    ) -> anyhow::Result<(crate::identity::Person, Vec<String>)> {
        let claims = self.single_claims.iter().map(|claim| {
            let (name, text) = claim
                .split_once('=')
                .with_context(|| format!("--claim {claim}: write NAME=VALUE"))?;
            let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
            Ok((name.to_owned(), value))
        });
        let verified = !self.email_unverified;
        let nonempty = |names: Vec<String>| names.into_iter().filter(|name| !name.is_empty());
        Ok(Imagined {
            provider: provider.name_and_issuer(),
            subject: self.subject,
            username: self.user,
            name: None,
            email: self.email.map(|address| (address, verified)),
            groups: nonempty(self.groups).collect(),
            groups_unknown: self.groups_unknown,
            acr: nonempty(self.acr).collect(),
            signed_in_ago: self.signed_in_ago,
            claims: claims.collect::<anyhow::Result<_>>()?,
        }
        .person(now))
    }
}

/// A duration as a configuration writes it.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    Duration::try_from(duration).map_err(|error| error.to_string())
}

/// The provider of this name; the only one where none is named.
pub fn provider<'a>(
    all: &'a [ProviderConfig],
    name: Option<&str>,
) -> anyhow::Result<&'a ProviderConfig> {
    let names = || {
        let names: Vec<&str> = all.iter().map(|one| one.settings.name.as_str()).collect();
        names.join(", ")
    };
    match (name, all) {
        (None, [only]) => Ok(only),
        (None, _) => bail!(
            "there are several providers: say which one with --provider ({})",
            names()
        ),
        (Some(name), _) => all
            .iter()
            .find(|one| one.settings.name == name)
            .with_context(|| format!("no provider is called {name:?}; there are {}", names())),
    }
}
