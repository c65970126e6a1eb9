//! The bytes of datapoints: batches as they arrive, blocks as they are stored. No I/O.

pub(in crate::storage) mod batch;
pub(in crate::storage) mod block;
pub(in crate::storage) mod checksum;
pub(crate) mod columns;
pub(crate) mod points;
pub(in crate::storage) mod surrogates;
