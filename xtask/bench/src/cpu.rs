//! The processor time of this process.

use std::time::Duration;

use crate::Result;

/// The processor time of all running threads. Threads that have ended are not counted.
pub(crate) fn time() -> Result<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir("/proc/self/task")? {
        let times = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let running = times.split(' ').next().ok_or("no time")?;
        nanoseconds += running.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
