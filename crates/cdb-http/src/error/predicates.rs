//! The predicates that all errors of the client have.

use cdb_types::{ErrorKind, ServerError};

/// What an error's predicates are decided by.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// The server's error response, if the error is one.
    pub server: Option<&'a ServerError>,
    /// The kind, whether the server or the client has found the error.
    pub kind: Option<ErrorKind>,
    /// Whether something took too long.
    pub is_timeout: bool,
    /// Whether the same call may succeed later.
    pub is_temporary: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn of_server(error: &'a ServerError) -> Self {
        let kind = error.kind().or(match error.code {
            401 => Some(ErrorKind::Unauthorized),
            404 => Some(ErrorKind::NotFound),
            _ => None,
        });
        let is_timeout = kind == Some(ErrorKind::Timeout) || matches!(error.code, 408 | 504);
        let is_unavailable =
            kind == Some(ErrorKind::Unavailable) || matches!(error.code, 429 | 502 | 503);
        let is_temporary = is_timeout || is_unavailable;
        Self { server: Some(error), kind, is_timeout, is_temporary }
    }

    pub(super) fn of_transport(is_timeout: bool) -> Self {
        Self { is_timeout, is_temporary: true, ..Self::default() }
    }

    /// An error that the client has found before anything was sent.
    #[must_use]
    pub fn of_kind(kind: ErrorKind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    /// What is true of both errors.
    #[must_use]
    pub fn shared_with(self, other: Self) -> Self {
        Self {
            server: self.server.filter(|error| {
                // Each response has a `ref` of its own.
                other
                    .server
                    .is_some_and(|other| (other.code, &other.msg) == (error.code, &error.msg))
            }),
            kind: self.kind.filter(|kind| other.kind.as_ref() == Some(kind)),
            is_timeout: self.is_timeout && other.is_timeout,
            is_temporary: self.is_temporary && other.is_temporary,
        }
    }

    /// The status of the server's response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.server.map(|error| error.code)
    }

    /// Whether the caller may not do this. A 403 of which nothing else is known is that too.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        match &self.kind {
            Some(kind) => *kind == ErrorKind::Denied,
            None => self.status() == Some(403),
        }
    }

    /// Whether the request itself is wrong, so that it would be refused again.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        match &self.kind {
            Some(kind) => matches!(
                kind,
                ErrorKind::Schema
                    | ErrorKind::Order
                    | ErrorKind::Invalid
                    | ErrorKind::Malformed
                    | ErrorKind::Range
                    | ErrorKind::TooLarge
            ),
            None => matches!(self.status(), Some(400 | 413 | 422)),
        }
    }
}

/// Gives an error type its predicates; it has a method `facts`.
#[doc(hidden)]
#[macro_export]
macro_rules! error_predicates {
    ($error:ty) => {
        impl $error {
            /// Returns the error response of the server, or `None` if the error is another one.
            #[must_use]
            pub fn server_error(&self) -> Option<&$crate::private::ServerError> {
                self.facts().server
            }

            /// Returns the HTTP status of the server's response, or `None` if the error is another
            /// one.
            #[must_use]
            pub fn status(&self) -> Option<u16> {
                self.facts().status()
            }

            /// Returns the kind of the error: what the server says, what follows from the status and
            /// the message of the original server, or what this library has found before anything
            /// was sent. `None` if nothing is known, as for a failed connection.
            #[must_use]
            pub fn kind(&self) -> Option<$crate::private::ErrorKind> {
                self.facts().kind
            }

            /// Returns whether the object does not exist, or the caller may not know that it does.
            #[must_use]
            pub fn is_not_found(&self) -> bool {
                self.kind() == Some($crate::private::ErrorKind::NotFound)
            }

            /// Returns whether an object of this name exists already.
            #[must_use]
            pub fn already_exists(&self) -> bool {
                self.kind() == Some($crate::private::ErrorKind::Exists)
            }

            /// Returns whether the login failed.
            #[must_use]
            pub fn is_unauthorized(&self) -> bool {
                self.kind() == Some($crate::private::ErrorKind::Unauthorized)
            }

            /// Returns whether the caller may not do this.
            #[must_use]
            pub fn is_forbidden(&self) -> bool {
                self.facts().is_forbidden()
            }

            /// Returns whether the request is wrong and would be refused again: a path, a schema or
            /// a script that is not valid, a value that cannot be written as JSON (such as NaN) or
            /// does not match the schema of its stream, a datapoint that is older than the last one,
            /// or a body that is too large.
            #[must_use]
            pub fn is_invalid(&self) -> bool {
                self.facts().is_invalid()
            }

            /// Returns whether the server did not answer in time. It may have executed the call. Such
            /// an error is also [temporary](Self::is_temporary).
            #[must_use]
            pub fn is_timeout(&self) -> bool {
                self.facts().is_timeout
            }

            /// Returns whether the same call may succeed later: the server cannot be reached, the
            /// connection broke, the server did not answer in time, or it says that it is
            /// unavailable or has too many requests of the caller.
            #[must_use]
            pub fn is_temporary(&self) -> bool {
                self.facts().is_temporary
            }
        }
    };
}

pub(super) use error_predicates;
