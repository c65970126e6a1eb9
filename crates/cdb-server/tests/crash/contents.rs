//! What a server has, compared with what clients know.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::api::{Api, DEVICE};
use crate::history::{Action, History, KnownStreams, apply};
use crate::subscriber::Received;

/// A datapoint, whose value is a number and padding.
#[derive(Debug, Deserialize)]
pub(crate) struct Point {
    t: f64,
    d: (u64, IgnoredAny),
}

impl Point {
    pub(crate) fn value(&self) -> u64 {
        self.d.0
    }
}

/// The values of each stream, in order.
#[derive(Debug)]
pub(crate) struct Contents(BTreeMap<String, Vec<u64>>);

impl Contents {
    /// Reads everything. Checks that lengths and indexes are those of the datapoints, and that
    /// times are in order.
    pub(crate) async fn read(api: &Api) -> Self {
        let streams: Vec<Value> =
            serde_json::from_str(&api.get(&format!("{DEVICE}?q=ls")).await).expect("streams");
        let names =
            streams.iter().map(|stream| stream["name"].as_str().expect("a name").to_owned());
        let contents = names.map(async |name| {
            let values = read_stream(api, &name).await;
            (name, values)
        });
        Self(join_all(contents).await.into_iter().collect())
    }

    /// Compares with what clients knew at a position. Of the actions that were not acknowledged,
    /// each has happened completely or not at all. Returns what each client knows now.
    pub(crate) fn settle<'a>(
        &self,
        histories: impl Iterator<Item = &'a History>,
        position: u64,
    ) -> Vec<KnownStreams> {
        let known = histories.map(|history| {
            let (mut streams, pending) = history.at(position);
            if let Some(action) = pending.filter(|action| self.shows(action)) {
                apply(action, &mut streams);
            }
            streams
        });
        let known: Vec<_> = known.collect();
        for (name, values) in &self.0 {
            check_stream(name, values, &known);
        }
        for name in known.iter().flat_map(KnownStreams::keys) {
            assert!(self.0.contains_key(name), "{name} is missing");
        }
        known
    }

    /// Whether there is a trace of an action that was not acknowledged.
    fn shows(&self, action: &Action) -> bool {
        let values = self.0.get(action.stream());
        match action {
            Action::Create { .. } => values.is_some(),
            Action::Delete { .. } => values.is_none(),
            Action::Insert { values: inserted, .. } => {
                values.is_some_and(|values| values.iter().any(|value| inserted.contains(value)))
            }
        }
    }

    /// Checks that what subscribers had received at a position is there, at the index that they
    /// were told, unless its stream has been deleted.
    pub(crate) fn check_received(
        &self,
        received: &[Received],
        position: u64,
        known: &[KnownStreams],
    ) {
        for Received { stream, index, values, .. } in
            received.iter().filter(|received| received.position <= position)
        {
            let Some(stored) = self.0.get(stream) else { continue };
            let since = known.iter().filter_map(|streams| Some(streams.get(stream)?.since)).max();
            if values.first() < since.as_ref() {
                continue;
            }
            let there = stored.get(*index..index + values.len());
            assert_eq!(
                there,
                Some(values.as_slice()),
                "{stream} lacks what was received at {index}"
            );
        }
    }
}

async fn read_stream(api: &Api, name: &str) -> Vec<u64> {
    let get = async |query: String| api.get(&format!("{DEVICE}/{name}/data?{query}")).await;
    let points = async |query| {
        let points: Vec<Point> = serde_json::from_str(&get(query).await).expect("datapoints");
        points
    };
    let all = points("i1=0".to_owned()).await;
    assert!(all.is_sorted_by_key(|point| point.t), "the times of {name} are out of order");
    let values: Vec<_> = all.iter().map(Point::value).collect();
    assert_eq!(get("q=length".to_owned()).await, values.len().to_string(), "the length of {name}");
    let (start, end) = (values.len() / 3, values.len() / 2);
    if start + 2 < end {
        let some = points(format!("i1={start}&i2={end}")).await;
        let some: Vec<_> = some.iter().map(Point::value).collect();
        assert_eq!(some, values[start..end], "{name} from {start} to {end}");
    }
    values
}

/// Checks that a stream has the batches of all clients that write to it and nothing else: each
/// batch once, whole, and those of one client in order.
fn check_stream(name: &str, values: &[u64], known: &[KnownStreams]) {
    let writers = known.iter().filter_map(|streams| streams.get(name));
    let mut expected: Vec<_> = writers.map(|stream| stream.batches.iter().peekable()).collect();
    assert!(!expected.is_empty(), "{name} was deleted, or never created");
    let mut index = 0;
    while let Some(first) = values.get(index) {
        let batch =
            expected.iter_mut().find_map(|batches| batches.next_if(|next| next.start == *first));
        let Some(batch) = batch else {
            let next: Vec<_> = expected.iter_mut().filter_map(|batches| batches.peek()).collect();
            panic!("{name} has {first} at {index}, where one of {next:?} is expected");
        };
        let end = index + usize::try_from(batch.end - batch.start).expect("a length");
        let is_whole =
            values.get(index..end).is_some_and(|stored| stored.iter().copied().eq(batch.clone()));
        assert!(is_whole, "{name} has only a part of {batch:?} at {index}");
        index = end;
    }
    let missing = expected.iter_mut().find_map(Iterator::next);
    assert_eq!(missing, None, "a batch is missing in {name} after {index} datapoints");
}
