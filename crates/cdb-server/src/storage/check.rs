//! What a check of a data file has found.

use std::fmt;
use std::ops::Range;

/// What [`DataFile::check`](crate::DataFile::check) has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// What is damaged. Empty if the file is as it should be.
    pub problems: Vec<Problem>,
    /// The number of streams.
    pub streams: u64,
    /// The number of datapoints that can be read.
    pub datapoints: u64,
}

/// Something in a data file that is damaged. It displays as a line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The path of the stream (`user/device/stream`); `None` if the file as a whole is concerned.
    pub stream: Option<String>,
    /// Whether it is in the downlink of the stream.
    pub downlink: bool,
    /// The indexes of the datapoints that are concerned, if some are.
    pub indexes: Option<Range<u64>>,
    /// What is wrong.
    pub kind: ProblemKind,
    /// The same, for people.
    pub message: String,
}

/// What is wrong in a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// SQLite finds the file damaged.
    Database,
    /// Datapoints cannot be read.
    Unreadable,
    /// Datapoints are missing, or there twice.
    Missing,
    /// The times of datapoints are not in order, or are not those of the header of their block.
    Times,
    /// The two indexes of blocks do not agree.
    Index,
    /// A summary is not that of its datapoints.
    Summary,
}

impl ProblemKind {
    /// Returns the kind as a word for programs, such as `unreadable`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Unreadable => "unreadable",
            Self::Missing => "missing",
            Self::Times => "times",
            Self::Index => "index",
            Self::Summary => "summary",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, downlink, indexes, message, .. } = self;
        if let Some(stream) = stream {
            write!(f, "{stream}{}", if *downlink { " (downlink)" } else { "" })?;
            if let Some(indexes) = indexes {
                write!(f, ", indexes {} to {}", indexes.start, indexes.end.saturating_sub(1))?;
            }
            f.write_str(": ")?;
        }
        f.write_str(message)
    }
}
