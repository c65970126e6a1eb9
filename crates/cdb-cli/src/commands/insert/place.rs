//! Places in the input, and the errors of rows.

use std::fmt;

/// The number of characters of a bad line or cell that an error quotes.
const MAX_QUOTED_CHARS: usize = 60;

/// The place of a datapoint in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A line of text, from 1.
    Line(u64),
    /// An element of a JSON array, from 1, and the line on which it ends.
    Element { number: u64, line: u64 },
    /// A row of a table, from 1 after the line of column names, and the line on which it begins.
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
    /// Whether the rest of the input cannot be read either.
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

/// A text in quotes, cut after 60 characters.
pub(super) fn start_of(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
