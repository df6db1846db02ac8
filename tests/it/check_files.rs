//! `check` finds what is wrong in Jitsi's `config.js` and in Jitsi's own files, names the line, and says what to write.

mod command;
mod config_js;
mod docker;
mod healthy;
mod jicofo;
mod keys;
mod prosody;
mod served;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use jitsi_oidc_bridge::check::{Findings, JitsiFiles, Verdict, jitsi_files};
use jitsi_oidc_bridge::config::{Config, Sources, load};

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// The bridge's side.
pub const BRIDGE: &str = r#"
[server]
public_url = "https://meet.example.org/sso"
[jitsi]
url = "https://meet.example.org"
[token]
secret = "0123456789abcdef0123456789abcdef"
[provider]
issuer = "https://id.example.org/realms/staff"
client_id = "bridge"
client_secret = "client-secret"
[policy]
default = "participant"
"#;

pub fn config(text: &str) -> Config {
    let file = Some(("bridge.toml".to_owned(), text.to_owned()));
    let environment = Vec::new();
    match load(&Sources { file, environment }) {
        Ok(loaded) => loaded.config,
        Err(problems) => panic!("{problems}"),
    }
}

/// A seeded fault, and what is to be said of it.
pub struct Case {
    /// What is replaced in the healthy file; at its end where empty.
    pub from: &'static str,
    pub to: &'static str,
    /// What is replaced in the bridge's configuration.
    pub bridge: (&'static str, &'static str),
    pub id: &'static str,
    pub verdict: Verdict,
    /// Parts of what is said, the place among them.
    pub said: &'static [&'static str],
    /// Parts of the mend.
    pub mend: &'static [&'static str],
}

pub const AS_IT_IS: (&str, &str) = ("", "");

impl Case {
    pub const fn with(mut self, bridge: (&'static str, &'static str)) -> Self {
        self.bridge = bridge;
        self
    }

    pub fn bridge(&self) -> Config {
        let (from, to) = self.bridge;
        assert!(BRIDGE.contains(from), "{from:?}");
        config(&BRIDGE.replacen(from, to, usize::from(!from.is_empty())))
    }

    /// The healthy file with the fault in it.
    pub fn file(&self, healthy: &str) -> String {
        if self.from.is_empty() {
            return format!("{healthy}{}", self.to);
        }
        assert!(healthy.contains(self.from), "{:?} is not in it", self.from);
        healthy.replacen(self.from, self.to, 1)
    }

    /// The finding is there, as it should be; nothing else is a fault; no secret is shown.
    #[track_caller]
    pub fn is_found_in(&self, findings: &Findings) {
        let told = told(findings);
        let found = findings.iter().find(|finding| {
            finding.id == self.id
                && finding.verdict == self.verdict
                && self.said.iter().all(|part| finding.said.contains(part))
                && self.mend.iter().all(|part| finding.mend.contains(part))
        });
        assert!(
            found.is_some(),
            "{:?} → {:?}: expected {} {:?} {:?} {:?} in\n{told}",
            self.from,
            self.to,
            self.id,
            self.verdict,
            self.said,
            self.mend
        );
        for other in findings
            .iter()
            .filter(|other| other.verdict == Verdict::Fault)
        {
            assert_eq!(
                other.id, self.id,
                "{:?} → {:?}:\n{told}",
                self.from, self.to
            );
        }
        assert!(
            !told.contains(SECRET) && !told.contains("another-secret"),
            "{told}"
        );
    }
}

pub fn told(findings: &Findings) -> String {
    let lines = findings
        .iter()
        .map(|finding| format!("[{}] {finding}", finding.id));
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
pub fn nothing_is_wrong(findings: &Findings) {
    let worst = findings.iter().map(|finding| finding.verdict).max();
    assert_eq!(worst, Some(Verdict::Good), "{}", told(findings));
}

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// A folder with files, gone when the test is over.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("bridge-test-files-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Looks at one file, of the kind that its name has.
pub fn look_at(name: &str, text: &str, bridge: &Config) -> Findings {
    let folder = Folder::new();
    let path = vec![folder.put(name, text)];
    let mut files = JitsiFiles::default();
    match name {
        "jitsi.env" => files.env = path,
        "jitsi.cfg.lua" => files.prosody = path,
        _ => files.jicofo = path,
    }
    jitsi_files(&files, bridge)
}
