//! docker-jitsi-meet's `.env`: what its variables become (its templates of August 2026), and which of them is wrong.

mod lines;
mod names;
mod switches;

use url::Url;

use self::switches::{boolean, is_on};
use super::dotenv::Variables;
use super::place::Placed;
use super::told::{Dialect, List, Modules, Setting, Told};
use super::{guests, prosody, roles, token};
use crate::check::jitsi_page::entrance;
use crate::check::jitsi_page::written::Written;
use crate::check::report::Findings;
use crate::config::Config;
use crate::token::USUAL_XMPP_DOMAIN;

/// Looks at everything in it. `file` is what people call it.
pub fn judge(variables: &Variables, file: &str, config: &Config, findings: &mut Findings) {
    let docker = Docker { variables, file };
    names::judge(variables, findings);
    switches::judge(variables, findings);
    lines::judge(variables, findings);
    if !docker.is_whole() {
        findings.warning(
            "jitsi-authentication",
            format!("{file} says nothing of authentication (ENABLE_AUTH, AUTH_TYPE): only what stands in it was looked at"),
            "Where the compose file has the rest, give what the containers have: for each of web, prosody and jicofo, the output of `docker compose exec -T SERVICE env`",
        );
    }
    docker.judge_authentication(findings);
    docker.judge_address(config, findings);
    docker.judge_entrance(config, findings);
    let told = docker.told();
    token::judge(&told, &docker, config, findings);
    guests::judge(&told, &docker, config, findings);
    roles::judge(&told, &docker, config, findings);
    docker.judge_verification(findings);
    docker.judge_jicofo(findings);
}

struct Docker<'a> {
    variables: &'a Variables,
    file: &'a str,
}

impl Docker<'_> {
    fn no(&self, name: &str) -> String {
        match self.variables.commented(name) {
            Some(place) => format!("{place} has {name} commented out"),
            None => format!("{} has no {name}", self.file),
        }
    }

    /// Where a variable is set and to what, or that it is not.
    fn says(&self, name: &str) -> String {
        match self.variables.get(name) {
            Some(set) => format!("{} says {name}={}", set.place, set.it),
            None => self.no(name),
        }
    }

    fn is_on(&self, name: &str, default: bool) -> bool {
        is_on(self.variables, name).unwrap_or(default)
    }

    /// Whether it is all there is, and not the variables of a compose file that says the rest.
    fn is_whole(&self) -> bool {
        ["ENABLE_AUTH", "AUTH_TYPE"].iter().any(|name| {
            self.variables.get(name).is_some() || self.variables.commented(name).is_some()
        })
    }

    fn judge_authentication(&self, findings: &mut Findings) {
        const ID: &str = "jitsi-authentication";
        let kind = ["PROSODY_AUTH_TYPE", "AUTH_TYPE"];
        let kind = kind
            .into_iter()
            .find(|name| self.variables.get(name).is_some());
        let is_jwt = kind.and_then(|name| self.variables.text(name)) == Some("jwt");
        let asked = self.is_whole() || self.variables.get("ENABLE_AUTH").is_some();
        if asked && !self.is_on("ENABLE_AUTH", false) {
            let said = format!(
                "{}: Jitsi asks nobody for a token",
                self.says("ENABLE_AUTH")
            );
            findings.fault(ID, said, "Write ENABLE_AUTH=1");
        }
        if (self.is_whole() || kind.is_some()) && !is_jwt {
            let name = kind.unwrap_or("AUTH_TYPE");
            let said = format!(
                "{}: Prosody asks for passwords, not for tokens",
                self.says(name)
            );
            findings.fault(ID, said, format!("Write {name}=jwt"));
        }
        if let Some(module) = self
            .variables
            .get("JWT_AUTH_TYPE")
            .filter(|set| set.it != "token")
        {
            let said = format!(
                "{} says JWT_AUTH_TYPE={}: that is not Jitsi's module for tokens",
                module.place, module.it
            );
            findings.fault(ID, said, "Take the line out, or write JWT_AUTH_TYPE=token");
        }
    }

    fn judge_address(&self, config: &Config, findings: &mut Findings) {
        const ID: &str = "jitsi-address";
        let Some(set) = self.variables.get("PUBLIC_URL") else {
            return;
        };
        let bare = |text: &str| {
            let (_, text) = text.split_once("://").unwrap_or(("", text));
            let url = Url::parse(&format!("https://{text}")).ok()?;
            Some(url.as_str().trim_end_matches('/').to_owned())
        };
        let jitsi = config.jitsi.url.as_str();
        if set.it.contains("${") || bare(&set.it) == bare(jitsi) {
            return;
        }
        findings.fault(
            ID,
            format!("{} says PUBLIC_URL={}, and jitsi.url is {jitsi}: people are led into a Jitsi that lives somewhere else", set.place, set.it),
            format!("Write jitsi.url = {:?}, or PUBLIC_URL={}", set.it, jitsi.trim_end_matches('/')),
        );
    }

    fn judge_entrance(&self, config: &Config, findings: &mut Findings) {
        let right = entrance::right(config);
        match self.variables.get("TOKEN_AUTH_URL") {
            Some(set) => {
                let written = Written {
                    place: format!("{}: TOKEN_AUTH_URL", set.place),
                    value: &set.it,
                    form: "TOKEN_AUTH_URL={}",
                };
                entrance::judge(&written, config, findings);
            }
            None if self.is_whole() => findings.fault(
                "page-token-auth-url",
                format!(
                    "{}: Jitsi sends nobody to the bridge",
                    self.no("TOKEN_AUTH_URL")
                ),
                format!(
                    "Write TOKEN_AUTH_URL={right} (or config.tokenAuthUrl in custom-config.js)"
                ),
            ),
            None => {}
        }
    }

    /// What checks a token's room at the door.
    fn judge_verification(&self, findings: &mut Findings) {
        let Some(set) = self.variables.get("JWT_TOKEN_AUTH_MODULE") else {
            return;
        };
        if set.it != "token_verification" {
            findings.fault(
                "jitsi-token-verification",
                format!(
                    "{} says JWT_TOKEN_AUTH_MODULE={}: a token for one room may open all of them",
                    set.place, set.it
                ),
                "Take the line out",
            );
        }
    }

    fn judge_jicofo(&self, findings: &mut Findings) {
        const ID: &str = "jitsi-auto-owner";
        let auth = self.is_on("JICOFO_ENABLE_AUTH", self.is_on("ENABLE_AUTH", false));
        if auth && (self.is_whole() || self.variables.get("JICOFO_ENABLE_AUTH").is_some()) {
            let follows = match self.variables.get("JICOFO_ENABLE_AUTH") {
                Some(_) => "",
                None => ", so it follows ENABLE_AUTH",
            };
            findings.fault(
                ID,
                format!("{}{follows}: Jicofo makes everyone with a token a moderator, and opens no room for guests to wait in", self.says("JICOFO_ENABLE_AUTH")),
                "Write JICOFO_ENABLE_AUTH=0",
            );
        }
        let asked = self.is_whole() || self.variables.get("ENABLE_AUTO_OWNER").is_some();
        if asked && self.is_on("ENABLE_AUTO_OWNER", true) {
            findings.fault(
                ID,
                format!(
                    "{}: the first to come is moderator, whatever the token says",
                    self.says("ENABLE_AUTO_OWNER")
                ),
                "Write ENABLE_AUTO_OWNER=false",
            );
        }
    }

    fn told(&self) -> Told {
        // Prosody's own lines stand below those that the variables become, and the last one counts.
        let text = |setting| match lines::of(self.variables, setting) {
            Some(line) => line.text(),
            None => self.variables.get(variable(setting)).cloned(),
        };
        let list = |setting| match lines::of(self.variables, setting) {
            Some(line) => line.list(),
            None => self.list(variable(setting)),
        };
        let modules = |name| -> Modules {
            let Some(set) = self.list(name) else {
                return Vec::new();
            };
            let modules = set.it.iter();
            modules.map(|module| set.with(module.clone())).collect()
        };
        let plain = |setting| {
            let set = self.variables.get(variable(setting))?;
            Some(set.with(boolean(&set.it)))
        };
        let switch = |setting| match lines::of(self.variables, setting) {
            Some(line) => line.switch(),
            None => plain(setting),
        };
        // The one line that stands below them, where it is on.
        let disables = plain(Setting::DisableAutoOwners).filter(|on| on.it);
        let secret_from = match lines::of(self.variables, Setting::Secret) {
            Some(_) => lines::variable(Setting::Secret),
            None => variable(Setting::Secret),
        };
        Told {
            app_id: text(Setting::AppId),
            secret: text(Setting::Secret),
            secret_is_cut: self.variables.is_cut(secret_from),
            issuers: list(Setting::Issuers),
            audiences: list(Setting::Audiences),
            algorithm: text(Setting::Algorithm),
            key_server: text(Setting::KeyServer),
            keys_url: lines::named(self.variables, "XMPP_CONFIGURATION", "cache_keys_url")
                .and_then(|line| line.text()),
            allow_empty: switch(Setting::AllowEmpty),
            domain_verification: switch(Setting::DomainVerification),
            domain: self.domain(),
            guests: self.is_on("ENABLE_GUESTS", false),
            lobby: self.is_on("ENABLE_LOBBY", true),
            disable_auto_owners: disables.or_else(|| switch(Setting::DisableAutoOwners)),
            rooms: modules("XMPP_MUC_MODULES"),
            members: modules("XMPP_MODULES"),
            guests_modules: None,
            breakout: modules("XMPP_BREAKOUT_MUC_MODULES"),
        }
    }

    /// A list whose entries are separated by commas.
    fn list(&self, name: &str) -> Option<Placed<Vec<String>>> {
        let set = self.variables.get(name)?;
        let entries = set.it.split(',').filter(|entry| !entry.is_empty());
        Some(set.with(entries.map(str::to_owned).collect()))
    }

    /// The members' domain, and what makes it that.
    fn domain(&self) -> Option<(String, String)> {
        const NAME: &str = "XMPP_DOMAIN";
        match self.variables.get(NAME) {
            Some(set) => Some((set.it.clone(), set.place.to_string())),
            None => self
                .is_whole()
                .then(|| (USUAL_XMPP_DOMAIN.to_owned(), self.no(NAME))),
        }
    }
}

/// The variable of a setting.
fn variable(setting: Setting) -> &'static str {
    match setting {
        Setting::AppId => "JWT_APP_ID",
        Setting::Secret => "JWT_APP_SECRET",
        Setting::Issuers => "JWT_ACCEPTED_ISSUERS",
        Setting::Audiences => "JWT_ACCEPTED_AUDIENCES",
        Setting::Algorithm => "JWT_SIGN_TYPE",
        Setting::KeyServer => "JWT_ASAP_KEYSERVER",
        Setting::AllowEmpty => "JWT_ALLOW_EMPTY",
        Setting::DomainVerification => "JWT_ENABLE_DOMAIN_VERIFICATION",
        Setting::DisableAutoOwners => "WAIT_FOR_HOST_DISABLE_AUTO_OWNERS",
    }
}

/// The variable of a list of modules.
fn variable_of(list: List) -> &'static str {
    match list {
        List::Rooms => "XMPP_MUC_MODULES",
        List::Members | List::Guests => "XMPP_MODULES",
        List::Breakout => "XMPP_BREAKOUT_MUC_MODULES",
    }
}

impl Dialect for Docker<'_> {
    fn absent(&self, setting: Setting) -> String {
        self.no(variable(setting))
    }

    fn line(&self, setting: Setting, value: &str) -> String {
        if lines::of(self.variables, setting).is_some() {
            let line = prosody::line(setting, value);
            return format!("{line} in {}", lines::variable(setting));
        }
        match (setting, value) {
            (Setting::AllowEmpty | Setting::DomainVerification, "true") => {
                format!("{}=1", variable(setting))
            }
            (Setting::AllowEmpty | Setting::DomainVerification, "false") => {
                format!("{}=0", variable(setting))
            }

            _ => format!("{}={value}", variable(setting)),
        }
    }

    fn lacks(&self, list: List, module: &str) -> String {
        let name = variable_of(list);
        let said = self.says(name);
        if self.variables.get(name).is_some() {
            format!("{said} without {module}")
        } else {
            format!("{said}, and so no {module}")
        }
    }

    fn with_module(&self, list: List, module: &str) -> String {
        let name = variable_of(list);
        let there = self.variables.text(name).unwrap_or_default();
        let mut modules: Vec<&str> = there
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .collect();
        // A misspelt one is replaced.
        modules.retain(|entry| *entry == module || strsim::osa_distance(entry, module) > 2);
        if !modules.contains(&module) {
            modules.push(module);
        }
        format!("Write {name}={}", modules.join(","))
    }

    fn without_module(&self, list: List, module: &str) -> String {
        let name = variable_of(list);
        let there = self.variables.text(name).unwrap_or_default();
        let modules: Vec<&str> = there
            .split(',')
            .map(str::trim)
            .filter(|entry| *entry != module && !entry.is_empty())
            .collect();
        if modules.is_empty() {
            return "Take the line out".to_owned();
        }
        format!("Write {name}={}", modules.join(","))
    }

    fn would_tell(&self, setting: Setting) -> bool {
        self.is_whole() && lines::of(self.variables, setting).is_none()
    }

    fn knows(&self, list: List) -> bool {
        self.is_whole() || self.variables.get(variable_of(list)).is_some()
    }

    fn verifies_domains_by_default(&self) -> bool {
        false
    }
}
