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
fn nobody_is_named_for_a_room_that_is_another_room_to_jitsi() {
    let said = who(&["--room", "board", "--tenant", "Meet.Jitsi"]);
    assert!(
        said.starts_with("everybody: denied: the tenant's name means another room to Jitsi"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    let said = who(&["--room", "board", "--tenant", "meet.jitsi", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let refused = said["refused"].as_str().unwrap();
    assert!(refused.contains("jitsi.xmpp_domain"), "{said}");
    assert_eq!(said["rules"], serde_json::json!([]));
    assert_eq!(said["default"], "deny");
}

#[test]
fn where_there_is_no_tenant_no_group_is_named_for_one() {
    let rules = r#"
[policy]
default = "deny"
[[policy.rules]]
name = "Org"
groups = ["/orgs/{tenant}"]
role = "moderator"
[[policy.rules]]
name = "Org and trained"
all_groups = ["/orgs/{tenant}", "/trained"]
role = "moderator"
[[policy.rules]]
name = "Org or staff"
groups = ["/orgs/{tenant}", "/staff"]
unless_groups = ["/orgs/{tenant}/suspended", "/suspended"]
role = "participant"
"#;
    let config = File::new("who.toml", &format!("{CONFIG}{rules}"));
    let who = |more: &[&str]| {
        let command = ["policy", "who", "--config", config.path(), "--room", "a"];
        let said = run(&[&command, more].concat());
        assert_eq!(said.code, 0, "{said:?}");
        said.out
    };
    assert_eq!(
        who(&[]),
        "People of the provider default\n\"Org or staff\" gives participant\n    group \"/staff\"; and not in \"/suspended\"\neverybody else: denied (policy.default)\nnot about this room: \"Org\", \"Org and trained\"\n"
    );
    let acme = who(&["--tenant", "acme"]);
    for line in [
        "    group \"/orgs/acme\"\n",
        "    all the groups \"/orgs/acme\" and \"/trained\"\n",
        "    one of the groups \"/orgs/acme\" or \"/staff\"; and not in \"/orgs/acme/suspended\" or \"/suspended\"\n",
    ] {
        assert!(acme.contains(line), "{line:?} is not in\n{acme}");
    }
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
