//! How a ConnectorDB client talks to a server: a [`Session`] sends the calls of
//! [`cdb_types::endpoint`] over HTTP.
//!
//! It knows paths and bytes, not users and streams: that is what `cdb-core` is for. It looks after
//!
//! - **who asks**: [`Credentials`], sent with each request and printed nowhere;
//! - **where**: the server's URL with or without scheme, path and trailing slash;
//! - **when to stop**: timeouts for connecting and for answers;
//! - **when to try again**: with growing pauses, where that cannot do a thing twice;
//! - **what comes unasked**: [`websocket`], one connection for all subscriptions of a session;
//! - **what went wrong**: an [`Error`] that keeps the server's status, `code`, `msg` and `ref`.
//!
//! ```no_run
//! # async fn example() -> Result<(), cdb_http::Error> {
//! use cdb_http::{Credentials, Session};
//! use cdb_types::endpoint::Ping;
//!
//! let session = Session::builder("http://localhost:3124")
//!     .credentials(Credentials::password("test", "test"))
//!     .build()?;
//! assert_eq!(session.call(&Ping).await?, "test/user");
//! # Ok(())
//! # }
//! ```

mod backoff;
mod base_url;
mod body;
mod credentials;
mod error;
mod jitter;
mod retry;
mod session;
pub mod websocket;

pub use backoff::Backoff;
pub use base_url::origin;
pub use body::Body;
pub use credentials::Credentials;
pub use error::{Error, ProtocolError, TransportError, UrlError};
pub use session::{Answering, Session, SessionBuilder};

/// What the README shows, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
