//! The logger of the ConnectorDB client: it writes datapoints to a file and sends them to the
//! server when the server can be reached. Each datapoint is stored on the server exactly once.
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
//! Datapoints that are in the file and not yet on the server are *pending*. A *sync* sends all
//! pending datapoints and deletes from the file what the server has stored.
//!
//! # Guarantees
//! - When [`insert`](Logger::insert) has returned, the datapoint is in the file. By default it
//!   survives a power failure; see [`Durability`]. An insert never waits for the network.
//! - Each datapoint is stored on the server **exactly once**, in the order in which it was logged,
//!   whatever is interrupted and when. There are two exceptions; see [below](#after-a-restart).
//! - **No datapoint is discarded**, except by [`cleardata`](Logger::cleardata) and
//!   [`discard_set_aside`](Logger::discard_set_aside).
//! - A stream that cannot be written to does not delay the other streams.
//! - Memory use does not grow with the number of pending datapoints.
//!
//! # When datapoints are sent
//! Nothing is sent before [`start`](Logger::start) or [`sync`](Logger::sync) is called. `sync`
//! makes one attempt and returns its result. `start` starts a background task, which syncs at once
//! and then again a [`syncperiod`](Logger::syncperiod) after the end of each sync. If a sync fails,
//! the task tries again after about a second, and then after growing pauses of at most the sync
//! period. It never gives up.
//!
//! # Cancel safety
//! Each method says what happens if its future is dropped. Syncs run in a task of their own and
//! writes to the file in another, so that a dropped future interrupts neither. A running sync is
//! aborted when the last [`Logger`] is dropped, or by [`close`](Logger::close).
//!
//! # Datapoints that the server refuses
//! A datapoint is *set aside* if the server refuses it for its content: it does not match the
//! current schema of the stream, or it is larger than the server accepts. The other datapoints of
//! the stream are sent. A datapoint that is set aside stays in the file, with the reason:
//! [`set_aside`](Logger::set_aside) lists these datapoints, and
//! [`retry_set_aside`](Logger::retry_set_aside) makes them pending again.
//!
//! Whether the content was refused is decided by the [kind](cdb_core::Error::kind) of the error.
//! The response of a proxy has no kind, so it never sets a datapoint aside.
//!
//! A failed login, a missing permission, a missing stream and a proxy's refusal are errors of the
//! sync. The datapoints stay pending.
//!
//! # After a restart
//! The file keeps the pending datapoints, the datapoints that are set aside, the settings, and the
//! streams with their schemas.
//!
//! Attempts to send are not recorded. Instead, each datapoint of a stream gets a time of its own:
//! if its time is not later than that of the datapoint before, it is moved to just after that one.
//! Before the logger sends anything, it asks the server which of the pending datapoints it has
//! stored already, by time and value. Each request also states the index at which its first
//! datapoint belongs, so the server refuses a request that the network has delayed.
//!
//! A datapoint may be stored twice in two cases:
//!
//! - The original server ignores the index. If a request with a single datapoint arrives late, that
//!   datapoint is stored again.
//! - *Ephemeral* streams do not store datapoints, so the server cannot tell which it has received.
//!   After an interruption, some datapoints may be sent again.
//!
//! If another program has inserted later datapoints into the same stream, the pending datapoints
//! that are not later get new times just after them, because the times of a stream must be in
//! ascending order. [`restamped`](Logger::restamped) lists the old and new times.
//!
//! # Monitoring
//! [`status`](Logger::status) returns a channel with the number of pending datapoints and of those
//! that are set aside, the last error, and the time of the last successful sync.
//! [`on_sync`](LoggerBuilder::on_sync) and [`on_sync_fail`](LoggerBuilder::on_sync_fail) register
//! callbacks that are called after each sync. Failures are logged with `tracing`.
//!
//! # The file
//! The file is an SQLite database in the format of the Python client's logger; either logger opens
//! files of the other. While a logger has the file open, no other program can open it. The file
//! contains the device's key, so on Unix a new file can be read by its owner only. After an error
//! of the disk, the logger opens the file again and reads its state from there.

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

/// The result of a call to the logger.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
