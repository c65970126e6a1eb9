//! The wire model of ConnectorDB: the types that a client and a server exchange, shared by both.
//!
//! - **Paths**: [`UserPath`], [`DevicePath`] and [`StreamPath`], which consist of [`Name`]s.
//! - **Data**: a [`Datapoint`] has a [`Timestamp`] in seconds and a value; a [`DatapointArray`] is
//!   a list of datapoints.
//! - **Objects**: [`UserInfo`], [`DeviceInfo`] and [`StreamInfo`] describe existing objects.
//!   [`UserCreate`] and its siblings create them, [`UserUpdate`] and its siblings change them. An
//!   update leaves a field that is `None` as it is; an empty text clears the field.
//! - **Queries**: a [`DataQuery`] selects a [`Range`] of a stream, by index or by time.
//! - **Calls**: [`endpoint`] has each call of the protocol with its HTTP method, path, body and
//!   response.
//!
//! This crate does no I/O except to local files ([`DatapointArray::write_json`] and
//! [`load_json`](DatapointArray::load_json)) and does not depend on an async runtime, so a server,
//! firmware or a web page can use it alone.
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
mod finite;
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
pub use finite::Finite;
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
pub use timestamp::{Seconds, Timestamp, TimestampError, TimestampRangeError};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
