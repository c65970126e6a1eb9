//! Calls about a stream's data. Each can be about its downlink instead.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::object::{DATA, data};
use super::{Endpoint, Json, Method};
use crate::{DataQuery, Datapoint, DatapointArray, DatasetQuery, StreamPath, StreamQuery};

fn downlink(downlink: bool) -> impl Iterator<Item = (&'static str, String)> {
    downlink.then(|| ("downlink", "true".to_owned())).into_iter()
}

/// `GET …/data?q=length`: how many datapoints there are.
#[derive(Debug)]
pub struct Length<'a> {
    /// In which stream.
    pub stream: &'a StreamPath,
    /// Whether in its downlink.
    pub downlink: bool,
}

impl Endpoint for Length<'_> {
    type Body = ();
    type Answer = u64;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = DATA;

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        std::iter::once(("q", "length".to_owned())).chain(downlink(self.downlink)).collect()
    }
}

/// `GET …/data?q=time2index&t=…`: the index of the first datapoint later than a time.
///
/// When there is none, our server answers the length, the original 0.
#[derive(Debug)]
pub struct IndexOfTime<'a> {
    /// In which stream.
    pub stream: &'a StreamPath,
    /// Whether in its downlink.
    pub downlink: bool,
    /// Seconds since 1970.
    pub t: f64,
}

impl Endpoint for IndexOfTime<'_> {
    type Body = ();
    type Answer = u64;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = DATA;

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

/// `GET …/data?…`: datapoints of a range.
#[derive(Debug)]
pub struct ReadData<'a, T> {
    stream: &'a StreamPath,
    query: &'a DataQuery,
    value: PhantomData<fn() -> T>,
}

impl<'a, T> ReadData<'a, T> {
    /// Reads what a query names, its values as `T`.
    #[must_use]
    pub fn new(stream: &'a StreamPath, query: &'a DataQuery) -> Self {
        Self { stream, query, value: PhantomData }
    }
}

impl<T: DeserializeOwned> Endpoint for ReadData<'_, T> {
    type Body = ();
    type Answer = Json<DatapointArray<T>>;
    const METHOD: Method = Method::Get;
    const ROUTE: &'static str = DATA;

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        self.query.parameters()
    }
}

/// `POST …/data`, or with `RESTAMP` `PUT …/data`: appends datapoints, all or none.
///
/// With restamp, timestamps older than the stream's last become that one; without, they are
/// refused.
#[derive(Debug)]
pub struct Insert<'a, T, const RESTAMP: bool> {
    /// Into which stream.
    pub stream: &'a StreamPath,
    /// Whether into its downlink.
    pub downlink: bool,
    /// The index that the first of them must get; with any other the insert is refused, with
    /// [`OTHER_INDEX`]. So an insert that is sent twice is done once. The original ignores it.
    pub index: Option<u64>,
    /// In order of their timestamps.
    pub datapoints: &'a [Datapoint<T>],
}

/// The parameter for the index that the first datapoint of an insert must get.
pub const INDEX_PARAMETER: &str = "index";

/// What is said when it would get another.
pub const OTHER_INDEX: &str = "The stream does not end at this index.";

impl<T: Serialize, const RESTAMP: bool> Endpoint for Insert<'_, T, RESTAMP> {
    type Body = [Datapoint<T>];
    type Answer = ();
    const METHOD: Method = if RESTAMP { Method::Put } else { Method::Post };
    const ROUTE: &'static str = DATA;

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

/// `POST query/merge`: datapoints of several streams as one series, by timestamp.
#[derive(Debug, Clone, Copy)]
pub struct QueryMerge<'a>(pub &'a [StreamQuery]);

impl Endpoint for QueryMerge<'_> {
    type Body = [StreamQuery];
    type Answer = Json<DatapointArray>;
    const METHOD: Method = Method::Post;
    const ROUTE: &'static str = "query/merge";
    const REPEATABLE: bool = true;

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }

    fn body(&self) -> Option<&[StreamQuery]> {
        Some(self.0)
    }
}

/// `POST query/dataset`: values of several streams as one table.
#[derive(Debug, Clone, Copy)]
pub struct QueryDataset<'a>(pub &'a DatasetQuery);

impl Endpoint for QueryDataset<'_> {
    type Body = DatasetQuery;
    type Answer = Json<DatapointArray>;
    const METHOD: Method = Method::Post;
    const ROUTE: &'static str = "query/dataset";
    const REPEATABLE: bool = true;

    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }

    fn body(&self) -> Option<&DatasetQuery> {
        Some(self.0)
    }
}
