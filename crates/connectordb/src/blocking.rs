//! The API without async, for scripts and small devices: write `.wait()` instead of `.await`.
//!
//! There is no second API to learn. [`Wait`] adds the method [`wait`](Wait::wait) to everything
//! that can be awaited, and [`WaitEach`] turns asynchronous streams into iterators.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = connectordb::testing::TestServer::start().wait()?;
//! # let url = server.url();
//! use connectordb::blocking::{Wait, WaitEach};
//! use connectordb::{ConnectorDb, StreamCreate};
//! use serde_json::json;
//!
//! let cdb = ConnectorDb::builder().url(url).password("test", "test").connect().wait()?;
//! let mood = cdb.stream("mood")?.typed::<i64>();
//! mood.ensure(StreamCreate::new().schema(json!({"type": "integer"}))).wait()?;
//! let changes = mood.subscribe().transform("if $ < 3").wait()?;
//!
//! mood.insert(8).wait()?;
//! mood.insert(2).wait()?;
//!
//! // Reads all datapoints in constant memory.
//! for datapoint in mood.query().stream().wait()?.wait_each() {
//!     println!("{}", datapoint?.d);
//! }
//!
//! // Blocks until the next insert. The loop does not end by itself.
//! for batch in changes.wait_each() {
//!     assert_eq!(batch?[0].d, 2);
//! #   break;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A [logger](crate::logger), for a device with an unreliable network:
//!
//! ```
//! # #[cfg(feature = "logger")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = connectordb::testing::TestServer::start().wait()?;
//! # let (url, key) = (server.url(), server.apikey("thermometer").wait()?);
//! # let file = server.directory().join("cache.db");
//! use connectordb::StreamCreate;
//! use connectordb::blocking::Wait;
//! use connectordb::logger::Logger;
//! use serde_json::json;
//!
//! let logger = Logger::builder(file).serverurl(url).apikey(key).open().wait()?;
//! let number = StreamCreate::new().schema(json!({"type": "number"}));
//! logger.add_stream_later("temperature", number).wait()?;
//! logger.start();     // syncs in the background
//! logger.insert("temperature", 21.5).wait()?;
//! logger.close().wait()?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "logger"))]
//! # fn main() {}
//! ```
//!
//! # Threads
//!
//! The first call starts a thread, which all calls share. It drives the connections: pings are
//! answered and loggers sync while the program does something else. A call itself runs on the
//! thread that waits for it. Callbacks, such as that of
//! [`Stream::on_insert`](crate::Stream::on_insert), run on the shared thread and must not block.
//!
//! In an async program, blocking would delay other tasks or cause a deadlock. [`Wait::wait`] panics
//! there, with a message that says to use `.await`.

use std::fmt;
use std::future::{IntoFuture, pending, poll_fn};
use std::pin::Pin;
use std::sync::OnceLock;
use std::thread;

use futures_core::Stream;
use tokio::runtime::{Builder, Handle};

/// The message of the panic in an async program.
const WITHIN_ASYNC: &str =
    "connectordb::blocking is for programs without async: write `.await` instead of `.wait()` here";

/// Blocks until a future is ready. Implemented for everything that can be awaited.
///
/// ```no_run
/// use connectordb::ConnectorDb;
/// use connectordb::blocking::Wait;
/// let cdb = ConnectorDb::builder().apikey("a device's key").connect().wait()?;
/// # drop(cdb);
/// # Ok::<(), connectordb::Error>(())
/// ```
pub trait Wait: IntoFuture + Sized {
    /// Blocks this thread until the future is ready, and returns its output.
    ///
    /// # Panics
    /// Panics within an async program, where `.await` must be used, and if the first call cannot
    /// start the shared thread.
    fn wait(self) -> Self::Output {
        runtime().block_on(self.into_future())
    }
}

impl<F: IntoFuture> Wait for F {}

/// Turns an asynchronous stream into an iterator: [`Datapoints`](crate::Datapoints),
/// [`Subscription`](crate::Subscription), [`Downlinks`](crate::Downlinks).
///
/// ```no_run
/// use connectordb::blocking::{Wait, WaitEach};
/// # fn main() -> connectordb::Result<()> {
/// # let cdb = connectordb::ConnectorDb::builder().connect().wait()?;
/// # let mood = cdb.stream("mood")?;
/// for batch in mood.subscribe().wait()?.wait_each() {
///     println!("{:?}", batch?);
/// }
/// # Ok(())
/// # }
/// ```
pub trait WaitEach: Stream + Unpin + Sized {
    /// Returns an iterator that blocks until the next item is ready.
    ///
    /// # Panics
    /// The iterator panics where [`Wait::wait`] does.
    fn wait_each(self) -> Each<Self> {
        Each(self)
    }
}

impl<S: Stream + Unpin> WaitEach for S {}

/// A blocking iterator over an asynchronous stream; see [`WaitEach::wait_each`].
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Each<S>(S);

impl<S: Stream + Unpin> Iterator for Each<S> {
    type Item = S::Item;

    fn next(&mut self) -> Option<S::Item> {
        poll_fn(|cx| Pin::new(&mut self.0).poll_next(cx)).wait()
    }
}

impl<S> fmt::Debug for Each<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Each")
    }
}

/// The runtime of the shared thread.
fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Handle> = OnceLock::new();
    assert!(Handle::try_current().is_err(), "{WITHIN_ASYNC}");
    RUNTIME.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be created");
        let handle = runtime.handle().clone();
        let thread = thread::Builder::new().name("connectordb".to_owned());
        let started = thread.spawn(move || runtime.block_on(pending::<()>()));
        started.expect("the shared thread can be started");
        handle
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_threads_wait_at_once() {
        let sum = |n: u64| async move {
            tokio::time::sleep(std::time::Duration::from_millis(n)).await;
            n
        };
        let threads: Vec<_> = (0..8).map(|n| thread::spawn(move || sum(n).wait())).collect();
        let waited = threads.into_iter().map(|thread| thread.join().expect("it ends"));
        assert_eq!(waited.sum::<u64>(), 28);
    }

    #[tokio::test]
    #[should_panic(expected = "write `.await` instead of `.wait()`")]
    async fn in_an_async_program_the_panic_says_what_to_do() {
        std::future::ready(()).wait();
    }

    #[test]
    #[should_panic(expected = "write `.await` instead of `.wait()`")]
    fn a_future_that_is_waited_for_does_not_wait() {
        async { std::future::ready(()).wait() }.wait();
    }
}
