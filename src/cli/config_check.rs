//! `config check`: everything that is wrong with a configuration, at once.

use std::process::ExitCode;

use super::{count, load_now};
use crate::config::Sources;

/// Prints what is wrong; success when the bridge could start with it.
#[expect(clippy::unnecessary_wraps, reason = "every command answers so")]
pub fn run(sources: &Sources) -> anyhow::Result<ExitCode> {
    match load_now(sources) {
        Ok(loaded) => {
            for line in &loaded.translated {
                println!("{line}");
            }
            if loaded.warnings.is_empty() {
                println!("The configuration is good.");
            } else {
                println!(
                    "The configuration can be used; {} to look at:\n{}",
                    count(loaded.warnings.iter().count(), "thing"),
                    loaded.warnings
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            println!(
                "The configuration has {} to mend:\n{problems}",
                count(problems.iter().count(), "problem")
            );
            Ok(ExitCode::FAILURE)
        }
    }
}
