//! Subscriptions: who may have them, and for how long.

use cdb_types::DataPath;

use super::Service;
use super::authorize::ReadPermit;
use crate::api_error::ApiError;
use crate::identity::{Identity, Login, Principal};
use crate::storage::model::ObjectId;

/// An array that may be subscribed to.
#[derive(Debug, Clone)]
pub(crate) struct Subscribable {
    pub(crate) permit: ReadPermit,
    /// The user whose stream it is.
    pub(crate) owner: ObjectId,
    /// Whether its datapoints are sent to subscribers and not stored.
    pub(crate) ephemeral: bool,
    /// The objects that permit and array depend on, beside the caller.
    pub(crate) depends_on: [ObjectId; 3],
}

impl Service {
    /// Returns what the caller subscribes to, if it may.
    pub(crate) async fn subscribable(
        &self,
        principal: &Principal,
        path: &DataPath,
    ) -> Result<Subscribable, ApiError> {
        let stream = self.may_read_stream(principal, &path.stream, path.downlink).await;
        let (permit, located) = stream?;
        let depends_on = located.objects();
        let [owner, ..] = depends_on;
        Ok(Subscribable { permit, owner, ephemeral: located.is_ephemeral(), depends_on })
    }

    /// Returns the caller as it is now.
    ///
    /// # Errors
    /// Returns an error if what it logged in with is not valid any more.
    pub(crate) async fn current(&self, principal: &Principal) -> Result<Principal, ApiError> {
        let version = principal.identity().map_or(0, |identity| identity.version);
        if !self.storage.changes().changed_since(version, principal.depends_on()) {
            return Ok(principal.clone());
        }
        self.renew(principal).await?.ok_or_else(ApiError::login_ended)
    }

    /// Reads the caller again; `None` if what it logged in with is not valid any more.
    pub(crate) async fn renew(&self, principal: &Principal) -> Result<Option<Principal>, ApiError> {
        let Some(identity) = principal.identity() else { return Ok(Some(Principal::default())) };
        let password = match &identity.login {
            Login::Password(password) => password,
            Login::Key => {
                let found = self.find_key(&identity.device.apikey).await?;
                let same = found.ok().filter(|found| found.device.id == identity.device.id);
                return Ok(same.map(Principal::device));
            }
            Login::Session(id) => {
                let renewed = self.renew_session(*id).await?;
                return Ok(renewed.map(|identity| Principal::device(identity.into())));
            }
        };
        let version = self.storage.changes().now();
        let mut db = self.storage.catalog().await?;
        let now = db.password(identity.user.id).await?;
        if now.as_ref() != Some(password) {
            return Ok(None);
        }
        let user = db.user_by_id(identity.user.id).await?;
        let device = db.device(identity.user.id, "user").await?;
        let renewed = user.zip(device).zip(now).map(|((user, device), now)| {
            let login = Login::Password(now);
            Identity { version, user, device, login }
        });
        Ok(renewed.map(|identity| Principal::device(identity.into())))
    }
}
