//! Places in the input, and the errors of rows.

use std::fmt;

/// The number of characters of a bad line or cell that an error quotes.
const MAX_QUOTED_CHARS: usize = 60;

/// The place of a datapoint in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A line of text, from 1.
    Line(u64),
    /// An element of a JSON array, from 1, and the line on which it begins.
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

impl Place {
    fn line(self) -> u64 {
        match self {
            Self::Line(line) | Self::Element { line, .. } | Self::Row { line, .. } => line,
        }
    }

    /// The place of the datapoint that is `count` datapoints after this one, if each is `lines` lines
    /// after the one before it.
    fn after(self, count: u64, lines: u64) -> Self {
        let later = |line| line + count * lines;
        match self {
            Self::Line(line) => Self::Line(later(line)),
            Self::Element { number, line } => {
                Self::Element { number: number + count, line: later(line) }
            }
            Self::Row { number, line } => Self::Row { number: number + count, line: later(line) },
        }
    }
}

/// The places of all datapoints. To save memory, datapoints at regular distances are stored as one
/// run.
#[derive(Debug, Default)]
pub(super) struct Places {
    len: usize,
    runs: Vec<PlaceRun>,
}

/// Datapoints at regular distances.
#[derive(Debug)]
struct PlaceRun {
    /// The index of the first datapoint.
    start: usize,
    /// The place of the first datapoint.
    first: Place,
    /// The number of lines from one datapoint to the next, or 0 if the run has one datapoint.
    lines: u64,
}

impl Places {
    pub(super) fn push(&mut self, place: Place) {
        let index = self.len;
        self.len += 1;
        if let Some(run) = self.runs.last_mut() {
            let count = (index - run.start) as u64;
            if count == 1 {
                run.lines = place.line().saturating_sub(run.first.line());
            }
            if run.first.after(count, run.lines) == place {
                return;
            }
        }
        self.runs.push(PlaceRun { start: index, first: place, lines: 0 });
    }

    /// The place of the datapoint at `index`, or `None` if there are fewer datapoints.
    pub(super) fn get(&self, index: usize) -> Option<Place> {
        let run = self.runs[..self.runs.partition_point(|run| run.start <= index)].last()?;
        Some(run.first.after((index - run.start) as u64, run.lines))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_again() {
        let element = |number, line| Place::Element { number, line };
        let places = [(1, 2), (2, 6), (3, 10), (5, 14), (6, 14), (7, 14), (8, 20), (9, 21)]
            .map(|(number, line)| element(number, line));
        let mut all = Places::default();
        places.iter().for_each(|place| all.push(*place));
        assert!((0..places.len()).all(|index| all.get(index) == Some(places[index])));
        assert_eq!(all.runs.len(), 3);
    }
}
