//! Calls that correct data which is stored, and what stays the same meanwhile. The original server has
//! none of them.

use serde::{Deserialize, Serialize};

use super::data::{OrDatapoints, downlink};
use super::object::{DATA, data};
use super::{Answer, Endpoint, Json, Method};
use crate::{DataQuery, Datapoint, StreamPath};

/// The value of the URL parameter `q` of an insert that sorts its datapoints in.
pub const MERGE: &str = "merge";

/// What a correction has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Corrected {
    /// How many datapoints were removed.
    #[serde(default)]
    pub removed: u64,
    /// How many datapoints were inserted.
    #[serde(default)]
    pub inserted: u64,
    /// How many datapoints the stream has now.
    pub length: u64,
}

/// `PATCH …/data?…`: replaces the datapoints of a range, all or none.
#[derive(Debug)]
pub struct ReplaceData<'a, T> {
    /// The stream.
    pub stream: &'a StreamPath,
    /// The range. It needs bounds, but has neither a limit nor a transform.
    pub query: &'a DataQuery,
    /// The datapoints that come in their place, in ascending order of their timestamps. They must not be
    /// before the last datapoint before the range, nor after the first one behind it. If there are none,
    /// the range is deleted.
    pub datapoints: &'a [Datapoint<T>],
}

impl<T: Serialize> Endpoint for ReplaceData<'_, T> {
    type Body = [Datapoint<T>];
    type Answer = Json<Corrected>;
    const ROUTE: &'static str = DATA;

    fn method(&self) -> Method {
        Method::Patch
    }

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        self.query.parameters()
    }

    fn body(&self) -> Option<&[Datapoint<T>]> {
        Some(self.datapoints)
    }
}

/// `DELETE …/data?…`: deletes the datapoints of a range, all or none.
#[derive(Debug)]
pub struct DeleteData<'a> {
    /// The stream.
    pub stream: &'a StreamPath,
    /// The range. It needs bounds, but has neither a limit nor a transform.
    pub query: &'a DataQuery,
}

impl Endpoint for DeleteData<'_> {
    type Body = ();
    type Answer = Json<Corrected>;
    const ROUTE: &'static str = DATA;

    fn method(&self) -> Method {
        Method::Delete
    }

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        self.query.parameters()
    }
}

/// The answer to an insert that sorts datapoints in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrAppended {
    /// They were sorted in.
    Merged(Corrected),
    /// They were appended, by a server that can do nothing else.
    Appended,
}

impl Answer for OrAppended {
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error> {
        match body.trim_ascii_start() {
            [b'{', ..] => serde_json::from_slice(body).map(Self::Merged),
            _ => Ok(Self::Appended),
        }
    }
}

/// `POST …/data?q=merge`: sorts datapoints in, all or none. They come after those with equal times.
///
/// The original server does not know it, and appends the datapoints, or refuses them.
#[derive(Debug)]
pub struct MergeData<'a, T> {
    /// The stream.
    pub stream: &'a StreamPath,
    /// Whether they belong to the downlink instead.
    pub downlink: bool,
    /// The datapoints, in ascending order of their timestamps.
    pub datapoints: &'a [Datapoint<T>],
}

impl<T: Serialize> Endpoint for MergeData<'_, T> {
    type Body = [Datapoint<T>];
    type Answer = OrAppended;
    const ROUTE: &'static str = DATA;

    fn method(&self) -> Method {
        Method::Post
    }

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        std::iter::once(("q", MERGE.to_owned())).chain(downlink(self.downlink)).collect()
    }

    fn body(&self) -> Option<&[Datapoint<T>]> {
        Some(self.datapoints)
    }
}

/// `GET …/data?q=end`: returns the position of the next datapoint that is appended.
///
/// Every datapoint that is appended gets the next position, and corrections do not change the end, so
/// that an insert that requires it is stored once however often it is sent. Of a stream of which nothing
/// was removed, and into which nothing was sorted, it is the length.
///
/// The original server does not know it, and returns the last datapoint.
#[derive(Debug)]
pub struct End<'a> {
    /// The stream.
    pub stream: &'a StreamPath,
    /// Whether to ask for the end of the downlink instead.
    pub downlink: bool,
}

impl Endpoint for End<'_> {
    type Body = ();
    type Answer = OrDatapoints<u64>;
    const ROUTE: &'static str = DATA;

    fn method(&self) -> Method {
        Method::Get
    }

    fn path(&self) -> String {
        data(self.stream)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        [("q", "end".to_owned()), ("i1", "-1".to_owned())]
            .into_iter()
            .chain(downlink(self.downlink))
            .collect()
    }
}
