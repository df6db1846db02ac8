//! `policy test` tries a table of people and rooms: in an administrator's CI, where there are no secrets.

use crate::support::command::{CONFIG, File, Said, run};

const RULES: &str = r#"
[[policy.rules]]
name = "Staff join"
groups = ["/staff"]
role = "participant"
features = ["recording"]
[[policy.rules]]
name = "Strong"
rooms = ["vault"]
acr = ["mfa"]
role = "moderator"
"#;

const PEOPLE: &str = "[people.sara]\ngroups = [\"/staff\"]\n[people.nora]\n";

fn test(table: &str, more: &[&str]) -> (String, Said) {
    let config = File::new("rules.toml", &format!("{CONFIG}{RULES}"));
    let file = File::new("table.toml", &format!("{PEOPLE}{table}"));
    let said = run(&[
        &["policy", "test", file.path(), "--config", config.path()],
        more,
    ]
    .concat());
    (file.path().to_owned(), said)
}

#[test]
fn the_example_passes_with_the_documented_policy_without_its_secrets() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/config/bridge.toml");
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/config/policy-test.toml");
    let said = run(&["policy", "test", table, "--config", config]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "18 passed, 0 failed\n"),
        "{said:?}"
    );
}

#[test]
fn a_row_counts_for_each_of_its_people_and_rooms_and_a_failure_is_explained_at_its_line() {
    let (path, said) = test(
        "[[tests]]\npeople = [\"sara\", \"nora\"]\nrooms = [\"a\", \"b\"]\nexpect = \"participant\"\n",
        &[],
    );
    assert_eq!(said.code, 1);
    assert!(said.out.ends_with("\n2 passed, 2 failed\n"), "{}", said.out);
    // The people are above the row: [[tests]] is the fourth line.
    let line = format!("✗ {path}:4: nora in \"a\": expected participant, found denied\n");
    assert!(said.out.contains(&line), "{line} is not in\n{}", said.out);
    assert!(
        said.out
            .contains("✗ groups: asks for \"/staff\"; here: no groups"),
        "{}",
        said.out
    );
}

#[test]
fn features_rules_and_step_ups_can_be_expected() {
    let row = |rest: &str| format!("[[tests]]\npeople = [\"sara\"]\nrooms = [\"a\"]\n{rest}\n");
    let good = [
        row("expect = \"participant\"\nfeatures = [\"recording\", \"send-groupchat\"]\nwithout_features = [\"transcription\"]\nrules = [\"Staff join\"]"),
        "[[tests]]\npeople = [\"nora\"]\nrooms = [\"vault\"]\ntenant = \"acme\"\nexpect = \"step-up\"\nrules = [\"Strong\"]\n".to_owned(),
    ];
    let (_, said) = test(&good.concat(), &[]);
    assert_eq!(said.out, "2 passed, 0 failed\n", "{said:?}");
    for (row, expected) in [
        (
            row("expect = \"participant\"\nfeatures = [\"transcription\"]"),
            "expected the features transcription, which are not allowed",
        ),
        (
            row("expect = \"participant\"\nwithout_features = [\"recording\"]"),
            "expected no recording, which are allowed",
        ),
        (
            row("expect = \"participant\"\nrules = [\"Strong\"]"),
            "expected the rules {\"Strong\"}, found {\"Staff join\"}",
        ),
        (
            row("expect = \"denied\""),
            "expected denied, found participant",
        ),
    ] {
        let (_, said) = test(&row, &[]);
        assert!(
            said.code == 1 && said.out.contains(expected),
            "{expected}: {said:?}"
        );
    }
}

#[test]
fn machines_get_json() {
    let (path, said) = test(
        "[[tests]]\npeople = [\"nora\"]\nrooms = [\"a\"]\ntenant = \"acme\"\nexpect = \"moderator\"\n",
        &["--json"],
    );
    let json = said.json();
    assert_eq!((said.code, &json["passed"]), (1, &0.into()));
    let failure = &json["failed"][0];
    assert_eq!(failure["at"], format!("{path}:4"));
    assert_eq!(
        (&failure["person"], &failure["room"], &failure["tenant"]),
        (&"nora".into(), &"a".into(), &"acme".into())
    );
    assert_eq!(failure["outcome"]["outcome"], "denied");
}

#[test]
fn what_is_wrong_with_a_table_is_told_all_at_once_and_nothing_is_tried() {
    let (_, said) = test(
        "[people.tom]\ngruops = [\"/x\"]\nsigned_in_ago = \"long\"\n[[tests]]\npeople = [\"sara\", \"zoe\"]\nrooms = [\"*\"]\nexpect = \"boss\"\nrules = [\"None such\"]\n[[tests]]\npeople = []\nrooms = [\"a\"]\nexpect = \"denied\"\n[[tests]]\nrooms = [\"a\"]\n",
        &[],
    );
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    for expected in [
        "people.tom.gruops",
        "did you mean \"groups\"?",
        "people.tom.signed_in_ago",
        "rooms",
        "expected one of [\"visitor\"",
        "no rule is called \"None such\"",
        "an empty list tests nothing",
        "name those of [people] that are meant",
    ] {
        assert!(
            said.err.contains(expected),
            "{expected} is not in\n{}",
            said.err
        );
    }
    let (_, unknown) = test(
        "[[tests]]\npeople = [\"zoe\"]\nrooms = [\"a\"]\nexpect = \"denied\"\n",
        &[],
    );
    assert!(
        unknown
            .err
            .contains("nobody in [people] is called \"zoe\"; there are nora, sara"),
        "{unknown:?}"
    );
    let (_, none) = test("", &[]);
    assert!(
        none.code == 1 && none.err.contains("there are none"),
        "{none:?}"
    );
    let (path, no_toml) = test("[[tests]\n", &[]);
    assert!(
        no_toml.code == 1 && no_toml.err.contains(&format!("{path}:4")),
        "{no_toml:?}"
    );
}
