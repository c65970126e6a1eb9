//! Errors of parsing and running a script.

use std::fmt;
use std::ops::Range;

/// A text is not a valid script, or exceeds a limit of the [`Budget`](crate::Budget).
///
/// It is displayed as one line. If the original server reports the same error, the line starts with
/// its message.
/// [`snippet`](Self::snippet) shows the place in the script.
///
/// ```
/// use cdb_pipescript::Script;
/// let error = Script::parse("if $ > 5 | cuont").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "Script 'if $ > 5 | cuont': Transform cuont not found (line 1, column 12; did you mean count?)"
/// );
/// assert_eq!(error.snippet(), "if $ > 5 | cuont\n           ^^^^^");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    script: Box<str>,
    message: Box<str>,
    place: Range<usize>,
    suggestion: Option<&'static str>,
}

impl ParseError {
    pub(crate) fn new(script: &str, fault: Fault) -> Self {
        let Fault { message, place, suggestion } = fault;
        Self { script: script.into(), message: message.into(), place, suggestion }
    }

    /// Returns the message without the script and the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the place in the script, as a range of bytes.
    #[must_use]
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    /// Returns the line, and the column in characters, both counted from 1.
    #[must_use]
    pub fn line_and_column(&self) -> (usize, usize) {
        let before = self.script.get(..self.place.start).unwrap_or(&self.script);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        (line, column)
    }

    /// Returns the line of the script, and a second line with carets below the place.
    #[must_use]
    pub fn snippet(&self) -> String {
        let (line, column) = self.line_and_column();
        let line = self.script.lines().nth(line - 1).unwrap_or_default();
        let length = self.script.get(self.place.clone()).map_or(1, |text| text.chars().count());
        let room = (line.chars().count() + 1).saturating_sub(column).max(1);
        let carets = "^".repeat(length.clamp(1, room));
        format!("{line}\n{}{carets}", " ".repeat(column - 1))
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_and_column();
        write!(f, "Script '{}': {} (line {line}, column {column}", self.script, self.message)?;
        if let Some(name) = self.suggestion {
            write!(f, "; did you mean {name}?")?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for ParseError {}

/// A message and a place, before the text of the script is added.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) place: Range<usize>,
    pub(crate) suggestion: Option<&'static str>,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>, place: Range<usize>) -> Self {
        Self { message: message.into(), place, suggestion: None }
    }
}

/// A run has ended because the script cannot process a datapoint, or exceeds its budget. Earlier
/// results stay valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RunError(Box<str>);

impl RunError {
    pub(crate) fn new(message: impl Into<Box<str>>) -> Self {
        Self(message.into())
    }

    /// Creates the error for a number that is infinite or NaN, which JSON cannot represent.
    #[must_use]
    pub fn not_json(number: f64) -> Self {
        let number = crate::value::number_text(number);
        Self::new(format!("The result is {number}, which JSON cannot represent"))
    }

    /// Creates the error for a value that cannot be serialized.
    #[must_use]
    pub fn unwritable(error: impl fmt::Display) -> Self {
        Self::new(error.to_string())
    }
}
