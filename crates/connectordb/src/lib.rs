//! ConnectorDB in Rust: a database for the streams of sensor and life-logging data of a person or
//! of a fleet of devices.
//!
//! A **stream** is an append-only series of timestamped JSON values that fit one JSON Schema. It
//! belongs to a **device** (whatever logs in with a key of its own), and that to a **user**; its
//! path is `user/device/stream`.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let server = connectordb::server::Server::builder().data(directory.path().join("c.db"))
//! #     .listen("127.0.0.1:0").admin("test", "test").start().await?;
//! # let url = server.url();
//! use connectordb::{ConnectorDb, StreamCreate, Timestamp};
//! use serde_json::json;
//!
//! let cdb = ConnectorDb::builder().url(url).password("test", "test").connect().await?;
//! let mood = cdb.stream("mood")?;
//! mood.create(StreamCreate::new().schema(json!({"type": "integer", "maximum": 10}))).await?;
//!
//! mood.insert(8).await?;
//! mood.insert(7).await?;
//!
//! let last = mood.get(-1).await?.ok_or("no mood")?;
//! assert_eq!(last.d, 7);
//! let last_minute = mood.typed::<f64>().query().t1(Timestamp::now() + -60.0).await?;
//! assert_eq!(last_minute.mean(), Some(7.5));
//! let good = mood.query().transform("if $ > 7 | count").await?;
//! assert_eq!(good[0].d, 1);
//! # server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Crates
//!
//! This one brings the others together; each can be used alone.
//!
//! - [`types`] (`cdb-types`): what crosses the wire. No runtime, no network: for servers, gateways
//!   and small devices.
//! - [`http`] (`cdb-http`): sessions, credentials, timeouts, retries.
//! - `cdb-core`: the objects, re-exported here.
//! - `query` (`cdb-query`, a default feature): merged series and tables of several streams, as
//!   CSV and, with the feature `arrow`, as Arrow and Parquet.
//! - `pipescript` (`cdb-pipescript`, a default feature): the transform language by itself.
//! - `server` (`cdb-server`, with the feature `server`): a server for the same protocol that runs
//!   within a program, on one file.

#![doc(test(attr(deny(warnings))))]

pub use cdb_core::*;
pub use cdb_http as http;
#[cfg(feature = "query")]
pub use cdb_pipescript as pipescript;
#[cfg(feature = "query")]
pub use cdb_query as query;
pub use cdb_types as types;

#[cfg(feature = "server")]
pub use cdb_server as server;
