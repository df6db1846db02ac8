//! The real program, run as an administrator runs it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::logout::unique;

/// A configuration with a secret that stands nowhere else.
pub const CONFIG: &str = r#"
[server]
public_url = "https://meet.example.org/sso"
[jitsi]
url = "https://meet.example.org"
[token]
secret = "0123456789abcdef0123456789abcdef"
[provider]
issuer = "https://id.example.org"
client_id = "bridge"
client_secret = "client-secret"
"#;

/// A file for a command, gone in the end.
pub struct File(PathBuf);

impl File {
    /// A file of this content, whose name ends so.
    pub fn new(name: &str, content: &str) -> Self {
        let path = std::env::temp_dir().join(unique(name));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    /// Its path.
    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// On its standard output.
    pub out: String,
    /// On its standard error.
    pub err: String,
}

impl Said {
    /// The output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs the program in an environment without anything of ours.
pub fn run(arguments: &[&str]) -> Said {
    run_with(arguments, "", &[])
}

/// The same, with this input and these variables.
pub fn run_with(arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read may be gone by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    Said {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}
