//! The tasks of a logger: one owns the file, one brings what waits to the server.
//!
//! The handles only send requests to them and wait for the answer, so a caller that goes away
//! interrupts nothing. Both tasks end with the last handle.

pub(crate) mod file;
mod sync;
#[cfg(test)]
mod tests;
pub(crate) mod uploader;
