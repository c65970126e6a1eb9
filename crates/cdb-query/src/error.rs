//! The errors of this crate.

use cdb_core::Facts;
use cdb_pipescript::{GridError, ParseError};
use cdb_types::{ErrorKind, QueryError, TimestampError};

/// The error of a query, or of reading or writing a table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The call failed, for example because the server refused it or could not be reached, or the
    /// name of a stream is not valid.
    #[error(transparent)]
    Core(#[from] cdb_core::Error),
    /// A stream of the query does not exist, or may not be read.
    #[error("{stream}: {error}")]
    NotFound {
        /// The path of the stream.
        stream: String,
        /// The answer of the server.
        error: Box<cdb_core::Error>,
    },
    /// The query is not valid; the message is that of the original server. Nothing was sent.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A transform or an interpolator is not a valid script. Nothing was sent.
    #[error(transparent)]
    Script(#[from] ParseError),
    /// A time is NaN or an infinity. Nothing was sent.
    #[error(transparent)]
    Time(#[from] TimestampError),
    /// The dataset has neither a reference (`x`) nor a step (`dt`). Nothing was sent.
    #[error("a dataset needs a reference stream (x) or a step in seconds (dt)")]
    NoReference,
    /// The step (`dt`) of a dataset is NaN or an infinity. Nothing was sent.
    #[error("the step (dt) of a dataset is {0}; give a finite number of seconds")]
    Step(f64),
    /// The end (`t2`) of a dataset with a step (`dt`) is missing, or is less than a step after the
    /// start (`t1`). Nothing was sent.
    #[error("a dataset with a step (dt) needs an end (t2) that is at least one step after t1")]
    NoRows,
    /// A dataset has more than 10,000,000 rows, or they are less than 0.001 seconds apart. Nothing was
    /// sent.
    #[error(
        "a dataset has at most 10,000,000 rows, at least 0.001 s apart; give a later start (t1) or a \
         longer step (dt)"
    )]
    TooManyRows,
    /// A time (`t1`, `t2`) of a dataset is set, but its reference (`x`) is a merge, whose streams have
    /// times of their own. Nothing was sent.
    #[error("the streams of a merge have times of their own; set t1 and t2 there")]
    TimesOfMerge,
    /// A column whose values are a merge has no name. Nothing was sent.
    #[error("a column whose values are a merge needs a name")]
    Unnamed,
    /// Two columns have the same name. If they are columns of a dataset, nothing was sent. If a table
    /// with a column `t` is to be converted to Arrow or Parquet, where `t` is the time of a row, no
    /// file was written.
    #[error("two columns are named {0}; give one another name with Column::name")]
    TwoColumns(String),
    /// The time zone of a dataset is not known.
    #[error("the time zone is not known; expected a name such as Europe/Berlin, or UTC")]
    Zone,
    /// The table does not have a column of this name.
    #[error("the table has no column named {0}")]
    NoColumn(String),
    /// A value of a column cannot be read as the requested type.
    #[error("the value at {t} in column {column} is not of the requested type: {error}")]
    Type {
        /// The name of the column.
        column: String,
        /// The row's time, in seconds since 1970.
        t: f64,
        /// Why the value cannot be read.
        error: String,
    },
    /// A table could not be written, because its file or writer returned an error.
    #[error("the table could not be written: {0}")]
    Write(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// What the predicates are decided by.
    #[doc(hidden)]
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        match self {
            Self::Core(error) => error.facts(),
            Self::NotFound { error, .. } => error.facts(),
            Self::Type { .. } | Self::Write(_) => Facts::default(),
            _ => Facts::of_kind(ErrorKind::Invalid),
        }
    }
}

cdb_core::error_predicates!(Error);

impl From<GridError> for Error {
    fn from(error: GridError) -> Self {
        match error {
            GridError::TooMany => Self::TooManyRows,
            GridError::Zone => Self::Zone,
            _ => Self::NoRows,
        }
    }
}

/// So that `?` works in functions that return the client's error.
impl From<Error> for cdb_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Core(error) => error,
            error => Self::with_facts(error, Error::facts),
        }
    }
}
