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
//! # Live
//!
//! A device subscribes to streams, and gets what is inserted as soon as it is stored; whatever
//! happens to the connection, a [`Subscription`] has no gap. A stream that is a *downlink* lets
//! others ask its owner for something.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let server = connectordb::server::Server::builder().data(directory.path().join("c.db"))
//! #     .listen("127.0.0.1:0").admin("test", "test").start().await?;
//! # use connectordb::{ConnectorDb, DeviceCreate, StreamCreate};
//! # let url = server.url();
//! # let cdb = ConnectorDb::builder().url(&url).password("test", "test").connect().await?;
//! # let lamp = cdb.user().device("lamp")?;
//! # lamp.create(DeviceCreate::new().stream("light", StreamCreate::new().downlink(true))).await?;
//! # let key = lamp.apikey().await?.ok_or("no key")?;
//! let lamp = ConnectorDb::builder().url(url).apikey(key).connect().await?;
//! let mut requests = lamp.stream("light")?.typed::<bool>().downlinks().await?;
//!
//! // Somebody else:
//! let light = cdb.stream("test/lamp/light")?.typed::<bool>();
//! let mut changes = light.subscribe().transform("if $ == true").await?;
//! light.insert(true).await?;
//!
//! // The lamp:
//! let request = requests.next().await.ok_or("the end")??;
//! assert_eq!(request.origin(), Some("test/user"));
//! request.accept().await?;
//!
//! let change = changes.next().await.ok_or("the end")??;
//! assert!(change[0].d);
//! # server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # On a bad network
//!
//! A logger writes datapoints into a file, and brings each to the server once when that can be
//! reached.
//!
//! ```
//! # #[cfg(feature = "logger")]
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let server = connectordb::server::Server::builder().data(directory.path().join("c.db"))
//! #     .listen("127.0.0.1:0").admin("test", "test").start().await?;
//! # use connectordb::{ConnectorDb, StreamCreate};
//! # let (url, file) = (server.url(), directory.path().join("cache.db"));
//! # let cdb = ConnectorDb::builder().url(&url).password("test", "test").connect().await?;
//! # let key = cdb.apikey().await?.ok_or("no key")?.expose().to_owned();
//! use connectordb::logger::Logger;
//! use serde_json::json;
//!
//! let logger = Logger::builder(file)
//!     .on_create(|logger: Logger| async move {
//!         logger.set_serverurl(url).await?;
//!         logger.set_apikey(key).await?;
//!         let schema = StreamCreate::new().schema(json!({"type": "number"}));
//!         logger.add_stream("temperature", schema).await
//!     })
//!     .open()
//!     .await?;
//! logger.insert("temperature", 21.5).await?;
//! assert_eq!(logger.len(), 1);
//! logger.sync().await?;
//! assert_eq!(cdb.stream("temperature")?.len().await?, 1);
//! # logger.close().await?;
//! # server.shutdown().await;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "logger"))]
//! # fn main() {}
//! ```
//!
//! # Crates
//!
//! This one brings the others together; each can be used alone.
//!
//! - [`types`] (`cdb-types`): what crosses the wire. No runtime, no network: for servers, gateways
//!   and small devices.
//! - [`http`] (`cdb-http`): sessions, credentials, timeouts, retries, the websocket.
//! - `cdb-core`: the objects, re-exported here.
//! - `logger` (`cdb-logger`, a default feature): datapoints wait in a file while there is no network,
//!   and each comes to the server once.
//! - `query` (`cdb-query`, a default feature): merged series and tables of several streams, as
//!   CSV and, with the feature `arrow`, as Arrow and Parquet.
//! - `pipescript` (`cdb-pipescript`, a default feature): the transform language by itself.
//! - `server` (`cdb-server`, with the feature `server`): a server for the same protocol that runs
//!   within a program, on one file.

#![doc(test(attr(deny(warnings))))]

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(doc)]
pub mod guide;

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

/// What the README shows, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
