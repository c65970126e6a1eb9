//! What the kernel knows about another process.

use std::fs;
use std::time::Duration;

/// The kernel's unit of CPU time in `/proc`.
const TICK: Duration = Duration::from_millis(10);

/// A process of which `/proc` tells the use of memory, CPU time and files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// The memory that the process holds, in bytes.
    pub(crate) fn memory(self) -> u64 {
        self.kilobytes("VmRSS:") * 1024
    }

    /// The maximum of [`memory`](Self::memory) since [`reset_peak`](Self::reset_peak), in bytes.
    pub(crate) fn peak(self) -> u64 {
        self.kilobytes("VmHWM:") * 1024
    }

    /// Lets [`peak`](Self::peak) start anew.
    pub(crate) fn reset_peak(self) {
        fs::write(self.path("clear_refs"), "5").expect("the kernel resets the peak");
    }

    /// The CPU time that the process has taken on all its threads.
    pub(crate) fn cpu(self) -> Duration {
        let stat = self.read("stat");
        // The name of the program, in parentheses, may contain blanks.
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |field: usize| fields[field].parse::<u32>().expect("a number");
        TICK * (ticks(11) + ticks(12))
    }

    /// The number of bytes that the process has written to files.
    pub(crate) fn written(self) -> u64 {
        number_after(&self.read("io"), "wchar:")
    }

    fn kilobytes(self, field: &str) -> u64 {
        number_after(&self.read("status"), field)
    }

    fn read(self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect("the process runs")
    }

    fn path(self, file: &str) -> String {
        format!("/proc/{}/{file}", self.0)
    }
}

/// The number after the name of a field.
fn number_after(text: &str, field: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(field)).expect("the field");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}
