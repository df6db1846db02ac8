//! `policy who` reads the rules from a room's side.

use crate::support::command::{CONFIG, File, run};

const RULES: &str = r#"
[policy]
default = "participant"
[[policy.rules]]
name = "Leads"
groups = ["/teams/{team}/leads"]
rooms = ["{team}", "{team}-*"]
role = "moderator"
[[policy.rules]]
name = "Own room"
rooms = ["{username}"]
groups = ["/staff"]
role = "moderator"
[[policy.rules]]
name = "Everybody chats"
features = ["send-groupchat"]
[[policy.rules]]
name = "Members"
rooms = ["{team}"]
all_groups = ["/teams/{team}/members", "/trained"]
claims = { department = ["IT", 7] }
email_domains = ["*.example.org"]
users = ["username:anna"]
acr = ["mfa"]
max_auth_age = "5min"
role = "participant"
[[policy.rules]]
name = "Acme"
tenants = ["acme"]
groups = ["/{tenant}/staff"]
role = "participant"
[[policy.rules]]
name = "Board"
rooms = ["board"]
unless_groups = ["/board"]
deny = "No."
"#;

fn who(arguments: &[&str]) -> String {
    let config = File::new("who.toml", &format!("{CONFIG}{RULES}"));
    let said = run(&[&["policy", "who", "--config", config.path()], arguments].concat());
    assert_eq!(said.code, 0, "{said:?}");
    said.out
}

#[test]
fn patterns_are_resolved_against_the_room() {
    let said = who(&["--room", "rocket-weekly"]);
    let leads = "\"Leads\" gives moderator\n    group \"/teams/rocket/leads\"\n    group \"/teams/rocket-weekly/leads\"\n";
    assert!(said.contains(leads), "{said}");
    assert!(
        said.contains("\"Everybody chats\" gives features send-groupchat\n    everybody\n"),
        "{said}"
    );
    assert!(
        said.contains(
            "everybody else: participant (policy.default)\nnot about this room: \"Acme\", \"Board\""
        ),
        "{said}"
    );
    assert!(
        said.contains(
            "\"Own room\" gives moderator\n    group \"/staff\"; and username \"rocket-weekly\"\n"
        ),
        "{said}"
    );
}

#[test]
fn conditions_that_hold_together_are_told_together() {
    let said = who(&["--room", "Große Runde"]);
    let members = "    all the groups \"/teams/große runde/members\" and \"/trained\"; and user \"username:anna\"; and a verified e-mail address in the domain \"*.example.org\"; and claim department = \"IT\" or 7; and signed in with acr \"mfa\" (else: back to the provider for it); and signed in at most 5m ago (else: back to the provider)\n";
    assert!(said.contains(members), "{said}");
}

#[test]
fn refusals_come_first_and_tenants_count() {
    let said = who(&["--room", "board", "--tenant", "acme"]);
    assert!(
        said.starts_with(
            "People of the provider default\n\"Board\" denies: No.\n    not in \"/board\"\n"
        ),
        "{said}"
    );
    assert!(
        said.contains("\"Acme\" gives participant\n    group \"/acme/staff\"\n"),
        "{said}"
    );
}

#[test]
fn machines_get_json() {
    let config = File::new("who.toml", &format!("{CONFIG}{RULES}"));
    let said = run(&[
        "policy",
        "who",
        "--config",
        config.path(),
        "--room",
        "board",
        "--json",
    ])
    .json();
    assert_eq!(said["default"], "participant");
    assert_eq!(said["rules"][0]["rule"], "Board");
    assert_eq!(said["rules"][0]["who"][0][0], "not in \"/board\"");
    assert_eq!(said["providers"][0], "default");
}
