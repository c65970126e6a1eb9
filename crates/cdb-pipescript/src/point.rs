//! What goes through a script.

use cdb_types::{Datapoint, Timestamp};

use crate::error::RunError;
use crate::value::Value;

/// A datapoint without origin, cheap to clone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point {
    /// When, in seconds since 1970.
    pub t: f64,
    /// The value.
    pub d: Value,
}

impl Point {
    /// A datapoint.
    #[must_use]
    pub fn new(t: f64, d: impl Into<Value>) -> Self {
        Self { t, d: d.into() }
    }
}

impl<T: Into<Value>> From<Datapoint<T>> for Point {
    fn from(datapoint: Datapoint<T>) -> Self {
        Self { t: datapoint.t.as_secs_f64(), d: datapoint.d.into() }
    }
}

/// Fails for what JSON cannot say: an infinity or NaN.
impl TryFrom<Point> for Datapoint {
    type Error = RunError;

    fn try_from(point: Point) -> Result<Self, RunError> {
        let t = Timestamp::new(point.t).ok_or_else(|| RunError::not_json(point.t))?;
        Ok(Self { t, d: point.d.try_into()?, o: None })
    }
}
