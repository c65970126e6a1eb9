//! The transport of the ConnectorDB client: a [`Session`] sends the calls of
//! [`cdb_types::endpoint`] over HTTP.
//!
//! The handles for users, devices and streams are in `cdb-core`. This crate has
//!
//! - [`Credentials`], which are sent with each request; their secrets are not printed;
//! - the server's URL, which may lack the scheme, the path and the trailing slash;
//! - timeouts for connecting and for responses;
//! - retries with growing pauses, only where a repeated call cannot have an effect twice;
//! - [`websocket`]: one connection for all subscriptions of a session;
//! - an [`Error`] that contains the server's status, `code`, `msg` and `ref`.
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
#[doc(hidden)]
pub use error::Facts;
pub use error::{Error, ProtocolError, TransportError, UrlError};
pub use session::{CallFuture, Session, SessionBuilder};

/// What [`error_predicates!`] names in the crates that use it.
#[doc(hidden)]
pub mod private {
    pub use cdb_types::{ErrorKind, ServerError};
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
