//! What can go wrong.

use cdb_pipescript::ParseError;
use cdb_types::{PathError, QueryError};

/// Why a question has no answer, or a table cannot be used. If it is not the server that refused
/// ([`Core`](Self::Core)), the question was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused, or could not be reached.
    #[error(transparent)]
    Core(#[from] cdb_core::Error),
    /// The question is none; the words are the protocol's.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A transform or an interpolator is no script.
    #[error(transparent)]
    Script(#[from] ParseError),
    /// A text is not the name or the path of a stream.
    #[error(transparent)]
    Path(#[from] PathError),
    /// There is neither a reference (`x`) nor a step (`dt`).
    #[error("a dataset needs a reference stream (x) or a step in seconds (dt)")]
    NoReference,
    /// A merge has no name of its own: its column needs one.
    #[error("a column of a merge needs a name")]
    Unnamed,
    /// Two columns have one name.
    #[error("there are two columns named {0}")]
    TwoColumns(String),
    /// The table has no such column.
    #[error("there is no column named {0}")]
    NoColumn(String),
    /// A value is not of the type that was asked for.
    #[error("the value at {t} in column {column} is of another type")]
    Type {
        /// The column.
        column: String,
        /// The row's time, in seconds since 1970.
        t: f64,
        /// What is wrong with the value.
        source: serde_json::Error,
    },
    /// A table could not be written.
    #[error("the table could not be written")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
}
