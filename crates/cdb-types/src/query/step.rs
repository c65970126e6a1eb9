//! The time from one row of a dataset to the next.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The time from one row of a dataset to the next.
///
/// As text and in JSON it is a number of seconds, or `day`, `week` or `month`.
///
/// ```
/// use cdb_types::{CalendarStep, Step};
///
/// assert_eq!("3600".parse(), Ok(Step::Seconds(3600.0)));
/// assert_eq!("day".parse(), Ok(Step::Calendar(CalendarStep::Day)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "dt is a number of seconds, \"day\", \"week\" or \"month\"")]
#[non_exhaustive]
pub enum Step {
    /// Always the same time, in seconds.
    Seconds(f64),
    /// As long as the days, weeks or months of a calendar.
    Calendar(CalendarStep),
}

/// A step of the calendar, whose length depends on the date and the time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CalendarStep {
    /// From midnight to midnight.
    Day,
    /// From midnight at the beginning of a Monday to the next.
    Week,
    /// From midnight at the beginning of the first day of a month to the next.
    Month,
}

impl CalendarStep {
    /// Returns the word for the step: `day`, `week` or `month`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Returns the length of the step in seconds if no clock is changed, of the shortest month.
    #[must_use]
    pub fn min_seconds(self) -> f64 {
        match self {
            Self::Day => 86_400.0,
            Self::Week => 7.0 * 86_400.0,
            Self::Month => 28.0 * 86_400.0,
        }
    }
}

impl fmt::Display for CalendarStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text is not a [`Step`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a step, which is a number of seconds, `day`, `week` or `month`")]
pub struct InvalidStep(String);

impl FromStr for Step {
    type Err = InvalidStep;

    fn from_str(text: &str) -> Result<Self, InvalidStep> {
        let step = [CalendarStep::Day, CalendarStep::Week, CalendarStep::Month];
        if let Some(step) = step.into_iter().find(|step| step.as_str() == text) {
            return Ok(Self::Calendar(step));
        }
        text.parse().map(Self::Seconds).map_err(|_| InvalidStep(text.to_owned()))
    }
}
