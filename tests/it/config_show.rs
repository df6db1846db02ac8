//! `config show` tells what counts, and where it is from; never a secret.

use crate::support::command::{CONFIG, File, run, run_with};

const MORE: &str = r#"
[provider.claims]
group_names = { "a b" = "staff" }
[[policy.rules]]
name = "Quote \" and \\ and ü"
rooms = ["Große Runde", "x-*"]
role = "moderator"
room_password = "s3cret-word"
[[policy.rules]]
name = "Second"
deny = "No."
rooms = ["y"]
"#;

#[test]
fn every_key_is_told_with_where_it_is_from_and_secrets_are_not() {
    let secret = File::new("cookie-keys", "fedcba9876543210fedcba9876543210\n");
    let text = format!(
        "{CONFIG}{MORE}[session]\ncookie_keys_file = {:?}\n",
        secret.path()
    );
    let config = File::new("show.toml", &text);
    let variables = [
        ("BRIDGE_LIMITS__REQUESTS", "77"),
        ("BRIDGE_LOG__LEVEL", "debug"),
        ("BRIDGE_JITSI__SKIP_PREJOIN", "1"),
    ];
    let said = run_with(&["config", "show", config.path()], "", &variables);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    let path = config.path();
    for line in [
        "[limits]\n# callbacks_per_minute = 600  # default\n".to_owned(),
        "\nrequests = 77  # BRIDGE_LIMITS__REQUESTS\n".to_owned(),
        "\nlevel = \"debug\"  # BRIDGE_LOG__LEVEL\n".to_owned(),
        "\nskip_prejoin = true  # BRIDGE_JITSI__SKIP_PREJOIN\n".to_owned(),
        format!("\nurl = \"https://meet.example.org\"  # {path}:5\n"),
        format!("\n# secret: set, and hidden  # {path}:7\n"),
        format!("\n# client_secret: set, and hidden  # {path}:11\n"),
        format!("\ncookie_keys_file = {:?}  # {path}:", secret.path()),
        format!("\n# cookie_keys: set, and hidden  # {path}:"),
        "\n# keyring: not set\n".to_owned(),
        "\n# refresh_groups_after = \"15m\"  # default\n".to_owned(),
    ] {
        assert!(said.out.contains(&line), "{line:?} is not in\n{}", said.out);
    }
    assert_eq!(said.out.matches("[[policy.rules]]").count(), 2);
    let json = run_with(&["config", "show", "--json", config.path()], "", &variables);
    assert_eq!(
        json.json()["limits.requests"],
        serde_json::json!({ "value": 77, "origin": "BRIDGE_LIMITS__REQUESTS" })
    );
    assert_eq!(json.json()["token.secret"]["value"], "(hidden)");
    for shown in [&said.out, &json.out] {
        for hidden in [
            "0123456789abcdef",
            "client-secret",
            "fedcba98",
            "s3cret-word",
        ] {
            assert!(!shown.contains(hidden), "{hidden} is in\n{shown}");
        }
    }
}

#[test]
fn what_is_shown_can_be_loaded_again_and_says_the_same() {
    let config = File::new("show.toml", &format!("{CONFIG}{MORE}"));
    let shown = run(&["config", "show", config.path()]).out;
    // All that is lacking are the secrets.
    let again = shown
        .replace(
            "# secret: set, and hidden",
            "secret = \"0123456789abcdef0123456789abcdef\"",
        )
        .replace("# client_secret: set, and hidden", "client_secret = \"x\"")
        .replace("# room_password: set, and hidden", "room_password = \"x\"");
    let again = File::new("again.toml", &again);
    let second = run(&["config", "show", again.path()]);
    assert_eq!(second.code, 0, "{second:?}\n{shown}");
    let values = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| {
                line.rsplit_once("  # ")
                    .map_or(line, |(value, _)| value)
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(values(&second.out), values(&shown));
}

#[test]
fn a_presets_defaults_are_told_as_they_count() {
    let text = CONFIG.replace("[provider]", "[provider]\npreset = \"entra\"")
        + "[policy]\ndefault = \"participant\"\n";
    let config = File::new("preset.toml", &text);
    let said = run(&["config", "show", config.path()]).out;
    for line in [
        "# userinfo = \"never\"  # default\n",
        "# id = \"oid\"  # default\n",
        "# when = \"overage\"  # default\n",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
}

#[test]
fn a_bad_configuration_is_not_shown_but_told() {
    let config = File::new("bad.toml", &CONFIG.replace("url =", "ulr ="));
    let said = run(&["config", "show", config.path()]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(
        said.err.contains("did you mean \"url\"?") && !said.err.contains("client-secret"),
        "{}",
        said.err
    );
}

#[test]
fn a_configuration_is_shown_where_its_secrets_are_not_and_the_files_are_said_not_to_be_there() {
    let text = CONFIG.replace(
        "secret = \"0123456789abcdef0123456789abcdef\"",
        "secret_file = \"/nowhere/secret\"",
    ) + MORE;
    let config = File::new("absent.toml", &text);
    let path = config.path();
    // In either form.
    for arguments in [
        vec!["config", "show", path],
        vec!["config", "show", "--config", path],
    ] {
        let said = run(&arguments);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
        for line in [
            format!("\n# secret: set, and hidden  # {path}:7\n"),
            format!(
                "\nsecret_file = \"/nowhere/secret\"  # {path}:7; the file cannot be read here\n"
            ),
        ] {
            assert!(said.out.contains(&line), "{line:?} is not in\n{}", said.out);
        }
    }
    let json = run(&["config", "show", "--json", path]).json();
    assert_eq!(json["token.secret"]["value"], "(hidden)");
    assert_eq!(json["token.secret_file"]["unreadable"], true);
    // To check it, they must be there.
    for arguments in [
        vec!["config", "check", path],
        vec!["config", "check", "--config", path],
    ] {
        let said = run(&arguments);
        assert!(
            said.code == 1 && said.out.contains("/nowhere/secret"),
            "{said:?}"
        );
    }
}

#[test]
fn that_no_file_was_named_is_told_first() {
    for arguments in [
        &["config", "check"][..],
        &["serve"],
        &["check"],
        &["explain", "--room", "a"],
        &["policy", "who", "--room", "a"],
        &["token", "--user", "a", "--room", "a"],
    ] {
        let said = run(arguments);
        let told = format!("{}{}", said.out, said.err);
        let first = told.lines().nth(1).unwrap_or_default();
        assert_eq!(said.code, 1, "{said:?}");
        assert!(
            first.contains("no file is named") && first.contains("BRIDGE_CONFIG"),
            "{said:?}"
        );
    }
    let said = run_with(&["serve"], "", &[("BRIDGE_LOG__LEVEL", "info")]);
    assert!(!said.err.contains("no file is named"), "{said:?}");
}
