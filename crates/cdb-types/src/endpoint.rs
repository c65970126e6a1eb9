//! The calls of the protocol: HTTP method, route, parameters, body and response of each.
//!
//! The client sends these calls, and the server builds its routes from them. Each type implements
//! [`Endpoint`].

mod correct;
mod data;
mod object;
mod server;

use std::fmt;

use serde::Serialize;

pub use correct::{Corrected, DeleteData, End, MERGE, MergeData, OrAppended, ReplaceData};
pub use data::{
    INDEX_PARAMETER, IndexOfTime, Insert, Length, OTHER_INDEX, OrDatapoints, POSITIONS_PARAMETER,
    QueryDataset, QueryLatest, QueryMerge, ReadData, ReadPlot, ReadStatistics,
};
pub use object::{
    Create, Delete, ListDevices, ListStreams, ListUserStreams, ListUsers, Read, Write,
};
pub use server::{
    Backup, Count, Counted, EndSession, ListInterpolators, ListSessions, ListTransforms, Login,
    Logout, Ping, ReadSession, SESSIONS_OF, Version,
};

/// The path of the API below a server's URL.
pub const API: &str = "/api/v1/";

/// The HTTP method of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates or inserts.
    Post,
    /// Updates, or inserts with restamp.
    Put,
    /// Replaces a range of datapoints.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// Returns the text of a request line.
    ///
    /// ```
    /// # use cdb_types::endpoint::Method;
    /// assert_eq!(Method::Put.as_str(), "PUT");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One call of the protocol.
pub trait Endpoint {
    /// The request body; `()` for none.
    type Body: Serialize + ?Sized;
    /// The response.
    type Answer: Answer;
    /// The route below [`API`], with the variable parts in braces.
    const ROUTE: &'static str;

    /// Returns the HTTP method.
    fn method(&self) -> Method;

    /// Returns the path below [`API`].
    fn path(&self) -> String;

    /// Returns the URL parameters, not percent-encoded. By default there are none.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Returns the request body. By default there is none.
    fn body(&self) -> Option<&Self::Body> {
        None
    }

    /// Returns whether the call is idempotent, so that a client may repeat it if the response was
    /// lost. By default `GET` is.
    fn is_repeatable(&self) -> bool {
        self.method() == Method::Get
    }
}

/// The response to a call.
pub trait Answer: Sized {
    /// Reads the response from its body.
    ///
    /// # Errors
    /// Returns an error if the body does not have the form of this response.
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error>;
}

/// A response in JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: serde::de::DeserializeOwned> Answer for Json<T> {
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body).map(Json)
    }
}

/// A response with a JSON list. `null` is read as an empty list, because the original server sends
/// it in place of one.
#[derive(Debug)]
pub struct List<T>(pub Vec<T>);

impl<T: serde::de::DeserializeOwned> Answer for List<T> {
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error> {
        let list: Option<Vec<T>> = serde_json::from_slice(body)?;
        Ok(Self(list.unwrap_or_default()))
    }
}

/// A response without content. The body, `ok`, is ignored.
impl Answer for () {
    fn from_body(_: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(())
    }
}

/// A response in plain text. White space at its end is removed.
impl Answer for String {
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error> {
        match std::str::from_utf8(body) {
            Ok(text) => Ok(text.trim_end().to_owned()),
            Err(error) => Err(serde::de::Error::custom(error)),
        }
    }
}

/// A response with a number in decimal.
impl Answer for u64 {
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }
}
