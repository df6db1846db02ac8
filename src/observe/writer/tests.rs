use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::*;

/// What to do with what is written, each time anew; and what was written.
#[derive(Clone)]
struct Disk {
    has_room_for: Arc<Mutex<usize>>,
    content: Arc<Mutex<Vec<u8>>>,
    failed: Sender<()>,
}

impl Disk {
    /// One with room for so many bytes; the other end hears of every write that fails.
    fn with_room_for(bytes: usize) -> (Self, Receiver<()>) {
        let (failed, failures) = channel();
        let disk = Self {
            has_room_for: Arc::new(Mutex::new(bytes)),
            content: Arc::default(),
            failed,
        };
        (disk, failures)
    }

    fn has_room_again(&self) {
        *self.has_room_for.lock().unwrap() = usize::MAX;
    }

    fn content(&self) -> String {
        String::from_utf8(self.content.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Disk {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut room = self.has_room_for.lock().unwrap();
        let written = text.len().min(*room);
        *room -= written;
        if written == 0 {
            let _ = self.failed.send(());
            return Err(ErrorKind::StorageFull.into());
        }
        self.content.lock().unwrap().extend(&text[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn notice(lost: Lost) -> String {
    format!("lost {} of which {} audit\n", lost.lines, lost.audit)
}

fn say(writer: &Writer, audit: bool, text: &str) {
    let shared = &writer.0;
    OneLine { shared, audit }
        .write_all(text.as_bytes())
        .unwrap();
}

#[test]
fn lines_are_written_whole_and_in_order_before_the_end() {
    let (disk, _failures) = Disk::with_room_for(usize::MAX);
    let (writer, flush) = Writer::start(disk.clone(), Box::new(notice)).unwrap();
    let lines: Vec<String> = (0..100).map(|number| format!("line {number}\n")).collect();
    for line in &lines {
        say(&writer, false, line);
    }
    drop(flush);
    assert_eq!(disk.content(), lines.concat());
}

#[test]
fn lines_that_a_full_disk_does_not_take_are_counted_and_told_when_it_has_room() {
    // The second line breaks off in its middle.
    let (disk, failures) = Disk::with_room_for(8);
    let (writer, flush) = Writer::start(disk.clone(), Box::new(notice)).unwrap();
    for (audit, text) in [(false, "first\n"), (true, "second\n"), (false, "third\n")] {
        say(&writer, audit, text);
    }
    // Both of them, and the notice.
    for _ in 0..3 {
        failures.recv_timeout(Duration::from_mins(1)).unwrap();
    }
    disk.has_room_again();
    say(&writer, false, "fourth\n");
    drop(flush);
    let content = disk.content();
    let mut lines: Vec<&str> = content.lines().collect();
    assert_eq!(&lines[..2], ["first", "se"]);
    // Whichever comes first: the notice is tried again every second.
    lines[2..].sort_unstable();
    assert_eq!(&lines[2..], ["fourth", "lost 2 of which 1 audit"]);
}

/// A pipe whose reader stands still until the other end is dropped.
struct Stuck {
    reached: Sender<()>,
    goes_on: Receiver<()>,
    disk: Disk,
}

impl Write for Stuck {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let _ = self.reached.send(());
        let _ = self.goes_on.recv();
        self.disk.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A line is being written to a reader that stands still: what it will have got, each write that it hears of after this one,
/// and what lets it go on.
fn being_written() -> (Disk, Receiver<()>, Sender<()>, Writer, Flush) {
    let (disk, _failures) = Disk::with_room_for(usize::MAX);
    let ((reached, is_reached), (go_on, goes_on)) = (channel(), channel());
    let stuck = Stuck {
        reached,
        goes_on,
        disk: disk.clone(),
    };
    let (writer, flush) = Writer::start(stuck, Box::new(notice)).unwrap();
    say(&writer, false, "being written\n");
    is_reached.recv_timeout(Duration::from_mins(1)).unwrap();
    (disk, is_reached, go_on, writer, flush)
}

#[test]
fn a_reader_that_stands_still_keeps_nobody_waiting_and_hears_what_was_lost() {
    let (disk, _is_reached, go_on, writer, flush) = being_written();

    let megabyte = format!("{}\n", "x".repeat(1024 * 1024 - 1));
    for _ in 0..4 {
        say(&writer, false, &megabyte);
    }
    say(&writer, true, "an audit line too many\n");
    say(&writer, false, "another line too many\n");
    assert!(writer.0.state().bytes <= MOST_WAITING);

    drop(go_on);
    drop(flush);
    let content = disk.content();
    let lines: Vec<&str> = content.lines().collect();
    assert_eq!((lines.len(), lines[0]), (6, "being written"));
    assert_eq!(lines[5], "lost 2 of which 1 audit");
}

#[test]
fn lines_count_as_lost_until_the_notice_of_it_is_written() {
    let (disk, failures) = Disk::with_room_for(0);
    let ((reached, is_reached), (go_on, goes_on)) = (channel(), channel());
    let stuck = Stuck {
        reached,
        goes_on,
        disk: disk.clone(),
    };
    let (writer, flush) = Writer::start(stuck, Box::new(notice)).unwrap();
    say(&writer, true, "lost\n");
    go_on.send(()).unwrap();
    failures.recv_timeout(Duration::from_mins(1)).unwrap();
    disk.has_room_again();
    // The line itself, and now the notice, which is not written yet.
    for _ in 0..2 {
        is_reached.recv_timeout(Duration::from_mins(1)).unwrap();
    }
    assert!(writer.is_losing());
    drop(go_on);
    flush.flush();
    assert!(!writer.is_losing());
    assert_eq!(disk.content(), "lost 1 of which 1 audit\n");
}

#[test]
fn a_line_that_is_stuck_for_too_long_counts_as_lost() {
    let (disk, _failures) = Disk::with_room_for(usize::MAX);
    let ((reached, is_reached), (go_on, goes_on)) = (channel(), channel());
    let stuck = Stuck {
        reached,
        goes_on,
        disk,
    };
    let (writer, flush) = Writer::start(stuck, Box::new(notice)).unwrap();
    say(&writer, true, "being written\n");
    is_reached.recv_timeout(Duration::from_mins(1)).unwrap();
    let begun = writer.0.state().busy.unwrap();
    let losing = |after| writer.0.state().is_losing(begun + after);
    assert!(!losing(LONGEST_WRITE));
    assert!(losing(LONGEST_WRITE + Duration::from_millis(1)));
    drop(go_on);
    flush.flush();
    assert!(!losing(2 * LONGEST_WRITE));
}

#[test]
fn lines_that_wait_are_written_several_at_once() {
    let (disk, is_reached, go_on, writer, flush) = being_written();
    let line = format!("{}\n", "x".repeat(999));
    for _ in 0..10 {
        say(&writer, false, &line);
    }
    drop(go_on);
    drop(flush);
    assert_eq!(
        disk.content(),
        format!("being written\n{}", line.repeat(10))
    );
    assert_eq!(is_reached.try_iter().count(), 3, "four, four and two lines");
}

#[test]
fn of_lines_written_at_once_those_that_came_through_are_not_lost() {
    let line = |text: &str| Line {
        text: text.into(),
        audit: false,
    };
    let lines = ["one\n", "two\n", "three\n", "four\n"].map(line);
    for (room, lost) in [
        (0, 4),
        (3, 4),
        (4, 3),
        (8, 2),
        (13, 2),
        (14, 1),
        (18, 1),
        (19, 0),
    ] {
        let (disk, _failures) = Disk::with_room_for(room);
        let mut output = Output::new(disk.clone());
        assert_eq!(output.write_lines(&lines).len(), lost, "{room}");
        disk.has_room_again();
        assert!(output.write_lines(&[line("five\n")]).is_empty());
        let content = disk.content();
        assert!(content.ends_with("\nfive\n") || room == 0, "{content:?}");
        assert!(!content.contains("\n\n"), "{content:?}");
    }
}
