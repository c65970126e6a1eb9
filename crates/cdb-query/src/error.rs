//! The errors of this crate.

use cdb_pipescript::ParseError;
use cdb_types::{PathError, QueryError};

/// The error of a query, or of reading or writing a table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The call failed, for example because the server refused it or could not be reached, or the
    /// name of a stream is not valid.
    #[error(transparent)]
    Core(#[from] cdb_core::Error),
    /// The query is not valid; the message is that of the original server. Nothing was sent.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A transform or an interpolator is not a valid script. Nothing was sent.
    #[error(transparent)]
    Script(#[from] ParseError),
    /// A text is not the name or the path of a stream. Nothing was sent.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The dataset has neither a reference (`x`) nor a step (`dt`). Nothing was sent.
    #[error("a dataset needs a reference stream (x) or a step in seconds (dt)")]
    NoReference,
    /// A column whose values are a merge has no name. Nothing was sent.
    #[error("a column whose values are a merge needs a name")]
    Unnamed,
    /// Two columns have the same name. Nothing was sent.
    #[error("two columns are named {0}")]
    TwoColumns(String),
    /// The table does not have a column of this name.
    #[error("the table has no column named {0}")]
    NoColumn(String),
    /// A value of a column cannot be read as the requested type.
    #[error("the value at {t} in column {column} is not of the requested type")]
    Type {
        /// The name of the column.
        column: String,
        /// The row's time, in seconds since 1970.
        t: f64,
        /// Why the value cannot be read.
        source: serde_json::Error,
    },
    /// A table could not be written.
    #[error("the table could not be written")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
}
