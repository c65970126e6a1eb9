//! The logger of the ConnectorDB client: datapoints wait in a file while there is no network, and
//! each comes to the server once.
//!
//! ```no_run
//! # async fn example() -> Result<(), cdb_logger::Error> {
//! use cdb_logger::{Logger, StreamCreate};
//! use serde_json::json;
//!
//! let logger = Logger::builder("cache.db")
//!     .on_create(async |logger: Logger| {
//!         // Once, for a new file.
//!         logger.set_apikey("the key of this device").await?;
//!         let schema = StreamCreate::new().schema(json!({"type": "number"}));
//!         logger.add_stream("temperature", schema).await
//!     })
//!     .open()
//!     .await?;
//! logger.start();
//! logger.insert("temperature", 21.5).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//! - What [`insert`](Logger::insert) has answered is on the disk, as safe as the [`Durability`]
//!   says: by default it outlives a power failure. It never waits for the network.
//! - Each datapoint comes to the server **exactly once**, in the order in which it was logged,
//!   whatever is interrupted and when. For this, the datapoints of a stream get times of their own,
//!   each later than the one before, if only by the smallest step that there is; by them the logger
//!   finds out what the server has got, and each request says after how many datapoints it belongs,
//!   so that one which the network has held up is refused when it arrives after all. (The original
//!   server does not look at that: if such a request held a single datapoint, that may come twice
//!   there. And in *ephemeral* streams, which keep nothing, nothing can be found out: after an
//!   interruption, some may come twice.)
//! - **Nothing is thrown away.** When something else has put later datapoints into the same stream
//!   meanwhile, those that wait get times just after them, since a stream's times cannot fall; the
//!   times at which they were logged stay in the file ([`Logger::restamped`]). What the server will
//!   never take, because its stream has got another schema, is set aside in the file with the reason
//!   ([`Logger::set_aside`]), and does not hold back the rest. A stream that cannot be written does
//!   not hold back the others.
//! - Memory does not grow with what waits.
//!
//! # The file
//! It is an SQLite file, and that of the Python client's logger: either takes up what the other has
//! left. While a logger has it open, others are kept out. It holds the device's key, so only its
//! owner can read it.

mod builder;
mod cache;
mod error;
mod inner;
mod logger;
mod status;
mod sync;
mod task;

pub use builder::LoggerBuilder;
pub use cdb_core::{Datapoint, StreamCreate};
pub use error::{Error, FileError};
pub use logger::Logger;
pub use status::{Durability, Restamped, SetAside, Status, Synced};

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the README shows, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
