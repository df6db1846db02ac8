//! Arguments in, exit code out.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use jitsi_oidc_bridge::cli::{self, Cli};
use mimalloc::MiMalloc;

/// A login takes hundreds of small pieces of memory, for which the C library's allocator takes twice the time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the environment is read"
    )]
    let environment = std::env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .collect();
    match cli::run(cli, environment) {
        Ok(code) => code,
        // Whoever reads no further, as `head` does, wants to hear nothing more.
        Err(error) if cli::nobody_reads(&error) => ExitCode::from(cli::NOBODY_READS),
        Err(error) => {
            // Where nobody can read it, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What is no UTF-8 becomes U+FFFD, which a configuration refuses: left out, a variable would be missed by nobody.
fn text(bytes: OsString) -> String {
    bytes
        .into_string()
        .unwrap_or_else(|bytes| bytes.to_string_lossy().into_owned())
}
