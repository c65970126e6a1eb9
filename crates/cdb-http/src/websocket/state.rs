//! How a websocket is doing.

use std::sync::Arc;
use std::time::Duration;

use crate::Error;

/// How a websocket is doing.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum ConnectionState {
    /// Nobody has subscribed to anything: there is no connection.
    #[default]
    Idle,
    /// It is being opened.
    Connecting,
    /// It is open.
    Connected,
    /// It is lost, or could not be opened, and will be tried again.
    Reconnecting {
        /// How long after this state began.
        wait: Duration,
        /// What happened.
        why: Arc<Error>,
    },
    /// It is given up, with all subscriptions; a new subscription tries anew.
    Closed {
        /// What happened, such as a login that is refused.
        why: Arc<Error>,
    },
}
