//! The state machine that sends the pending datapoints of one stream, each of them once. It does no
//! I/O.
//!
//! An [`Upload`] receives an [`Event`] and returns the next [`Action`], which
//! [`driver::sync`](crate::driver::sync) performs. It can be dropped at any point.
//!
//! No two datapoints of a stream in the file have the same time. Before any datapoint is sent, the
//! server is asked which of the pending ones it has stored. So attempts to send are not recorded,
//! and it does not matter how an earlier attempt ended.

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

/// The largest number of datapoints in one request.
pub(crate) const MAX_POINTS: usize = 5_000;

/// The time after which datapoints that were sent are acknowledged, that is, deleted from the file.
///
/// Deleting datapoints takes several times as long as sending them, unless the file has no others,
/// so a backlog is best deleted at its end. But after a crash the logger reads from the server
/// everything that was sent since the last acknowledgement, which must not be much on a slow
/// connection.
const ACKNOWLEDGE_AFTER: Duration = Duration::from_secs(5);

/// The largest number of datapoints that one transaction deletes, while inserts wait. Only a
/// transaction that empties the file deletes more.
const MAX_DELETED: u64 = 50_000;

/// How many requests in a row may be refused because another program has inserted datapoints,
/// before the sync of the stream fails.
const MAX_RACES: u32 = 20;

/// What the caller must do next.
#[derive(Debug)]
pub(crate) enum Action {
    /// Fetch the position at which the stream ends and the time of its last datapoint from the server.
    FetchEnd,
    /// Read the first pending datapoints later than `after` and not later than `until`.
    Peek { after: f64, until: f64 },
    /// Find out which of these datapoints the server has stored.
    FindStored(Chunk),
    /// Delete the rows with these ids from the file; the server has stored them.
    AcknowledgeRows(Vec<i64>),
    /// Move the pending datapoints that are not later than `after` to later times.
    Restamp { after: f64 },
    /// Send the first pending datapoints later than `after`, at most `max`. The first of them
    /// belongs at `index` in the stream.
    Send { after: f64, max: usize, index: u64 },
    /// Delete these datapoints from the file; the server has stored them. They are in ascending
    /// order of time.
    Acknowledge(Vec<Sent>),
    /// Fetch the stream's schema from the server, and read the datapoints of the refused request:
    /// the first pending ones later than `after`, at most `max`.
    FetchSchema { after: f64, max: usize },
    /// Set these datapoints aside, each with the reason.
    SetAside(Vec<(Row, String)>),
}

/// Datapoints that the server has stored: the pending ones that are not later than `until`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sent {
    pub(crate) until: f64,
    /// Their number, without those of the `Sent` before in the same list.
    pub(crate) count: u64,
}

/// The next action, or the result of the upload.
pub(crate) type Next = ControlFlow<Result<(), Error>, Action>;

/// The outcome of an action.
#[derive(Debug)]
pub(crate) enum Event {
    Started,
    End { end: u64, last: Option<f64> },
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

/// The upload of the pending datapoints of one stream.
#[derive(Debug)]
pub(crate) struct Upload {
    /// The largest number of datapoints in the next request. It is reduced to isolate a datapoint
    /// that the server refuses, and for a proxy that refuses a large request.
    max: usize,
    /// The number of requests in a row that were refused because of another program's datapoints.
    races: u32,
    /// The position at which the stream ends on the server.
    end: u64,
    /// The time of the last datapoint on the server when the upload started, or started over.
    last: f64,
    /// The time up to which the server was asked for datapoints.
    checked_until: f64,
    unacknowledged: Unacknowledged,
    /// The error of the refused request whose datapoints are being examined.
    last_refusal: Option<cdb_core::Error>,
    /// What to do after the current acknowledgement.
    after_acknowledge: AfterAcknowledge,
    synced: Synced,
    schema: Option<Schema>,
}

/// The datapoints that the server has stored in this upload and that are still in the file.
#[derive(Debug, Default)]
struct Unacknowledged {
    sent: Vec<Sent>,
    /// When the request with the first of them ended.
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

    /// Returns all of them, and forgets them.
    fn take(&mut self) -> Vec<Sent> {
        std::mem::take(self).sent
    }
}

/// What to do after an acknowledgement.
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
            end: 0,
            last: f64::NEG_INFINITY,
            checked_until: f64::NEG_INFINITY,
            unacknowledged: Unacknowledged::default(),
            last_refusal: None,
            after_acknowledge: AfterAcknowledge::StartOver,
            synced: Synced::default(),
            schema: None,
        }
    }

    /// Returns the numbers of datapoints handled so far.
    pub(crate) fn synced(&self) -> Synced {
        self.synced
    }

    /// Returns the stream's schema, if it was fetched from the server.
    pub(crate) fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()
    }

    /// Returns the datapoints that the server has stored and that are still in the file.
    pub(crate) fn unacknowledged(&self) -> &[Sent] {
        &self.unacknowledged.sent
    }

    /// Returns the next action after this event.
    pub(crate) fn next(&mut self, event: Event) -> Next {
        match event {
            Event::Started => self.start_over(),
            Event::End { end, last } => {
                self.end = end;
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
            // The pending datapoints up to the end of what was sent have changed.
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
        Continue(Action::Send { after, max: self.max, index: self.end })
    }

    fn start_over(&mut self) -> Next {
        self.unacknowledged.take();
        Continue(Action::FetchEnd)
    }

    fn sent(&mut self, count: usize, end: f64, at: Instant) -> Next {
        self.synced.sent += count as u64;
        self.end += count as u64;
        self.races = 0;
        self.unacknowledged.add(count as u64, end, at);
        if self.unacknowledged.is_due(at) {
            self.acknowledge(AfterAcknowledge::Send { after: end })
        } else {
            self.send(end)
        }
    }

    /// Acknowledges the datapoints that were sent, if there are any, and then continues with
    /// `then`.
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

    /// Sets aside the datapoints of a refused request that do not match the schema. If all of them
    /// match, the requests become smaller until the refused one has a single datapoint, which is
    /// set aside with the server's error.
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
