//! The command itself.

use std::process::Command;

use serde_json::Value;

use super::healthy::{ENV, JICOFO, PROSODY};
use super::{BRIDGE, Folder, SECRET};

#[test]
fn the_command_reads_the_files_that_it_is_given_and_fails_for_a_fault() {
    let folder = Folder::new();
    // Nobody is there: what is looked at over the network is others' promise.
    let bridge = BRIDGE
        .replace("https://meet.example.org", "http://127.0.0.1:9")
        .replace("https://id.example.org", "http://127.0.0.1:9");
    let config = folder.put("bridge.toml", &bridge);
    let env = folder.put("jitsi.env", ENV);
    let prosody = folder.put("jitsi.cfg.lua", PROSODY);
    let jicofo = folder.put(
        "jicofo.conf",
        &JICOFO.replace("owner = false", "owner = true"),
    );
    let output = Command::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"))
        .args(["check", "--json", "--config"])
        .arg(config)
        .arg("--jitsi-env")
        .arg(env)
        .arg("--prosody-config")
        .arg(&prosody)
        .arg("--jicofo-config")
        .arg(&jicofo)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let areas = report["areas"].as_array().unwrap();
    let files = areas
        .iter()
        .find(|area| area["area"] == "jitsi-files")
        .unwrap();
    let findings = files["findings"].as_array().unwrap();
    let owner = findings
        .iter()
        .find(|finding| finding["id"] == "jitsi-auto-owner")
        .unwrap();
    assert_eq!(owner["verdict"], "fault");
    let said = owner["said"].as_str().unwrap();
    assert!(
        said.starts_with(&format!("{}:8 says", jicofo.display())),
        "{said}"
    );
    assert!(!String::from_utf8_lossy(&output.stdout).contains(SECRET));
}
