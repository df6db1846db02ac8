//! The configuration changes while the bridge runs: what is taken over, when, and what is said of it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use jitsi_oidc_bridge::reload::Looked;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

use super::support::bridge::POLICY;
use super::support::keyring::KeyFolder;
use super::support::scene::Scene;
use super::support::{Browser, Fault, Provider, sara, token_in};

/// Rules by which Sara stays out.
const CLOSED: &str =
    "[[policy.rules]]\nname = \"nobody\"\nrole = \"participant\"\ngroups = [\"/nobody\"]\n";
const DISCOVERY: &str = "GET /.well-known/openid-configuration";

#[tokio::test]
async fn a_changed_rule_counts_for_the_next_meeting_of_a_session_that_lives_on() {
    let mut scene = Scene::with("").await;
    let mut browser = Browser::new();
    assert!(
        browser
            .go(&scene.bridge.at("/room/standup"))
            .await
            .in_meeting()
    );
    let before = scene.provider.requests();

    scene.changes("", CLOSED).await;
    let told = scene.log.take(&["configuration reloaded: policy"]);
    assert!(told.len() == 1 && told[0].contains("audit"), "{told:#?}");
    let refused = browser.go(&scene.bridge.at("/room/standup")).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(!refused.holds_a_token());
    assert_eq!(scene.bridge.last_decision().0, "denied: no_rule");

    scene.changes("", POLICY).await;
    assert!(
        browser
            .go(&scene.bridge.at("/room/standup"))
            .await
            .in_meeting()
    );
    assert_eq!(scene.bridge.tokens_minted(), 2);
    assert_eq!(
        scene.provider.requests(),
        before,
        "the provider was not asked"
    );
    assert_eq!(scene.reloader.look().await, Looked::Unchanged);
}

#[tokio::test]
async fn a_bad_configuration_changes_nothing_and_each_of_its_faults_is_told_once() {
    let mut scene = Scene::with("").await;
    let mut browser = Browser::new();
    browser.go(&scene.bridge.at("/room/a")).await;
    let bad = "token.lifetime = \"soon\"\njitsi.app-id = \"x\"\n";
    scene.write(bad, CLOSED);
    scene.log.take(&[]);
    scene.is_refused().await;
    let file = scene.file().display().to_string();
    let lines = scene
        .log
        .take(&["ERROR", "the old one stays in force", &file]);
    let [unknown, lifetime] = lines.as_slice() else {
        panic!("{lines:#?}")
    };
    let line_of = |key: &str| {
        let text = scene.text(bad, CLOSED);
        1 + text.lines().position(|line| line.starts_with(key)).unwrap()
    };
    for (line, key) in [(lifetime, "token.lifetime"), (unknown, "jitsi.app-id")] {
        let place = format!("{key} ({file}:{})", line_of(key));
        assert!(line.contains(&place), "{place} is not in {line}");
    }
    for _ in 0..3 {
        assert_eq!(scene.reloader.look().await, Looked::Refused);
    }
    assert_eq!(scene.log.take(&["configuration"]), [] as [&str; 0]);
    assert!(browser.go(&scene.bridge.at("/room/b")).await.in_meeting());

    // Bad in the same way, but another one.
    scene.write(&format!("# again\n{bad}"), POLICY);
    scene.log.take(&[]);
    scene.is_refused().await;
    assert_eq!(scene.log.take(&["ERROR"]).len(), 2);
    scene.changes("", CLOSED).await;
    assert_eq!(browser.go(&scene.bridge.at("/room/c")).await.status, 403);
}

#[tokio::test]
async fn a_file_that_is_still_being_written_is_not_taken() {
    let folder = KeyFolder::new();
    folder.put("secret", &"s".repeat(32));
    let secret = folder.path().join("secret");
    let further = format!(
        "# no token.secret\ntoken.secret_file = \"{}\"",
        secret.display()
    );
    let mut scene = Scene::in_folder(folder, &further, POLICY).await;
    let text = scene.text(&further, CLOSED);
    for end in [text.len() / 3, text.len() / 2] {
        scene.folder.put("bridge.toml", &text[..end]);
        assert_eq!(scene.reloader.look().await, Looked::Unsettled);
    }
    std::fs::remove_file(scene.file()).unwrap();
    assert_eq!(scene.reloader.look().await, Looked::Unsettled);
    scene.folder.put("bridge.toml", &text);
    scene.is_taken().await;
    assert_eq!(scene.log.take(&["ERROR"]), [] as [&str; 0]);

    // Refused for its syntax, and mended: what it names has been looked at all the time.
    scene.folder.put("bridge.toml", "[");
    scene.is_refused().await;
    scene.folder.put("bridge.toml", &text);
    scene.is_taken().await;

    // Begun, and taken back.
    scene.folder.put("bridge.toml", &text[..9]);
    assert_eq!(scene.reloader.look().await, Looked::Unsettled);
    scene.folder.put("bridge.toml", &text);
    assert_eq!(scene.reloader.look().await, Looked::Unchanged);
    assert_eq!(scene.reloader.look().await, Looked::Unchanged);
}

#[tokio::test]
async fn a_file_that_is_gone_leaves_the_configuration_as_it_is_until_it_is_back() {
    let mut scene = Scene::with("").await;
    let text = scene.text("", CLOSED);
    std::fs::remove_file(scene.file()).unwrap();
    scene.is_refused().await;
    let told = scene.log.take(&["ERROR", "cannot read the configuration"]);
    assert_eq!(told.len(), 1);
    let landed = Browser::new().go(&scene.bridge.at("/room/a")).await;
    assert!(landed.in_meeting());
    scene.folder.put("bridge.toml", &text);
    scene.is_taken().await;
}

#[tokio::test]
async fn told_to_it_reads_again_at_once_and_says_so_even_where_nothing_has_changed() {
    let mut scene = Scene::with("").await;
    assert_eq!(scene.reloader.reload().await, Looked::Reloaded);
    let told = scene
        .log
        .take(&["configuration reloaded: nothing has changed"]);
    assert_eq!(told.len(), 1);
    scene.write("", CLOSED);
    assert_eq!(scene.reloader.reload().await, Looked::Reloaded);
    let refused = Browser::new().go(&scene.bridge.at("/room/a")).await;
    assert_eq!(refused.status, 403);
    scene.write("token.lifetime = 1", POLICY);
    for _ in 0..2 {
        scene.log.take(&[]);
        assert_eq!(scene.reloader.reload().await, Looked::Refused);
        assert_eq!(scene.log.take(&["ERROR"]).len(), 1, "who asks is answered");
    }
}

#[tokio::test]
async fn a_secret_that_is_swapped_by_a_link_is_seen_and_signs_from_then_on() {
    // As Kubernetes mounts secrets: the file is a link into a folder, which is a link that is replaced.
    let (old, new) = ("o".repeat(32), "n".repeat(32));
    let put = |folder: &std::path::Path, version: &str, secret: &str| {
        std::fs::create_dir(folder.join(version)).unwrap();
        std::fs::write(folder.join(version).join("secret"), secret).unwrap();
        symlink(version, folder.join("next")).unwrap();
        std::fs::rename(folder.join("next"), folder.join("data")).unwrap();
    };
    let folder = KeyFolder::new();
    put(folder.path(), "1", &old);
    symlink("data/secret", folder.path().join("secret")).unwrap();
    let settings = format!(
        "# no token.secret\ntoken.secret_file = \"{}\"",
        folder.path().join("secret").display()
    );
    let mut scene = Scene::in_folder(folder, &settings, POLICY).await;
    let mut browser = Browser::new();
    let mut signed_with = async |scene: &Scene, secret: &str| {
        let landed = browser.go(&scene.bridge.at("/room/a")).await;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.set_audience(&["jitsi"]);
        let key = DecodingKey::from_secret(secret.as_bytes());
        decode::<Value>(landed.token().unwrap(), &key, &validation).is_ok()
    };
    assert!(signed_with(&scene, &old).await);
    put(scene.folder.path(), "2", &new);
    scene.is_taken().await;
    assert_eq!(scene.log.take(&["configuration reloaded: token"]).len(), 1);
    assert!(signed_with(&scene, &new).await);

    // And a file that was not named before.
    scene.folder.put("other", &"p".repeat(32));
    let other = settings.replace("/secret\"", "/other\"");
    scene.write(&other, POLICY);
    assert_eq!(scene.reloader.look().await, Looked::Unsettled);
    assert_eq!(
        scene.reloader.look().await,
        Looked::Unsettled,
        "nobody has looked at it twice"
    );
    assert_eq!(scene.reloader.look().await, Looked::Reloaded);
    assert!(signed_with(&scene, &"p".repeat(32)).await);
}

#[tokio::test]
async fn what_needs_a_restart_is_named_and_the_rest_is_taken() {
    let mut scene = Scene::with("").await;
    let restart = "server.listen = \"127.0.0.1:1\"\nsession.store = \"redis\"\n\
         session.redis_url = \"redis://127.0.0.1:1\"\nlog.format = \"json\"\n";
    for _ in 0..2 {
        scene.changes(restart, CLOSED).await;
        for key in ["server.listen", "session.store", "log.format"] {
            let told = scene.log.take(&["WARN", key, "needs a restart"]).len();
            assert_eq!(told, 1, "{key}");
            scene.reloader.reload().await;
        }
        let refused = Browser::new().go(&scene.bridge.at("/room/a")).await;
        assert_eq!(refused.status, 403);
        scene.log.take(&[]);
        scene.changes("", POLICY).await;
        assert_eq!(scene.log.take(&["needs a restart"]), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn what_waits_for_a_restart_is_not_said_to_be_taken_over() {
    let mut scene = Scene::with("").await;
    let restart = "log.format = \"json\"\naudit.file = \"/nowhere/audit.jsonl\"\nmetrics.listen = \"127.0.0.1:1\"\n";
    scene
        .changes(&format!("{restart}pages.whoami = true\n"), POLICY)
        .await;
    let told = scene.log.take(&["configuration reloaded: pages"]);
    assert_eq!(told.len(), 1);
    scene
        .changes(&format!("{restart}log.level = \"debug\"\n"), POLICY)
        .await;
    let told = scene.log.take(&["configuration reloaded: log, pages"]);
    assert_eq!(told.len(), 1);
}

#[tokio::test]
async fn a_provider_that_is_down_during_the_change_is_known_as_before() {
    let mut scene = Scene::with("").await;
    let mut browser = Browser::new();
    browser.go(&scene.bridge.at("/room/a")).await;
    scene.provider.misbehaves(Fault::Down);
    scene.changes("provider.name = \"renamed\"", POLICY).await;
    let page = browser.hop(&scene.bridge.at("/room/a")).await;
    assert!(
        page.location().starts_with(&scene.provider.issuer),
        "it is sent there"
    );
    scene.provider.behaves();
    let landed = Browser::new().go(&scene.bridge.at("/room/b")).await;
    assert_eq!(token_in(&landed)["room"], "b");
    assert_eq!(scene.provider.count(DISCOVERY), 1);
}

#[tokio::test]
async fn another_provider_is_asked_before_it_is_needed_but_not_waited_for_for_ever() {
    let mut scene = Scene::with("").await;
    let mut browser = Browser::new();
    browser.go(&scene.bridge.at("/room/a")).await;
    let other = Provider::beside(&scene.provider).await;
    other.signs_in(sara());
    let issuer = format!("provider.issuer = {:?}", other.issuer);
    scene.changes(&issuer, POLICY).await;
    assert_eq!(other.count(DISCOVERY), 1, "asked before anybody came");

    let silent = Provider::beside(&scene.provider).await;
    silent.holds(DISCOVERY);
    scene.reloader.acquaintance = Duration::from_millis(50);
    let begun = Instant::now();
    let issuer = format!("provider.issuer = {:?}", silent.issuer);
    scene.changes(&issuer, POLICY).await;
    // Its own time-out is ten seconds.
    assert!(
        begun.elapsed() < Duration::from_secs(9),
        "{:?}",
        begun.elapsed()
    );
    silent.releases();
    silent.signs_in(sara());
    assert!(browser.go(&scene.bridge.at("/room/a")).await.in_meeting());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_stays_open_over_a_change() {
    let mut scene = Scene::with("").await;
    let mut stream =
        TcpStream::connect(scene.bridge.origin().trim_start_matches("http://")).unwrap();
    let minute = Some(Duration::from_mins(1));
    stream.set_read_timeout(minute).unwrap();
    let mut ask = |path: &str| {
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let (_, length) = head.split_once("content-length: ").unwrap();
        let length = length.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        head[..12].to_owned()
    };
    assert_eq!(ask("/.well-known/jwks.json"), "http/1.1 404");
    scene
        .folder
        .write("[[keys]]\nkid = \"blue\"\nfile = \"1.pem\"\n");
    let settings = scene.folder.settings("RS256");
    scene.changes(&settings, POLICY).await;
    assert_eq!(ask("/.well-known/jwks.json"), "http/1.1 200");
}

#[tokio::test]
async fn one_refused_for_its_keyring_is_taken_when_the_keyring_is_mended() {
    let mut scene = Scene::with("").await;
    let settings = scene.folder.settings("RS256");
    scene.write(&settings, POLICY);
    scene.is_refused().await;
    assert_eq!(scene.reloader.look().await, Looked::Refused);
    let key = "[[keys]]\nkid = \"blue\"\nfile = \"1.pem\"\n";
    scene.folder.write(key);
    assert_eq!(scene.reloader.look().await, Looked::Reloaded);
    // From here on the keyring is looked at on its own.
    scene.folder.write(&format!("{key}# a remark\n"));
    assert_eq!(scene.reloader.look().await, Looked::Unchanged);
}
