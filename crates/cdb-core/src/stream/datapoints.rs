//! Reading datapoints one at a time while the answer arrives.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cdb_http::{Body, ProtocolError};
use cdb_types::{
    Datapoint, DatapointArray, DatapointParseError, DatapointParser, StreamPath, Timestamp,
};
use futures_core::Stream;
use futures_util::TryStreamExt;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::{Error, Result};

/// A [`futures::Stream`](futures_core::Stream) of datapoints that are read while the answer of the
/// server arrives. Memory use does not grow with their number.
///
/// If the answer breaks off or cannot be understood, the last item is an error; all items before it
/// are valid.
pub struct Datapoints<T> {
    /// Where they are from, for errors.
    stream: StreamPath,
    skip_invalid: bool,
    /// `None` after the end of the answer, or after an error.
    body: Option<Body>,
    parser: DatapointParser,
    /// The datapoints that have been parsed and not returned yet.
    ready: std::vec::IntoIter<Datapoint<T>>,
}

impl<T: DeserializeOwned> Datapoints<T> {
    pub(super) fn new(stream: &crate::Stream, body: Body, skip_invalid: bool) -> Self {
        Self { skip_invalid, body: Some(body), ..Self::empty(stream) }
    }

    pub(super) fn empty(stream: &crate::Stream) -> Self {
        Self {
            stream: stream.path().clone(),
            skip_invalid: false,
            body: None,
            parser: DatapointParser::new(),
            ready: Vec::new().into_iter(),
        }
    }

    /// Reads all datapoints.
    pub(super) async fn collect_all(mut self) -> Result<DatapointArray<T>> {
        let mut found = Vec::new();
        if let Some(mut body) = self.body.take() {
            while let Some(piece) = body.try_next().await? {
                self.parse(Some(&piece), &mut found)?;
            }
            self.parse(None, &mut found)?;
        }
        Ok(found.into())
    }

    /// Parses the next piece of the body, or with `None` its end.
    fn parse(&mut self, piece: Option<&[u8]>, found: &mut Vec<Datapoint<T>>) -> Result<()> {
        let parsed = if self.skip_invalid {
            let mut any = Vec::<Datapoint<MaybeInvalid<T>>>::new();
            let parsed = feed(&mut self.parser, piece, &mut any);
            let valid = |Datapoint { t, d, o }| match d {
                MaybeInvalid(Some(d)) => Some(Datapoint { t, d, o }),
                MaybeInvalid(None) => None,
            };
            found.extend(any.into_iter().filter_map(valid));
            parsed
        } else {
            feed(&mut self.parser, piece, found)
        };
        parsed.map_err(|error| match error {
            DatapointParseError::Value { t, error } => value_error::<T>(&self.stream, t, &error),
            error => cdb_http::Error::from(ProtocolError::from(error)).into(),
        })
    }

    /// Reads and parses the next piece of the body; `None` after the end.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Vec<Datapoint<T>>>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let mut found = Vec::new();
        let parsed = match ready!(Pin::new(body).poll_next(cx)) {
            Some(Ok(piece)) => self.parse(Some(&piece), &mut found),
            Some(Err(error)) => Err(error.into()),
            None => {
                self.body = None;
                self.parse(None, &mut found)
            }
        };
        if parsed.is_err() {
            self.body = None;
        }
        Poll::Ready(Some(parsed.map(|()| found)))
    }
}

impl<T: DeserializeOwned> Stream for Datapoints<T> {
    type Item = Result<Datapoint<T>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(datapoint) = this.ready.next() {
                return Poll::Ready(Some(Ok(datapoint)));
            }
            match ready!(this.poll_more(cx)) {
                Some(Ok(found)) => this.ready = found.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

// No field is pinned structurally.
impl<T> Unpin for Datapoints<T> {}

impl<T> fmt::Debug for Datapoints<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datapoints").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}

/// Passes a piece of the body to the parser, or with `None` its end.
fn feed<T: DeserializeOwned>(
    parser: &mut DatapointParser,
    piece: Option<&[u8]>,
    found: &mut Vec<Datapoint<T>>,
) -> Result<(), DatapointParseError> {
    match piece {
        Some(piece) => parser.feed(piece, found),
        None => parser.finish(found),
    }
}

/// A value, or `None` in place of one that cannot be read as `T`.
struct MaybeInvalid<T>(Option<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for MaybeInvalid<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As text first: a deserializer that has failed in the middle of a value cannot go on.
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(text.get()).ok()))
    }
}

/// The error of a value that cannot be read as `T`.
pub(super) fn value_error<T>(
    stream: &StreamPath,
    t: Timestamp,
    error: &serde_json::Error,
) -> Error {
    Error::Value {
        stream: stream.clone(),
        t,
        expected: short_name(std::any::type_name::<T>()),
        error: without_position(error),
    }
}

/// The name of a type without the modules that it and its parameters are in.
fn short_name(name: &str) -> String {
    let parts = name.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    let last = |part: &str| part.rsplit("::").next().unwrap_or(part).to_owned();
    parts.map(last).collect()
}

/// The message of an error without its line and column, which are those within one value.
fn without_position(error: &serde_json::Error) -> String {
    let (text, (line, column)) = (error.to_string(), (error.line(), error.column()));
    text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_without_their_modules() {
        assert_eq!(short_name("f64"), "f64");
        assert_eq!(short_name(std::any::type_name::<Vec<Option<String>>>()), "Vec<Option<String>>");
        assert_eq!(short_name("(my::house::Climate, [u8; 3])"), "(Climate, [u8; 3])");
    }
}
