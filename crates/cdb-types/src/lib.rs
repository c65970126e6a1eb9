//! The wire model of ConnectorDB: the types that a client and a server exchange, shared by both.
//!
//! A user has devices, a device has streams, and a stream has datapoints. A stream may also have a
//! *downlink*: a second series of datapoints, with the requests that other devices send to the
//! stream, such as to switch on a lamp.
//!
//! - **Paths**: [`UserPath`], [`DevicePath`] and [`StreamPath`], which consist of [`Name`]s.
//! - **Data**: a [`Datapoint`] has a [`Timestamp`] in seconds and a value; a [`DatapointArray`] is
//!   a list of datapoints. A [`Schema`] restricts the values of a stream.
//! - **Objects**: users, devices and streams. [`UserInfo`], [`DeviceInfo`] and [`StreamInfo`]
//!   describe them; [`UserCreate`], [`DeviceCreate`] and [`StreamCreate`] create them;
//!   [`UserUpdate`], [`DeviceUpdate`] and [`StreamUpdate`] change them. An update leaves a field
//!   that is `None` as it is; an empty string clears a text field.
//! - **Queries**: a [`DataQuery`] selects a [`Range`] of a stream, by index or by time. A
//!   [`DatasetQuery`] combines several streams into a table.
//! - **Summaries**: [`summary`] has what many datapoints come to: plots, statistics, the latest
//!   datapoints of many streams.
//! - **Calls**: [`endpoint`] has each call of the protocol with its HTTP method, path, body and
//!   response. A failed call returns a [`ServerError`], whose [`ErrorKind`] says what is wrong.
//! - **Subscriptions**: [`websocket`] has the frames that a client and a server exchange.
//!
//! ```
//! use cdb_types::DatapointArray;
//!
//! let body = r#"[{"t":1464250199.934,"d":8},{"t":1464334179.605,"d":7}]"#;
//! let data: DatapointArray<u32> = serde_json::from_str(body)?;
//! assert_eq!(data.mean(), Some(7.5));
//! assert_eq!(serde_json::to_string(&data)?, body);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! This crate does no I/O except to local files ([`DatapointArray::write_json`],
//! [`load_json`](DatapointArray::load_json) and [`load_export`](DatapointArray::load_export)) and
//! does not depend on an async runtime, so a server, firmware or a web page can use it alone.
//!
//! # Two servers
//! The *original server* is the ConnectorDB server with the protocol version 0.3.0, for which the
//! Python client was written. *This project's server* is the crate `cdb-server`. The documentation
//! says where they differ. The names in parentheses, such as "`raw` in Python", are those of the
//! Python client.
//!
//! # Features
//! - `schema`: validation of schemas, and of values against them (`Schema::validator`), also within
//!   limits (`Schema::limited_validator`).
//! - `jiff-1`: conversions between [`Timestamp`] and `jiff::Timestamp`.
//! - `schemars`: the schema of a Rust type (`Schema::of`, `StreamCreate::of`).

mod datapoint;
mod datapoint_array;
mod discarded;
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
pub mod session;
pub mod summary;
mod timestamp;
pub mod websocket;

pub use datapoint::{
    Datapoint, DatapointParseError, DatapointParser, Origin, RawDatapoint, RawNumber,
};
pub use datapoint_array::{DatapointArray, Number};
pub use discarded::Discarded;
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
    CalendarStep, CheckedColumn, CheckedDataset, CheckedStream, ColumnQuery, DataQuery,
    DatasetQuery, InvalidStep, MAX_MERGED, MAX_STREAMS, PlotQuery, QueryError, Range, Reference,
    Step, StreamQuery, check_merge, is_true, resolve_indices,
};
pub use same::is_same_value;
pub use schema::Schema;
#[cfg(feature = "schema")]
pub use schema::{InvalidSchema, SchemaLimits, Validator};
pub use secret::{ApiKey, Password};
pub use timestamp::{Seconds, Timestamp, TimestampError, TimestampRangeError};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
