//! Questions about several streams of ConnectorDB at once.
//!
//! - A [`Merge`] is the datapoints of several streams as one series.
//! - A [`Dataset`] is a [`Table`] of their values: at times that lie a fixed step apart, or at the
//!   datapoints of one of them.
//!
//! ```no_run
//! # async fn example(cdb: &cdb_core::ConnectorDb) -> cdb_query::Result<()> {
//! use cdb_query::{Column, Dataset, Merge};
//!
//! // How warm it was whenever the mood was noted.
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
//! What can be seen to be wrong before anything is sent is an error before anything is sent: a
//! script that is none, a column twice, both a step and a reference.

mod dataset;
mod error;
mod merge;
mod source;
mod table;

pub use dataset::{Column, Dataset, XAxis};
pub use error::Error;
pub use merge::Merge;
pub use source::Source;
pub use table::{Row, Table};

/// The result of a question.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the README shows, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
