//! The bytes of datapoints: batches as they arrive, blocks as they are stored. No I/O.

pub(in crate::storage) mod batch;
pub(in crate::storage) mod block;
mod bytes;
pub(in crate::storage) mod checksum;
pub(crate) mod columns;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
pub(crate) mod points;
mod split;
pub(in crate::storage) mod summary;
pub(in crate::storage) mod surrogates;
pub(crate) mod visit;

/// Numbers of columns can be read in pages of so many rows, and what they come to is known for the same rows:
/// a page takes some 6 µs to read, and 25 bytes more than if there were only one. Files have pages of so many
/// rows: another number would be another format.
pub(in crate::storage) const PAGE_ROWS: usize = 1024;
