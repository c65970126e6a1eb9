//! What all open websockets share.

use std::time::Duration;

use tokio::sync::watch;

/// How often a client is pinged, unless told otherwise.
pub(crate) const PING: Duration = Duration::from_secs(54);

/// How to treat open websockets.
#[derive(Debug, Clone)]
pub(crate) struct Sockets {
    /// How often a client is pinged.
    pub(crate) ping: Duration,
    /// Becomes true, or is closed, when the server stops. The server waits until nobody has it.
    pub(crate) stop: watch::Receiver<bool>,
}

impl Sockets {
    /// How long a client may be silent: a little longer than it takes to be pinged.
    pub(crate) fn idle_timeout(&self) -> Duration {
        self.ping * 10 / 9
    }
}
