//! What a client knows of its streams: what it has asked for, and what was acknowledged.

use std::collections::BTreeMap;
use std::ops::Range;

/// What a client asks for. Its values are consecutive numbers that occur once in the test.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Creates a stream, in which no value below `since` can be.
    Create {
        stream: String,
        since: u64,
    },
    Delete {
        stream: String,
    },
    /// Inserts a batch.
    Insert {
        stream: String,
        values: Range<u64>,
    },
}

impl Action {
    pub(crate) fn stream(&self) -> &str {
        match self {
            Self::Create { stream, .. } | Self::Delete { stream } | Self::Insert { stream, .. } => {
                stream
            }
        }
    }
}

/// A stream as its client knows it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct KnownStream {
    /// Lower values were in streams of this name that have been deleted.
    pub(crate) since: u64,
    /// The batches that this client has inserted, in order.
    pub(crate) batches: Vec<Range<u64>>,
}

/// Streams by name.
pub(crate) type KnownStreams = BTreeMap<String, KnownStream>;

pub(crate) fn apply(action: &Action, streams: &mut KnownStreams) {
    match action {
        Action::Create { stream, since } => {
            let created = KnownStream { since: *since, batches: Vec::new() };
            streams.insert(stream.clone(), created);
        }
        Action::Delete { stream } => {
            streams.remove(stream);
        }
        // The stream that all clients write to has been created by another one.
        Action::Insert { stream, values } => {
            streams.entry(stream.clone()).or_default().batches.push(values.clone());
        }
    }
}

/// What a client has asked for, one after the other: an action is begun when the one before is
/// acknowledged.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// What was certain before the first action.
    initial: KnownStreams,
    actions: Vec<(Action, Span)>,
    acknowledged: KnownStreams,
}

/// The positions in the recording of the disk when an action was sent and when it was acknowledged.
#[derive(Debug)]
struct Span {
    sent: u64,
    acknowledged: Option<u64>,
}

impl History {
    pub(crate) fn begin(&mut self, action: Action, sent: u64) {
        self.actions.push((action, Span { sent, acknowledged: None }));
    }

    /// Takes note that the last action was acknowledged.
    pub(crate) fn acknowledge(&mut self, at: u64) {
        let (action, span) = self.actions.last_mut().expect("an action was begun");
        span.acknowledged = Some(at);
        apply(action, &mut self.acknowledged);
    }

    /// The streams as far as everything that was acknowledged says.
    pub(crate) fn acknowledged(&self) -> &KnownStreams {
        &self.acknowledged
    }

    /// The positions at which something was acknowledged.
    pub(crate) fn acknowledgements(&self) -> impl Iterator<Item = u64> {
        self.actions.iter().filter_map(|(_, span)| span.acknowledged)
    }

    /// What was acknowledged before a position, and the action that had been sent by then and was
    /// not acknowledged.
    pub(crate) fn at(&self, position: u64) -> (KnownStreams, Option<&Action>) {
        let mut streams = self.initial.clone();
        for (action, span) in &self.actions {
            if span.acknowledged.is_some_and(|at| at <= position) {
                apply(action, &mut streams);
            } else {
                return (streams, Some(action).filter(|_| span.sent <= position));
            }
        }
        (streams, None)
    }

    /// Begins anew with what is certain now.
    pub(crate) fn restart(&mut self, streams: KnownStreams) {
        *self = Self { initial: streams.clone(), actions: Vec::new(), acknowledged: streams };
    }
}
