//! Bringing what waits to the server, each datapoint once.
//!
//! The datapoints of one stream have times of their own, and what the server has got is found by
//! them: whatever happened to an earlier attempt, the server is asked which of the first datapoints
//! it has before anything is sent. So nothing needs to be written down about an attempt.

mod recover;
mod refused;

use cdb_core::Stream;
use cdb_types::Schema;

use crate::cache::{Cache, Outgoing, Sent};
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
        let mut sent = Sent::default();
        let done = self.send_until_refused(&mut sent).await;
        self.cache.forget_sent(self.name(), &mut sent).await?;
        done
    }

    async fn send_until_refused(&mut self, sent: &mut Sent) -> Result<(), Error> {
        let mut races = 0;
        loop {
            // None of these has the server, and all are later than what it has. Should something
            // that was sent before arrive only now, one of the two is refused.
            let mut length = self.stream.len().await?;
            self.recover().await?;
            let mut chunks = self.cache.outgoing(self.name(), self.most);
            let refused = loop {
                let Some(chunk) = chunks.next().await else { return Ok(()) };
                let Outgoing { body, count, after, end } = chunk?;
                match self.stream.insert_json_at(length, body).await {
                    Ok(()) => {}
                    Err(error) => break (after, count, error),
                }
                self.cache.sent(self.name(), count, end, sent).await?;
                self.synced.sent += count as u64;
                length += count as u64;
                races = 0;
            };
            drop(chunks);
            self.cache.forget_sent(self.name(), sent).await?;
            let (after, count, error) = refused;
            if !refused::is_race(&error) {
                let chunk = self.cache.chunk(self.name(), after, count).await?;
                self.sort_out(&chunk, error).await?;
            } else if races < MOST_RACES {
                races += 1;
            } else {
                return Err(error.into());
            }
        }
    }

    fn name(&self) -> &'a str {
        self.stream.name()
    }
}
