//! Runs scripts over arrays.

use cdb_types::{Datapoint, DatapointArray};

use crate::error::{ParseError, RunError};
use crate::script::Script;
use crate::value::Value;

/// A script could not be run over an array.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransformError {
    /// The text is not a valid script, or exceeds a limit.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The script cannot process a datapoint, or exceeds its budget.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Runs scripts over a [`DatapointArray`], with the same results as on a server.
///
/// ```
/// use cdb_pipescript::ArrayTransform;
/// use cdb_types::{Datapoint, DatapointArray};
/// let array = DatapointArray::from(vec![Datapoint::at(1, 3.0), Datapoint::at(2, 10.0)]);
/// let mean = array.transform("mean | if last")?;
/// assert_eq!(mean[0].d, 6.5);
/// # Ok::<(), cdb_pipescript::TransformError>(())
/// ```
///
/// # Long numbers
///
/// A `serde_json::Value` rounds numbers that neither a 64-bit integer nor a float represents
/// exactly, in the input of a script and in its results. To keep all their digits, read the
/// datapoints as [`RawValue`]s and run the script over [`Point`]s:
///
/// ```
/// use cdb_pipescript::{Point, Script, Value};
/// use cdb_types::DatapointArray;
/// use serde_json::value::RawValue;
/// let text = r#"[{"t":1,"d":12345678901234567890123}]"#;
/// let array: DatapointArray<Box<RawValue>> = serde_json::from_str(text)?;
/// let points = array.iter().map(|point| {
///     let d = Value::from_json(point.d.get().as_bytes())?;
///     Ok(Point::new(point.t.as_secs_f64(), d))
/// });
/// let points: Vec<Point> = points.collect::<Result<_, serde_json::Error>>()?;
/// let last: Vec<Point> = Script::parse("if last")?.over(points).collect::<Result<_, _>>()?;
/// assert_eq!(serde_json::to_string(&last[0].d)?, "12345678901234567890123");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`RawValue`]: serde_json::value::RawValue
/// [`Point`]: crate::Point
pub trait ArrayTransform {
    /// Runs a script over the datapoints, and returns the results without origins.
    ///
    /// # Errors
    /// Returns an error if the text is not a valid script, if the script cannot process a
    /// datapoint, or if it exceeds the default [`Budget`](crate::Budget).
    fn transform(&self, script: &str) -> Result<DatapointArray, TransformError>;
}

impl<T: Clone + Into<Value>> ArrayTransform for DatapointArray<T> {
    fn transform(&self, script: &str) -> Result<DatapointArray, TransformError> {
        let script = Script::parse(script)?;
        let points = script.over(self.iter().cloned());
        points.map(|point| Ok(Datapoint::try_from(point?)?)).collect()
    }
}
