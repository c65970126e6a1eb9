//! The bytes of datapoints: batches as they arrive, blocks as they are stored. No I/O.

pub(in crate::storage) mod batch;
pub(in crate::storage) mod block;
pub(crate) mod points;
