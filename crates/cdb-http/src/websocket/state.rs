//! The state of a websocket.

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
    /// The connection was lost or could not be opened, and will be tried again.
    Reconnecting {
        /// The pause before the next attempt, from the beginning of this state.
        wait: Duration,
        /// The error that ended the connection.
        why: Arc<Error>,
    },
    /// The connection and all subscriptions have ended, and it is not tried again. A new
    /// subscription opens a new connection.
    Closed {
        /// The error, such as a login that the server refuses.
        why: Arc<Error>,
    },
}
