//! Subscriptions: who may have them, and for how long.

use cdb_types::DataPath;

use super::Database;
use crate::actor::{Actor, Asker};
use crate::refusal::Refusal;
use crate::store::{Array, DeviceRow, StoredPassword, UserRow};

/// An array that may be subscribed to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscribable {
    pub(crate) array: Array,
    /// Whether its datapoints are told, and not kept.
    pub(crate) ephemeral: bool,
}

impl Database {
    /// What the asker subscribes to, if it may.
    pub(crate) async fn subscribable(
        &self,
        asker: &Asker,
        path: &DataPath,
    ) -> Result<Subscribable, Refusal> {
        let (array, located) = self.readable_stream(asker, &path.stream, path.downlink).await?;
        Ok(Subscribable { array, ephemeral: located.is_ephemeral() })
    }

    /// The asker as it is now; `None` if what it logged in with is not valid any more.
    pub(crate) async fn renew(&self, asker: &Asker) -> Result<Option<Asker>, Refusal> {
        let Some(actor) = asker.actor() else { return Ok(Some(Asker::default())) };
        let Some(password) = &actor.password else {
            let found = self.find_key(&actor.device.apikey).await?;
            let same = found.ok().filter(|found| found.device.id == actor.device.id);
            return Ok(same.map(Asker::device));
        };
        let mut db = self.store.readers().acquire().await?;
        let now = StoredPassword::of_user(&mut *db, actor.user.id).await?;
        if now.as_ref() != Some(password) {
            return Ok(None);
        }
        let user = UserRow::by_id(&mut *db, actor.user.id).await?;
        let device = DeviceRow::by_name(&mut *db, actor.user.id, "user").await?;
        let renewed = user.zip(device).map(|(user, device)| Actor { user, device, password: now });
        Ok(renewed.map(|actor| Asker::device(actor.into())))
    }
}
