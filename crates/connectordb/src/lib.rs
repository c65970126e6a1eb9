#![doc = include_str!("tutorial/introduction.md")]
//! | I want to … | use |
//! |---|---|
//! | connect, with a key or a password | [`ConnectorDb::builder`], [`connect`](ConnectorDbBuilder::connect) |
//! | start before the server does | [`connect_lazy`](ConnectorDbBuilder::connect_lazy) |
//! | create a stream, if it does not exist | [`Stream::ensure`], [`StreamCreate`] |
//! | create a device and get its key | [`Device::ensure`], [`DeviceCreate`] |
//! | write a value, or many with their times | [`Stream::insert`], [`Stream::insert_array`], [`Datapoint`] |
//! | read the last value | [`Stream::get`] with `-1` |
//! | read a range of indexes or times | [`Stream::range`], [`Stream::query`], [`Query`] |
//! | read a large stream in constant memory | [`Query::stream`], [`Datapoints`] |
//! | read and write values of a Rust type | [`Stream::typed`], [`TypedStream`] |
//! | filter or summarise on the server | [`Query::transform`], [PipeScript by example](guide::pipescript_by_example) |
//! | receive values as they are stored | [`Stream::subscribe`], [`Subscription`], [`Stream::on_insert`] |
//! | know whether the connection for subscriptions is open | [`ConnectorDb::connection_state`], [`connection_states`](ConnectorDb::connection_states) |
//! | request something of a device | [`Stream::insert`], into a stream with a downlink |
//! | answer requests on a device | [`Stream::downlinks`], [`Stream::on_downlink`], [`Request`] |
//! | know what went wrong | [`Error`], [Errors and timeouts](#errors-and-timeouts) |
//! | export and import users, devices and streams | [`User::export`], [`ConnectorDb::import_users`] |
#![cfg_attr(feature = "logger", doc = "| log without a reliable network | [`logger::Logger`] |")]
#![cfg_attr(
    feature = "query",
    doc = "| combine streams into a table; write CSV or Parquet | [`query::Dataset`], [`query::Table`] |"
)]
#![cfg_attr(feature = "query", doc = "| merge streams into one series | [`query::Merge`] |")]
#![cfg_attr(
    feature = "query",
    doc = "| run a script over values in memory | [`pipescript::ArrayTransform`], [`pipescript::Script`] |"
)]
#![cfg_attr(
    feature = "blocking",
    doc = "| do all this without async | [`blocking::Wait`]: `.wait()` instead of `.await` |"
)]
#![cfg_attr(feature = "server", doc = "| run a server within a program | [`server::Server`] |")]
#![cfg_attr(feature = "web", doc = "| show the web app | the same server |")]
#![cfg_attr(
    feature = "testing",
    doc = "| test a program against a server | [`testing::TestServer`] |"
)]
//!
#![doc = include_str!("tutorial/client.md")]
#![doc = include_str!("tutorial/errors.md")]
#![cfg_attr(feature = "logger", doc = include_str!("tutorial/logging.md"))]
#![cfg_attr(feature = "query", doc = include_str!("tutorial/datasets.md"))]
#![cfg_attr(feature = "testing", doc = include_str!("tutorial/testing.md"))]
#![doc = include_str!("tutorial/features.md")]
#![doc(test(attr(deny(warnings))))]

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(doc)]
pub mod guide;
#[cfg(feature = "testing")]
pub mod testing;

pub use cdb_core::*;

/// The files of exported users, devices and streams: the crate `cdb-archive`.
///
/// [`User::export`](User::export) and [`ConnectorDb::import_users`](ConnectorDb::import_users)
/// write and read them. This module is for programs that process the files themselves.
pub mod archive {
    pub use cdb_archive::*;
}

/// The transport of the client: the crate `cdb-http`.
///
/// A program seldom needs it: [`ConnectorDb`] has all calls.
pub mod http {
    pub use cdb_http::*;
}

/// A logger that keeps datapoints in a file until the server can be reached: the crate `cdb-logger`.
///
/// - An insert into a [`Logger`](logger::Logger) returns when the datapoint is on disk, and never
///   waits for the network.
/// - Datapoints in the file that are not yet on the server are *pending*. A *sync* sends all of them.
/// - Each datapoint is stored on the server exactly once and in order, even if the program is killed
///   or the connection is lost in between. Two kinds may be stored twice after an interruption:
///   datapoints of an ephemeral stream, and a datapoint that is sent alone to the original server.
/// - Nothing is thrown away: a datapoint that the server refuses for its content is
///   [set aside](logger::Logger::set_aside), and the others are sent.
/// - After [`start`](logger::Logger::start), a task syncs at once, and again a
///   [`syncperiod`](logger::Logger::syncperiod) after the end of each sync. If the server cannot be
///   reached, it tries again after growing pauses, and never gives up.
/// - [`status`](logger::Logger::status) returns the number of pending datapoints and the last error.
///
/// The guide [Writing a device](crate::guide::writing_a_device) shows how to use it, and what it does
/// when something goes wrong.
#[cfg(feature = "logger")]
pub mod logger {
    pub use cdb_logger::*;
}

/// The transform language PipeScript, to run scripts over values in memory: the crate
/// `cdb-pipescript`.
///
/// [`ArrayTransform`](pipescript::ArrayTransform) runs a script over an array, and
/// [`Script`](pipescript::Script) over any iterator. The guide [PipeScript by
/// example](crate::guide::pipescript_by_example) describes the language and lists all transforms.
#[cfg(feature = "query")]
pub mod pipescript {
    pub use cdb_pipescript::*;
}

/// Queries over several streams: the crate `cdb-query`.
///
/// A [`Dataset`](query::Dataset) returns a [`Table`](query::Table) of the values of several streams,
/// and a [`Merge`](query::Merge) their datapoints as one series. Dropping the future of a query has no
/// effect, because queries only read.
#[cfg(feature = "query")]
pub mod query {
    pub use cdb_query::{
        Column, ColumnType, Dataset, Error, Merge, Result, Row, Source, Table, XAxis,
    };
    // Apart, since a glob puts the hundreds of types of Arrow and Parquet into the index.
    #[cfg(feature = "arrow")]
    #[doc(no_inline)]
    pub use cdb_query::{arrow_array, arrow_schema, parquet};
}

/// A server within a program: the crate `cdb-server`.
///
/// [`Server::builder`](server::Server::builder) starts one. [`DataFile`](server::DataFile) exports and
/// imports the data file of a server that is not running. The guide [Running a
/// server](crate::guide::running_a_server) describes what else a server needs, such as backups. For
/// tests, use [`TestServer`](crate::testing::TestServer).
#[cfg(feature = "server")]
pub mod server {
    pub use cdb_server::*;
}

/// The types of the protocol: the crate `cdb-types`.
///
/// Those that a client needs, such as [`Datapoint`], are also at the root. This
/// module is for servers and gateways that speak the protocol themselves.
pub mod types {
    pub use cdb_types::{
        ApiKey, CalendarStep, CheckedColumn, CheckedDataset, CheckedStream, ColumnQuery, DataPath,
        DataQuery, Datapoint, DatapointArray, DatapointParseError, DatapointParser, DatasetQuery,
        DeviceCreate, DeviceInfo, DeviceKind, DevicePath, DeviceUpdate, Discarded, ErrorKind,
        Finite, InvalidStep, Kind, MAX_MERGED, MAX_NAME_LEN, MAX_STREAMS, Name, NameError, Number,
        ObjectPath, Origin, Password, PathError, PlotQuery, QueryError, Range, RawDatapoint,
        RawNumber, Reference, Schema, Seconds, ServerError, ServerInfo, Step, StreamCreate,
        StreamInfo, StreamKind, StreamPath, StreamQuery, StreamUpdate, Timestamp, TimestampError,
        TimestampRangeError, Update, UpdateError, UserCreate, UserInfo, UserKind, UserPath,
        UserUpdate, check_merge, is_same_value, is_true, resolve_indices,
    };
    #[cfg(any(feature = "logger", feature = "schema", feature = "server"))]
    pub use cdb_types::{InvalidSchema, SchemaLimits, Validator};
    // Apart from a glob, since the generic calls of `endpoint` read better in their own crate.
    #[doc(no_inline)]
    pub use cdb_types::{endpoint, meta, session, summary, websocket};
}

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
