//! The logger of the ConnectorDB client: datapoints wait in a file while there is no network, and
//! each is stored on the server exactly once.
//!
//! ```no_run
//! # async fn example() -> Result<(), cdb_logger::Error> {
//! use cdb_logger::{Logger, StreamCreate};
//! use serde_json::json;
//!
//! let logger = Logger::builder("cache.db").apikey("the key of this device").open().await?;
//! let number = StreamCreate::new().schema(json!({"type": "number"}));
//! logger.add_stream_later("temperature", number).await?;
//! logger.start();
//!
//! let temperature = logger.stream::<f64>("temperature")?;
//! temperature.insert(21.5).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//! - What [`insert`](Logger::insert) has returned for is in the file, as safe as the [`Durability`]
//!   says: by default it survives a power failure. An insert never waits for the network.
//! - Each datapoint is stored on the server **exactly once**, in the order in which it was logged,
//!   whatever is interrupted and when.
//! - **Nothing is thrown away**, except by [`cleardata`](Logger::cleardata) and
//!   [`discard_set_aside`](Logger::discard_set_aside).
//! - A stream that cannot be written to does not hold back the others.
//! - Memory does not grow with the number of datapoints that wait.
//!
//! # Who retries, and when
//! Nothing is sent before [`start`](Logger::start) or [`sync`](Logger::sync). After `start`, a task
//! syncs at once, and then again after each [`syncperiod`](Logger::syncperiod). If a sync fails, it
//! tries again after a second, and then after growing pauses up to that period. It never gives up.
//! `sync` tries once, and returns what came of it.
//!
//! Dropping a future of this crate only stops waiting: a sync goes on in its own task, and an
//! insert that has been sent is stored. When the last [`Logger`] is dropped, or by
//! [`close`](Logger::close), a sync that is under way ends where it is.
//!
//! # When it gives up on a datapoint
//! A datapoint is *set aside* if the server itself has refused it for its content: it does not match
//! the schema that the stream has now, or it is larger than the server takes. Others of the stream
//! are sent. This is decided by the [kind](cdb_core::Error::kind) of the error, so nothing that a
//! proxy answers sets anything aside. What is set aside stays in the file with the reason:
//! [`set_aside`](Logger::set_aside) lists it, [`retry_set_aside`](Logger::retry_set_aside) has it
//! wait again.
//!
//! A failed login, a missing permission or stream, and a proxy's refusal are errors of the sync: the
//! datapoints wait.
//!
//! # What survives a restart
//! Everything that waits, what is set aside, the settings, and the streams with their schemas. Nothing
//! is written down about an attempt to send. Each datapoint of a stream has a time of its own, later
//! than the one before, if only by the smallest step that there is. Before anything is sent, the
//! server is asked which of the first datapoints it has, by time and value; and each request says at
//! which index it belongs, so that one which the network has delayed is refused when it arrives after
//! all.
//!
//! Two cases remain in which a datapoint may be stored twice. The original server ignores the index:
//! a single datapoint whose request arrives late is stored again. And *ephemeral* streams keep
//! nothing that could be asked for: after an interruption some datapoints may be sent again.
//!
//! If another program has put later datapoints into the same stream, those that wait get times just
//! after them, since the times of a stream cannot fall. [`restamped`](Logger::restamped) lists the
//! times at which they were logged.
//!
//! # How to watch it
//! [`status`](Logger::status) is a channel with the number of datapoints that wait and that are set
//! aside, the last error and the last success; [`on_sync`](LoggerBuilder::on_sync) and
//! [`on_sync_fail`](LoggerBuilder::on_sync_fail) are called after each sync. Failures are logged with
//! `tracing`.
//!
//! # The file
//! It is an SQLite file, and that of the Python client's logger: either opens what the other has left.
//! While a logger has it open, others are kept out. It holds the device's key, so only its owner can
//! read it. After an error of the disk it is opened again, and what memory knows is read from it.

mod builder;
mod create;
mod driver;
mod error;
mod logger;
mod queue;
mod shared;
mod status;
mod stream;
mod upload;

pub use builder::LoggerBuilder;
pub use cdb_core::{ApiKey, Datapoint, StreamCreate};
pub use error::{Error, FileError};
pub use logger::Logger;
pub use status::{Durability, Restamped, SetAside, Status, Synced};
pub use stream::LoggerStream;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the README shows, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
