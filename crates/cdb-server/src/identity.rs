//! Who asks.

use std::fmt;
use std::sync::Arc;

use crate::storage::sqlite::{DeviceRow, StoredPassword, UserRow};

/// A device that is logged in, and its user.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) user: UserRow,
    pub(crate) device: DeviceRow,
    /// The password it logged in with, as it is stored; `None` if it was by key.
    pub(crate) password: Option<StoredPassword>,
}

/// Who asks: a device, or nobody. Displays as its path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Principal(Option<Arc<Identity>>);

impl Principal {
    /// The device that asks.
    pub(crate) fn device(identity: Arc<Identity>) -> Self {
        Self(Some(identity))
    }

    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.0.as_deref()
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
