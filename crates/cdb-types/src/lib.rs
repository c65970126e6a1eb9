//! The wire model of ConnectorDB: everything that crosses the wire between a client and a server,
//! once, for both.
//!
//! - **Where**: [`UserPath`], [`DevicePath`], [`StreamPath`], made of [`Name`]s.
//! - **What**: a [`Datapoint`] has a [`Timestamp`] in seconds and a value; a [`DatapointArray`] is
//!   many of them in order.
//! - **Whose**: [`UserInfo`], [`DeviceInfo`], [`StreamInfo`] are what a server says of its objects,
//!   [`UserCreate`] and so on what they are made from, [`UserUpdate`] and so on what changes: a
//!   field that is not sent is not a field set to empty.
//! - **Which**: a [`DataQuery`] asks for a [`Range`] of a stream, by index or by time.
//! - **How**: [`endpoint`] has each call of the protocol with its verb, path, body and answer.
//!
//! This crate does no input or output but to local files, and depends on no runtime: a server, a
//! gateway's firmware or a web page can use it alone.
//!
//! ```
//! use cdb_types::{DatapointArray, StreamPath};
//!
//! let path: StreamPath = "myuser/phone/steps".parse().unwrap();
//! let body = r#"[{"t":1464250199.934,"d":8},{"t":1464334179.605,"d":7}]"#;
//! let data: DatapointArray<u32> = serde_json::from_str(body).unwrap();
//! assert_eq!(data.mean(), Some(7.5));
//! assert_eq!(serde_json::to_string(&data).unwrap(), body);
//! # let _ = path;
//! ```

mod datapoint;
mod datapoint_array;
pub mod endpoint;
mod error;
pub mod meta;
mod object;
mod path;
mod query;
mod same;
mod schema;
mod secret;
mod timestamp;
pub mod websocket;

pub use datapoint::{
    Datapoint, DatapointParseError, DatapointParser, Origin, RawDatapoint, RawNumber,
};
pub use datapoint_array::{DatapointArray, Number};
pub use error::{ErrorKind, ServerError};
pub use meta::ServerInfo;
pub use object::{
    DeviceCreate, DeviceInfo, DeviceKind, DeviceUpdate, Kind, StreamCreate, StreamInfo, StreamKind,
    StreamUpdate, Update, UpdateError, UserCreate, UserInfo, UserKind, UserUpdate,
};
pub use path::{
    DataPath, DevicePath, MAX_NAME_LEN, Name, NameError, ObjectPath, PathError, StreamPath,
    UserPath,
};
pub use query::{
    CheckedColumn, CheckedDataset, CheckedStream, ColumnQuery, DataQuery, DatasetQuery, MAX_MERGED,
    MAX_STREAMS, QueryError, Range, Reference, StreamQuery, check_merge, is_true, resolve_indices,
};
pub use same::is_same_value;
pub use schema::Schema;
#[cfg(feature = "schema")]
pub use schema::{InvalidSchema, Validator};
pub use secret::{ApiKey, Password};
pub use timestamp::{Timestamp, TimestampRangeError};

/// What the README shows, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
