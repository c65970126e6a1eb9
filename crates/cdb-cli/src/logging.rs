//! The log of `cdb serve`, which never holds up or fails a request.

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// The number of lines that wait to be written. Further ones are counted and discarded.
const MAX_WAITING: usize = 2048;

/// The length of a line. The rest is cut off.
const MAX_LINE_BYTES: usize = 2048;

/// How long the end of the program waits for the last lines.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// A queue of lines, and a thread that writes them to standard error. If standard error is a pipe
/// that nobody reads, a full disk or closed, lines are discarded; their number is written as soon as
/// that is possible. Clones share the queue.
#[derive(Clone)]
pub(crate) struct Log {
    queue: SyncSender<Message>,
    discarded: Arc<AtomicU64>,
}

enum Message {
    Line(Vec<u8>),
    /// Everything before has been written, when this is dropped.
    Flush(#[expect(dead_code, reason = "it is dropped")] SyncSender<()>),
}

impl Log {
    /// Starts the thread.
    pub(crate) fn start() -> Self {
        Self::to(io::stderr())
    }

    fn to(output: impl Write + Send + 'static) -> Self {
        let (queue, lines) = sync_channel(MAX_WAITING);
        let discarded = Arc::default();
        let counter = Arc::clone(&discarded);
        std::thread::spawn(move || write_lines(&lines, output, &counter));
        Self { queue, discarded }
    }

    /// Logs a line.
    pub(crate) fn line(&self, text: &str) {
        self.push(format!("{text}\n").into_bytes());
    }

    /// Waits until the lines so far are written, for a second at most.
    pub(crate) fn flush(&self) {
        let (written, is_written) = sync_channel(0);
        // If the queue is full, the thread writes nothing, or too slowly.
        if self.queue.try_send(Message::Flush(written)).is_ok() {
            // Always an error: that of the sender being dropped, or of the time being over.
            let _ = is_written.recv_timeout(FLUSH_TIMEOUT);
        }
    }

    /// Logs panics in place of the usual hook, which would wait for standard error.
    pub(crate) fn panicked(panic: &PanicHookInfo<'_>) {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(location, message, "panic");
    }

    fn push(&self, mut line: Vec<u8>) {
        if line.len() > MAX_LINE_BYTES {
            line.truncate(MAX_LINE_BYTES);
            line.extend_from_slice(b"...\n");
            line.shrink_to_fit();
        }
        if self.queue.try_send(Message::Line(line)).is_err() {
            self.discarded.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn write_lines(lines: &Receiver<Message>, mut output: impl Write, discarded: &AtomicU64) {
    while let Ok(message) = lines.recv() {
        let Message::Line(line) = message else { continue };
        let count = discarded.swap(0, Ordering::Relaxed);
        if count > 0 {
            let note = format!("{count} lines of the log could not be written\n");
            if output.write_all(note.as_bytes()).is_err() {
                discarded.fetch_add(count, Ordering::Relaxed);
            }
        }
        if output.write_all(&line).is_err() {
            discarded.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// One line for the queue.
pub(crate) struct Line<'a> {
    log: &'a Log,
    text: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.log.push(std::mem::take(&mut self.text));
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { log: self, text: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::Sender;

    use super::*;

    /// An output that a test lets fail.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<(bool, String)>>);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut disk = self.0.lock().expect("the disk");
            if disk.0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            disk.1 += std::str::from_utf8(bytes).expect("text");
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted() {
        let disk = Disk::default();
        let log = Log::to(disk.clone());
        log.line("one");
        log.flush();
        disk.0.lock().expect("the disk").0 = true;
        log.line("two");
        log.line("three");
        log.flush();
        disk.0.lock().expect("the disk").0 = false;
        log.line("four");
        log.flush();
        let expected = "one\n2 lines of the log could not be written\nfour\n";
        assert_eq!(disk.0.lock().expect("the disk").1, expected);
    }

    /// An output that writes nothing until a test has dropped the sender, and then all of it.
    struct Blocked(Receiver<()>, Sender<String>);

    impl Write for Blocked {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            let text = std::str::from_utf8(bytes).expect("text");
            self.1.send(text.to_owned()).expect("a receiver");
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_beyond_the_queue_are_counted() {
        let (open, blocked) = std::sync::mpsc::channel();
        let (written, lines) = std::sync::mpsc::channel();
        let log = Log::to(Blocked(blocked, written));
        for _ in 0..2 * MAX_WAITING {
            log.line("many");
        }
        drop(open);
        // The thread may have begun, with what was discarded until then, before the last one was discarded:
        // then two of these are counts.
        let first: Vec<_> = lines.iter().take(MAX_WAITING).collect();
        assert!(first.iter().filter(|line| *line == "many\n").count() >= MAX_WAITING - 2);
        log.flush();
        log.line("last");
        log.flush();
        drop(log);
        let rest: Vec<_> = first.into_iter().chain(lines.iter()).collect();
        let counted =
            rest.iter().filter_map(|line| line.split_once(" lines of")?.0.parse::<usize>().ok());
        let many = rest.iter().filter(|line| *line == "many\n").count();
        assert_eq!(counted.sum::<usize>() + many, 2 * MAX_WAITING);
        assert_eq!(rest.last().map(String::as_str), Some("last\n"));
    }
}
