//! Queries over several streams of ConnectorDB.
//!
//! - A [`Merge`] returns the datapoints of several streams as one series.
//! - A [`Dataset`] returns a [`Table`] of their values, with rows a fixed number of seconds apart,
//!   or at the datapoints of a reference stream.
//!
//! ```no_run
//! # async fn example(cdb: &cdb_core::ConnectorDb) -> cdb_query::Result<()> {
//! use cdb_query::{Column, Dataset, Merge};
//!
//! // The temperature at each datapoint of the stream `mood`.
//! let table = Dataset::new(cdb)
//!     .x("mood")
//!     .column("temperature")
//!     .column(Column::new("steps").interpolator("sum"))
//!     .await?;
//! println!("{table}");
//! let temperatures: Vec<Option<f64>> = table.column("temperature")?;
//!
//! let everything = Merge::new(cdb).stream("mood").stream("other/device/stream").await?;
//! # Ok(())
//! # }
//! ```
//!
//! A query is checked before it is sent: a script that is not valid, two columns with the same
//! name, or both a step and a reference are an error without a request to the server.
//!
//! # Cancel safety
//! Queries only read. Dropping the future of a query has no effect.

mod column_type;
mod dataset;
mod error;
mod merge;
mod missing;
mod source;
mod table;
mod type_source;

/// The crates of Arrow and Parquet, in the versions that [`Table`] uses. A program that uses them from
/// here need not depend on them itself.
#[cfg(feature = "arrow")]
pub use {arrow_array, arrow_schema, parquet};

pub use cdb_types::CalendarStep;
pub use column_type::ColumnType;
pub use dataset::{Column, Dataset, XAxis};
pub use error::Error;
pub use merge::Merge;
pub use source::Source;
pub use table::{Row, Table};

/// A `Result` whose error is an [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
