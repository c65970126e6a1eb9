//! The end of a stream.

use serde::{Deserialize, Serialize};

use crate::{Datapoint, StreamPath, Timestamp};

/// How many datapoints a stream has, and the last one, as `POST query/latest` answers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Latest {
    /// The stream.
    pub stream: StreamPath,
    /// The number of datapoints.
    pub length: u64,
    /// The last datapoint; `None` if there is none.
    pub last: Option<Datapoint>,
    /// Why the last datapoint cannot be read, if the server's data file is damaged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Latest {
    /// Creates a value.
    #[must_use]
    pub fn new(stream: StreamPath, length: u64, last: Option<Datapoint>) -> Self {
        Self { stream, length, last, error: None }
    }

    /// Returns the age of the last datapoint in seconds, if there is one: negative if its time is in the
    /// future.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<f64> {
        Some(now.as_secs_f64() - self.last.as_ref()?.t.as_secs_f64())
    }
}
