//! Sixteen connections to a server: most write, some subscribe.

use std::fmt::Display;

use faults::{FaultyDisk, SeededRng};
use futures_util::future::join_all;
use tokio::sync::watch;

use crate::api::Api;
use crate::subscriber::{self, Received};
use crate::writer::{SHARED, Writer};

const WRITERS: u64 = 12;
const SUBSCRIBERS: u64 = 4;

/// What the writers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    /// They insert, and create and delete streams, so that what is deleted is in the server's journal.
    Changes,
    /// They only insert, so that the journal becomes full.
    Inserts,
}

/// How long the load lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// The server is being killed: connections break from now on.
    Killed,
    /// All writers have sent what they wanted to.
    Ended,
}

/// What all clients use.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) api: &'a Api,
    disk: Option<&'a FaultyDisk>,
    /// What the writers do.
    pub(crate) mix: Mix,
    phase: watch::Sender<Phase>,
}

impl<'a> Load<'a> {
    /// With a disk, positions are those in its recording.
    pub(crate) fn new(api: &'a Api, disk: Option<&'a FaultyDisk>, mix: Mix) -> Self {
        Self { api, disk, mix, phase: watch::Sender::new(Phase::Running) }
    }

    /// The position in the recording of the disk; 0 if it is not recorded.
    pub(crate) fn position(&self) -> u64 {
        self.disk.map_or(0, FaultyDisk::position)
    }

    /// Says that connections may break from now on.
    pub(crate) fn kill(&self) {
        self.phase.send_replace(Phase::Killed);
    }

    /// Waits until all writers have sent what they wanted to.
    pub(crate) async fn ended(&self) {
        let ended = |phase: &Phase| *phase == Phase::Ended;
        self.phase.subscribe().wait_for(ended).await.expect("the load is borrowed");
    }

    /// Checks that a connection had a reason to break.
    pub(crate) fn expect_killed(&self, error: &impl Display) {
        assert_ne!(*self.phase.borrow(), Phase::Running, "a connection broke: {error}");
    }

    /// Lets each writer send this many requests, or fewer if the server is killed. Returns what
    /// subscribers have received.
    pub(crate) async fn run(
        &self,
        writers: &mut [Writer],
        requests: usize,
        rng: &mut SeededRng,
    ) -> Vec<Received> {
        let mut streams: Vec<_> = writers.iter().map(Writer::own_stream).collect();
        streams.push(SHARED.to_owned());
        let mut rngs: Vec<_> = (0..SUBSCRIBERS).map(|_| rng.fork()).collect();
        let subscribers = rngs.iter_mut().map(|rng| subscriber::run(self, &streams, rng));
        let writers = async {
            join_all(writers.iter_mut().map(|writer| writer.run(self, requests))).await;
            self.phase.send_replace(Phase::Ended);
        };
        let ((), received) = tokio::join!(writers, join_all(subscribers));
        received.into_iter().flatten().collect()
    }
}

/// The writers of all loads of a test.
pub(crate) fn writers(rng: &mut SeededRng) -> Vec<Writer> {
    (0..WRITERS).map(|number| Writer::new(number, rng)).collect()
}
