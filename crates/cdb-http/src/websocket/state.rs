//! The state of a websocket.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Error;

/// The state of a websocket.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum ConnectionState {
    /// There is no connection, because there is no subscription.
    #[default]
    Idle,
    /// The connection is being opened.
    Connecting,
    /// The connection is open.
    Connected,
    /// The connection was lost or could not be opened. It will be opened again after a pause.
    Reconnecting {
        /// The pause before the next attempt, from the beginning of this state.
        wait: Duration,
        /// The error that ended the connection.
        why: Arc<Error>,
    },
    /// The connection and all subscriptions have ended because of an error after which the
    /// websocket does not reconnect. A new subscription opens a new connection.
    Closed {
        /// The error, such as a login that the server refuses.
        why: Arc<Error>,
    },
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle => f.write_str("not connected, since there is no subscription"),
            Self::Connecting => f.write_str("connecting"),
            Self::Connected => f.write_str("connected"),
            Self::Reconnecting { wait, why } => {
                write!(f, "connecting again in {:.1} s: {why}", wait.as_secs_f64())
            }
            Self::Closed { why } => write!(f, "closed: {why}"),
        }
    }
}
