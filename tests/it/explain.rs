//! `explain` tells why somebody would get what in a room: which rule, which condition of it, and what was assumed.

use std::process::Command;

use jitsi_oidc_bridge::clock::{Clock as _, SystemClock};
use jitsi_oidc_bridge::identity::imagined::Imagined;
use jitsi_oidc_bridge::identity::provider_session::{ProviderSession, SignIn};
use jitsi_oidc_bridge::session::handle::handle;
use jitsi_oidc_bridge::session::ledger::Ledger;
use jitsi_oidc_bridge::session::store::Store;
use jitsi_oidc_bridge::session::{SessionLimits, Sessions};
use serde_json::{Value, json};
use time::Duration;

use crate::support::command::{CONFIG, File, Said, run};
use crate::support::logout::unique;
use crate::support::stores::redis;

const POLICY: &str = r#"
[provider.claims]
id = "oid"
groups = ["roles"]
group_names = { "id-of-staff" = "/staff" }
[[policy.rules]]
name = "Staff join"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "Leads run"
groups = ["/teams/{team}/leads"]
rooms = ["{team}-*"]
role = "moderator"
room_password = "s3cret-word"
[[policy.rules]]
name = "The board is strong"
groups = ["/board"]
rooms = ["board"]
acr = ["mfa"]
max_auth_age = "10min"
role = "moderator"
[[policy.rules]]
name = "IT only"
rooms = ["it"]
claims = { department = ["IT"], "/address/country" = ["DE", "FR"] }
tenants = ["acme"]
users = ["email:anna@example.org"]
email_domains = ["example.org"]
unless_groups = ["/suspended"]
all_groups = ["/staff"]
role = "moderator"
[[policy.rules]]
name = "Not for the suspended"
groups = ["/suspended"]
deny = "You are suspended."
"#;

fn explain(arguments: &[&str]) -> Said {
    let config = File::new("explain.toml", &format!("{CONFIG}{POLICY}"));
    run(&[&["explain", "--config", config.path()], arguments].concat())
}

#[track_caller]
fn told(arguments: &[&str]) -> Value {
    let said = explain(&[arguments, &["--json"]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    said.json()
}

/// The conditions of a rule that do not hold.
#[track_caller]
fn failed(told: &Value, rule: &str) -> Vec<String> {
    let rules = told["rules"].as_array().unwrap().iter();
    let rule = rules.clone().find(|found| found["rule"] == rule).unwrap();
    let conditions = rule["conditions"].as_array().unwrap().iter();
    conditions
        .filter(|condition| condition["holds"] == false)
        .map(|condition| condition["condition"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn each_rule_is_told_with_the_condition_that_failed() {
    let said = explain(&[
        "--groups",
        "/staff,/teams/rocket/leads",
        "--user",
        "anna",
        "--room",
        "rocket-weekly",
    ]);
    assert_eq!(said.code, 0, "{said:?}");
    for line in [
        "  ✓ \"Staff join\" gives participant\n      applies\n      ✓ groups: \"/staff\"; here: \"/staff\", \"/teams/rocket/leads\"\n",
        "      ✓ rooms: \"{team}-*\", with {team} = \"rocket\"; here: \"rocket-weekly\"\n",
        "      ✗ groups: asks for \"/board\"; here: \"/staff\", \"/teams/rocket/leads\"\n      ✗ rooms: asks for \"board\"; here: \"rocket-weekly\"\n",
        "  ✗ \"Not for the suspended\" denies: You are suspended.\n      does not apply\n",
        "  → moderator, by \"Leads run\" and \"Staff join\"\n",
        "\"room\": \"rocket-weekly\"",
        "\"affiliation\": \"owner\"",
    ] {
        assert!(said.out.contains(line), "{line:?} is not in\n{}", said.out);
    }
    assert!(
        !said.out.contains("s3cret-word") && said.out.contains("(set)"),
        "{}",
        said.out
    );
}

#[test]
fn every_kind_of_condition_is_named_when_it_fails() {
    let good = [
        "--user",
        "anna",
        "--email",
        "anna@example.org",
        "--groups",
        "/staff",
        "--room",
        "it",
        "--tenant",
        "acme",
        "--claim",
        "department=IT",
        "--claim",
        "address={\"country\":\"FR\"}",
    ];
    let all = told(&good);
    assert_eq!(failed(&all, "IT only"), Vec::<String>::new(), "{all:#}");
    assert_eq!(all["decision"]["role"], "moderator");
    let with = |from: &str, to: &str| {
        let changed: Vec<&str> = good
            .iter()
            .map(|word| if *word == from { to } else { word })
            .collect();
        failed(&told(&changed), "IT only")
    };
    assert_eq!(
        with("department=IT", "department=HR"),
        ["claims.department"]
    );
    assert_eq!(
        with("address={\"country\":\"FR\"}", "x=1"),
        ["claims./address/country"]
    );
    assert_eq!(with("acme", "other"), ["tenants"]);
    assert_eq!(
        with("anna@example.org", "anna@other.example"),
        ["users", "email_domains"]
    );
    assert_eq!(with("/staff", "/other"), ["all_groups"]);
    assert_eq!(with("/staff", "/staff,/suspended"), ["unless_groups"]);
    assert_eq!(with("it", "hr"), ["rooms"]);
    let unverified = [&good[..], &["--email-unverified"]].concat();
    let unverified = explain(&unverified);
    assert!(
        unverified
            .out
            .contains("\"anna@example.org\", which nobody has verified"),
        "{unverified:?}"
    );
}

#[test]
fn a_step_up_is_told_with_what_is_lacking_and_what_was_assumed() {
    let asked = ["--groups", "/board", "--room", "board"];
    let weak = told(&asked);
    assert_eq!(weak["decision"]["outcome"], "step_up");
    assert_eq!(failed(&weak, "The board is strong"), ["acr"]);
    assert!(
        weak["assumed"]
            .as_array()
            .unwrap()
            .contains(&json!("they signed in just now (for max_auth_age)")),
        "{weak:#}"
    );
    assert!(weak.get("token").is_none());
    let old = told(&[&asked[..], &["--acr", "mfa", "--signed-in-ago", "1h"]].concat());
    assert_eq!(failed(&old, "The board is strong"), ["max_auth_age"]);
    let strong = told(&[&asked[..], &["--acr", "mfa", "--signed-in-ago", "9min"]].concat());
    assert_eq!(
        (
            &strong["decision"]["role"],
            failed(&strong, "The board is strong")
        ),
        (&json!("moderator"), vec![])
    );
}

#[test]
fn unknown_groups_are_not_taken_for_none() {
    let unknown = told(&["--groups-unknown", "--room", "it"]);
    assert_eq!(
        unknown["decision"],
        json!({ "outcome": "denied", "why": "You are suspended.", "rules": ["Not for the suspended"] })
    );
    assert!(failed(&unknown, "IT only").contains(&"unless_groups".to_owned()));
    let none = told(&["--groups", "", "--room", "it"]);
    assert_eq!(
        none["decision"]["why"],
        "no rule gives a role, and policy.default is \"deny\""
    );
}

#[test]
fn a_claims_file_goes_through_the_configured_mapping_which_is_told() {
    let claims = json!({ "iss": "https://id.example.org", "sub": "s", "oid": "4711", "given_name": "Anna", "family_name": "Ahn",
        "preferred_username": "anna", "email": "anna@example.org", "email_verified": false, "roles": ["id-of-staff", "other"] });
    let file = File::new("claims.json", &claims.to_string());
    let told = told(&["--claims", file.path(), "--room", "x"]);
    assert_eq!(told["person"]["groups"], json!(["/staff", "other"]));
    let mapping: Vec<(&str, &str, &str)> = told["mapping"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["what"].as_str().unwrap(),
                one["value"].as_str().unwrap(),
                one["from"].as_str().unwrap(),
            )
        })
        .collect();
    for (what, value, from) in [
        ("id", "4711", "the claim oid"),
        ("name", "Anna Ahn", "the claims given_name and family_name"),
        ("username", "anna", "the claim preferred_username"),
        ("avatar", "", "no claim picture"),
        (
            "groups claim",
            "[\"id-of-staff\",\"other\"]",
            "the claim roles of the id_token",
        ),
        (
            "groups",
            "/staff, other",
            "by group_names, unnamed_groups, fold_case and groups_prefix",
        ),
    ] {
        assert!(
            mapping.contains(&(what, value, from)),
            "{what}: {mapping:#?}"
        );
    }
    assert_eq!(told["decision"]["rules"], json!(["Staff join"]));
    assert!(
        mapping
            .iter()
            .any(|(what, _, from)| *what == "email" && from.contains("not verified")),
        "{mapping:#?}"
    );
}

#[test]
fn a_claims_file_may_tell_places_apart_and_a_bad_one_is_refused_in_words() {
    let of = |text: &str| {
        let file = File::new("claims.json", text);
        explain(&["--claims", file.path(), "--room", "x"])
    };
    let apart = of(
        r#"{ "id_token": { "sub": "s" }, "userinfo": { "sub": "s", "roles": ["id-of-staff"] } }"#,
    );
    assert!(
        apart
            .out
            .contains("the claim roles of the id_token: not there"),
        "{apart:?}"
    );
    assert!(apart.out.contains("→ participant"), "{apart:?}");
    for (text, expected) in [
        ("no json", "no JSON object of claims"),
        ("[]", "no JSON object of claims"),
        (r#"{ "roles": [] }"#, "no `sub`"),
        (r#"{ "id_token": {"sub":"s"}, "more": 1 }"#, "\"more\""),
        (r#"{ "sub": "s", "roles": [1] }"#, "a sign-in fails"),
        (r#"{ "sub": "s", "sub": "t" }"#, "no JSON object of claims"),
    ] {
        let said = of(text);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{text}: {said:?}");
        assert!(said.err.contains(expected), "{text}: {}", said.err);
    }
    let foreign = of(r#"{ "iss": "https://evil.example", "sub": "s" }"#);
    assert!(
        foreign.out.contains("a sign-in would be refused"),
        "{foreign:?}"
    );
}

#[test]
fn a_session_in_memory_cannot_be_asked_for_and_what_to_do_is_said() {
    let said = explain(&["--session", "0123456789abcdef", "--room", "x"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(
        said.err.contains("session.store = \"memory\"") && said.err.contains("--claims"),
        "{}",
        said.err
    );
    let config = File::new(
        "explain.toml",
        &format!(
            "{CONFIG}{POLICY}[session]\nstore = \"redis\"\nredis_url = \"redis://127.0.0.1:1\"\n"
        ),
    );
    let away = run(&[
        "explain",
        "--config",
        config.path(),
        "--session",
        "0123456789abcdef",
        "--room",
        "x",
    ]);
    assert!(
        away.code == 1 && away.err.contains("the session store does not answer"),
        "{away:?}"
    );
}

#[test]
fn of_several_providers_one_must_be_named_and_its_entrance_is_told() {
    let several = CONFIG.replace("[provider]", "[providers.staff]")
        + "rooms = [\"inside\"]\n[providers.guests]\nissuer = \"https://guests.example\"\nclient_id = \"x\"\n[policy]\ndefault = \"participant\"\n";
    let config = File::new("several.toml", &several);
    let ask = |more: &[&str]| {
        run(&[
            &["explain", "--config", config.path(), "--room", "inside"],
            more,
        ]
        .concat())
    };
    let unnamed = ask(&[]);
    assert!(
        unnamed.code == 1 && unnamed.err.contains("guests, staff"),
        "{unnamed:?}"
    );
    let guest = ask(&["--provider", "guests"]);
    assert!(
        guest.out.contains(
            "✗ people of the provider \"guests\" may not come into it: it is for those of staff"
        ),
        "{guest:?}"
    );
    assert!(
        guest
            .out
            .contains("→ denied: the meeting is for people of another provider"),
        "{guest:?}"
    );
    assert!(
        ask(&["--provider", "staff"])
            .out
            .contains("→ participant, by policy.default")
    );
}

#[test]
fn rules_are_explained_where_the_secrets_are_not() {
    let text = CONFIG
        .replace(
            "secret = \"0123456789abcdef0123456789abcdef\"",
            "secret_file = \"/nowhere/a\"",
        )
        .replace(
            "client_secret = \"client-secret\"",
            "client_secret_file = \"/nowhere/b\"\nca_file = \"/nowhere/c\"",
        );
    let more = "[session]\nstore = \"redis\"\nredis_url_file = \"/nowhere/d\"\ncookie_keys_file = \"/nowhere/e\"\n";
    let config = File::new("elsewhere.toml", &format!("{text}{POLICY}{more}"));
    let said = run(&[
        "explain",
        "--config",
        config.path(),
        "--groups",
        "/staff",
        "--room",
        "x",
    ]);
    assert!(
        said.code == 0 && said.out.contains("→ participant"),
        "{said:?}"
    );
    // Nothing is signed with what stands in for them.
    let mint = run(&[
        "token",
        "--config",
        config.path(),
        "--user",
        "a",
        "--room",
        "x",
    ]);
    assert!(
        mint.code == 1 && mint.err.contains("token.secret_file"),
        "{mint:?}"
    );
    let wrong = File::new("wrong.toml", &format!("{text}{POLICY}{more}nonsense = 1\n"));
    let said = run(&["explain", "--config", wrong.path(), "--room", "x"]);
    assert!(said.code == 1 && said.err.contains("nonsense"), "{said:?}");
}

#[test]
fn a_tenant_that_is_another_room_to_jitsi_is_refused_for_what_it_is() {
    let policy = "[policy]\ndefault = \"participant\"\n";
    let config = File::new("explain.toml", &format!("{CONFIG}{policy}"));
    let asked = ["explain", "--config", config.path(), "--room", "a"];
    let said = run(&[&asked[..], &["--tenant", "meet.jitsi"]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out
            .contains("  → denied: the tenant's name means another room to Jitsi"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("\"deny\""), "{}", said.out);
    let json = run(&[&asked[..], &["--tenant", "meet.jitsi", "--json"]].concat()).json();
    let why = json["decision"]["why"].as_str().unwrap();
    assert!(why.contains("jitsi.xmpp_domain"), "{json:#}");
}

#[test]
fn a_room_is_needed_and_two_ways_to_say_who_are_one_too_many() {
    for arguments in [
        &["explain"][..],
        &["explain", "--room", "*"],
        &["explain", "--room", "x", "--claims", "a", "--groups", "b"],
        &["explain", "--room", "x", "--session", "a", "--claims", "b"],
    ] {
        let status = Command::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"))
            .args(arguments)
            .output()
            .unwrap()
            .status;
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test]
#[ignore = "needs a Redis: set REDIS_URL"]
async fn a_session_is_found_in_redis_by_its_handle_and_left_as_it_is() {
    let settings = redis();
    let (_, url) = settings.split_once("redis_url = ").unwrap();
    let url = url.trim_matches('"');
    let limits = SessionLimits {
        lifetime: Duration::HOUR,
        idle_timeout: Duration::HOUR,
        refresh_groups_after: Duration::HOUR,
    };
    let store = Store::redis(url, None).unwrap();
    let sessions = Sessions::new(store.clone(), Ledger::beside(&store), limits);
    let now = SystemClock.now();
    let imagined = Imagined {
        provider: ("default".to_owned(), "https://id.example.org".to_owned()),
        subject: Some(unique("s")),
        username: Some("anna".to_owned()),
        groups: ["/staff".to_owned()].into(),
        ..Imagined::default()
    };
    let sign_in = SignIn {
        person: imagined.person(now).0.into(),
        session: ProviderSession::default(),
        refresh_token: None,
    };
    let id = sessions.remember(None, &sign_in, None, now).await.unwrap();
    let more = format!("[session]\nstore = \"redis\"\nredis_url = {url:?}\n");
    let config = File::new("redis.toml", &format!("{CONFIG}{POLICY}{more}"));
    let ask = |handle: &str| {
        run(&[
            "explain",
            "--config",
            config.path(),
            // One argument, because a cookie's secret may begin with a hyphen.
            &format!("--session={handle}"),
            "--room",
            "x",
        ])
    };
    let found = ask(&handle(&id));
    assert!(
        found.code == 0 && found.out.contains("→ participant"),
        "{found:?}"
    );
    assert!(
        !found.out.contains(&id) && !found.err.contains(&id),
        "{found:?}"
    );
    // The cookie's secret is no handle.
    assert_eq!(ask(&id).code, 1);
    assert!(sessions.recall(&id, now).await.unwrap().is_some());
    sessions.end(&id, now).await.unwrap();
    let gone = ask(&handle(&id));
    assert!(
        gone.code == 1 && gone.err.contains("no session that is alive"),
        "{gone:?}"
    );
}

#[test]
fn what_a_provider_sends_neither_steers_the_terminal_nor_makes_lines() {
    let claims = json!({
        "sub": "1", "oid": "anna", "name": "Anna\u{1b}[2J",
        "roles": ["/staff", "\u{1b}[31mred\u{202e}", "x\n  → moderator, by \"Leads run\""],
        "department": "\u{9b}2J\u{202e}",
    });
    let file = File::new("claims.json", &claims.to_string());
    let said = explain(&["--claims", file.path(), "--room", "it"]);
    assert_eq!(said.code, 0, "{said:?}");
    let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!said.out.contains(steers), "{:?}", said.out);
    assert!(said.out.contains("/staff"), "{}", said.out);
    assert!(!said.out.contains("\n  → moderator"), "{}", said.out);
}
