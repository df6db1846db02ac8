//! What it means that a store says nothing.

use fred::error::{Error, ErrorKind};

/// What stands for an answer that did not come.
pub(super) fn silence(why: &'static str) -> Error {
    Error::new(ErrorKind::IO, why)
}

/// Whether nobody has answered. An error that the server itself tells is an answer, and the next command may do better.
pub(super) fn is_silence(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Timeout
            | ErrorKind::IO
            | ErrorKind::Canceled
            | ErrorKind::Routing
            | ErrorKind::Tls
            | ErrorKind::Cluster
            | ErrorKind::Sentinel
            | ErrorKind::Backpressure
    )
}
