//! Prosody's modules: which of them makes a moderator, who waits in the lobby, and whether a token opens one room alone.

use super::told::{Dialect, List, Setting, Told};
use crate::check::report::Findings;
use crate::config::Config;
use crate::policy::rule::{Effect, Gift};
use crate::token::claims::Convention;

/// The modules that take the role from a token as `token.convention = "jitsi"` writes it.
const BY_ROLE: [&str; 3] = [
    "token_affiliation",
    "token_affiliation_legacy",
    "token_moderation",
];
/// The modules that tokens have to do with, and where each belongs.
const KNOWN: [(&str, List); 11] = [
    ("token_affiliation", List::Rooms),
    ("token_affiliation_legacy", List::Rooms),
    ("token_moderation", List::Rooms),
    ("token_verification", List::Rooms),
    ("muc_wait_for_host", List::Rooms),
    ("lobby_autostart", List::Rooms),
    ("token_lobby_bypass", List::Rooms),
    ("token_lobby_ondemand", List::Rooms),
    ("token_security_ondemand", List::Rooms),
    ("token_no_wildcard", List::Rooms),
    ("persistent_lobby", List::Members),
];

/// Looks at all of them.
pub fn judge(told: &Told, dialect: &dyn Dialect, config: &Config, findings: &mut Findings) {
    judge_names(told, dialect, findings);
    judge_moderators(told, dialect, config, findings);
    judge_waiting(told, dialect, findings);
    judge_gifts(told, dialect, config, findings);
    if let Some(module) = told.module(List::Breakout, "token_verification") {
        findings.fault(
            "jitsi-breakout",
            format!("{}: token_verification at breakout rooms: a token names the main room, so nobody gets into a breakout room", module.place),
            dialect.without_module(List::Breakout, "token_verification"),
        );
    }
}

fn judge_names(told: &Told, dialect: &dyn Dialect, findings: &mut Findings) {
    const ID: &str = "jitsi-modules";
    for list in [List::Rooms, List::Members] {
        for module in told.modules(list) {
            let name = module.it.trim();
            if name != module.it {
                findings.fault(
                    ID,
                    format!("{}: there is a blank beside {name}: Prosody does not find a module of that name", module.place),
                    "Separate modules by commas alone",
                );
                continue;
            }
            let known = KNOWN.iter().find(|(known, _)| *known == name);
            match known {
                Some((_, right)) if *right != list => {
                    let said = format!("{}: {name} does nothing there", module.place);
                    findings.fault(ID, said, dialect.with_module(*right, name));
                }
                Some(_) => {}
                None => {
                    let near = KNOWN
                        .iter()
                        .find(|(known, _)| strsim::osa_distance(known, name) <= 2);
                    if let Some((near, right)) = near {
                        let said = format!(
                            "{}: Jitsi has no module {name}: did you mean {near}?",
                            module.place
                        );
                        findings.fault(ID, said, dialect.with_module(*right, near));
                    }
                }
            }
        }
    }
}

fn judge_moderators(told: &Told, dialect: &dyn Dialect, config: &Config, findings: &mut Findings) {
    if let Some(module) = told.module(List::Rooms, "muc_allowners") {
        findings.fault(
            "jitsi-auto-owner",
            format!(
                "{}: muc_allowners makes everyone a moderator, whatever the token says",
                module.place
            ),
            dialect.without_module(List::Rooms, "muc_allowners"),
        );
    }
    let has = |name: &str| told.module(List::Rooms, name).is_some();
    let (found, wanted) = match config.token.content.convention {
        Convention::TokenModeration => (has("token_moderation"), "token_moderation"),
        Convention::Jitsi | Convention::Jaas => (BY_ROLE.into_iter().any(has), "token_affiliation"),
    };
    if found {
        findings.good("jitsi-roles", "the token says who is a moderator");
    } else if dialect.knows(List::Rooms) {
        findings.fault(
            "jitsi-roles",
            format!("{}: the token's role has no effect, and nobody whom policy makes a moderator is one", dialect.lacks(List::Rooms, wanted)),
            dialect.with_module(List::Rooms, wanted),
        );
    }
}

fn judge_waiting(told: &Told, dialect: &dyn Dialect, findings: &mut Findings) {
    let Some(waits) = told.module(List::Rooms, "muc_wait_for_host") else {
        let autostart = told.module(List::Rooms, "lobby_autostart").is_some();
        let known = dialect.knows(List::Rooms);
        if told.guests && !autostart && known {
            findings.warning(
                "jitsi-guests",
                format!(
                    "{}: guests open rooms and meet without anybody who has signed in",
                    dialect.lacks(List::Rooms, "muc_wait_for_host or lobby_autostart")
                ),
                dialect.with_module(List::Rooms, "muc_wait_for_host"),
            );
        }
        return;
    };
    match &told.disable_auto_owners {
        Some(disabled) if disabled.it => {}
        None if !dialect.would_tell(Setting::DisableAutoOwners) => {}
        other => {
            let place = other.as_ref().map(|other| other.place.to_string());
            findings.fault(
                "jitsi-auto-owner",
                format!(
                    "{}: muc_wait_for_host ({}) makes everyone with a token a moderator",
                    place.unwrap_or_else(|| dialect.absent(Setting::DisableAutoOwners)),
                    waits.place
                ),
                format!("Write {}", dialect.line(Setting::DisableAutoOwners, "true")),
            );
        }
    }
    if !told.lobby {
        findings.fault(
            "jitsi-lobby",
            format!("{}: muc_wait_for_host needs a lobby, and there is none: guests walk straight in", waits.place),
            "Switch the lobby on: ENABLE_LOBBY=1, or the module muc_lobby_rooms with lobby_muc and its component",
        );
        return;
    }
    let mut lists = vec![List::Members];
    if told.guests && told.guests_modules.is_some() {
        lists.push(List::Guests);
    }
    for list in lists {
        let known = dialect.knows(list);
        if known && told.module(list, "persistent_lobby").is_none() {
            findings.fault(
                "jitsi-lobby",
                format!("{}: nothing opens the lobby that muc_wait_for_host asks for, and guests walk straight in", dialect.lacks(list, "persistent_lobby")),
                dialect.with_module(list, "persistent_lobby"),
            );
        }
    }
}

/// A thing that rules give, and the module that makes something of it.
type Need = (fn(&Gift) -> bool, &'static str, &'static str);

const NEEDS: [Need; 4] = [
    (
        |gift| gift.lobby_bypass,
        "lobby_bypass",
        "token_lobby_bypass",
    ),
    (|gift| gift.user_lobby, "user_lobby", "token_lobby_ondemand"),
    (
        |gift| gift.room_password.is_some(),
        "room_password",
        "token_security_ondemand",
    ),
    (
        |gift| gift.security_bypass,
        "security_bypass",
        "token_security_ondemand",
    ),
];

fn judge_gifts(told: &Told, dialect: &dyn Dialect, config: &Config, findings: &mut Findings) {
    let gifts = || {
        let rules = config.policy.rules.iter();
        rules.filter_map(|rule| match &rule.effect {
            Effect::Give(gift) => Some((rule, gift)),
            Effect::Deny(..) => None,
        })
    };
    for (gives, key, module) in NEEDS {
        let Some((rule, _)) = gifts().find(|(_, gift)| gives(gift)) else {
            continue;
        };
        let known = dialect.knows(List::Rooms);
        if known && told.module(List::Rooms, module).is_none() {
            findings.warning(
                "jitsi-modules",
                format!(
                    "{}: {key} of the rule {:?} has no effect",
                    dialect.lacks(List::Rooms, module),
                    rule.name
                ),
                dialect.with_module(List::Rooms, module),
            );
        }
    }
    if let Some(module) = told.module(List::Rooms, "token_no_wildcard")
        && let Some((rule, _)) = gifts().find(|(_, gift)| gift.any_room)
    {
        findings.warning(
            "jitsi-modules",
            format!("{}: token_no_wildcard refuses tokens for every room, which the rule {:?} gives (any_room)", module.place, rule.name),
            "Leave any_room out of the rule, or the module out of Jitsi",
        );
    }
}
