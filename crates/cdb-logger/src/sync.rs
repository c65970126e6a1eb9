//! Bringing what waits to the server, each datapoint once.
//!
//! The datapoints of one stream have times of their own, and what the server has got is found by
//! them: whatever happened to an earlier attempt, the server is asked which of the first datapoints
//! it has before anything is sent. So nothing needs to be written down about an attempt.

mod recover;
mod refused;

use cdb_core::Stream;
use cdb_types::Schema;
use futures_util::future::join;

use crate::cache::{Cache, Chunk};
use crate::{Error, Synced};

/// How many datapoints are sent at once at most.
const MOST: usize = 5_000;

/// How often in a row somebody else may come between.
const MOST_RACES: usize = 20;

/// What waits of one stream, on its way to the server.
pub(crate) struct Upload<'a> {
    cache: &'a Cache,
    stream: &'a Stream,
    /// How many to send at once: fewer while the server does not take some of them.
    most: usize,
    synced: Synced,
    /// The stream's schema, if it was asked for.
    schema: Option<Schema>,
}

/// What became of an upload.
pub(crate) struct Uploaded {
    pub(crate) synced: Synced,
    /// The stream's schema, if the server had to be asked for it.
    pub(crate) schema: Option<Schema>,
    pub(crate) result: Result<(), Error>,
}

impl Uploaded {
    /// Nothing became of it.
    pub(crate) fn failed(error: Error) -> Self {
        Self { synced: Synced::default(), schema: None, result: Err(error) }
    }
}

impl<'a> Upload<'a> {
    pub(crate) fn new(cache: &'a Cache, stream: &'a Stream) -> Self {
        Self { cache, stream, most: MOST, synced: Synced::default(), schema: None }
    }

    /// Sends all that waits.
    pub(crate) async fn run(mut self) -> Uploaded {
        let result = self.send_all().await;
        Uploaded { synced: self.synced, schema: self.schema, result }
    }

    async fn send_all(&mut self) -> Result<(), Error> {
        let mut races = 0;
        let mut next = self.first().await?;
        // What the server has got, but the file has not forgotten yet.
        let mut sent: Option<f64> = None;
        while !next.0.is_empty() {
            let chunk = next;
            let Some(datapoints) = chunk.datapoints() else {
                self.forget(sent.take()).await?;
                self.put_garbage_aside(&chunk).await?;
                next = self.first().await?;
                continue;
            };
            // While a chunk is on its way, the one before is forgotten and the one after is read.
            let following = async {
                self.forget(sent.take()).await?;
                self.cache.chunk(self.name(), chunk.end(), self.most).await
            };
            let sending = self.stream.insert_array(&datapoints).into_future();
            let (result, following) = join(sending, following).await;
            next = following?;
            match result {
                Ok(_) => {
                    sent = Some(chunk.end());
                    self.synced.sent += chunk.0.len() as u64;
                    self.most = (2 * self.most).min(MOST);
                    races = 0;
                }
                Err(error) if refused::is_order(&error) && races < MOST_RACES => {
                    races += 1;
                    next = self.first().await?;
                }
                Err(error) => {
                    self.sort_out(&chunk, error).await?;
                    next = self.first().await?;
                }
            }
        }
        self.forget(sent).await
    }

    /// The first datapoints, none of which the server has, and all later than what it has.
    async fn first(&mut self) -> Result<Chunk, Error> {
        self.recover().await?;
        self.cache.chunk(self.name(), f64::NEG_INFINITY, self.most).await
    }

    async fn forget(&self, until: Option<f64>) -> Result<(), Error> {
        match until {
            Some(until) => self.cache.sent(self.name(), until).await.map(drop),
            None => Ok(()),
        }
    }

    fn name(&self) -> &'a str {
        self.stream.name()
    }
}
