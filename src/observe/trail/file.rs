//! Where the audit is written to: a file that others may move away, or standard output.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::audit::Trail;

/// Opens it; what is given beside it wants the file opened anew when it is set.
pub(super) fn open(to: &Trail) -> io::Result<(Told, Arc<AtomicBool>)> {
    let reopen = Arc::<AtomicBool>::default();
    let output: Box<dyn Write + Send> = match to {
        // The descriptor itself: what std buffers could be written twice, or late.
        Trail::Stdout => Box::new(File::from(io::stdout().as_fd().try_clone_to_owned()?)),
        Trail::File(path) => Box::new(Reopened {
            path: path.clone(),
            file: Some(appended(path)?),
            wanted: reopen.clone(),
        }),
    };
    let told = Told {
        output,
        failing: false,
    };
    Ok((told, reopen))
}

/// Tells the log when nothing can be written, and when it can again.
pub(super) struct Told {
    output: Box<dyn Write + Send>,
    failing: bool,
}

impl Write for Told {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = self.output.write(line);
        match &written {
            Err(error) if is_lasting(error) && !self.failing => {
                self.failing = true;
                tracing::error!(%error, "the audit cannot be written (audit.file): events are lost until it can");
            }
            Ok(_) if self.failing => {
                self.failing = false;
                tracing::info!("the audit is written again");
            }
            _ => {}
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Whether it is worth a word: the writer tries these again by itself.
fn is_lasting(error: &io::Error) -> bool {
    !matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock)
}

/// A file that is opened anew when it is wanted, and after every failure.
struct Reopened {
    path: PathBuf,
    file: Option<File>,
    wanted: Arc<AtomicBool>,
}

impl Write for Reopened {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.wanted.swap(false, Ordering::AcqRel) {
            self.file = None;
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => appended(&self.path)?,
        };
        let written = file.write(line)?;
        self.file = Some(file);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// For its owner alone, and to be appended to.
fn appended(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}
