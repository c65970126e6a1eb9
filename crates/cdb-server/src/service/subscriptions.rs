//! Subscriptions: who may have them, and for how long.

use cdb_types::DataPath;

use super::Service;
use crate::api_error::ApiError;
use crate::identity::{Identity, Principal};
use crate::storage::sqlite::{Array, DeviceRow, StoredPassword, UserRow};

/// An array that may be subscribed to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscribable {
    pub(crate) array: Array,
    /// Whether its datapoints are told, and not kept.
    pub(crate) ephemeral: bool,
}

impl Service {
    /// What the principal subscribes to, if it may.
    pub(crate) async fn subscribable(
        &self,
        principal: &Principal,
        path: &DataPath,
    ) -> Result<Subscribable, ApiError> {
        let (array, located) = self.readable_stream(principal, &path.stream, path.downlink).await?;
        Ok(Subscribable { array, ephemeral: located.is_ephemeral() })
    }

    /// The principal as it is now; `None` if what it logged in with is not valid any more.
    pub(crate) async fn renew(&self, principal: &Principal) -> Result<Option<Principal>, ApiError> {
        let Some(identity) = principal.identity() else { return Ok(Some(Principal::default())) };
        let Some(password) = &identity.password else {
            let found = self.find_key(&identity.device.apikey).await?;
            let same = found.ok().filter(|found| found.device.id == identity.device.id);
            return Ok(same.map(Principal::device));
        };
        let mut db = self.store.readers().acquire().await?;
        let now = StoredPassword::of_user(&mut *db, identity.user.id).await?;
        if now.as_ref() != Some(password) {
            return Ok(None);
        }
        let user = UserRow::by_id(&mut *db, identity.user.id).await?;
        let device = DeviceRow::by_name(&mut *db, identity.user.id, "user").await?;
        let renewed =
            user.zip(device).map(|(user, device)| Identity { user, device, password: now });
        Ok(renewed.map(|identity| Principal::device(identity.into())))
    }
}
