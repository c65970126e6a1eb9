//! Clients that insert, and create and delete streams.

use std::ops::Range;

use faults::SeededRng;
use reqwest::Method;

use crate::api::DEVICE;
use crate::history::{Action, History};
use crate::load::{Load, Mix};

/// The stream that all clients write to.
pub(crate) const SHARED: &str = "shared";

/// The difference between the first values of one client and the next.
const VALUES_PER_WRITER: u64 = 1_000_000_000;

/// Batches of this many datapoints are padded, so that they are stored as blocks at once.
const LARGE_BATCH: u64 = 20;

/// A client that sends one request after the other.
#[derive(Debug)]
pub(crate) struct Writer {
    number: u64,
    rng: SeededRng,
    next_value: u64,
    pub(crate) history: History,
}

impl Writer {
    pub(crate) fn new(number: u64, rng: &mut SeededRng) -> Self {
        // No datapoint has the time 0, which means now.
        let next_value = number * VALUES_PER_WRITER + 1;
        Self { number, rng: rng.fork(), next_value, history: History::default() }
    }

    /// The name of the stream that the client creates and deletes.
    pub(crate) fn own_stream(&self) -> String {
        format!("own{}", self.number)
    }

    /// Sends this many requests, or fewer if the server is killed.
    pub(crate) async fn run(&mut self, load: &Load<'_>, requests: usize) {
        for _ in 0..requests {
            let action = self.choose(load.mix);
            if !self.act(load, action).await {
                return;
            }
        }
    }

    /// Creates the stream that all clients write to.
    pub(crate) async fn create_shared(&mut self, load: &Load<'_>) {
        assert!(self.act(load, Action::Create { stream: SHARED.to_owned(), since: 0 }).await);
    }

    fn choose(&mut self, mix: Mix) -> Action {
        let stream = self.own_stream();
        let exists = self.history.acknowledged().contains_key(&stream);
        match (self.rng.within(0..100), mix) {
            (0..6, Mix::Changes) if exists => Action::Delete { stream },
            (40.., _) if exists => self.insert(stream),
            (0..6 | 40.., Mix::Changes) => Action::Create { stream, since: self.next_value },
            _ => self.insert(SHARED.to_owned()),
        }
    }

    fn insert(&mut self, stream: String) -> Action {
        let count = match self.rng.within(0..40) {
            0..24 => 1,
            24..39 => self.rng.within(2..LARGE_BATCH),
            _ => self.rng.within(LARGE_BATCH..4 * LARGE_BATCH),
        };
        let values = self.next_value..self.next_value + count;
        self.next_value = values.end;
        Action::Insert { stream, values }
    }

    fn pick(&mut self, range: Range<u64>) -> usize {
        usize::try_from(self.rng.within(range)).expect("a small number")
    }

    /// Sends a request, and notes that it was sent and acknowledged. Returns whether it was.
    async fn act(&mut self, load: &Load<'_>, action: Action) -> bool {
        let path = format!("{DEVICE}/{}", action.stream());
        let (method, path, body) = match &action {
            Action::Create { .. } => (Method::POST, path, "{}".to_owned()),
            Action::Delete { .. } => (Method::DELETE, path, String::new()),
            Action::Insert { stream, values } => {
                let (method, query) = self.choose_insert(stream);
                (method, format!("{path}/data{query}"), self.body(values.clone(), load.mix))
            }
        };
        self.history.begin(action, load.position());
        match load.api.send(method.clone(), &path, body).await {
            Ok((200, _)) => {
                self.history.acknowledge(load.position());
                true
            }
            Ok(refused) => panic!("{method} {path}: {refused:?}"),
            Err(error) => {
                load.expect_killed(&error);
                false
            }
        }
    }

    /// The method and query of an insert, one of those that are possible.
    fn choose_insert(&mut self, stream: &str) -> (Method, String) {
        // The times of other clients may be later, and the number of their datapoints is not known.
        if stream == SHARED {
            return (Method::PUT, String::new());
        }
        let method = [Method::POST, Method::PUT][self.pick(0..2)].clone();
        let batches = &self.history.acknowledged()[stream].batches;
        let length: u64 = batches.iter().map(|batch| batch.end - batch.start).sum();
        let query = ["".to_owned(), format!("?index={length}")][self.pick(0..2)].clone();
        (method, query)
    }

    /// Datapoints whose times are their values, counted from those of this client.
    fn body(&mut self, values: Range<u64>, mix: Mix) -> String {
        let padding = match mix {
            _ if values.end - values.start >= LARGE_BATCH => 1000,
            Mix::Inserts => 500,
            Mix::Changes => [0, 0, 50, 500][self.pick(0..4)],
        };
        let padding = "x".repeat(padding);
        let first = self.number * VALUES_PER_WRITER;
        let points =
            values.map(|value| format!(r#"{{"t":{},"d":[{value},"{padding}"]}}"#, value - first));
        format!("[{}]", points.collect::<Vec<_>>().join(","))
    }
}
