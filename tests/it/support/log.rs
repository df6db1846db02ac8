//! What the log says, for tests whose tasks all run on one thread.

use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

/// The log of this thread from now on, until it is dropped.
pub struct Log {
    written: Written,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Listens, to these levels (`warn,jitsi_oidc_bridge=trace`).
    pub fn of(levels: &str) -> Self {
        let written = Written::default();
        let writer = written.clone();
        let levels: Targets = levels.parse().unwrap();
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(lines.with_filter(levels));
        Self {
            written,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    /// All of it so far.
    pub fn text(&self) -> String {
        String::from_utf8(self.written.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines since the last call that hold all of this.
    pub fn take(&self, parts: &[&str]) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.written.0.lock().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        let with_all = text
            .lines()
            .filter(|line| parts.iter().all(|part| line.contains(part)));
        with_all.map(ToOwned::to_owned).collect()
    }
}
