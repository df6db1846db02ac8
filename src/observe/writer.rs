//! Log lines, written by a thread of their own, so that nobody waits for standard error and nothing ends with it.
//!
//! A disk that is full and a reader that stands still, or has gone away, cost lines. As soon as there is room again, a
//! line says how many were lost, and how many of those were audit lines.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use super::AUDIT;

/// The most that waits to be written, in bytes: some ten thousand lines. Further ones are lost.
const MOST_WAITING: usize = 4 * 1024 * 1024;
/// After a loss, and where a pipe is full, it is tried again so often.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
const FULL_PIPE_PAUSE: Duration = Duration::from_millis(10);
/// Whatever takes longer to be written may never be.
const LONGEST_WRITE: Duration = Duration::from_secs(5);
/// What is written at once, in bytes: a pipe takes that much whole or not at all (`PIPE_BUF` of Linux).
const WRITTEN_AT_ONCE: usize = 4096;
/// After it has written, the thread lets further lines gather for so long: to be woken for each of a rush would cost more
/// than to write it.
const GATHERING: Duration = Duration::from_millis(5);
/// How long the end waits for what has not been written yet.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(1);

/// Lines that were lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// All of them.
    pub lines: u64,
    /// Audit lines among them.
    pub audit: u64,
}

impl Lost {
    fn count(&mut self, line: &Line) {
        self.lines += 1;
        self.audit += u64::from(line.audit);
    }
}

/// Says in a line what was lost.
pub type Notice = Box<dyn Fn(Lost) -> String + Send>;

/// Takes lines, and lets a thread write them.
#[derive(Debug, Clone)]
pub struct Writer(Arc<Shared>);

/// When it is dropped, what still waits is written, unless that takes too long.
#[derive(Debug)]
#[must_use = "lines that are not written yet are lost with the process"]
pub struct Flush(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Line>,
    /// How many bytes wait.
    bytes: usize,
    /// Whether the thread that writes waits for lines.
    idle: bool,
    /// Since when a line is being written.
    busy: Option<Instant>,
    /// Those that nobody has been told of.
    lost: Lost,
    /// All since the start.
    lost_ever: Lost,
}

#[derive(Debug)]
struct Line {
    text: Vec<u8>,
    audit: bool,
}

impl State {
    fn lose(&mut self, line: &Line) {
        self.lost.count(line);
        self.lost_ever.count(line);
    }

    /// The next lines: one, or as many as can be written at once.
    fn take(&mut self) -> Vec<Line> {
        let mut room = WRITTEN_AT_ONCE;
        let fitting = self.waiting.iter().take_while(|line| {
            let fits = line.text.len() <= room;
            room = room.saturating_sub(line.text.len());
            fits
        });
        let number = fitting.count().max(1).min(self.waiting.len());
        let lines: Vec<Line> = self.waiting.drain(..number).collect();
        self.bytes -= lines.iter().map(|line| line.text.len()).sum::<usize>();
        lines
    }

    /// Whether lines were lost that nobody has been told of, or one has been stuck for too long.
    fn is_losing(&self, now: Instant) -> bool {
        let stuck = |since| now.saturating_duration_since(since) > LONGEST_WRITE;
        self.lost != Lost::default() || self.busy.is_some_and(stuck)
    }
}

impl Shared {
    /// What is behind the lock is whole after every step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, line: Line) {
        let mut state = self.state();
        if state.bytes + line.text.len() > MOST_WAITING {
            state.lose(&line);
        } else {
            state.bytes += line.text.len();
            state.waiting.push_back(line);
            if std::mem::take(&mut state.idle) {
                self.changed.notify_all();
            }
        }
    }
}

impl Writer {
    /// Writes to `output` from now on.
    ///
    /// # Errors
    /// When there can be no further thread.
    pub fn start(output: impl Write + Send + 'static, notice: Notice) -> io::Result<(Self, Flush)> {
        let shared = Arc::<Shared>::default();
        let (of_thread, output) = (shared.clone(), Output::new(output));
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_for_ever(&of_thread, output, &notice))?;
        Ok((Self(shared.clone()), Flush(shared)))
    }

    /// Takes a line, with its end; of the audit, or not.
    pub fn line(&self, text: impl Into<Vec<u8>>, audit: bool) {
        let text = text.into();
        self.0.put(Line { text, audit });
    }

    /// Whether lines were lost and none has been written since, or none can be at the moment.
    pub fn is_losing(&self) -> bool {
        self.0.state().is_losing(Instant::now())
    }
}

impl Flush {
    /// Waits until all is written, unless that takes too long.
    pub fn flush(&self) {
        let state = self.0.state();
        let unwritten = |state: &mut State| state.busy.is_some() || !state.waiting.is_empty();
        let _ = self
            .0
            .changed
            .wait_timeout_while(state, PATIENCE_AT_THE_END, unwritten);
    }

    /// Knows how much is lost.
    #[must_use]
    pub fn count(&self) -> Losses {
        Losses(self.0.clone())
    }
}

/// Knows how much was lost since the start.
#[derive(Debug, Clone, Default)]
pub struct Losses(Arc<Shared>);

impl Losses {
    /// All of it so far.
    #[must_use]
    pub fn so_far(&self) -> Lost {
        self.0.state().lost_ever
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        // Late or not, this is the end.
        self.flush();
    }
}

fn write_for_ever(shared: &Shared, mut output: Output<impl Write>, notice: &Notice) {
    let mut has_written = false;
    let mut state = shared.state();
    loop {
        let lines = state.take();
        if !lines.is_empty() {
            state.busy = Some(Instant::now());
            drop(state);
            let lost = output.write_lines(&lines);
            state = shared.state();
            for line in lost {
                state.lose(line);
            }
            has_written = true;
            continue;
        }
        if state.lost != Lost::default() {
            let lost = state.lost;
            state.busy = Some(Instant::now());
            drop(state);
            let told = output.write(notice(lost).as_bytes());
            state = shared.state();
            // Further ones may have been lost meanwhile.
            if told.is_ok() {
                state.lost.lines -= lost.lines;
                state.lost.audit -= lost.audit;
            }
        }
        state.busy = None;
        shared.changed.notify_all();
        if std::mem::take(&mut has_written) {
            drop(state);
            std::thread::sleep(GATHERING);
            state = shared.state();
            continue;
        }
        state.idle = true;
        let nothing_to_do = |state: &mut State| state.waiting.is_empty();
        state = if state.lost == Lost::default() {
            shared
                .changed
                .wait_while(state, nothing_to_do)
                .unwrap_or_else(PoisonError::into_inner)
        } else {
            shared
                .changed
                .wait_timeout_while(state, TRY_AGAIN_AFTER, nothing_to_do)
                .unwrap_or_else(PoisonError::into_inner)
                .0
        };
        state.idle = false;
    }
}

/// Where lines go, each whole or not at all, as far as that is possible.
struct Output<W> {
    to: W,
    /// Whether what was written last is no whole line.
    broken: bool,
}

impl<W: Write> Output<W> {
    fn new(to: W) -> Self {
        Self { to, broken: false }
    }

    /// Writes lines at once, and gives those that could not be.
    fn write_lines<'l>(&mut self, lines: &'l [Line]) -> &'l [Line] {
        let joined;
        let text = match lines {
            [line] => &line.text,
            lines => {
                let texts: Vec<&[u8]> = lines.iter().map(|line| line.text.as_slice()).collect();
                joined = texts.concat();
                &joined
            }
        };
        let mut left = match self.write(text) {
            Ok(()) => return &[],
            Err(left) => left,
        };
        // From the end: what is left is that of the last lines, the first of them in part.
        let lost = lines.iter().rev().take_while(|line| {
            let lost = left > 0;
            left = left.saturating_sub(line.text.len());
            lost
        });
        let whole = lines.len() - lost.count();
        lines.get(whole..).unwrap_or_default()
    }

    /// # Errors
    /// How many bytes could not be written.
    fn write(&mut self, text: &[u8]) -> Result<(), usize> {
        if self.broken {
            self.write_all(b"\n").map_err(|_| text.len())?;
        }
        self.write_all(text)
    }

    /// As above.
    fn write_all(&mut self, mut rest: &[u8]) -> Result<(), usize> {
        while !rest.is_empty() {
            match self.to.write(rest) {
                Ok(0) => return Err(rest.len()),
                Ok(written) => {
                    let done = rest.get(..written).unwrap_or_default();
                    self.broken = !done.ends_with(b"\n");
                    rest = rest.get(written..).unwrap_or_default();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Whoever started us has made the pipe so that it does not wait; this thread has the time.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(FULL_PIPE_PAUSE);
                }
                Err(_) => return Err(rest.len()),
            }
        }
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = OneLine<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLine {
            shared: &self.0,
            audit: false,
        }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        OneLine {
            shared: &self.0,
            audit: metadata.target() == AUDIT,
        }
    }
}

/// Takes one line; the subscriber writes each at once.
#[derive(Debug)]
pub struct OneLine<'a> {
    shared: &'a Shared,
    audit: bool,
}

impl Write for OneLine<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.shared.put(Line {
            text: text.to_vec(),
            audit: self.audit,
        });
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
