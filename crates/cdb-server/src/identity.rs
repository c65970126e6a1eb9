//! Who sends a request.

use std::fmt;
use std::sync::Arc;

use crate::storage::model::ObjectId;
use crate::storage::model::{Device, StoredPassword, User};

/// A device that is logged in, and its user.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The version of the change log before the user and the device were read.
    pub(crate) version: u64,
    pub(crate) user: User,
    pub(crate) device: Device,
    pub(crate) login: Login,
}

impl Identity {
    /// The session that it has logged in with, if it has.
    pub(crate) fn session(&self) -> Option<i64> {
        match self.login {
            Login::Session(id) => Some(id),
            Login::Key | Login::Password(_) => None,
        }
    }
}

/// What a device has logged in with. The login ends when this is not valid any more.
#[derive(Debug, Clone)]
pub(crate) enum Login {
    /// The key that the device had then.
    Key,
    /// The user's password, as it was stored then.
    Password(StoredPassword),
    /// The session with this id.
    Session(i64),
}

/// The sender of a request: a device, or nobody. Displays as the path of the device.
#[derive(Debug, Clone, Default)]
pub(crate) struct Principal(Option<Arc<Identity>>);

impl Principal {
    pub(crate) fn device(identity: Arc<Identity>) -> Self {
        Self(Some(identity))
    }

    /// The device and user; `None` for nobody.
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.0.as_deref()
    }

    /// The id of the device; `None` for nobody. Limits are counted for it.
    pub(crate) fn device_id(&self) -> Option<i64> {
        self.identity().map(|identity| identity.device.id)
    }

    /// Returns whether it may do the same as another one: permissions depend on who the caller is
    /// and on its roles.
    pub(crate) fn has_rights_of(&self, other: &Self) -> bool {
        let rights = |principal: &Self| {
            principal.identity().map(|Identity { user, device, .. }| {
                (user.id, user.role.clone(), device.id, device.role.clone())
            })
        };
        rights(self) == rights(other)
    }

    /// The objects that it depends on.
    pub(crate) fn depends_on(&self) -> impl Iterator<Item = ObjectId> + use<> {
        let session = self.identity().and_then(Identity::session).map(ObjectId::Session);
        let device = self.identity().map(|identity| identity.device.depends_on());
        device.into_iter().flatten().chain(session)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.identity() {
            Some(Identity { user, device, .. }) => write!(f, "{}/{}", user.name, device.name),
            None => f.write_str("nobody"),
        }
    }
}
