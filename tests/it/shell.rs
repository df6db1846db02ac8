//! Completions and manual pages are made of the commands as they are, and every command has a help that reads well.

use std::collections::BTreeSet;

use std::process::{Command as Process, Stdio};

use clap::{Command, CommandFactory as _};
use jitsi_oidc_bridge::cli::Cli;

use crate::support::command::{CONFIG, File, run};
use crate::support::logout::unique;

/// Every command, by the words that it is called by.
fn commands() -> Vec<(Vec<String>, Command)> {
    fn walk(words: &[String], command: &Command, all: &mut Vec<(Vec<String>, Command)>) {
        all.push((words.to_vec(), command.clone()));
        for below in command.get_subcommands() {
            let words = [words, &[below.get_name().to_owned()]].concat();
            walk(&words, below, all);
        }
    }
    let mut all = Vec::new();
    walk(&[], &Cli::command(), &mut all);
    all
}

#[test]
fn the_commands_are_well_defined_and_each_says_what_it_does() {
    Cli::command().debug_assert();
    for (words, command) in commands() {
        let about = command
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(!about.is_empty(), "{words:?} says nothing of itself");
        for argument in command
            .get_arguments()
            .filter(|argument| !argument.is_hide_set())
        {
            assert!(
                argument.get_help().is_some(),
                "{words:?} says nothing of {}",
                argument.get_id()
            );
        }
        let words: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let said = run(&words);
        assert!(
            said.code == 0 && said.out.contains("Usage: jitsi-oidc-bridge"),
            "{said:?}"
        );
    }
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = run(&["completions", shell]);
        assert_eq!((said.code, said.err.as_str()), (0, ""));
        for word in [
            "explain",
            "policy",
            "decode",
            "who",
            "schema",
            "healthcheck",
            "generate",
        ] {
            assert!(said.out.contains(word), "{shell} does not know {word}");
        }
    }
    assert_eq!(run(&["completions", "csh"]).code, 2);
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let page = run(&["man"]);
    assert!(page.out.contains(".TH jitsi-oidc-bridge 1"), "{page:?}");
    let dir = std::env::temp_dir().join(unique("man"));
    let said = run(&["man", "--dir", dir.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{said:?}");
    let written = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let written: BTreeSet<String> = written.collect();
    let expected = commands().into_iter().map(|(words, _)| {
        format!(
            "{}.1",
            [vec!["jitsi-oidc-bridge".to_owned()], words]
                .concat()
                .join("-")
        )
    });
    assert_eq!(written, expected.collect());
    let explain = std::fs::read_to_string(dir.join("jitsi-oidc-bridge-explain.1")).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(explain.contains("\\-\\-session"), "{explain}");
}

#[test]
fn a_reader_that_has_gone_ends_a_command_without_a_word() {
    let config = File::new(
        "shell.toml",
        &format!("{CONFIG}[policy]\ndefault = \"participant\"\n"),
    );
    let path = config.path();
    for arguments in [
        vec!["man"],
        vec!["completions", "bash"],
        vec!["config", "schema"],
        vec!["config", "check", path],
        vec!["config", "show", path],
        vec!["explain", "--config", path, "--room", "a"],
        vec!["policy", "who", "--config", path, "--room", "a"],
        vec!["token", "--config", path, "--user", "a", "--room", "a"],
        vec!["keys", "list", "--keyring", path],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Process::new(env!("CARGO_BIN_EXE_jitsi-oidc-bridge"))
            .args(&arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(writer)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        if arguments.first() == Some(&"keys") {
            // What is wrong is still told.
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains("keyring"), "{said}");
            continue;
        }
        assert_eq!(
            (output.status.code(), said.as_str()),
            (Some(141), ""),
            "{arguments:?}"
        );
    }
}
