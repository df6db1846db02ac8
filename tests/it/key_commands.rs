//! The commands make keys that take over when Prosody knows them, and leave nothing behind when they cannot.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use jitsi_oidc_bridge::token::keyring::generate::GenerateError;
use jitsi_oidc_bridge::token::keyring::keys::{State, moment};
use time::Duration;

use super::keyring_files::{now, states};
use super::support::keyring::KeyFolder;

#[test]
fn the_first_key_signs_at_once_and_the_next_takes_over_when_it_is_known() {
    let folder = KeyFolder::new();
    let first = folder.generate(now()).unwrap();
    assert_eq!((first.signs_from, &first.predecessor), (None, &None));
    assert_eq!(first.kid.len(), 22, "128 bits at random: {}", first.kid);
    assert_eq!(states(&folder, now()), [(first.kid.clone(), State::Signs)]);
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&first.file), 0o600);
    assert!(
        std::fs::read_to_string(&first.file)
            .unwrap()
            .starts_with("-----BEGIN PRIVATE KEY-----\n")
    );

    // What an administrator wrote stays; so do the file's permissions.
    folder.write(&format!(
        "# Ours.\n{}",
        folder.text().replace(".pem\"\n", ".pem\" # the first\n")
    ));
    std::fs::set_permissions(folder.keyring(), Permissions::from_mode(0o640)).unwrap();
    let second = folder.generate(now()).unwrap();
    let signs_from = now() + Duration::hours(2) + Duration::SECOND;
    let retires = signs_from + Duration::hours(26);
    assert_eq!(second.signs_from, Some(signs_from));
    assert_eq!(second.predecessor, Some((first.kid.clone(), retires)));
    assert_eq!(mode(&folder.keyring()), 0o640);
    assert_eq!(
        folder.text(),
        format!(
            "# Ours.\n[[keys]]\nkid = {0:?}\nfile = \"key-{0}.pem\" # the first\nretire_at = {1}\n\n\
             [[keys]]\nkid = {2:?}\nfile = \"key-{2}.pem\"\nnot_before = {3}\n",
            first.kid,
            moment(retires),
            second.kid,
            moment(signs_from)
        )
    );
    let both = |first_state, second_state| {
        [
            (first.kid.clone(), first_state),
            (second.kid.clone(), second_state),
        ]
    };
    assert_eq!(
        states(&folder, now()),
        both(State::Signs, State::SignsFrom(signs_from))
    );
    assert_eq!(
        states(&folder, signs_from),
        both(State::Published, State::Signs)
    );
    assert_eq!(
        states(&folder, retires),
        both(State::Retired(retires), State::Signs)
    );

    // One more before the second signs: that is the one to take over from.
    let third = folder.generate(now() + Duration::HOUR).unwrap();
    let its_end = signs_from + Duration::hours(27);
    assert_eq!(third.predecessor, Some((second.kid.clone(), its_end)));
    assert!(
        folder
            .text()
            .contains(&format!("retire_at = {}", moment(retires))),
        "{}",
        folder.text()
    );
    assert_eq!(
        folder
            .files()
            .iter()
            .filter(|name| name.starts_with("key-"))
            .count(),
        3
    );
    assert!(!folder.files().contains(&"keys.toml.new".to_owned()));
}

#[test]
fn where_nobody_signs_the_new_key_does_at_once() {
    let folder = KeyFolder::with(
        "[[keys]]\nkid = \"b\"\nfile = \"2.pem\"\nretire_at = 2036-07-18T13:20:00Z\n",
    );
    let made = folder.generate_as(Some("c/1"), now()).unwrap();
    assert_eq!((made.signs_from, made.predecessor), (None, None));
    assert_eq!(
        states(&folder, now()).last().unwrap(),
        &("c/1".to_owned(), State::Signs)
    );
    // A kid may hold what a file's name may not.
    assert_eq!(made.file.parent().unwrap(), folder.path());
    assert_eq!(made.file.file_name().unwrap().len(), "key-.pem".len() + 64);
}

#[test]
fn a_key_that_cannot_be_put_into_the_keyring_leaves_nothing_behind() {
    let good = "[[keys]]\nkid = \"a\"\nfile = \"1.pem\"\n";
    let (inline, spread) = (
        "keys = [{ kid = \"a\", file = \"1.pem\" }]\n",
        "keys = [\n  { kid = \"a\", file = \"1.pem\" },\n]\n",
    );
    for (keyring, kid, expected) in [
        (good, Some("a"), "a kid is never used again"),
        (good, Some("a\n"), "no control characters"),
        (good, Some(""), "a kid must have 1 to 200 bytes"),
        (
            "[[keys]]\nkid = \"a\"\nfile = \"gone.pem\"\n",
            None,
            "must be mended first",
        ),
        (inline, None, "write every key as a [[keys]] of its own"),
        (spread, None, "write every key as a [[keys]] of its own"),
    ] {
        let folder = KeyFolder::with(keyring);
        let before = folder.files();
        let error = folder.generate_as(kid, now()).unwrap_err().to_string();
        assert!(error.contains(expected), "{keyring:?}: {error}");
        assert_eq!(folder.text(), keyring);
        assert_eq!(folder.files(), before);
    }
    // Two at once: the second stops.
    let folder = KeyFolder::with(good);
    folder.put("keys.toml.new", "");
    let error = folder.generate(now()).unwrap_err();
    assert!(matches!(error, GenerateError::AtWork(_)), "{error}");
    assert_eq!(folder.text(), good);
    assert!(
        folder.files().contains(&"keys.toml.new".to_owned()),
        "not ours to remove"
    );
}

fn command(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"))
        .args(arguments)
        .output()
        .unwrap()
}

#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_commands_make_keys_and_list_them() {
    let folder = KeyFolder::new();
    let keyring = folder.keyring();
    let keyring = keyring.to_str().unwrap();
    let first = command(&[
        "keys",
        "generate",
        "--keyring",
        keyring,
        "--kid",
        "blue",
        "--algorithm",
        "RS512",
    ]);
    let first = printed(&first);
    assert!(
        first.contains("Made the key blue: ") && first.contains("It signs from now on."),
        "{first}"
    );
    assert!(
        first.contains("algorithm = \"RS512\"")
            && first.contains(&format!("keyring = {keyring:?}")),
        "{first}"
    );
    let second = command(&[
        "keys",
        "generate",
        "--keyring",
        keyring,
        "--kid",
        "green",
        "--bits",
        "3072",
        "--publish-ahead",
        "3h",
        "--retire-after",
        "1day",
    ]);
    let second = printed(&second);
    assert!(
        second.contains("and signs from 20")
            && second.contains("The key blue before it retires at 20"),
        "{second}"
    );

    let list = printed(&command(&["keys", "list", "--keyring", keyring]));
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert!(
        lines[0].starts_with("blue   signs, retires at 20"),
        "{list}"
    );
    assert!(lines[1].starts_with("green  signs from 20"), "{list}");

    let again = command(&["keys", "generate", "--keyring", keyring, "--kid", "green"]);
    assert!(!again.status.success());
    assert!(
        String::from_utf8_lossy(&again.stderr).contains("never used again"),
        "{again:?}"
    );
    folder.write("[[keys]]\nkid = \"blue\"\nfile = \"nowhere\"\n");
    let bad = command(&["keys", "list", "--keyring", keyring]);
    assert!(
        !bad.status.success() && String::from_utf8_lossy(&bad.stderr).contains("nowhere"),
        "{bad:?}"
    );
    folder.write("[[keys]]\nkid = \"blue\"\nfile = \"1.pem\"\nretire_at = 2020-01-01T00:00:00Z\n");
    let over = command(&["keys", "list", "--keyring", keyring]);
    assert!(!over.status.success(), "{over:?}");
    let said = String::from_utf8_lossy(&over.stdout);
    assert_eq!(
        said,
        "blue  retired since 2020-01-01T00:00:00Z\nNo key can sign now.\n"
    );
}
