//! Where in the input something stands, and what is wrong with it.

use std::fmt;

/// How much of a bad line or cell is shown.
const MAX_QUOTED_CHARS: usize = 60;

/// Where a datapoint stands in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A line of text, from 1.
    Line(u64),
    /// An element of a JSON array, from 1, and the line on which it ends.
    Element { number: u64, line: u64 },
    /// A row of a table after its names, from 1, and the line on which it begins.
    Row { number: u64, line: u64 },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Element { number, line } => write!(f, "datapoint {number} (line {line})"),
            Self::Row { number, line } => write!(f, "row {number} (line {line})"),
        }
    }
}

/// A datapoint that cannot be stored, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadRow {
    pub(super) place: Place,
    pub(super) message: String,
    /// Whether what comes after it cannot be read either.
    pub(super) is_last: bool,
}

impl BadRow {
    pub(super) fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), is_last: false }
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.place, self.message)
    }
}

impl std::error::Error for BadRow {}

/// The start of a text, in quotes.
pub(super) fn start_of(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
