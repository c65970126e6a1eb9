//! The object API of the ConnectorDB client: [`ConnectorDb`], [`User`], [`Device`], [`Stream`].
//!
//! ```no_run
//! # async fn example() -> Result<(), cdb_core::Error> {
//! use cdb_core::{ConnectorDb, StreamCreate};
//! use serde_json::json;
//!
//! let cdb = ConnectorDb::builder()
//!     .url("http://localhost:3124")
//!     .password("test", "test")
//!     .connect()
//!     .await?;
//! let mood = cdb.stream("mood")?;
//! mood.ensure(StreamCreate::new().schema(json!({"type": "integer"}))).await?;
//! mood.insert(8).await?;
//! println!("{} moods, the last {:?}", mood.len().await?, mood.get(-1).await?);
//! # Ok(())
//! # }
//! ```
//!
//! Handles are cheap to clone and can be used from many tasks at once. A handle holds the path of
//! an object and a cache of the object's properties. Making one sends nothing. A call is sent when
//! it is awaited, not before.
//!
//! # Cancel safety
//! If the future of a call that changes something is dropped, the request may have been sent
//! already, and the change may or may not be made. Dropping the future of a call that only reads has
//! no effect. Dropping a future that waits for the next item of a subscription loses no item.
//! Methods with other effects describe them under "Cancel safety".

mod archive;
mod connection;
mod connectordb;
mod device;
mod error;
mod object;
mod stream;
mod user;

pub use archive::{Export, Import};
pub use cdb_archive::{ArchiveError, ArchiveProblem, Progress};
pub use cdb_http::Credentials;
pub use cdb_http::websocket::{ConnectionState, Reconnect};
#[doc(hidden)]
pub use cdb_http::{Facts, error_predicates};
pub use cdb_types::summary::{Latest, Plot, Statistics};
pub use cdb_types::{
    ApiKey, Datapoint, DatapointArray, DeviceCreate, DeviceInfo, DevicePath, DeviceUpdate,
    ErrorKind, ObjectPath, Password, Schema, Seconds, ServerError, ServerInfo, StreamCreate,
    StreamInfo, StreamPath, StreamUpdate, Timestamp, TimestampError, TimestampRangeError,
    UserCreate, UserInfo, UserPath, UserUpdate,
};
pub use connectordb::{ConnectorDb, ConnectorDbBuilder};
pub use device::Device;
pub use error::{Error, Lagged, OtherError};
pub use object::Object;
pub use stream::{
    ByIndex, ByTime, Callback, Datapoints, DeleteRange, Downlinks, InsertArray, InsertLate, Query,
    RangeBound, ReadPlot, ReadStatistics, ReplaceRange, Reply, Request, Stream, Subscribe,
    Subscription, TypedStream, Whole,
};
pub use user::{ListStreams, User};

/// A `Result` whose error is an [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
