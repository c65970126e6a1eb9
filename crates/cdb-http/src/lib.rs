//! The transport of the ConnectorDB client: a [`Session`] sends the calls of
//! [`cdb_types::endpoint`] over HTTP.
//!
//! The handles for users, devices and streams are in the crate `cdb-core`.
//!
//! - A session is built from the server's URL, of which only the host is required
//!   ([`Session::builder`]), and from [`Credentials`], which are sent with each request.
//! - A session has timeouts for connecting and for responses. It repeats a failed call only if the
//!   repetition cannot have an effect twice ([`SessionBuilder::retries`]).
//! - An [`Error`] contains the error response of the server, if there is one. The predicates of an
//!   error, such as [`is_temporary`](Error::is_temporary), say how to react to it.
//! - A [`websocket`] is one connection for all subscriptions of a session.
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
//!
//! Calls run in a tokio runtime. Documentation that mentions the *original server* means the server
//! for which the Python client was written; see [`cdb_types`](cdb_types#two-servers).

mod backoff;
mod base_url;
mod body;
mod credentials;
mod error;
mod jitter;
mod retry;
mod session;
mod tls;
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
