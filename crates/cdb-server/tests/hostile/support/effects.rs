//! What an attack does to the server and to others.

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use tokio::time::{sleep, sleep_until, timeout};

use super::inserts::{Inserts, Latencies};
use super::process::Process;
use super::{MIB, ServerProcess};

/// How long others are watched before the attack, and after one that seems to make them slow.
const BEFORE: Duration = Duration::from_millis(800);

/// How long an attack lasts.
const DURATION: Duration = Duration::from_secs(2);

/// How long an attack lasts that needs some time to have an effect.
const LONG_DURATION: Duration = Duration::from_secs(4);

/// How long the server may work after the attackers have disconnected.
const AFTERMATH: Duration = Duration::from_secs(3);

/// How long the CPU time is watched to see whether the server is idle, and how much it takes then at
/// most.
const WINDOW: Duration = Duration::from_millis(250);
const IDLE_CPU: Duration = Duration::from_millis(20);

/// How much memory the server may take during an attack, above that before it.
const MAX_MEMORY: u64 = 64 * MIB;

/// How long the inserts of others may take meanwhile.
const MAX_LATENCY: Duration = Duration::from_millis(250);

/// How much longer than before. A server that was built without optimisation takes many times as much
/// CPU time for the requests of attackers, but in peace an insert waits for the disk, which is as fast.
const SLOWDOWN: u32 = if cfg!(debug_assertions) { 10 } else { 5 };

/// If inserts take longer in peace, the machine is busy with something else, and can only be compared
/// with itself.
const BUSY: Duration = Duration::from_millis(30);

/// How long a commit of 8 MiB may take, for which others wait. In peace an insert may take a few
/// milliseconds on the same disk.
const LARGE_COMMIT: Duration = Duration::from_millis(120);

/// How often an attack is tried that makes inserts slow, because a disk that is slow for a moment looks
/// the same.
const ATTEMPTS: usize = 3;

/// The least time from one attempt to the next of all attackers together, so that those who are
/// refused do not take the CPU time of the server, which has the same machine.
const PAUSE: Duration = Duration::from_millis(1);

/// Lets several attackers do the same over and over.
pub(crate) async fn over_and_over(attackers: usize, attack: impl AsyncFn(usize)) {
    let pause = PAUSE * u32::try_from(attackers).expect("a small number");
    let attackers = (0..attackers).map(async |attacker| {
        loop {
            let next = Instant::now() + pause;
            attack(attacker).await;
            sleep_until(next.into()).await;
        }
    });
    join_all(attackers).await;
}

/// An attack on a server, and what it may do.
pub(crate) struct Attack<'a> {
    server: &'a ServerProcess,
    duration: Duration,
    max_memory: u64,
    /// Inserts may take this long, whatever they take in peace.
    bearable: Duration,
}

/// What an attack has done.
#[derive(Debug)]
struct Effects {
    memory: u64,
    /// Before the attack, or after it if inserts took longer then.
    before: Latencies,
    meanwhile: Latencies,
    /// How long the server worked on after the attackers had disconnected; `None` if it still did
    /// at the end of the aftermath.
    idle_after: Option<Duration>,
}

impl<'a> Attack<'a> {
    pub(crate) fn on(server: &'a ServerProcess) -> Self {
        Self { server, duration: DURATION, max_memory: MAX_MEMORY, bearable: Duration::ZERO }
    }

    /// Lets the attack last long enough for effects that need some time.
    pub(crate) fn long(self) -> Self {
        Self { duration: LONG_DURATION, ..self }
    }

    /// Allows that inserts wait for commits of many bytes, which take the disk some time.
    pub(crate) fn with_large_commits(self) -> Self {
        Self { bearable: LARGE_COMMIT, ..self }
    }

    /// Sets the memory that the server may take.
    pub(crate) fn max_memory(self, max_memory: u64) -> Self {
        Self { max_memory, ..self }
    }

    /// Runs the attack, and checks that the server and its other clients bear it.
    pub(crate) async fn assert_bearable(self, attack: impl AsyncFn()) {
        // What the test has prepared is no part of the measurement.
        self.server.settle().await;
        let memory = self.server.process.memory();
        for attempt in 1..=ATTEMPTS {
            let mut effects = self.measure(memory, &attack).await;
            if effects.is_slow(self.bearable) {
                // Other programs may have become busy.
                effects.before = effects.before.slower(watch(self.server).await);
            }
            // The thread has the name of the test.
            let name = std::thread::current().name().unwrap_or_default().to_owned();
            println!("{name}: {effects}");
            let mut complaints = effects.complaints(self.max_memory);
            if effects.is_slow(self.bearable) {
                if complaints.is_empty() && attempt < ATTEMPTS {
                    continue;
                }
                let max_latency = effects.max_latency(self.bearable);
                complaints.push(format!("inserts take more than {max_latency:.1?}"));
            }
            assert!(complaints.is_empty(), "{}; {effects}", complaints.join(", "));
            return;
        }
    }

    /// Runs the attack while others insert. `memory` is that of the server before.
    async fn measure(&self, memory: u64, attack: &impl AsyncFn()) -> Effects {
        let Self { server, duration, .. } = *self;
        let before = watch(server).await;
        server.process.reset_peak();
        let inserts = Inserts::start(server);
        // What the server does after the end of the attack is part of its effects.
        let attack = join(attack(), sleep(duration));
        // An error means that the attackers would go on.
        let _ = timeout(duration, attack).await;
        let meanwhile = inserts.stop().await;
        let idle_after = idle_after(server.process).await;
        let memory = server.process.peak().saturating_sub(memory);
        Effects { memory, before, meanwhile, idle_after }
    }
}

/// Measures how long inserts take in peace.
async fn watch(server: &ServerProcess) -> Latencies {
    let inserts = Inserts::start(server);
    sleep(BEFORE).await;
    inserts.stop().await
}

/// Waits until the process takes no more CPU time; returns how long that took.
pub(crate) async fn idle_after(process: Process) -> Option<Duration> {
    let started = Instant::now();
    while started.elapsed() < AFTERMATH {
        let (asked, cpu) = (started.elapsed(), process.cpu());
        sleep(WINDOW).await;
        if process.cpu() - cpu <= IDLE_CPU {
            return Some(asked);
        }
    }
    None
}

impl Effects {
    /// The latency that inserts may have meanwhile.
    fn max_latency(&self, bearable: Duration) -> Duration {
        let before = self.before.p99();
        let most = before * SLOWDOWN;
        bearable.max(if before > BUSY { most } else { MAX_LATENCY.min(most) })
    }

    /// Whether inserts were too slow meanwhile.
    fn is_slow(&self, bearable: Duration) -> bool {
        self.meanwhile.p99() > self.max_latency(bearable)
    }

    /// What else is not bearable.
    fn complaints(&self, max_memory: u64) -> Vec<String> {
        let complaints = [
            (self.memory > max_memory, format!("more than {} MiB of memory", max_memory / MIB)),
            (self.before.failed + self.meanwhile.failed > 0, "inserts fail".to_owned()),
            (self.idle_after.is_none(), format!("it still works after {AFTERMATH:?}")),
        ];
        complaints.into_iter().filter_map(|(is_true, text)| is_true.then_some(text)).collect()
    }
}

impl std::fmt::Display for Effects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { memory, before, meanwhile, idle_after } = self;
        write!(
            f,
            "{} MiB more; inserts take {:.1?} in peace, {:.1?} meanwhile (p99), {:.1?} at most, {} \
             fail; ",
            memory / MIB,
            before.p99(),
            meanwhile.p99(),
            meanwhile.max(),
            meanwhile.failed,
        )?;
        if let Some(failure) = before.failure.as_ref().or(meanwhile.failure.as_ref()) {
            write!(f, "{failure}; ")?;
        }
        match idle_after {
            Some(after) => write!(f, "idle after {} ms", after.as_millis()),
            None => f.write_str("not idle"),
        }
    }
}
