//! Which of Prosody's hosts and components are Jitsi's, and for what.

use crate::check::files::lua::{Configuration, Host, Kind, Value};
use crate::check::files::place::Placed;
use crate::check::files::told::{List, Modules};

/// A Jitsi's parts.
pub struct Jitsi<'a> {
    configuration: &'a Configuration,
    /// The members' domain.
    pub host: &'a Host,
    /// The guests' domain.
    pub guests: Option<&'a Host>,
    /// The component of rooms.
    pub rooms: Option<&'a Host>,
    /// The component of breakout rooms.
    pub breakout: Option<&'a Host>,
}

impl<'a> Jitsi<'a> {
    /// Finds them; `domain` is what tokens call the members' domain.
    pub fn find(configuration: &'a Configuration, domain: &str) -> Option<Self> {
        let hosts = &configuration.hosts;
        let virtual_hosts = || hosts.iter().filter(|host| host.kind == Kind::Virtual);
        let begins = |host: &Host, beginnings: &[&str]| {
            beginnings
                .iter()
                .any(|beginning| host.name.starts_with(beginning))
        };
        // docker-jitsi-meet's host for JaaS's telephones asks for tokens as well, and is not meant.
        let members = || {
            virtual_hosts().filter(|host| {
                !begins(
                    host,
                    &[
                        "auth.",
                        "guest.",
                        "recorder.",
                        "hidden.",
                        "jigasi.",
                        "localhost",
                    ],
                )
            })
        };
        let host = virtual_hosts()
            .find(|host| host.name.eq_ignore_ascii_case(domain))
            .or_else(|| members().find(|host| text(host, "authentication") == Some("token")))
            .or_else(|| members().next())?;
        let muc = |host: &Host| host.kind == Kind::Component("muc".to_owned());
        let named = |name: Option<&str>| hosts.iter().find(|host| Some(host.name.as_str()) == name);
        let rooms = named(text(host, "main_muc")).or_else(|| {
            hosts.iter().find(|other| {
                muc(other)
                    && !begins(
                        other,
                        &["internal", "lobby.", "breakout.", "auth.", "metadata."],
                    )
            })
        });
        let breakout = named(text(host, "breakout_rooms_muc")).or_else(|| {
            hosts
                .iter()
                .find(|other| muc(other) && begins(other, &["breakout."]))
        });
        let guests = virtual_hosts().find(|other| {
            let anonymous =
                text(other, "authentication").is_some_and(|kind| kind.contains("anonymous"));
            other.name != host.name && (begins(other, &["guest."]) || anonymous)
        });
        Some(Self {
            configuration,
            host,
            guests,
            rooms,
            breakout,
        })
    }

    /// A setting of the members' domain, or of all hosts.
    pub fn setting(&self, name: &str) -> Option<&'a Placed<Value>> {
        self.setting_at(self.host, name)
    }

    /// A setting of one of the parts, or of all hosts.
    pub fn setting_at(&self, host: &'a Host, name: &str) -> Option<&'a Placed<Value>> {
        let global = self.configuration.hosts.first();
        host.settings
            .get(name)
            .or_else(|| global?.settings.get(name))
    }

    /// The modules of the members' domain: its own, and those of all hosts.
    pub fn members_modules(&self) -> Modules {
        let mut all = modules(self.host);
        all.extend(
            self.configuration
                .hosts
                .first()
                .map(modules)
                .unwrap_or_default(),
        );
        all
    }

    /// The domains of Jibri and of transcribers.
    pub fn recorders(&self) -> impl Iterator<Item = &'a Host> {
        let hosts = self.configuration.hosts.iter();
        hosts.filter(|host| {
            host.kind == Kind::Virtual
                && (host.name.starts_with("recorder.") || host.name.starts_with("hidden."))
        })
    }

    /// Which host has a list of modules.
    pub fn host_of(&self, list: List) -> Option<&'a Host> {
        match list {
            List::Rooms => self.rooms,
            List::Members => Some(self.host),
            List::Guests => self.guests,
            List::Breakout => self.breakout,
        }
    }
}

fn text<'a>(host: &'a Host, name: &str) -> Option<&'a str> {
    match &host.settings.get(name)?.it {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The modules that a host names.
pub fn modules(host: &Host) -> Modules {
    match host.settings.get("modules_enabled").map(|set| &set.it) {
        Some(Value::List(modules)) => modules.clone(),
        _ => Vec::new(),
    }
}
