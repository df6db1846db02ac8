//! `config check`: everything that is wrong with a configuration, at once.

use std::io::Write as _;
use std::process::ExitCode;

use super::{count, load_now};
use crate::config::Sources;

/// Prints what is wrong; success when the bridge could start with it.
pub fn run(sources: &Sources) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match load_now(sources) {
        Ok(loaded) => {
            for line in &loaded.translated {
                writeln!(out, "{line}")?;
            }
            if loaded.warnings.is_empty() {
                writeln!(out, "The configuration is good.")?;
            } else {
                writeln!(
                    out,
                    "The configuration can be used; {} to look at:\n{}",
                    count(loaded.warnings.iter().count(), "thing"),
                    loaded.warnings
                )?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            writeln!(
                out,
                "The configuration has {} to mend:\n{problems}",
                count(problems.iter().count(), "problem")
            )?;
            Ok(ExitCode::FAILURE)
        }
    }
}
