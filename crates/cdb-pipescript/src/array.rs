//! Scripts over datapoints that are here already.

use cdb_types::{Datapoint, DatapointArray};

use crate::error::{ParseError, RunError};
use crate::script::Script;
use crate::value::Value;

/// Why a script gives nothing for an array.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransformError {
    /// The text is not a script.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The datapoints are not what the script is for.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Runs scripts over a [`DatapointArray`], with the same results as a server.
///
/// ```
/// use cdb_pipescript::ArrayTransform;
/// use cdb_types::{Datapoint, DatapointArray};
/// let array = DatapointArray::from(vec![Datapoint::new(1.0, 3.0), Datapoint::new(2.0, 10.0)]);
/// let mean = array.transform("mean | if last")?;
/// assert_eq!(mean[0].d, 6.5);
/// # Ok::<(), cdb_pipescript::TransformError>(())
/// ```
pub trait ArrayTransform {
    /// What a script gives for these datapoints. Origins are dropped.
    ///
    /// # Errors
    /// When the text is not a script, or the datapoints are not what it is for.
    fn transform(&self, script: &str) -> Result<DatapointArray, TransformError>;
}

impl<T: Clone + Into<Value>> ArrayTransform for DatapointArray<T> {
    fn transform(&self, script: &str) -> Result<DatapointArray, TransformError> {
        let script = Script::parse(script)?;
        let points = script.over(self.iter().cloned());
        points.map(|point| Ok(Datapoint::try_from(point?)?)).collect()
    }
}
