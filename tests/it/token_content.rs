//! What a rule or the configuration adds to a token is there, in the form that its reader wants, and nowhere else.

use serde_json::{Value, json};

use super::support::bridge::POLICY;
use super::support::{Bridge, Browser, Provider, nora, sara, tim, token_in};
use super::tokens::{login, minted};

/// A rule for all staff, with these lines.
fn staff(lines: &str) -> String {
    format!("[[policy.rules]]\nname = \"staff\"\ngroups = [\"/staff\"]\n{lines}\n")
}

async fn granted(lines: &str) -> Value {
    minted(sara(), "/room/standup", "", &staff(lines)).await
}

#[tokio::test]
async fn a_visitor_is_a_member_whom_jitsis_client_makes_a_visitor() {
    let token = granted("role = \"visitor\"").await;
    assert_eq!(token["moderator"], false);
    assert_eq!(
        token["context"],
        json!({ "user": {
            "id": "[id]", "name": "Sara Stein", "email": "sara@example.org",
            "affiliation": "member", "moderator": false, "role": "visitor",
        } })
    );
}

#[tokio::test]
async fn every_other_role_beats_a_visitors() {
    let visit = "[[policy.rules]]\nname = \"all\"\nrole = \"visitor\"\n";
    for (role, affiliation) in [("participant", "member"), ("moderator", "owner")] {
        let rules = format!("{visit}{}", staff(&format!("role = {role:?}")));
        let token = minted(sara(), "/room/standup", "", &rules).await;
        let user = &token["context"]["user"];
        assert_eq!(user["affiliation"], affiliation);
        assert_eq!(user.get("role"), None, "{role}");
    }
    // Where everybody may join, a rule that names a role says which.
    let rules = format!(
        "policy.default = \"participant\"\n{}",
        staff("role = \"visitor\"")
    );
    let user = &minted(sara(), "/room/standup", "", &rules).await["context"]["user"];
    assert_eq!(user["role"], "visitor");
    let user = &minted(nora(), "/room/standup", "", &rules).await["context"]["user"];
    assert_eq!(user.get("role"), None);
}

#[tokio::test]
async fn a_visitor_is_told_of_as_one_in_the_audit() {
    let rules = staff("role = \"visitor\"");
    let (_landed, bridge, _provider) = login(sara(), "/room/standup", "", &rules).await;
    assert_eq!(
        bridge.last_decision(),
        ("visitor".to_owned(), vec!["staff".to_owned()])
    );
}

#[tokio::test]
async fn lobby_and_group_stand_where_the_modules_look_for_them() {
    let token =
        granted("role = \"participant\"\nuser_lobby = true\nroom_lobby = true\ngroup = \"sales\"")
            .await;
    assert_eq!(
        token["context"],
        json!({
            "user": {
                "id": "[id]", "name": "Sara Stein", "email": "sara@example.org",
                "affiliation": "member", "moderator": false, "lobby": true,
            },
            "group": "sales",
            "room": { "lobby": true },
        })
    );
}

#[tokio::test]
async fn whoever_passes_the_lobby_by_one_rule_does_not_wait_by_another() {
    for passes in ["lobby_bypass = true", "role = \"moderator\""] {
        let rules = format!(
            "{}[[policy.rules]]\nname = \"also\"\n{passes}\n",
            staff("role = \"participant\"\nuser_lobby = true")
        );
        let token = minted(sara(), "/room/standup", "", &rules).await;
        assert_eq!(token["context"]["user"].get("lobby"), None, "{passes}");
    }
}

#[tokio::test]
async fn of_several_groups_the_first_by_the_alphabet_counts_and_any_goes_above_the_configured_one()
{
    let rule = |name: &str, group: &str| {
        format!("[[policy.rules]]\nname = {name:?}\nrole = \"participant\"\ngroup = {group:?}\n")
    };
    let further = "jitsi.group = \"aaa\"";
    for rules in [
        format!("{}{}", rule("a", "sales"), rule("b", "board")),
        format!("{}{}", rule("b", "board"), rule("a", "sales")),
    ] {
        let token = minted(sara(), "/room/standup", further, &rules).await;
        assert_eq!(token["context"]["group"], "board");
    }
    let token = minted(sara(), "/room/standup", further, POLICY).await;
    assert_eq!(token["context"]["group"], "aaa");
}

const PASSWORDS: &str = r#"
[[policy.rules]]
name = "staff"
groups = ["/staff"]
role = "participant"
[[policy.rules]]
name = "b: rooms have a password"
room_password = "kiwi and plum"
[[policy.rules]]
name = "team leads"
groups = ["/teams/{team}/leads"]
rooms = ["{team}", "{team}-*"]
role = "moderator"
"#;

#[tokio::test]
async fn a_rooms_password_travels_with_moderators_alone() {
    let token = minted(tim(), "/room/rocket", "", PASSWORDS).await;
    assert_eq!(
        token["context"]["room"],
        json!({ "password": "kiwi and plum" })
    );
    for person in [sara(), tim()] {
        let token = minted(person, "/room/standup", "", PASSWORDS).await;
        assert_eq!(token["moderator"], false);
        assert!(!token.to_string().contains("kiwi"), "{token}");
    }
}

#[tokio::test]
async fn of_several_passwords_that_of_the_first_rule_by_name_counts() {
    let another =
        "[[policy.rules]]\nname = \"a: another\"\nrooms = [\"rocket\"]\nroom_password = \"pear\"\n";
    for rules in [
        format!("{PASSWORDS}{another}"),
        format!("{another}{PASSWORDS}"),
    ] {
        let token = minted(tim(), "/room/rocket", "", &rules).await;
        assert_eq!(token["context"]["room"]["password"], "pear");
        let token = minted(tim(), "/room/rocket-2", "", &rules).await;
        assert_eq!(token["context"]["room"]["password"], "kiwi and plum");
    }
}

#[tokio::test]
async fn a_rooms_password_may_stand_in_a_file_and_no_debug_output_shows_it() {
    let path = std::env::temp_dir().join(format!("bridge-test-room-{}", std::process::id()));
    std::fs::write(&path, "kiwi\n").unwrap();
    let rules = staff(&format!(
        "role = \"moderator\"\nroom_password_file = {:?}",
        path.to_str().unwrap()
    ));
    let (landed, bridge, _provider) = login(sara(), "/room/standup", "", &rules).await;
    std::fs::remove_file(&path).unwrap();
    assert_eq!(token_in(&landed)["context"]["room"]["password"], "kiwi");
    assert!(!format!("{:?}", bridge.decisions()).contains("kiwi"));
    let password = jitsi_oidc_bridge::policy::RoomPassword::new("kiwi".to_owned().into()).unwrap();
    assert!(!format!("{password:?}").contains("kiwi"));
}

/// The features of a token that are true.
fn allowed(token: &Value) -> Vec<&str> {
    let features = token["context"]["features"].as_object().unwrap();
    assert_eq!(features.len(), 22, "complete: {features:?}");
    let allowed = features.iter().filter(|(_, value)| **value == json!(true));
    allowed.map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn a_name_that_cannot_be_changed_takes_nothing_else_away() {
    let everyday = [
        "create-polls",
        "live-translation-subscribe",
        "name-readonly",
        "screen-sharing",
        "send-groupchat",
        "send-private-message",
    ];
    let token = granted("role = \"moderator\"\nname_readonly = true").await;
    assert_eq!(allowed(&token).len(), 22, "{token}");
    assert_eq!(
        token["context"]["features"]["name-readonly"], true,
        "a real boolean"
    );

    let token = granted("role = \"participant\"\nname_readonly = true").await;
    assert_eq!(allowed(&token), everyday);

    let token = granted("role = \"moderator\"\nname_readonly = true\nfeatures = []").await;
    assert_eq!(
        allowed(&token),
        everyday,
        "what a rule limits stays limited"
    );
}

#[tokio::test]
async fn a_name_that_can_be_changed_is_not_spoken_of() {
    let token = granted("role = \"participant\"\nfeatures = [\"recording\"]").await;
    assert_eq!(token["context"]["features"].get("name-readonly"), None);
}

#[tokio::test]
async fn each_convention_writes_the_role_where_its_reader_looks() {
    for (convention, moderator, top, user) in [
        (
            "jitsi",
            true,
            json!(true),
            json!({ "affiliation": "owner", "moderator": true }),
        ),
        (
            "jitsi",
            false,
            json!(false),
            json!({ "affiliation": "member", "moderator": false }),
        ),
        ("token_moderation", true, json!(true), json!({})),
        ("token_moderation", false, json!(false), json!({})),
    ] {
        let further = format!("token.convention = {convention:?}");
        let room = if moderator {
            "/room/rocket"
        } else {
            "/room/standup"
        };
        let token = minted(tim(), room, &further, POLICY).await;
        let mut expected = json!({ "id": "[id]", "name": "Tim Lorenz" });
        expected
            .as_object_mut()
            .unwrap()
            .extend(user.as_object().unwrap().clone());
        assert_eq!(token["context"]["user"], expected, "{convention}");
        assert_eq!(token["moderator"], top, "{convention}");
    }
}

const CLAIMS: &str = "token.claims = { environment = \"production\", level = 3, tags = [\"a\", \"b\"], https = { x = true } }\n\
    token.copied_claims = { department = \"department\", cost_center = \"/employee/cost_center\", remote = \"remote\", \
    teams = \"teams\", \"https://example.org/site\" = \"site\" }\n";

#[tokio::test]
async fn further_claims_are_those_of_configuration_and_those_that_the_provider_says() {
    let mut person = sara();
    person["department"] = json!("Sa\u{202E}les\u{0}");
    person["employee"] = json!({ "cost_center": 4711 });
    person["remote"] = json!(false);
    person["teams"] = json!(["rocket", " moon "]);
    person["site"] = json!("Köln");
    let token = minted(person, "/room/standup", CLAIMS, POLICY).await;
    assert_eq!(
        token,
        json!({
            "iss": "jitsi", "aud": "jitsi", "sub": "meet.jitsi", "room": "standup",
            "iat": 2_100_000_000, "nbf": 2_099_999_970, "exp": 2_100_010_800, "jti": "[jti]",
            "moderator": false,
            "context": { "user": {
                "id": "[id]", "name": "Sara Stein", "email": "sara@example.org",
                "affiliation": "member", "moderator": false,
            } },
            "environment": "production", "level": 3, "tags": ["a", "b"], "https": { "x": true },
            "department": "Sales", "cost_center": 4711, "remote": false, "teams": ["rocket", "moon"],
            "https://example.org/site": "Köln",
        })
    );
}

#[tokio::test]
async fn what_is_missing_nested_or_too_large_is_not_copied_at_all() {
    let fits = "d".repeat(254);
    for (value, copied) in [
        (json!(fits), Some(json!(fits))),
        (json!(format!("{fits}d")), None),
        (json!(null), None),
        (json!("\u{200B}"), None),
        (json!({ "moderator": true }), None),
        (json!(["a", 1]), None),
        (json!(["a", ["b"]]), None),
        (json!([]), Some(json!([]))),
        (json!(vec!["a"; 50]), Some(json!(vec!["a"; 50]))),
        (json!(vec!["a"; 51]), None),
        (
            json!(vec![&fits[..200]; 5]),
            Some(json!(vec![&fits[..200]; 5])),
        ),
        (json!(vec![&fits[..200]; 6]), None),
        (json!(1.5), Some(json!(1.5))),
    ] {
        let mut person = sara();
        person["department"] = value.clone();
        let token = minted(person, "/room/standup", CLAIMS, POLICY).await;
        assert_eq!(token.get("department"), copied.as_ref(), "{value}");
    }
    let token = minted(sara(), "/room/standup", CLAIMS, POLICY).await;
    assert_eq!(
        token.get("department"),
        None,
        "the provider does not say it"
    );
}

#[tokio::test]
async fn the_next_meeting_of_a_session_has_the_copied_claims_as_well() {
    let provider = Provider::start().await;
    let mut person = sara();
    person["department"] = json!("Sales");
    provider.signs_in(person);
    let bridge = Bridge::start(&provider, CLAIMS).await;
    let mut browser = Browser::new();
    browser.go(&bridge.at("/room/first")).await;
    let second = token_in(&browser.go(&bridge.at("/room/second")).await);
    assert_eq!(second["department"], "Sales");
    assert_eq!(provider.count("GET /authorize"), 1);
}
