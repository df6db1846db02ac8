//! What the log says of a panic: where it was, and never what it says. A panic's text may quote whatever a library was at
//! work on, a secret as well as anything else.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

/// From now on, panics are told by the log, or on standard error where there is none yet.
pub fn watch() {
    std::panic::set_hook(Box::new(|panic| {
        if tracing::dispatcher::has_been_set() {
            tell_to_log(panic);
        } else {
            let (told, backtrace) = what_may_be_told(panic);
            eprintln!("{told}\n{}", backtrace.unwrap_or_default());
        }
    }));
}

/// Tells the log of one panic.
pub fn tell_to_log(panic: &PanicHookInfo<'_>) {
    let (told, backtrace) = what_may_be_told(panic);
    tracing::error!(error.backtrace = backtrace, "{told}");
}

/// Where it was, and with `RUST_BACKTRACE=1` by which way.
fn what_may_be_told(panic: &PanicHookInfo<'_>) -> (String, Option<String>) {
    let place = panic.location().map(ToString::to_string);
    let place = place.unwrap_or_else(|| "an unknown place".to_owned());
    let backtrace = Backtrace::capture();
    let captured = backtrace.status() == BacktraceStatus::Captured;
    (
        format!("panicked at {place}; what it says is not shown, for it may quote a secret"),
        captured.then(|| backtrace.to_string()),
    )
}
