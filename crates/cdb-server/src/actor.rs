//! Who asks.

use std::fmt;
use std::sync::Arc;

use crate::store::{DeviceRow, StoredPassword, UserRow};

/// A device that is logged in, and its user.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) user: UserRow,
    pub(crate) device: DeviceRow,
    /// The password it logged in with, as it is stored; `None` if it was by key.
    pub(crate) password: Option<StoredPassword>,
}

/// Who asks: a device, or nobody. Displays as its path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asker(Option<Arc<Actor>>);

impl Asker {
    /// The device that asks.
    pub(crate) fn device(actor: Arc<Actor>) -> Self {
        Self(Some(actor))
    }

    pub(crate) fn actor(&self) -> Option<&Actor> {
        self.0.as_deref()
    }
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.actor() {
            Some(Actor { user, device, .. }) => write!(f, "{}/{}", user.name, device.name),
            None => f.write_str("nobody"),
        }
    }
}
