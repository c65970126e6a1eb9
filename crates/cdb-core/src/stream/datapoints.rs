//! Reading datapoints one at a time while the answer arrives.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cdb_http::{Body, ProtocolError};
use cdb_types::{Datapoint, DatapointArray, DatapointParseError, DatapointParser};
use futures_core::Stream;
use futures_util::TryStreamExt;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// A [`futures::Stream`](futures_core::Stream) of datapoints that are read while the answer of the
/// server arrives. Memory use does not grow with their number.
///
/// If the answer breaks off or cannot be understood, the last item is an error; all items before it
/// are valid.
pub struct Datapoints<T> {
    /// `None` after the end of the answer, or after an error.
    body: Option<Body>,
    parser: DatapointParser,
    /// The datapoints that have been parsed and not returned yet.
    ready: std::vec::IntoIter<Datapoint<T>>,
}

impl<T: DeserializeOwned> Datapoints<T> {
    pub(super) fn new(body: Body) -> Self {
        Self { body: Some(body), parser: DatapointParser::new(), ready: Vec::new().into_iter() }
    }

    pub(super) fn empty() -> Self {
        Self { body: None, parser: DatapointParser::new(), ready: Vec::new().into_iter() }
    }

    /// Reads all datapoints.
    pub(super) async fn collect_all(mut self) -> Result<DatapointArray<T>> {
        let mut found = Vec::new();
        if let Some(mut body) = self.body.take() {
            while let Some(piece) = body.try_next().await? {
                self.parser.feed(&piece, &mut found).map_err(protocol)?;
            }
            self.parser.finish(&mut found).map_err(protocol)?;
        }
        Ok(found.into())
    }

    /// Reads and parses the next piece of the body; `None` after the end.
    fn poll_more(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Vec<Datapoint<T>>, cdb_http::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let mut found = Vec::new();
        let parsed = match ready!(Pin::new(body).poll_next(cx)) {
            Some(Ok(piece)) => self.parser.feed(&piece, &mut found),
            Some(Err(error)) => {
                self.body = None;
                return Poll::Ready(Some(Err(error)));
            }
            None => {
                self.body = None;
                self.parser.finish(&mut found)
            }
        };
        Poll::Ready(Some(match parsed {
            Ok(()) => Ok(found),
            Err(error) => {
                self.body = None;
                Err(protocol(error))
            }
        }))
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
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
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

fn protocol(error: DatapointParseError) -> cdb_http::Error {
    ProtocolError::from(error).into()
}
