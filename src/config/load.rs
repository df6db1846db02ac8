//! Loads the configuration: defaults < file < environment, secrets also from files. No network, no globals, no exit;
//! every fault in one report.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use time::Duration;
use tracing_subscriber::filter::LevelFilter;

use super::duration::positive;
use super::inputs::{Inputs, Sources};
use super::reader::{Findings, Problem, Problems, Section};
use super::secrets::Files;
use super::shape::Asked;
use super::source::{
    DEFAULT_IP_VARIABLE, Node, Origin, overlay_environment, parse_file, refuse_damaged,
};
use super::value::choice;
use super::{
    Config, Inline, Log, LogFormat, Token, audit, invitations, jaas, jitsi, jitsi_openid, limits,
    metrics, pages, policy, providers, server, session, signing, token_content, traces,
};
use crate::policy::Policy;

/// A configuration that can be used, and what is to be said about it.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What should be mended.
    pub warnings: Problems,
    /// How each variable of jitsi-openid was understood, when it was configured by those.
    pub translated: Vec<String>,
    /// Every key there is, and what counts there.
    pub(crate) asked: BTreeMap<String, Asked>,
    /// What a look at the time needs to know (see [`Loaded::at`]).
    pub(super) timed: signing::Timed,
}

impl Loaded {
    /// The names of all keys there are.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.asked.keys().cloned().collect()
    }
}

/// Loads a configuration.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn load(sources: &Sources) -> Result<Loaded, Problems> {
    load_noting(sources, &mut Inputs::default())
}

/// Loads a configuration, and notes what was looked at, whatever comes of it.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn load_noting(sources: &Sources, inputs: &mut Inputs) -> Result<Loaded, Problems> {
    load_with(sources, inputs, Files::Count)
}

/// Loads a configuration, with or without the files that it names.
pub(super) fn load_with(
    sources: &Sources,
    inputs: &mut Inputs,
    files: Files,
) -> Result<Loaded, Problems> {
    let mut findings = Findings {
        files,
        ..Findings::default()
    };
    if let Some((path, text)) = &sources.file {
        inputs.note(Path::new(path), Some(text.as_bytes()));
    }
    findings.inputs = std::mem::take(inputs);
    let mut translated = Vec::new();
    let default_ip = default_ip(&sources.environment, &mut findings);
    let Some(tree) = written(sources, default_ip, &mut findings, &mut translated) else {
        // What follows a syntax error would be guesswork.
        *inputs = findings.inputs;
        return Err(findings.errors);
    };
    findings.inputs.note_sections(&tree);
    let keyring = signing::origin(&tree);
    let mut root = Section::root(tree, &mut findings);
    let strict = root.or("strict", false);
    let config = read(&mut root, default_ip);
    root.finish();

    let Findings {
        mut errors,
        mut warnings,
        asked,
        inputs: noted,
        ..
    } = findings;
    *inputs = noted;
    if !errors.is_empty() && sources.are_empty() && translated.is_empty() {
        // First of all: most of what is lacking stands in a file that nobody has named.
        let said = "no file is named: name it with --config FILE, or in BRIDGE_CONFIG";
        let mut all = Problems::default();
        all.push(Problem::absent("configuration", said));
        all.append(errors);
        errors = all;
    }
    // Where something must be mended anyway, what should be is told along with it.
    if strict == Some(true) || !errors.is_empty() {
        errors.append(std::mem::take(&mut warnings));
    }
    match config {
        Some(config) if errors.is_empty() => Ok(Loaded {
            config,
            warnings,
            translated,
            asked,
            timed: signing::Timed {
                strict: strict == Some(true),
                keyring,
            },
        }),
        _ if errors.is_empty() => {
            errors.push(Problem::absent("configuration", "incomplete"));
            Err(errors)
        }
        _ => Err(errors),
    }
}

/// The address to listen on, whatever else is written: the keyring of a running bridge may be bad, and the bridge well.
///
/// # Errors
/// When this address cannot be read.
pub fn listen(sources: &Sources) -> Result<SocketAddr, Problems> {
    let mut findings = Findings::default();
    let default_ip = default_ip(&sources.environment, &mut findings);
    let Some(tree) = written(sources, default_ip, &mut findings, &mut Vec::new()) else {
        return Err(findings.errors);
    };
    let mut root = Section::root(tree, &mut findings);
    let listen = root
        .section("server")
        .or("listen", SocketAddr::new(default_ip, 8080));
    match listen {
        Some(listen) if findings.errors.is_empty() => Ok(listen),
        _ => Err(findings.errors),
    }
}

/// Everything that is written, the environment above the file; nothing where the file is not TOML.
fn written(
    sources: &Sources,
    default_ip: IpAddr,
    findings: &mut Findings,
    translated: &mut Vec<String>,
) -> Option<BTreeMap<String, Node>> {
    let problems = &mut findings.errors;
    let mut tree = match &sources.file {
        Some((path, text)) => parse_file(path, text, problems)?,
        None => jitsi_openid::translate(&sources.environment, default_ip, translated),
    };
    overlay_environment(&mut tree, &sources.environment, problems);
    refuse_damaged(&tree, problems);
    Some(tree)
}

/// The address to listen on where nothing is configured. A container image sets it: within one, the loopback interface
/// reaches nobody.
fn default_ip(environment: &[(String, String)], findings: &mut Findings) -> IpAddr {
    let set = environment
        .iter()
        .find(|(name, _)| name == DEFAULT_IP_VARIABLE);
    let ip = set.map(|(name, text)| (name, text.parse()));
    match ip {
        Some((_, Ok(ip))) => ip,
        Some((name, Err(_))) => {
            let said = "expected an IP address, such as \"0.0.0.0\"";
            let origin = Origin::Variable(name.clone());
            findings.errors.push(Problem::at("", origin, said));
            Ipv4Addr::LOCALHOST.into()
        }
        None => Ipv4Addr::LOCALHOST.into(),
    }
}

/// Reads every section, so that every fault is found, and only then asks whether all were good.
fn read(root: &mut Section<'_>, default_ip: IpAddr) -> Option<Config> {
    let server = server::read(root.section("server"), default_ip);
    let jitsi = jitsi::read(root.section("jitsi"));
    let jaas_app_id = jitsi.as_ref().and_then(|jitsi| jitsi.jaas.as_ref());
    let token = token(root.section("token"), jaas_app_id.is_some());
    let providers = providers::read(root);
    let session = session::read(root.section("session"));
    let inline = inline(root.section("inline"));
    let limits = limits::read(root.section("limits"));
    let invitations = invitations::read(root.section("invitations"));
    let pages = pages::read(root.section("pages"));
    let log = log(root.section("log"));
    let public = server.as_ref().map(|server| server.listen);
    let metrics = metrics::read(root.section("metrics"), public);
    let traces = traces::read(root.section("traces"));
    let audit = audit::read(root.section("audit"));
    let mut policy = policy::read(root.section("policy"), providers.as_deref());
    if let Some(app_id) = jaas_app_id {
        jaas::settle(root, app_id, token.as_ref(), policy.as_mut());
    }
    let mut kept = policy
        .as_ref()
        .map(Policy::claims_looked_at)
        .unwrap_or_default();
    kept.extend(
        token
            .iter()
            .flat_map(|token| token.content.extra.claims_looked_at()),
    );
    let providers = providers.map(|mut all| {
        for provider in &mut all {
            provider.settings.claims.kept.clone_from(&kept);
        }
        all
    });
    if let (Some(policy), Some(session)) = (&policy, &session)
        && policy.lets_invite()
        && !session.enabled
    {
        let said = "false, so that nobody is signed in where invitations are made: set it to true, or take `may_invite` out of the rules";
        root.fault("session.enabled", None, said);
    }
    if let (Some(pages), Some(session)) = (&pages, &session)
        && pages.whoami
        && !session.enabled
    {
        let said = "true, but session.enabled is false, so that nobody is ever signed in there: set one of them otherwise";
        root.fault("pages.whoami", None, said);
    }
    if let (Some(server), Some(jitsi)) = (&server, &jitsi)
        && server.public_url == jitsi.url
    {
        let said = "the same address as jitsi.url: the bridge needs a path or a host of its own, such as https://meet.example.org/sso";
        root.fault("server.public_url", None, said);
    }
    Some(Config {
        server: server?,
        jitsi: jitsi?,
        token: token?,
        providers: providers?,
        session: session?,
        inline: inline?,
        invitations: invitations?,
        limits: limits?,
        pages: pages?,
        log: log?,
        metrics: metrics?,
        traces: traces?,
        audit: audit?,
        policy: policy?,
    })
}

fn token(mut section: Section<'_>, of_jaas: bool) -> Option<Token> {
    let signing = signing::read(&mut section);
    let content = token_content::read(&mut section, of_jaas);
    let lifetime = positive(&mut section, "lifetime", Duration::hours(3));
    let not_before_leeway = section.or("not_before_leeway", Duration::seconds(30));
    section.finish();
    Some(Token {
        signing: signing?,
        lifetime: lifetime?,
        not_before_leeway: not_before_leeway?,
        content: content?,
    })
}

fn inline(mut section: Section<'_>) -> Option<Inline> {
    let client_id = section.or("client_id", "jitsi-meet".to_owned());
    if client_id.as_deref() == Some("") {
        let said = "empty: write what Jitsi's config.js has as sso.clientId";
        section.fault("client_id", None, said);
    }
    let refresh = section.or("refresh", true);
    section.finish();
    Some(Inline {
        client_id: client_id?,
        refresh: refresh?,
    })
}

fn log(mut section: Section<'_>) -> Option<Log> {
    let format = section.or("format", LogFormat::Auto);
    let level = section.or("level", LevelFilter::INFO);
    section.finish();
    Some(Log {
        format: format?,
        level: level?,
    })
}

choice!(LogFormat { "auto" => Self::Auto, "text" => Self::Text, "json" => Self::Json });
choice!(LevelFilter {
    "error" => Self::ERROR,
    "warn" => Self::WARN,
    "info" => Self::INFO,
    "debug" => Self::DEBUG,
    "trace" => Self::TRACE,
});
