//! What is documented, and what the command answers to machines.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Scene;
use crate::support::bridge::{POLICY, settings};
use crate::support::keyring::KeyFolder;

/// The words for machines.
fn is_id(text: &str) -> bool {
    let prefixes = [
        "provider-",
        "store-",
        "public-address-",
        "page-",
        "meetings-",
        "jitsi-",
    ];
    let whole = ["configuration", "not-looked-at", "public-address"];
    // Another program's name.
    let other = ["jitsi-meet"];
    (whole.contains(&text) || prefixes.iter().any(|prefix| text.starts_with(prefix)))
        && !other.contains(&text)
        && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

fn between(text: &str, quote: char) -> BTreeSet<String> {
    let lines = text
        .lines()
        .flat_map(|line| line.split(quote).skip(1).step_by(2));
    lines
        .filter(|word| is_id(word))
        .map(str::to_owned)
        .collect()
}

fn in_folder(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            in_folder(&path, found);
        } else {
            found.extend(between(&std::fs::read_to_string(path).unwrap(), '"'));
        }
    }
}

#[test]
fn the_documentation_names_every_id_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut in_code = BTreeSet::new();
    in_folder(&root.join("src/check"), &mut in_code);
    let text = std::fs::read_to_string(root.join("docs/check.md")).unwrap();
    let (_, table) = text.split_once("## Everything that is looked at").unwrap();
    assert_eq!(in_code, between(table, '`'));
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"))
        .arg("check")
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    (done.status.code(), String::from_utf8(done.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_get_one_document_and_an_exit_code() {
    let folder = KeyFolder::new();
    let file = folder.path().join("bridge.toml");
    let file = file.to_str().unwrap();
    folder.put("bridge.toml", "server.public_url = 1");
    let (code, said) = run(&["--json", "--config", file]);
    assert_eq!(code, Some(1));
    let document: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(document["verdict"], "fault");
    assert_eq!(document["areas"][0]["area"], "configuration");
    let finding = &document["areas"][0]["findings"][0];
    assert_eq!(finding["id"], "configuration");
    assert_eq!(finding["verdict"], "fault");
    assert!(
        finding["said"]
            .as_str()
            .unwrap()
            .contains("server.public_url")
    );
    assert!(finding.get("mend").is_none(), "{finding}");

    // Nothing but the clock is wrong, which is the test's own.
    let scene = Scene::with("").await;
    let text = settings(&scene.provider, &scene.bridge.url, &scene.further, POLICY);
    let by_real_time = format!("{text}\n");
    folder.put("bridge.toml", &by_real_time);
    let ours = ["--only", "provider,store,public-address"];
    let (code, said) = run(&[&["--config", file], &ours[..]].concat());
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("Identity provider\n  ✗ its clock is"),
        "{said}"
    );
    assert!(said.contains("      → set the clocks"), "{said}");
    let passed = scene.provider.clock.now_unix() - time::UtcDateTime::now().unix_timestamp();
    scene.provider.is_ahead_by(-passed);
    let (code, said) = run(&[&["--config", file, "--json"], &ours[..]].concat());
    let document: Value = serde_json::from_str(&said).unwrap();
    let faults: Vec<&Value> = document["areas"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|area| area["findings"].as_array().unwrap())
        .filter(|finding| finding["verdict"] == "fault")
        .collect();
    // The bridge has the test's clock, so that it is not known again.
    let ids: Vec<&Value> = faults.iter().map(|finding| &finding["id"]).collect();
    assert_eq!(ids, ["public-address-bridge"], "{said}");
    assert_eq!(code, Some(1));
}
