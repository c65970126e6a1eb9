//! Following a stream without a gap.
//!
//! What comes over the websocket is live; whatever happened to the connection, or to a subscriber
//! who was too slow, what was not told is read from the server before anything later is delivered.

mod recent;

use std::time::Duration;

use cdb_http::websocket::{Batch, Event, Events};
use cdb_http::{ProtocolError, websocket::Topic};
use cdb_types::websocket::Subscribed;
use cdb_types::{Datapoint, DatapointArray, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Query, Stream};
use crate::error::Lagged;
use crate::{Error, Result};
use recent::Recent;

/// How many datapoints are read at once at most.
const PAGE: u64 = 5_000;

/// The first pause after a page could not be read, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// Delivers each batch of a subscription once and in order.
pub(super) struct Follower {
    stream: Stream,
    topic: Topic,
    events: Events,
    place: Place,
    gap: Gap,
    /// How many datapoints to read at once.
    page: u64,
    /// How long to wait after the next page that cannot be read.
    pause: Duration,
    is_over: bool,
}

/// Up to where datapoints have been delivered.
enum Place {
    /// On a server that tells indexes.
    Index(Index),
    /// On the original server.
    Time(Recent),
    /// What is missed cannot be read: nothing is kept, or nobody knows what the transform made of
    /// what came before.
    Unknown(Lagged),
}

/// Up to which index.
struct Index {
    /// That of the first datapoint that is not delivered.
    next: u64,
    incarnation: i64,
    stateless: bool,
}

/// What is to be read before anything live is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    None,
    /// Up to the datapoint before this index.
    Until(u64),
    /// All that there is.
    Rest,
}

impl Follower {
    /// Waits until the server has the subscription.
    pub(super) async fn begin(stream: Stream, topic: Topic, mut events: Events) -> Result<Self> {
        let place = match events.next().await {
            Event::Ended(why) => return Err(Error::Subscription(why)),
            Event::Subscribed(Some(joined)) => Place::after(&joined),
            _ => Place::in_time(&stream, &topic).await?,
        };
        let (gap, page, pause, is_over) = (Gap::None, PAGE, PAUSES.0, false);
        Ok(Self { stream, topic, events, place, gap, page, pause, is_over })
    }

    /// The next batch, or what happened instead; `None` after the end.
    pub(super) async fn next<T: DeserializeOwned + Send + 'static>(
        &mut self,
    ) -> Option<Result<DatapointArray<T>>> {
        while !self.is_over {
            let item = match self.gap {
                Gap::None => self.live().await,
                gap => self.read(gap).await,
            };
            match item {
                Ok(batch) if batch.is_empty() => {}
                item => return Some(item),
            }
        }
        None
    }

    /// Takes what comes over the websocket.
    async fn live<T: DeserializeOwned>(&mut self) -> Result<DatapointArray<T>> {
        match self.events.next().await {
            Event::Batch(batch) => self.take(&batch),
            Event::Subscribed(joined) => {
                self.joined_again(joined).map(|()| DatapointArray::default())
            }
            Event::Missed { end } => self.missed(end).map(|()| DatapointArray::default()),
            Event::Ended(why) => {
                self.is_over = true;
                Err(Error::Subscription(why))
            }
            _ => Ok(DatapointArray::default()),
        }
    }

    fn take<T: DeserializeOwned>(&mut self, batch: &Batch) -> Result<DatapointArray<T>> {
        let data = batch.data.get();
        match &mut self.place {
            Place::Index(place) => {
                let index = batch.index.unwrap_or(place.next);
                let end = batch.end.unwrap_or(index);
                if index < place.next {
                    // It was emptied, and begins anew.
                    place.next = if place.stateless { 0 } else { end };
                    self.gap = Gap::Until(end);
                    return Err(Error::Lagged(Lagged::Replaced));
                }
                place.next = end;
                read(data)
            }
            Place::Time(recent) => typed(recent.live(read::<Vec<_>>(data)?)),
            Place::Unknown(_) => read(data),
        }
    }

    /// Takes note of a new connection.
    fn joined_again(&mut self, joined: Option<Subscribed>) -> Result<()> {
        let lagged = match (&mut self.place, joined) {
            (Place::Index(place), Some(joined @ Subscribed { index: Some(index), .. })) => {
                let is_same = place.incarnation == joined.incarnation;
                if is_same && place.next <= index {
                    return self.missed(Some(index));
                }
                // All of another stream is new, and all of a downlink that was emptied. What is left
                // of a stream whose server has lost the rest is not.
                let is_new = !is_same || self.topic.path.downlink;
                let next = if is_new && joined.stateless { 0 } else { index };
                self.place = Place::after(&Subscribed { index: Some(next), ..joined });
                self.gap = Gap::Until(index);
                Lagged::Replaced
            }
            (Place::Time(_), None) => return self.missed(None),
            (Place::Unknown(lagged), None | Some(Subscribed { index: None, .. })) => *lagged,
            (place, joined) => {
                let place_now = joined.map(|joined| Place::after(&joined));
                *place = place_now.unwrap_or(Place::Unknown(Lagged::Replaced));
                Lagged::Replaced
            }
        };
        Err(Error::Lagged(lagged))
    }

    /// Takes note that something was not told, up to an index.
    fn missed(&mut self, end: Option<u64>) -> Result<()> {
        match &mut self.place {
            Place::Index(place) => {
                let end = end.unwrap_or(place.next);
                if end <= place.next {
                    return Ok(());
                }
                if place.stateless {
                    self.gap = Gap::Until(end);
                    return Ok(());
                }
                place.next = end;
                Err(Error::Lagged(Lagged::Transform))
            }
            Place::Time(_) => {
                self.gap = Gap::Rest;
                Ok(())
            }
            Place::Unknown(lagged) => Err(Error::Lagged(*lagged)),
        }
    }

    /// Reads a page of what was missed. While the server cannot be reached, that may take long.
    async fn read<T: DeserializeOwned + Send + 'static>(
        &mut self,
        gap: Gap,
    ) -> Result<DatapointArray<T>> {
        let page = match (&mut self.place, gap) {
            (Place::Index(place), Gap::Until(end)) if place.next < end => {
                let next = end.min(place.next + self.page);
                let (i1, i2) = (signed(place.next), signed(next));
                let query = Query::whole(self.stream.clone()).i1(i1).i2(i2);
                let page = of_topic(query, &self.topic).await;
                let has_script = !self.topic.transform.is_empty();
                match &page {
                    page if settles(page) => {
                        place.next = next;
                        self.page = (2 * self.page).min(PAGE);
                    }
                    // The script may fail at one of them.
                    Err(_) if has_script && self.page > 1 => {
                        self.page /= 2;
                        return Ok(DatapointArray::default());
                    }
                    // It does, at this one; so nothing would have been told of it.
                    Err(error) if has_script && is_bad_request(error) => {
                        place.next = next;
                        return Ok(DatapointArray::default());
                    }
                    _ => {}
                }
                page
            }
            (Place::Time(recent), Gap::Rest) => {
                let limit = PAGE + recent.seen() as u64;
                let query = self.stream.typed().query().limit(limit);
                let query = match recent.before() {
                    Some(before) => query.t1(before),
                    None => query,
                };
                match of_topic(query, &self.topic).await {
                    Ok(page) => {
                        if (page.len() as u64) < limit {
                            self.gap = Gap::None;
                        }
                        typed(recent.read(page.into_vec(), self.gap == Gap::None))
                    }
                    Err(error) if !self.topic.transform.is_empty() && is_broken_off(&error) => {
                        // The script fails at one of them: those after it cannot be reached.
                        self.gap = Gap::None;
                        return Err(Error::Lagged(Lagged::Transform));
                    }
                    Err(error) => Err(error),
                }
            }
            _ => {
                self.gap = Gap::None;
                return Ok(DatapointArray::default());
            }
        };
        match page {
            Err(error) if error.is_temporary() => {
                tracing::debug!(%error, "what was missed cannot be read yet");
                tokio::time::sleep(self.pause).await;
                self.pause = (self.pause * 2).min(PAUSES.1);
                Ok(DatapointArray::default())
            }
            page => {
                self.pause = PAUSES.0;
                self.is_over = !settles(&page);
                page
            }
        }
    }
}

impl Place {
    /// The place of a subscription that has just begun.
    fn after(joined: &Subscribed) -> Self {
        match *joined {
            Subscribed { index: Some(next), incarnation, stateless } => {
                Self::Index(Index { next, incarnation, stateless })
            }
            _ => Self::Unknown(Lagged::Ephemeral),
        }
    }

    /// The place of a subscription that has just begun on the original server.
    async fn in_time(stream: &Stream, topic: &Topic) -> Result<Self> {
        if stream.refresh().await?.ephemeral {
            return Ok(Self::Unknown(Lagged::Ephemeral));
        }
        if !keeps_its_place(&topic.transform) {
            return Ok(Self::Unknown(Lagged::Transform));
        }
        let untransformed = Topic { transform: String::new(), ..topic.clone() };
        let last = Query::<Box<RawValue>>::whole(stream.clone()).i1(-1);
        let last = of_topic(last, &untransformed).await?;
        let mut recent = Recent::default();
        if let Some(last) = last.first() {
            let query = stream.typed().query().t1(just_before(last.t));
            recent.begin(last.t, of_topic(query, topic).await?.into_vec());
        }
        Ok(Self::Time(recent))
    }
}

/// Whether a page need not be asked for again: it was read, or can never be.
fn settles<T>(page: &Result<DatapointArray<T>>) -> bool {
    use cdb_http::Error::Protocol;
    let unreadable =
        |error: &_| matches!(error, Error::Http(Protocol(ProtocolError::Unreadable(_))));
    page.as_ref().err().is_none_or(unreadable)
}

/// Whether the server cannot do what it is asked, as when a script fails.
fn is_bad_request(error: &Error) -> bool {
    matches!(error, Error::Http(cdb_http::Error::BadRequest(_)))
}

/// Whether an answer ends in the middle, as that of the original does when a script fails, or was
/// not even begun.
fn is_broken_off(error: &Error) -> bool {
    use cdb_http::Error::{Protocol, Server};
    matches!(error, Error::Http(Protocol(ProtocolError::Incomplete) | Server(_)))
        || is_bad_request(error)
}

/// Asks for the datapoints of a topic.
async fn of_topic<T: DeserializeOwned + Send + 'static, By: 'static>(
    mut query: Query<T, By>,
    topic: &Topic,
) -> Result<DatapointArray<T>> {
    if topic.path.downlink {
        query = query.downlink();
    }
    if !topic.transform.is_empty() {
        query = query.transform(&topic.transform);
    }
    query.await
}

/// Whether a script makes of each datapoint what it would make of it alone, and leaves its time as
/// it is.
fn keeps_its_place(script: &str) -> bool {
    #[cfg(feature = "pipescript")]
    let stateless = || {
        let script = cdb_pipescript::Script::parse(script);
        script.is_ok_and(|script| script.is_stateless())
    };
    #[cfg(not(feature = "pipescript"))]
    let stateless = || false;
    script.is_empty() || (stateless() && !script.contains("tshift"))
}

/// The latest time before a time.
fn just_before(t: Timestamp) -> Timestamp {
    Timestamp::new(t.as_secs_f64().next_down()).unwrap_or(t)
}

/// An index as the protocol has it.
fn signed(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// Reads what a message holds.
fn read<T: DeserializeOwned>(data: &str) -> Result<T> {
    serde_json::from_str(data).map_err(unreadable)
}

/// Gives datapoints their type.
fn typed<T: DeserializeOwned>(data: Vec<Datapoint<Box<RawValue>>>) -> Result<DatapointArray<T>> {
    let typed = |dp: Datapoint<Box<RawValue>>| {
        let d = serde_json::from_str(dp.d.get()).map_err(unreadable)?;
        Ok(dp.map(|_| d))
    };
    data.into_iter().map(typed).collect()
}

fn unreadable(error: serde_json::Error) -> Error {
    cdb_http::Error::from(ProtocolError::from(error)).into()
}
