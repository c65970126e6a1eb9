//! What the handles of one connection share.

use std::sync::Arc;

use cdb_http::{Credentials, Session};
use cdb_types::{ApiKey, DevicePath};

/// A session, and the device it is logged in as.
#[derive(Debug, Clone)]
pub(crate) struct Connection(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    session: Session,
    device: DevicePath,
}

impl Connection {
    pub(crate) fn new(session: Session, device: DevicePath) -> Self {
        Self(Arc::new(Inner { session, device }))
    }

    pub(crate) fn session(&self) -> &Session {
        &self.0.session
    }

    /// The device that is logged in.
    pub(crate) fn device(&self) -> &DevicePath {
        &self.0.device
    }

    /// Goes on with a new key, if it is this connection's device that got one.
    pub(crate) fn key_changed(&self, device: &DevicePath, key: &ApiKey) {
        if device == self.device() {
            self.session().set_credentials(Credentials::ApiKey(key.clone()));
        }
    }

    /// Goes on with a new password, if the connection uses that of this user.
    pub(crate) fn password_changed(&self, user: &cdb_types::UserPath, password: &str) {
        if user == self.device().user()
            && let Credentials::Password { user, .. } = self.session().credentials()
        {
            self.session().set_credentials(Credentials::password(user, password));
        }
    }
}
