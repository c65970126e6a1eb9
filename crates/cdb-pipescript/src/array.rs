//! Runs scripts over arrays.

use cdb_types::{Datapoint, DatapointArray};

use crate::error::{ParseError, RunError};
use crate::script::Script;
use crate::value::Value;

/// A script could not be run over an array.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransformError {
    /// The text is not a script.
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
pub trait ArrayTransform {
    /// Runs a script over the datapoints, and returns the results without origins.
    ///
    /// # Errors
    /// Returns an error if the text is not a script, if the script cannot process a datapoint, or
    /// if it exceeds the default [`Budget`](crate::Budget).
    fn transform(&self, script: &str) -> Result<DatapointArray, TransformError>;
}

impl<T: Clone + Into<Value>> ArrayTransform for DatapointArray<T> {
    fn transform(&self, script: &str) -> Result<DatapointArray, TransformError> {
        let script = Script::parse(script)?;
        let points = script.over(self.iter().cloned());
        points.map(|point| Ok(Datapoint::try_from(point?)?)).collect()
    }
}
