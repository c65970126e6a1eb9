//! Follows a stream without gaps.
//!
//! Batches that arrive over the websocket are delivered as they come. When some are missing,
//! because the connection was lost or the subscriber was too slow, they are read from the server
//! before any later batch is delivered.

mod recent;

use std::collections::VecDeque;
use std::time::Duration;

use cdb_http::websocket::{Batch, Correction, Event, Events};
use cdb_http::{ProtocolError, websocket::Topic};
use cdb_types::websocket::{ReplacedRange, Subscribed};
use cdb_types::{Datapoint, DatapointArray, ErrorKind, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::datapoints::value_error;
use super::{Query, Stream};
use crate::error::Lagged;
use crate::{Error, Result};
use recent::Recent;

/// The largest number of datapoints that are read in one request.
const PAGE: u64 = 5_000;

/// How long a server may take to tell of a correction that it has made.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The first and the longest pause after a page could not be read.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// Delivers each batch of a subscription once and in order.
pub(super) struct Follower {
    stream: Stream,
    topic: Topic,
    events: Events,
    position: Position,
    gap: Gap,
    /// How many datapoints to read in the next request. It shrinks to find the datapoint at which
    /// the transform fails.
    page: u64,
    /// How long to wait if the next page cannot be read either.
    pause: Duration,
    /// Datapoints that were received, and whose values have not been parsed.
    unparsed: VecDeque<Datapoint<Box<RawValue>>>,
    is_finished: bool,
    /// An error that comes after the last one.
    next_error: Option<Error>,
}

/// The position in the stream up to which datapoints have been delivered.
enum Position {
    /// On this project's server, which sends the positions of a batch.
    Index(IndexPosition),
    /// On the original server, which does not.
    Time(Recent),
    /// Missed datapoints cannot be read: the stream is ephemeral, or the transform's output depends
    /// on which datapoints were inserted together.
    Unknown(Lagged),
}

/// A position given by a number.
struct IndexPosition {
    /// The position of the first datapoint that has not been delivered.
    next: u64,
    /// Differs between streams that were created one after the other at the same path.
    incarnation: i64,
    /// How often the stream was corrected, as far as is known.
    corrections: u64,
    /// Whether the transform looks at each datapoint alone, so that missed ones can be read.
    stateless: bool,
}

/// What must be read from the server before anything from the websocket is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    None,
    /// The datapoints before this position.
    Until(u64),
    /// All datapoints up to the end of the stream.
    Rest,
}

impl Follower {
    /// Waits until the server has the subscription.
    pub(super) async fn begin(stream: Stream, topic: Topic, mut events: Events) -> Result<Self> {
        let position = match events.next().await {
            Event::Ended(error) => return Err(Error::Subscription(error)),
            Event::Subscribed(Some(subscribed)) => Position::after(&subscribed),
            _ => Position::on_original_server(&stream, &topic).await?,
        };
        let (gap, page, pause, is_finished) = (Gap::None, PAGE, PAUSES.0, false);
        let (unparsed, next_error) = (VecDeque::new(), None);
        Ok(Self {
            stream,
            topic,
            events,
            position,
            gap,
            page,
            pause,
            unparsed,
            is_finished,
            next_error,
        })
    }

    /// Waits for the next batch or error; `None` after the end.
    pub(super) async fn next<T: DeserializeOwned + Send + 'static>(
        &mut self,
    ) -> Option<Result<DatapointArray<T>>> {
        loop {
            if let Some(item) = self.parse() {
                return Some(item);
            }
            if let Some(error) = self.next_error.take() {
                return Some(Err(error));
            }
            if self.is_finished {
                return None;
            }
            let item = match self.gap {
                Gap::None => self.live().await,
                gap => self.read(gap).await.map(|page| {
                    self.unparsed = page.into();
                    DatapointArray::default()
                }),
            };
            match item {
                Ok(batch) if batch.is_empty() => {}
                item => return Some(item),
            }
        }
    }

    /// Parses datapoints up to the first whose value is not a `T`. If that is the first of them, it
    /// is an error of its own, and the others follow.
    fn parse<T: DeserializeOwned>(&mut self) -> Option<Result<DatapointArray<T>>> {
        let mut parsed = Vec::new();
        while let Some(datapoint) = self.unparsed.pop_front() {
            match serde_json::from_str(datapoint.d.get()) {
                Ok(d) => parsed.push(datapoint.map(|_| d)),
                Err(error) if parsed.is_empty() => {
                    return Some(Err(value_error::<T>(self.stream.path(), datapoint.t, &error)));
                }
                Err(_) => {
                    self.unparsed.push_front(datapoint);
                    break;
                }
            }
        }
        (!parsed.is_empty()).then(|| Ok(parsed.into()))
    }

    /// Handles the next event of the websocket. Events without datapoints give an empty batch.
    async fn live<T: DeserializeOwned>(&mut self) -> Result<DatapointArray<T>> {
        match self.events.next().await {
            Event::Batch(batch) => self.take(&batch),
            Event::Subscribed(subscribed) => {
                self.resubscribed(subscribed).map(|()| DatapointArray::default())
            }
            Event::Replaced(range) => match &self.position {
                Position::Index(position) if range.corrections <= position.corrections => {
                    Ok(DatapointArray::default())
                }
                _ => Err(self.corrected(&range)),
            },
            Event::Missed { end } => self.missed(end).map(|()| DatapointArray::default()),
            Event::Ended(error) => {
                self.is_finished = true;
                Err(Error::Subscription(error))
            }
            _ => Ok(DatapointArray::default()),
        }
    }

    /// Takes note of a correction. Returns the error that tells of it.
    fn corrected(&mut self, range: &ReplacedRange) -> Error {
        // What was told when the subscription was confirmed may be told again.
        if let Position::Index(position) = &mut self.position
            && position.corrections < range.corrections
        {
            position.corrections = range.corrections;
            let next = position.next;
            position.next = range.moved(next);
            if range.skips_from(next) {
                self.next_error = Some(Error::Lagged(Lagged::Replaced));
            }
        }
        let time = |t| Timestamp::new(t).unwrap_or_default();
        Error::Corrected { times: Some((time(range.first), time(range.last))) }
    }

    fn take<T: DeserializeOwned>(&mut self, batch: &Batch) -> Result<DatapointArray<T>> {
        let data = batch.data.get();
        match &mut self.position {
            Position::Index(position) => {
                let index = batch.index.unwrap_or(position.next);
                let end = batch.end.unwrap_or(index);
                if index < position.next {
                    // The downlink was turned off and on: it was emptied and counts from 0 again.
                    position.next = if position.stateless { 0 } else { end };
                    position.corrections = 0;
                    self.gap = Gap::Until(end);
                    return Err(Error::Lagged(Lagged::Replaced));
                }
                position.next = end;
            }
            Position::Time(recent) => {
                self.unparsed = recent.live(read::<Vec<_>>(data)?).into();
                return Ok(DatapointArray::default());
            }
            Position::Unknown(_) => {}
        }
        read(data).or_else(|_| {
            // Nearly all batches are of the right type. In this one, the good values are to be found.
            self.unparsed = read(data)?;
            Ok(DatapointArray::default())
        })
    }

    /// Handles a subscription that was made again on a new connection.
    fn resubscribed(&mut self, subscribed: Option<Subscribed>) -> Result<()> {
        let lagged = match (&mut self.position, subscribed) {
            (
                Position::Index(position),
                Some(subscribed @ Subscribed { index: Some(index), .. }),
            ) => {
                let is_same = position.incarnation == subscribed.incarnation;
                if is_same && position.next <= index {
                    let is_corrected = position.corrections != subscribed.corrections;
                    position.corrections = subscribed.corrections;
                    self.missed(Some(index))?;
                    // What was delivered is corrected, or what is about to be read.
                    return if is_corrected {
                        Err(Error::Corrected { times: None })
                    } else {
                        Ok(())
                    };
                }
                // All datapoints of a new stream are new, and so are those of a downlink that was
                // emptied. If the server lost the end of a stream, what is left was delivered.
                let is_new = !is_same || self.topic.path.downlink;
                let next = if is_new && subscribed.stateless { 0 } else { index };
                self.position = Position::after(&Subscribed { index: Some(next), ..subscribed });
                self.gap = Gap::Until(index);
                Lagged::Replaced
            }
            (Position::Time(_), None) => return self.missed(None),
            (Position::Unknown(lagged), None | Some(Subscribed { index: None, .. })) => *lagged,
            (position, subscribed) => {
                let current = subscribed.map(|subscribed| Position::after(&subscribed));
                *position = current.unwrap_or(Position::Unknown(Lagged::Replaced));
                Lagged::Replaced
            }
        };
        Err(Error::Lagged(lagged))
    }

    /// Handles that batches are missing, up to the position `end` (not included) if it is known.
    fn missed(&mut self, end: Option<u64>) -> Result<()> {
        match &mut self.position {
            Position::Index(position) => {
                let end = end.unwrap_or(position.next);
                if end <= position.next {
                    return Ok(());
                }
                if position.stateless {
                    self.gap = Gap::Until(end);
                    return Ok(());
                }
                position.next = end;
                Err(Error::Lagged(Lagged::Transform))
            }
            Position::Time(_) => {
                self.gap = Gap::Rest;
                Ok(())
            }
            Position::Unknown(lagged) => Err(Error::Lagged(*lagged)),
        }
    }

    /// Returns whether an error is not the whole of what the server has answered: all errors of this
    /// project's server have a kind. It answers the same again.
    fn is_cut_off(&self, error: &Error) -> bool {
        matches!(self.position, Position::Index(_))
            && error.server_error().is_some_and(|error| !error.has_kind())
    }

    /// Reads a page of the missed datapoints. While the server cannot be reached, it pauses and
    /// returns an empty batch, so that the page is tried again.
    async fn read(&mut self, gap: Gap) -> Result<Vec<Datapoint<Box<RawValue>>>> {
        let page = match (&mut self.position, gap) {
            (Position::Index(position), Gap::Until(end)) if position.next < end => {
                let next = end.min(position.next + self.page);
                let (i1, i2) = (signed(position.next), signed(next));
                let query = Query::whole(self.stream.clone()).i1(i1).i2(i2);
                let query = query.positions(position.corrections);
                let page = query_topic(query, &self.topic).await;
                let has_script = !self.topic.transform.is_empty();
                match &page {
                    // The stream was corrected, and it is not known yet how.
                    Err(error) if error.kind() == Some(ErrorKind::Index) => {
                        let correction = timeout(MAX_WAIT, self.events.next_correction()).await;
                        match correction {
                            Ok(Some(Correction { range, missed, .. })) => {
                                let end = missed.map_or(end, |missed| missed.max(end));
                                self.gap = Gap::Until(range.moved(end));
                                return Err(self.corrected(&range));
                            }
                            // What is missing is found when the subscription is confirmed again.
                            Ok(None) => {
                                self.gap = Gap::None;
                                return Ok(Vec::new());
                            }
                            Err(_) => {
                                position.next = end;
                                return Err(Error::Lagged(Lagged::Replaced));
                            }
                        }
                    }
                    Ok(_) => {
                        position.next = next;
                        self.page = (2 * self.page).min(PAGE);
                    }
                    // The script may fail at one datapoint of the page, which smaller pages find.
                    Err(_) if has_script && self.page > 1 => {
                        self.page /= 2;
                        return Ok(Vec::new());
                    }
                    // The script fails at this datapoint, so it would not have been sent over the
                    // websocket either.
                    Err(error) if has_script && is_bad_request(error) => {
                        position.next = next;
                        return Ok(Vec::new());
                    }
                    Err(_) => {}
                }
                page.map(DatapointArray::into_vec)
            }
            (Position::Time(recent), Gap::Rest) => {
                let limit = PAGE + recent.len() as u64;
                let query = self.stream.typed().query().limit(limit);
                let query = match recent.before() {
                    Some(before) => query.t1(before),
                    None => query,
                };
                match query_topic(query, &self.topic).await {
                    Ok(page) => {
                        if (page.len() as u64) < limit {
                            self.gap = Gap::None;
                        }
                        Ok(recent.read(page.into_vec(), self.gap == Gap::None))
                    }
                    Err(error) if !self.topic.transform.is_empty() && is_broken_off(&error) => {
                        // The script fails at a datapoint. Pages start at a time, so those after it
                        // cannot be read.
                        self.gap = Gap::None;
                        return Err(Error::Lagged(Lagged::Transform));
                    }
                    Err(error) => Err(error),
                }
            }
            _ => {
                self.gap = Gap::None;
                return Ok(Vec::new());
            }
        };
        match page {
            Err(error) if error.is_temporary() || self.is_cut_off(&error) => {
                tracing::debug!(%error, "missed datapoints cannot be read yet");
                tokio::time::sleep(self.pause).await;
                self.pause = (self.pause * 2).min(PAUSES.1);
                Ok(Vec::new())
            }
            page => {
                self.pause = PAUSES.0;
                self.is_finished = page.is_err();
                page
            }
        }
    }
}

impl Position {
    /// The position of a subscription that has just been confirmed by this project's server.
    fn after(subscribed: &Subscribed) -> Self {
        match *subscribed {
            Subscribed { index: Some(next), incarnation, corrections, stateless } => {
                Self::Index(IndexPosition { next, incarnation, corrections, stateless })
            }
            _ => Self::Unknown(Lagged::Ephemeral),
        }
    }

    /// The position of a subscription that has just started on the original server.
    async fn on_original_server(stream: &Stream, topic: &Topic) -> Result<Self> {
        if stream.refresh().await?.ephemeral {
            return Ok(Self::Unknown(Lagged::Ephemeral));
        }
        if !is_resumable(&topic.transform) {
            return Ok(Self::Unknown(Lagged::Transform));
        }
        let untransformed = Topic { transform: String::new(), ..topic.clone() };
        let last = Query::<Box<RawValue>>::whole(stream.clone()).i1(-1);
        let last = query_topic(last, &untransformed).await?;
        let mut recent = Recent::default();
        if let Some(last) = last.first() {
            let query = stream.typed().query().t1(just_before(last.t));
            recent.begin(last.t, query_topic(query, topic).await?.into_vec());
        }
        Ok(Self::Time(recent))
    }
}

/// Returns `true` if the server answered 400, as this project's server does when a script fails.
fn is_bad_request(error: &Error) -> bool {
    matches!(error, Error::Http(cdb_http::Error::BadRequest(_)))
}

/// Returns `true` if an answer was incomplete or an error, as that of the original server is when a
/// script fails.
fn is_broken_off(error: &Error) -> bool {
    use cdb_http::Error::{Protocol, Server};
    matches!(error, Error::Http(Protocol(ProtocolError::Incomplete) | Server(_)))
        || is_bad_request(error)
}

/// Runs a query on the stream or downlink of a topic, with the topic's transform.
async fn query_topic<T: DeserializeOwned + Send + 'static, By: 'static>(
    mut query: Query<T, By>,
    topic: &Topic,
) -> Result<DatapointArray<T>> {
    if topic.path.downlink {
        query = query.downlink();
    }
    if !topic.transform.is_empty() {
        query = query.transform(&topic.transform).typed();
    }
    query.await
}

/// Returns `true` if a script looks at each datapoint alone and does not change its time. Only then
/// can the time of a transformed datapoint be used as a position in the stream.
fn is_resumable(script: &str) -> bool {
    #[cfg(feature = "pipescript")]
    let stateless = || {
        let script = cdb_pipescript::Script::parse(script);
        script.is_ok_and(|script| script.is_stateless())
    };
    #[cfg(not(feature = "pipescript"))]
    let stateless = || false;
    script.is_empty() || (stateless() && !script.contains("tshift"))
}

/// Returns the greatest timestamp before `t`.
fn just_before(t: Timestamp) -> Timestamp {
    Timestamp::new(t.as_secs_f64().next_down()).unwrap_or(t)
}

/// Converts an index to the signed type of the protocol.
fn signed(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// Parses the datapoints of a message.
fn read<T: DeserializeOwned>(data: &str) -> Result<T> {
    serde_json::from_str(data).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    cdb_http::Error::from(ProtocolError::from(error)).into()
}
