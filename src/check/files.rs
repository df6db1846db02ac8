//! Jitsi's own files, read where they lie: which line is wrong, and what it should say.
//!
//! docker-jitsi-meet's `.env`, Prosody's configuration and Jicofo's. Nothing is run, nothing is changed, and no secret is
//! shown: two are compared.

mod docker;
mod dotenv;
mod guests;
mod hocon;
mod included;
mod jicofo;
mod lua;
mod place;
mod prosody;
mod roles;
mod token;
mod told;

use std::path::PathBuf;

use secrecy::ExposeSecret as _;

use self::dotenv::Variables;
use self::hocon::Settings;
use self::included::Files;
use self::lua::Configuration;
use super::report::Findings;
use crate::config::{Config, Signing};

/// Which files there are.
#[derive(Debug, Clone, Default)]
pub struct JitsiFiles {
    /// docker-jitsi-meet's `.env`, or what `env` prints in its containers; a later one counts above an earlier one.
    pub env: Vec<PathBuf>,
    /// Prosody's configuration: files, or folders with `*.cfg.lua`.
    pub prosody: Vec<PathBuf>,
    /// Jicofo's configuration.
    pub jicofo: Vec<PathBuf>,
}

/// Looks at them, and says nothing where there are none.
#[must_use]
pub fn jitsi_files(files: &JitsiFiles, config: &Config) -> Findings {
    let mut findings = Findings::default();
    if config.jitsi.jaas.is_some() && !(files.env.is_empty() && files.prosody.is_empty()) {
        let said = "jitsi.jaas_app_id is set: the files of a Jitsi of one's own have nothing to do with it";
        findings.warning("jitsi-file", said, "");
        return findings;
    }
    findings.append(judge_env(files, config));
    findings.append(judge_prosody(files, config));
    findings.append(judge_jicofo(files));
    match &config.token.signing {
        Signing::SharedSecret { secret, .. } => findings.hiding(secret.expose_secret()),
        Signing::Keys(_) => findings,
    }
}

fn judge_env(files: &JitsiFiles, config: &Config) -> Findings {
    let mut findings = Findings::default();
    let mut variables = Variables::default();
    let mut read = Files::new(&files.env, "env");
    let mut last = None;
    while let Some((name, text)) = read.next(&mut findings) {
        variables.read(&name, &text);
        last = Some(name);
    }
    if let Some(name) = last {
        docker::judge(&variables, &name, config, &mut findings);
    }
    findings.hiding(variables.text("JWT_APP_SECRET").unwrap_or_default())
}

fn judge_prosody(files: &JitsiFiles, config: &Config) -> Findings {
    let mut findings = Findings::default();
    let mut read = Files::new(&files.prosody, ".cfg.lua");
    let mut configuration: Option<Configuration> = None;
    while let Some((name, text)) = read.next(&mut findings) {
        let configuration = configuration.get_or_insert_with(|| Configuration::new(&name));
        configuration.read(&name, &text);
        for include in std::mem::take(&mut configuration.includes) {
            read.include(&include, &mut findings);
        }
    }
    if let Some(configuration) = configuration {
        prosody::judge(&configuration, config, &mut findings);
        for secret in configuration.texts("app_secret") {
            findings = findings.hiding(secret);
        }
    }
    findings
}

fn judge_jicofo(files: &JitsiFiles) -> Findings {
    let mut findings = Findings::default();
    let mut read = Files::new(&files.jicofo, ".conf");
    let mut settings = Settings::default();
    let mut last = None;
    while let Some((name, text)) = read.next(&mut findings) {
        settings.read(&name, &text);
        for include in std::mem::take(&mut settings.includes) {
            // A file that is not there is nothing, to Jicofo.
            read.include_if_there(&include);
        }
        last.get_or_insert(name);
    }
    if let Some(name) = last {
        jicofo::judge(&settings, &name, &mut findings);
    }
    findings
}
