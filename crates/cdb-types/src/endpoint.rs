//! Every call of the protocol, once: verb, route, parameters, body, answer.
//!
//! The client sends these, the server routes by them.

mod data;
mod object;
mod server;

use serde::Serialize;

pub use data::{
    INDEX_PARAMETER, IndexOfTime, Insert, Length, OTHER_INDEX, QueryDataset, QueryMerge, ReadData,
};
pub use object::{
    Create, Delete, ListDevices, ListStreams, ListUserStreams, ListUsers, Read, Write,
};
pub use server::{Count, Counted, ListInterpolators, ListTransforms, Ping, Version};

/// Below this path of a server's URL lies the whole protocol.
pub const API: &str = "/api/v1/";

/// What a call does to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates or inserts.
    Post,
    /// Updates, or inserts with restamp.
    Put,
    /// Deletes.
    Delete,
}

/// One call of the protocol.
pub trait Endpoint {
    /// What is sent; `()` for nothing.
    type Body: Serialize + ?Sized;
    /// What comes back.
    type Answer: Answer;
    /// The verb.
    const METHOD: Method;
    /// The route below [`API`], with variable parts in braces.
    const ROUTE: &'static str;

    /// The path below [`API`].
    fn path(&self) -> String;

    /// The URL's parameters, not yet percent-encoded.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What is sent, if anything is.
    fn body(&self) -> Option<&Self::Body> {
        None
    }

    /// Whether the call, made twice, leaves things as one call does: then it may be sent again
    /// when nobody knows whether it arrived.
    const REPEATABLE: bool = matches!(Self::METHOD, Method::Get);
}

/// What a call answers, read from the body of the answer.
pub trait Answer: Sized {
    /// Reads the answer.
    ///
    /// # Errors
    /// When the body is not what the call answers.
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error>;
}

/// An answer in JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: serde::de::DeserializeOwned> Answer for Json<T> {
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body).map(Json)
    }
}

/// A list in JSON; the original says `null` for an empty one.
#[derive(Debug)]
pub struct List<T>(pub Vec<T>);

impl<T: serde::de::DeserializeOwned> Answer for List<T> {
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error> {
        let list: Option<Vec<T>> = serde_json::from_slice(body)?;
        Ok(Self(list.unwrap_or_default()))
    }
}

/// Nothing but that it is done: the body, `ok`, is not looked at.
impl Answer for () {
    fn from_body(_: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(())
    }
}

/// A text that is not JSON.
impl Answer for String {
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error> {
        match std::str::from_utf8(body) {
            Ok(text) => Ok(text.trim_end().to_owned()),
            Err(error) => Err(serde::de::Error::custom(error)),
        }
    }
}

/// A number, as decimal text.
impl Answer for u64 {
    fn from_body(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }
}
