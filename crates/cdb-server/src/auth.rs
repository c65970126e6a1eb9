//! Passwords, sessions, and what slows down guessing.

mod failures;
mod password;
mod queue;
mod recent;
mod sessions;

use cdb_types::{ApiKey, Password};

pub(crate) use failures::{Account, Network};
pub(crate) use password::Hasher;
pub(crate) use queue::Attempt;
pub(crate) use sessions::{SessionToken, Sessions};

/// The credentials of a request.
#[derive(Debug)]
pub(crate) enum Credentials {
    Password { login: String, password: Password, from: Network },
    Key(ApiKey),
    Session(SessionToken),
    Nobody,
}

/// How requests reach the server.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Transport {
    /// Whether the server's own connections are encrypted.
    pub(crate) tls: bool,
    /// Whether all requests come through a proxy that terminates TLS.
    pub(crate) behind_proxy: bool,
}

impl Transport {
    /// Whether browsers use only encrypted connections.
    pub(crate) fn is_secure(self) -> bool {
        self.tls || self.behind_proxy
    }
}
