//! What the log says of a keyring that changes: each thing once, when it happens.

use std::sync::{Arc, Mutex};

use jitsi_oidc_bridge::clock::Clock as _;
use jitsi_oidc_bridge::token::keyring::file::read;
use jitsi_oidc_bridge::token::keyring::live::{LiveKeys, Looked};
use jitsi_oidc_bridge::token::keyring::rsa::RsaAlgorithm;
use time::Duration;

use super::key_rotation::TWO_KEYS;
use super::support::TestClock;
use super::support::keyring::{KeyFolder, PEM};

/// The keys in use of a bridge that does not run.
fn standing(folder: &KeyFolder) -> LiveKeys {
    let reading = read(&folder.keyring(), RsaAlgorithm::Rs256).unwrap();
    LiveKeys::new(
        folder.keyring(),
        RsaAlgorithm::Rs256,
        Duration::HOUR,
        reading,
    )
}

/// What the log says meanwhile.
fn logged(work: impl FnOnce()) -> Vec<String> {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    text.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn a_keyring_is_read_when_it_has_changed_and_what_is_wrong_with_it_is_told_once() {
    let now = TestClock::default().now();
    let folder = KeyFolder::with("[[keys]]\nkid = \"blue\"\nfile = \"1.pem\"\n");
    let live = standing(&folder);
    let of = |lines: &[String], what: &str| lines.iter().filter(|line| line.contains(what)).count();

    let lines = logged(|| assert_eq!(live.look(now), Looked::Unchanged));
    assert_eq!(of(&lines, "this key signs from now on"), 1, "{lines:#?}");
    let lines = logged(|| assert_eq!(live.look(now), Looked::Unchanged));
    assert_eq!(lines, [] as [&str; 0]);

    folder.write("[[keys]]\nkid = \"green\"\nfile = \"gone.pem\"\n");
    let lines = logged(|| {
        for _ in 0..3 {
            assert_eq!(live.look(now), Looked::Bad);
        }
    });
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("ERROR"), "{lines:#?}");
    for named in ["keys.toml", "green", "gone.pem", "No such file"] {
        assert!(lines[0].contains(named), "{named} is not in {lines:#?}");
    }
    assert!(live.current().signing(now).is_some());

    // The keyring stays as it is; what it names is there now.
    folder.put("gone.pem", &PEM[1]);
    let lines = logged(|| assert_eq!(live.look(now), Looked::Changed));
    assert_eq!(of(&lines, "keyring read again"), 1, "{lines:#?}");
    assert_eq!(of(&lines, "was not published before"), 1, "{lines:#?}");
    assert_eq!(live.current().signing(now).unwrap().key.kid(), "green");
    assert_eq!(live.look(now), Looked::Unchanged);
}

#[test]
fn nothing_left_to_sign_with_is_told_when_it_happens() {
    let now = TestClock::default().now();
    let folder = KeyFolder::with(TWO_KEYS);
    let live = standing(&folder);
    live.look(now);
    let lines = logged(|| assert_eq!(live.look(now + Duration::hours(2)), Looked::Unchanged));
    assert!(lines.len() == 1 && lines[0].contains("green"), "{lines:#?}");

    folder.write("[[keys]]\nkid = \"blue\"\nfile = \"1.pem\"\nretire_at = 2036-07-18T16:20:00Z\n");
    let lines = logged(|| assert_eq!(live.look(now), Looked::Changed));
    assert!(
        lines.iter().any(|line| line.contains("WARN")
            && line.contains("no key can sign from 2036-07-18T16:20:00Z on")),
        "{lines:#?}"
    );
    let lines = logged(|| assert_eq!(live.look(now + Duration::hours(3)), Looked::Unchanged));
    assert!(
        lines.len() == 1
            && lines[0].contains("ERROR")
            && lines[0].contains("no key can sign any more"),
        "{lines:#?}"
    );
}
