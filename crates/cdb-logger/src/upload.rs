//! Bringing what waits of one stream to the server, each datapoint once: what to do next, without
//! doing it.
//!
//! The datapoints of a stream have times of their own. Whatever became of an earlier attempt, the
//! server is asked which of the first ones it has before any is sent, so nothing is written down
//! about an attempt. An [`Upload`] is told what has happened (an [`Event`]) and says what to do next
//! (an [`Action`]), which [`driver::sync`](crate::driver::sync) does. It may be dropped at any point.

mod refusal;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow::{self, Break, Continue};
use std::time::Duration;

use cdb_types::Schema;
use tokio::time::Instant;

use crate::queue::{Chunk, Mismatch, Row};
use crate::{Error, Synced};
use refusal::RefusalKind;

/// How many datapoints are sent at once at most.
pub(crate) const MAX_POINTS: usize = 5_000;

/// How long datapoints that the server has stay in the file. Deleting them takes several times as
/// long as sending them, except if nothing else waits, so a backlog is best deleted at its end. After
/// a crash the server is asked for all that was sent since the last acknowledgement, so on a slow
/// connection that must not be much.
const ACKNOWLEDGE_AFTER: Duration = Duration::from_secs(5);

/// How many datapoints one transaction deletes, about. Inserts wait for it.
const MAX_DELETED: u64 = 50_000;

/// How often in a row another program may have inserted something in between.
const MAX_RACES: u32 = 20;

/// What is to be done next.
#[derive(Debug)]
pub(crate) enum Action {
    /// Ask the server for the stream's length and the time of its last datapoint.
    FetchEnd,
    /// Look at the datapoints that wait after a time, up to and including another.
    Peek { after: f64, until: f64 },
    /// Ask the server which of these it has.
    FindStored(Chunk),
    /// Delete these; the server has them.
    AcknowledgeRows(Vec<i64>),
    /// Give what does not come after this time times that do.
    Restamp { after: f64 },
    /// Send the datapoints that wait after a time, at most so many, as those that begin at an index.
    Send { after: f64, max: usize, index: u64 },
    /// Delete these, in ascending order of time; the server has them.
    Acknowledge(Vec<Sent>),
    /// Ask the server for the stream's schema, and look at the datapoints after a time, at most so
    /// many, which it has refused.
    FetchSchema { after: f64, max: usize },
    /// Set these aside, each with the reason.
    SetAside(Vec<(Row, String)>),
}

/// Datapoints that the server has: those that wait up to and including a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sent {
    pub(crate) until: f64,
    /// How many they are, after those of the `Sent` before.
    pub(crate) count: u64,
}

/// What is to be done next, or how it has ended.
pub(crate) type Next = ControlFlow<Result<(), Error>, Action>;

/// What has happened.
#[derive(Debug)]
pub(crate) enum Event {
    Started,
    End { length: u64, last: Option<f64> },
    Rows(Chunk),
    Stored(Vec<i64>),
    Acknowledged(Result<(), Mismatch>),
    AcknowledgedRows(u64),
    Restamped(u64),
    Sent { count: usize, end: f64, at: Instant },
    NothingPending,
    Refused { after: f64, count: usize, error: cdb_core::Error },
    Schema(Schema, Chunk),
    SetAside,
    Failed(Error),
}

/// What waits of one stream, on its way to the server.
#[derive(Debug)]
pub(crate) struct Upload {
    /// How many are sent at once: fewer while the server refuses some of them.
    max: usize,
    races: u32,
    /// How many datapoints the server has.
    length: u64,
    /// The time of its last one, at the beginning.
    last: f64,
    /// Up to which time it was asked what it has.
    checked_until: f64,
    unacknowledged: Unacknowledged,
    /// Why what is being looked at was refused.
    last_refusal: Option<cdb_core::Error>,
    /// What is done after the acknowledgement that is under way.
    after_acknowledge: AfterAcknowledge,
    synced: Synced,
    schema: Option<Schema>,
}

/// What the server has taken, and the file still has.
#[derive(Debug, Default)]
struct Unacknowledged {
    sent: Vec<Sent>,
    /// When the first of them was sent.
    since: Option<Instant>,
}

impl Unacknowledged {
    fn add(&mut self, count: u64, until: f64, at: Instant) {
        self.since.get_or_insert(at);
        match self.sent.last_mut() {
            Some(last) if last.count + count <= MAX_DELETED => {
                *last = Sent { until, count: last.count + count };
            }
            _ => self.sent.push(Sent { until, count }),
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.since.is_some_and(|since| now.duration_since(since) >= ACKNOWLEDGE_AFTER)
    }

    /// All of it, which from here on is as good as deleted.
    fn take(&mut self) -> Vec<Sent> {
        std::mem::take(self).sent
    }
}

/// What is done after an acknowledgement.
#[derive(Debug)]
enum AfterAcknowledge {
    Send { after: f64 },
    StartOver,
    ExamineRefused { after: f64, max: usize },
    Finish(Result<(), Error>),
}

impl Upload {
    pub(crate) fn new() -> Self {
        Self {
            max: MAX_POINTS,
            races: 0,
            length: 0,
            last: f64::NEG_INFINITY,
            checked_until: f64::NEG_INFINITY,
            unacknowledged: Unacknowledged::default(),
            last_refusal: None,
            after_acknowledge: AfterAcknowledge::StartOver,
            synced: Synced::default(),
            schema: None,
        }
    }

    /// What has been done so far.
    pub(crate) fn synced(&self) -> Synced {
        self.synced
    }

    /// The stream's schema, if the server has been asked for it.
    pub(crate) fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()
    }

    /// What to do next, after this has happened.
    pub(crate) fn next(&mut self, event: Event) -> Next {
        match event {
            Event::Started => self.start_over(),
            Event::End { length, last } => {
                self.length = length;
                self.last = last.unwrap_or(f64::NEG_INFINITY);
                match last {
                    Some(until) => Continue(Action::Peek { after: f64::NEG_INFINITY, until }),
                    None => self.send(f64::NEG_INFINITY),
                }
            }
            Event::Rows(chunk) if chunk.0.is_empty() => {
                Continue(Action::Restamp { after: self.last })
            }
            Event::Rows(chunk) => {
                self.checked_until = chunk.end();
                Continue(Action::FindStored(chunk))
            }
            Event::Stored(ids) => Continue(Action::AcknowledgeRows(ids)),
            Event::AcknowledgedRows(count) => {
                self.synced.recovered += count;
                Continue(Action::Peek { after: self.checked_until, until: self.last })
            }
            Event::Restamped(count) => {
                self.synced.restamped += count;
                self.send(f64::NEG_INFINITY)
            }
            Event::Sent { count, end, at } => self.sent(count, end, at),
            Event::NothingPending => self.acknowledge(AfterAcknowledge::Finish(Ok(()))),
            Event::Acknowledged(Ok(())) => {
                let then =
                    std::mem::replace(&mut self.after_acknowledge, AfterAcknowledge::StartOver);
                self.resume(then)
            }
            // Something else has come into the file before the end of what was sent.
            Event::Acknowledged(Err(Mismatch)) => {
                match std::mem::replace(&mut self.after_acknowledge, AfterAcknowledge::StartOver) {
                    AfterAcknowledge::Finish(Err(error)) => Break(Err(error)),
                    _ => self.start_over(),
                }
            }
            Event::Refused { after, count, error } => self.refused(after, count, error),
            Event::Schema(schema, chunk) => self.handle_refused_rows(schema, &chunk),
            Event::SetAside => self.start_over(),
            Event::Failed(error @ (Error::File { .. } | Error::Closed)) => Break(Err(error)),
            Event::Failed(error) => self.acknowledge(AfterAcknowledge::Finish(Err(error))),
        }
    }

    fn send(&self, after: f64) -> Next {
        Continue(Action::Send { after, max: self.max, index: self.length })
    }

    fn start_over(&mut self) -> Next {
        self.unacknowledged.take();
        Continue(Action::FetchEnd)
    }

    fn sent(&mut self, count: usize, end: f64, at: Instant) -> Next {
        self.synced.sent += count as u64;
        self.length += count as u64;
        self.races = 0;
        self.unacknowledged.add(count as u64, end, at);
        if self.unacknowledged.is_due(at) {
            self.acknowledge(AfterAcknowledge::Send { after: end })
        } else {
            self.send(end)
        }
    }

    /// Acknowledges what was sent, if anything, and then does something else.
    fn acknowledge(&mut self, then: AfterAcknowledge) -> Next {
        let sent = self.unacknowledged.take();
        if sent.is_empty() {
            return self.resume(then);
        }
        self.after_acknowledge = then;
        Continue(Action::Acknowledge(sent))
    }

    fn resume(&mut self, then: AfterAcknowledge) -> Next {
        match then {
            AfterAcknowledge::Send { after } => self.send(after),
            AfterAcknowledge::StartOver => self.start_over(),
            AfterAcknowledge::ExamineRefused { after, max } => {
                Continue(Action::FetchSchema { after, max })
            }
            AfterAcknowledge::Finish(result) => Break(result),
        }
    }

    fn refused(&mut self, after: f64, count: usize, error: cdb_core::Error) -> Next {
        match RefusalKind::of(&error) {
            RefusalKind::Race if self.races < MAX_RACES => {
                self.races += 1;
                self.acknowledge(AfterAcknowledge::StartOver)
            }
            RefusalKind::Content => {
                self.last_refusal = Some(error);
                self.acknowledge(AfterAcknowledge::ExamineRefused { after, max: count })
            }
            RefusalKind::RequestSize if count > 1 => {
                self.max = count / 2;
                self.acknowledge(AfterAcknowledge::StartOver)
            }
            _ => self.acknowledge(AfterAcknowledge::Finish(Err(error.into()))),
        }
    }

    /// Finds what the server refuses of a chunk, or sees to it that less is sent at once, until it is
    /// known what it is.
    fn handle_refused_rows(&mut self, schema: Schema, chunk: &Chunk) -> Next {
        let mut refused = match refusal::mismatches(chunk, &schema) {
            Ok(refused) => refused,
            Err(error) => return Break(Err(error)),
        };
        self.schema = Some(schema);
        if let ([], [row], Some(error)) = (&*refused, &*chunk.0, self.last_refusal.take()) {
            refused.push((row.clone(), error.to_string()));
        }
        if chunk.0.is_empty() {
            return self.start_over();
        }
        if refused.is_empty() {
            self.max = (chunk.0.len() / 2).max(1);
            return self.start_over();
        }
        self.max = MAX_POINTS;
        self.synced.set_aside += refused.len() as u64;
        Continue(Action::SetAside(refused))
    }
}
