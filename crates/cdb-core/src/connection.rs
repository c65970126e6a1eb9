//! The state that all handles of one connection share.

use std::sync::Arc;

use cdb_http::websocket::{Reconnect, Websocket};
use cdb_http::{Credentials, Session};
use cdb_types::{ApiKey, DevicePath, UserPath};

/// The name of the device that a user with a password logs in as.
pub(crate) const USER_DEVICE: &str = "user";

/// A session with its websocket, and the device it is logged in as.
#[derive(Debug, Clone)]
pub(crate) struct Connection(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    session: Session,
    websocket: Websocket,
    device: DevicePath,
}

impl Connection {
    pub(crate) fn new(session: Session, device: DevicePath, reconnect: Reconnect) -> Self {
        let websocket = Websocket::new(session.clone(), reconnect);
        Self(Arc::new(Inner { session, websocket, device }))
    }

    pub(crate) fn session(&self) -> &Session {
        &self.0.session
    }

    pub(crate) fn websocket(&self) -> &Websocket {
        &self.0.websocket
    }

    /// The device that is logged in.
    pub(crate) fn device(&self) -> &DevicePath {
        &self.0.device
    }

    /// Returns a connection to the same server that is logged in as another device.
    pub(crate) fn of_device(&self, key: ApiKey, device: DevicePath) -> Self {
        let session = self.session().with_credentials(Credentials::ApiKey(key));
        Self::new(session, device, Reconnect::new())
    }

    /// Returns `true` if the connection logs in with the password of this user.
    pub(crate) fn uses_password_of(&self, user: &UserPath) -> bool {
        let by_password = matches!(self.session().credentials(), Credentials::Password { .. });
        by_password && user == self.device().user()
    }
}
