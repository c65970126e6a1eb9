//! The tasks of a logger: one owns the file, the other syncs.
//!
//! The handles send requests to the tasks and wait for the reply, so dropping a caller's future
//! does not interrupt a task. Both tasks end when the last handle is dropped.

pub(crate) mod file;
mod sync;
#[cfg(test)]
mod tests;
pub(crate) mod uploader;
