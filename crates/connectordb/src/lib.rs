#![doc = include_str!("tutorial/start.md")]
#![cfg_attr(feature = "logger", doc = include_str!("tutorial/logging.md"))]
#![cfg_attr(feature = "query", doc = include_str!("tutorial/datasets.md"))]
#![doc = include_str!("tutorial/features.md")]
#![doc(test(attr(deny(warnings))))]

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(doc)]
pub mod guide;
#[cfg(feature = "testing")]
pub mod testing;

pub use cdb_archive as archive;
pub use cdb_core::*;
pub use cdb_http as http;
#[cfg(feature = "logger")]
pub use cdb_logger as logger;
#[cfg(feature = "query")]
pub use cdb_pipescript as pipescript;
#[cfg(feature = "query")]
pub use cdb_query as query;
pub use cdb_types as types;

#[cfg(feature = "server")]
pub use cdb_server as server;

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
