//! Prosody's configuration of a Jitsi: Debian's, or the one that docker-jitsi-meet renders.

mod jitsi;

use self::jitsi::Jitsi;
use super::lua::{Configuration, Host, Kind, Value};
use super::place::Placed;
use super::told::{Dialect, List, Setting, Told};
use super::{guests, roles, token};
use crate::check::report::Findings;
use crate::config::Config;

/// Looks at everything in it.
pub fn judge(configuration: &Configuration, config: &Config, findings: &mut Findings) {
    for place in &configuration.unread {
        findings.warning(
            "jitsi-code",
            format!("{place}: Lua code that was not followed; what it sets was not looked at"),
            "",
        );
    }
    let Some(jitsi) = Jitsi::find(configuration, &config.jitsi.identity.xmpp_domain) else {
        let file = configuration
            .hosts
            .first()
            .map(|host| host.place.file.to_string());
        findings.warning(
            "jitsi-authentication",
            format!("{} has no VirtualHost of a Jitsi", file.unwrap_or_default()),
            "Give the file of your Jitsi's host: conf.avail/HOST.cfg.lua with Debian packages, /run/prosody/config/conf.d/jitsi-meet.cfg.lua in docker-jitsi-meet's container",
        );
        return;
    };
    jitsi.judge_authentication(findings);
    jitsi.tell_unclear(findings);
    let told = jitsi.told();
    token::judge(&told, &jitsi, config, findings);
    guests::judge(&told, &jitsi, config, findings);
    roles::judge(&told, &jitsi, config, findings);
    jitsi.judge_verification(findings);
    jitsi.judge_recorder(findings);
}

impl Jitsi<'_> {
    fn judge_authentication(&self, findings: &mut Findings) {
        let host = &self.host.name;
        let (said, mend) = match self.setting("authentication") {
            Some(Placed {
                it: Value::Text(kind),
                ..
            }) if kind == "token" => return,
            Some(Placed {
                it: Value::Text(kind),
                place,
            }) => (
                format!(
                    "{place}: authentication of {host:?} is {kind:?}: Prosody asks for no token"
                ),
                "Write authentication = \"token\"",
            ),
            Some(Placed { place, .. }) => {
                let said = format!("{place}: authentication of {host:?} could not be worked out");
                findings.warning("jitsi-authentication", said, "It must be \"token\"");
                return;
            }
            None => (
                format!(
                    "{}: {host:?} has no authentication: Prosody asks for passwords",
                    self.host.place
                ),
                "Write authentication = \"token\"",
            ),
        };
        findings.fault("jitsi-authentication", said, mend);
    }

    fn setting_of(&self, setting: Setting) -> Option<&Placed<Value>> {
        match setting {
            Setting::DisableAutoOwners => self.setting_at(self.rooms?, name(setting)),
            _ => self.setting(name(setting)),
        }
    }

    /// What is worked out by code was not looked at.
    fn tell_unclear(&self, findings: &mut Findings) {
        let settings = ALL.into_iter().filter_map(|setting| {
            let set = self.setting_of(setting)?;
            Some((name(setting), set))
        });
        let lists = [List::Rooms, List::Members, List::Guests].into_iter();
        let lists = lists.filter_map(|list| {
            let set = self.host_of(list)?.settings.get("modules_enabled")?;
            Some(("modules_enabled", set))
        });
        for (name, set) in settings.chain(lists) {
            if set.it == Value::Unclear {
                let said = format!(
                    "{}: {name} is worked out by code, and was not looked at",
                    set.place
                );
                findings.warning("jitsi-code", said, "");
            }
        }
    }

    /// What compares a token's room with the room.
    fn judge_verification(&self, findings: &mut Findings) {
        const ID: &str = "jitsi-token-verification";
        let Some(rooms) = self.rooms else {
            findings.warning(
                ID,
                format!("{}: {:?} has no component of type \"muc\" here: the modules of rooms were not looked at", self.host.place, self.host.name),
                "Give the file that has it with --prosody-config as well",
            );
            return;
        };
        if !self.knows(List::Rooms) {
            return;
        }
        let modules = jitsi::modules(rooms);
        if modules
            .iter()
            .any(|module| module.it == "token_verification")
        {
            findings.good(ID, "a token opens its own room alone (token_verification)");
            return;
        }
        findings.fault(
            ID,
            format!(
                "{}: a token for one room opens all of them",
                self.lacks(List::Rooms, "token_verification")
            ),
            self.with_module(List::Rooms, "token_verification"),
        );
    }

    /// Jibri and Jigasi sign in with a password of their own.
    fn judge_recorder(&self, findings: &mut Findings) {
        for host in self.recorders() {
            if let Some(Placed {
                it: Value::Text(kind),
                place,
            }) = host.settings.get("authentication")
                && kind == "token"
            {
                findings.fault(
                    "jitsi-recorder",
                    format!("{place}: {:?} asks for tokens: recorder and transcriber have none, and do not get in", host.name),
                    "Write authentication = \"internal_hashed\"",
                );
            }
            let whitelist = self.setting("muc_lobby_whitelist").map(|set| &set.it);
            let passes = match whitelist {
                Some(Value::List(names)) => names.iter().any(|name| name.it == host.name),
                Some(_) => true,
                None => false,
            };
            if !passes && self.setting("lobby_muc").is_some() {
                findings.warning(
                    "jitsi-recorder",
                    format!("{}: {:?} is not in muc_lobby_whitelist of {:?}: the recorder waits in the lobby", host.place, host.name, self.host.name),
                    format!("Write muc_lobby_whitelist = {{ {:?} }} into VirtualHost {:?}", host.name, self.host.name),
                );
            }
        }
    }

    fn told(&self) -> Told {
        let text = |name| self.setting(name)?.text();
        let list = |name| self.setting(name)?.list();
        let switch = |setting| self.setting_of(setting)?.switch();
        let members = self.members_modules();
        Told {
            app_id: text("app_id"),
            secret: text("app_secret"),
            secret_is_cut: false,
            issuers: list("asap_accepted_issuers"),
            audiences: list("asap_accepted_audiences"),
            algorithm: text("signature_algorithm"),
            key_server: text("asap_key_server"),
            keys_url: text("cache_keys_url"),
            allow_empty: switch(Setting::AllowEmpty),
            domain_verification: switch(Setting::DomainVerification),
            domain: Some((self.host.name.clone(), self.host.place.to_string())),
            guests: self.guests.is_some(),
            lobby: !self.knows(List::Members)
                || members.iter().any(|module| module.it == "muc_lobby_rooms"),
            disable_auto_owners: switch(Setting::DisableAutoOwners),
            rooms: self.rooms.map(jitsi::modules).unwrap_or_default(),
            members,
            guests_modules: self.guests.map(jitsi::modules),
            breakout: self.breakout.map(jitsi::modules).unwrap_or_default(),
        }
    }
}

/// Every setting.
pub const ALL: [Setting; 9] = [
    Setting::AppId,
    Setting::Secret,
    Setting::Issuers,
    Setting::Audiences,
    Setting::Algorithm,
    Setting::KeyServer,
    Setting::AllowEmpty,
    Setting::DomainVerification,
    Setting::DisableAutoOwners,
];

/// What Prosody calls a setting.
pub fn name(setting: Setting) -> &'static str {
    match setting {
        Setting::AppId => "app_id",
        Setting::Secret => "app_secret",
        Setting::Issuers => "asap_accepted_issuers",
        Setting::Audiences => "asap_accepted_audiences",
        Setting::Algorithm => "signature_algorithm",
        Setting::KeyServer => "asap_key_server",
        Setting::AllowEmpty => "allow_empty_token",
        Setting::DomainVerification => "enable_domain_verification",
        Setting::DisableAutoOwners => "wait_for_host_disable_auto_owners",
    }
}

/// A setting with a value, as Prosody reads it.
pub fn line(setting: Setting, value: &str) -> String {
    match setting {
        Setting::Issuers | Setting::Audiences => {
            format!("{} = {{ \"{value}\" }}", name(setting))
        }
        Setting::AllowEmpty | Setting::DomainVerification | Setting::DisableAutoOwners => {
            format!("{} = {value}", name(setting))
        }
        _ => format!("{} = \"{value}\"", name(setting)),
    }
}

impl Dialect for Jitsi<'_> {
    fn absent(&self, setting: Setting) -> String {
        let host = match setting {
            Setting::DisableAutoOwners => self.rooms.unwrap_or(self.host),
            _ => self.host,
        };
        format!("{}: {:?} has no {}", host.place, host.name, name(setting))
    }

    fn line(&self, setting: Setting, value: &str) -> String {
        line(setting, value)
    }

    fn lacks(&self, list: List, module: &str) -> String {
        let Some(host) = self.host_of(list) else {
            return format!(
                "{}: no modules are enabled, and so no {module}",
                self.host.place
            );
        };
        match host.settings.get("modules_enabled") {
            Some(set) => format!(
                "{}: modules_enabled of {:?} without {module}",
                set.place, host.name
            ),
            None => format!(
                "{}: {:?} has no modules_enabled, and so no {module}",
                host.place, host.name
            ),
        }
    }

    fn with_module(&self, list: List, module: &str) -> String {
        let host = self.host_of(list).unwrap_or(self.host);
        let what = if host.kind == Kind::Virtual {
            "VirtualHost"
        } else {
            "Component"
        };
        format!(
            "Write \"{module}\"; into modules_enabled of {what} {:?}",
            host.name
        )
    }

    fn without_module(&self, _: List, module: &str) -> String {
        format!("Take \"{module}\"; out")
    }

    fn would_tell(&self, setting: Setting) -> bool {
        self.setting_of(setting).is_none()
    }

    fn knows(&self, list: List) -> bool {
        let modules = |host: &Host| {
            host.settings
                .get("modules_enabled")
                .map(|set| set.it.clone())
        };
        self.host_of(list)
            .is_some_and(|host| modules(host) != Some(Value::Unclear))
    }

    fn verifies_domains_by_default(&self) -> bool {
        true
    }
}
