//! Calls that read and write the data of a stream, or its downlink.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::object::{DATA, data};
use super::{Answer, Endpoint, Json, Method};
use crate::summary::{Latest, Plot, Statistics};
use crate::{
    DataQuery, Datapoint, DatapointArray, DatasetQuery, ObjectPath, PlotQuery, StreamPath,
    StreamQuery,
};

/// Returns the URL parameter that selects the downlink, if `downlink` is set.
pub(super) fn downlink(downlink: bool) -> impl Iterator<Item = (&'static str, String)> {
    downlink.then(|| ("downlink", "true".to_owned())).into_iter()
}

/// `GET …/data?q=length`: returns the number of datapoints.
#[derive(Debug)]
pub struct Length<'a> {
    /// The stream.
    pub stream: &'a StreamPath,
    /// Whether to count the datapoints of the downlink instead.
    pub downlink: bool,
}

impl Endpoint for Length<'_> {
    type Body = ();
    type Answer = u64;
    const ROUTE: &'static str = DATA;

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        std::iter::once(("q", "length".to_owned())).chain(downlink(self.downlink)).collect()
    }
}

/// `GET …/data?q=time2index&t=…`: returns the index of the first datapoint with a timestamp > `t`.
///
/// If no datapoint is later, this project's server returns the length of the stream; the original
/// server returns 0.
#[derive(Debug)]
pub struct IndexOfTime<'a> {
    /// The stream.
    pub stream: &'a StreamPath,
    /// Whether to look in the downlink instead.
    pub downlink: bool,
    /// The time, in seconds since 1970.
    pub t: f64,
}

impl Endpoint for IndexOfTime<'_> {
    type Body = ();
    type Answer = u64;
    const ROUTE: &'static str = DATA;

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        [("q", "time2index".to_owned()), ("t", self.t.to_string())]
            .into_iter()
            .chain(downlink(self.downlink))
            .collect()
    }
}

/// The URL parameter that makes the indices of a query positions; see [`ReadData::positions`].
pub const POSITIONS_PARAMETER: &str = "positions";

/// `GET …/data?…`: returns the datapoints of a range.
#[derive(Debug)]
pub struct ReadData<'a, T> {
    stream: &'a StreamPath,
    query: &'a DataQuery,
    positions: Option<u64>,
    value: PhantomData<fn() -> T>,
}

impl<'a, T> ReadData<'a, T> {
    /// Creates a call that reads the datapoints of a query, with values of type `T`.
    #[must_use]
    pub fn new(stream: &'a StreamPath, query: &'a DataQuery) -> Self {
        Self { stream, query, positions: None, value: PhantomData }
    }

    /// Makes the indices of the query positions, as in messages to subscribers; they are not negative then.
    ///
    /// `corrections` is the number of [corrections](crate::websocket::Subscribed) of the stream that the
    /// caller knows of. If there are others, the server refuses the query, since what was at these positions
    /// may be elsewhere. The original server takes positions for indices, which are the same there.
    #[must_use]
    pub fn positions(self, corrections: Option<u64>) -> Self {
        Self { positions: corrections, ..self }
    }
}

impl<T: DeserializeOwned> Endpoint for ReadData<'_, T> {
    type Body = ();
    type Answer = Json<DatapointArray<T>>;
    const ROUTE: &'static str = DATA;

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = self.query.parameters();
        let positions = self.positions.map(|corrections| corrections.to_string());
        parameters.extend(positions.map(|corrections| (POSITIONS_PARAMETER, corrections)));
        parameters
    }
}

/// `POST …/data`, or with `restamp` `PUT …/data`: appends datapoints, all or none.
#[derive(Debug)]
pub struct Insert<'a, T> {
    /// The stream.
    pub stream: &'a StreamPath,
    /// Whether to append to the downlink instead.
    pub downlink: bool,
    /// Whether a timestamp older than the last one of the stream is replaced by the last one.
    /// Otherwise the server refuses such an insert.
    pub restamp: bool,
    /// The position that the first datapoint must get, see [`End`](super::End). If it would get another
    /// one, the server refuses the insert (kind [`Index`](crate::ErrorKind::Index)), so an insert that is
    /// sent twice is stored once.
    ///
    /// The original server ignores the index.
    pub index: Option<u64>,
    /// The datapoints, in ascending order of their timestamps.
    pub datapoints: &'a [Datapoint<T>],
}

impl<'a, T> Insert<'a, T> {
    /// Creates a call that appends datapoints to a stream, all or none.
    ///
    /// ```
    /// use cdb_types::Datapoint;
    /// use cdb_types::endpoint::{Endpoint, Insert};
    /// let stream = "me/sensor/temperature".parse()?;
    /// let points = [Datapoint::at(1_700_000_000, 21.5)];
    /// let insert = Insert::new(&stream, &points);
    /// assert_eq!(insert.path(), "crud/me/sensor/temperature/data");
    /// # Ok::<(), cdb_types::PathError>(())
    /// ```
    #[must_use]
    pub fn new(stream: &'a StreamPath, datapoints: &'a [Datapoint<T>]) -> Self {
        Self { stream, downlink: false, restamp: false, index: None, datapoints }
    }
}

/// The URL parameter for the position that the first datapoint of an insert must get.
pub const INDEX_PARAMETER: &str = "index";

/// The message of the error if the first datapoint of an insert would get another position than
/// [`INDEX_PARAMETER`] requires.
pub const OTHER_INDEX: &str = "The stream does not end at this index.";

impl<T: Serialize> Endpoint for Insert<'_, T> {
    type Body = [Datapoint<T>];
    type Answer = ();
    const ROUTE: &'static str = DATA;

    fn method(&self) -> Method {
        if self.restamp { Method::Put } else { Method::Post }
    }

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let index = self.index.map(|index| (INDEX_PARAMETER, index.to_string()));
        downlink(self.downlink).chain(index).collect()
    }

    fn body(&self) -> Option<&[Datapoint<T>]> {
        Some(self.datapoints)
    }
}

/// `GET …/data?q=plot&…`: returns a plot.
///
/// The original server does not know it, and returns the datapoints.
#[derive(Debug)]
pub struct ReadPlot<'a> {
    /// The stream.
    pub stream: &'a StreamPath,
    /// What to plot.
    pub query: &'a PlotQuery,
}

impl Endpoint for ReadPlot<'_> {
    type Body = ();
    type Answer = OrDatapoints<Plot>;
    const ROUTE: &'static str = DATA;

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("q", "plot".to_owned())];
        parameters.extend(self.query.parameters());
        parameters.extend(whole(self.query.t1.is_none() && self.query.t2.is_none()));
        parameters
    }
}

/// `GET …/data?q=statistics&…`: returns the statistics of a range, with a limit of its first datapoints. A
/// query with a transform is refused.
///
/// The original server does not know it, and returns the datapoints.
#[derive(Debug)]
pub struct ReadStatistics<'a> {
    /// The stream.
    pub stream: &'a StreamPath,
    /// The range.
    pub query: &'a DataQuery,
}

impl Endpoint for ReadStatistics<'_> {
    type Body = ();
    type Answer = OrDatapoints<Statistics>;
    const ROUTE: &'static str = DATA;

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("q", "statistics".to_owned())];
        parameters.extend(self.query.parameters());
        let is_whole = self.query.limit.is_none() && self.query.range().is_err();
        parameters.extend(whole(is_whole));
        parameters
    }
}

/// The parameters for the whole stream, without which the original server returns an error.
fn whole(is_whole: bool) -> impl Iterator<Item = (&'static str, String)> {
    is_whole.then(|| ("i1", "0".to_owned())).into_iter()
}

/// The answer to a question that a server may not know: then it is the datapoints that it is about.
#[derive(Debug, Clone, PartialEq)]
pub enum OrDatapoints<T> {
    /// The datapoints, from which the answer can be computed.
    Datapoints(DatapointArray),
    /// The answer, an object.
    Answer(T),
}

impl<T: DeserializeOwned> Answer for OrDatapoints<T> {
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error> {
        match body.trim_ascii_start() {
            [b'[', ..] => serde_json::from_slice(body).map(Self::Datapoints),
            _ => serde_json::from_slice(body).map(Self::Answer),
        }
    }
}

/// `POST query/latest`: returns the lengths and the last datapoints of streams, or of all streams of
/// devices and users. Those that the caller may not read, or that do not exist, are left out.
///
/// The original server does not know it.
#[derive(Debug, Clone, Copy)]
pub struct QueryLatest<'a>(pub &'a [ObjectPath]);

impl Endpoint for QueryLatest<'_> {
    type Body = [ObjectPath];
    type Answer = Json<Vec<Latest>>;
    const ROUTE: &'static str = "query/latest";

    fn method(&self) -> Method {
        Method::Post
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }

    fn body(&self) -> Option<&[ObjectPath]> {
        Some(self.0)
    }
}

/// `POST query/merge`: returns the datapoints of several streams as one series, ordered by
/// timestamp.
#[derive(Debug, Clone, Copy)]
pub struct QueryMerge<'a>(pub &'a [StreamQuery]);

impl Endpoint for QueryMerge<'_> {
    type Body = [StreamQuery];
    type Answer = Json<DatapointArray>;
    const ROUTE: &'static str = "query/merge";

    fn method(&self) -> Method {
        Method::Post
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }

    fn body(&self) -> Option<&[StreamQuery]> {
        Some(self.0)
    }
}

/// `POST query/dataset`: returns the values of several streams as one table.
#[derive(Debug, Clone, Copy)]
pub struct QueryDataset<'a>(pub &'a DatasetQuery);

impl Endpoint for QueryDataset<'_> {
    type Body = DatasetQuery;
    type Answer = Json<DatapointArray>;
    const ROUTE: &'static str = "query/dataset";

    fn method(&self) -> Method {
        Method::Post
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }

    fn body(&self) -> Option<&DatasetQuery> {
        Some(self.0)
    }
}
