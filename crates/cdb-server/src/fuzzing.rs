//! What the fuzz targets of this repository call. It is not part of the public interface.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use cdb_types::{Timestamp, Validator};

pub use crate::storage::format::fuzzing::{BlockBytes, BlockCell, ReadSummary};
use crate::storage::{Batch, InsertRules};

/// Reads the body of an insert as the server does at the time `now`. Returns the JSON array that is
/// stored.
///
/// # Errors
/// Returns the message with which the insert is refused.
pub fn read_batch(
    body: &[u8],
    schema: &Validator,
    origin: Option<&str>,
    now: Timestamp,
) -> Result<Vec<u8>, String> {
    let rules = InsertRules { validator: schema, max_steps: u64::MAX, max_datapoints: usize::MAX };
    let mut read = pin!(Batch::read(body, rules, origin, now));
    // It is pending only when it lets others run, and there are none.
    let batch = loop {
        if let Poll::Ready(batch) = read.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            break batch.map_err(|error| error.to_string())?;
        }
    };
    Ok([b"[", batch.into_points().text(), b"]"].concat())
}
