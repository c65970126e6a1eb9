//! What can be asked of the server, whatever it is asked through. Each operation takes who asks.

mod audit;
mod cache;
mod data;
mod devices;
mod queries;
mod resolve;
mod rules;
mod streams;
mod subscriptions;
mod users;
mod view;

use cdb_types::StreamPath;
use cdb_types::endpoint::Counted;

pub(crate) use data::Appending;
pub(crate) use devices::Tree;
pub(crate) use streams::{StreamFilter, new_stream};
pub(crate) use users::{meta_device, taken as user_taken, user_device};

use crate::api_error::ApiError;
use crate::auth::{Hasher, Sessions};
use crate::bus::Bus;
use crate::identity::{Identity, Principal};
use crate::permissions::Permissions;
use crate::runtime::Sockets;
use crate::storage::sqlite::{KeyDigest, Store};
use cache::Cache;
use data::Located;

/// A data file with its rules.
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) permissions: Permissions,
    pub(crate) hasher: Hasher,
    pub(crate) sessions: Sessions,
    pub(crate) bus: Bus,
    pub(crate) sockets: Sockets,
    pub(crate) identities: Cache<KeyDigest, Identity>,
    streams: Cache<StreamPath, Located>,
}

impl Service {
    pub(crate) fn new(store: Store, bus: Bus, sockets: Sockets, permissions: Permissions) -> Self {
        Self {
            store,
            permissions,
            hasher: Hasher::default(),
            sessions: Sessions::default(),
            bus,
            sockets,
            identities: Cache::default(),
            streams: Cache::default(),
        }
    }

    /// Whether there is a user.
    pub(crate) async fn has_users(&self) -> Result<bool, ApiError> {
        Ok(self.count_rows(Counted::Users).await? > 0)
    }

    /// How many users, devices or streams there are.
    pub(crate) async fn count(
        &self,
        principal: &Principal,
        counted: Counted,
    ) -> Result<u64, ApiError> {
        if !self.permissions.may_count(principal) {
            let what = match counted {
                Counted::Users => "users",
                Counted::Devices => "devices",
                Counted::Streams => "streams",
            };
            return Err(ApiError::denied(format!(
                "Don't have permissions necessary to count {what}"
            )));
        }
        self.count_rows(counted).await
    }

    async fn count_rows(&self, counted: Counted) -> Result<u64, ApiError> {
        let query = match counted {
            Counted::Users => "SELECT count(*) FROM user",
            Counted::Devices => "SELECT count(*) FROM device",
            Counted::Streams => "SELECT count(*) FROM stream",
        };
        let count: i64 = sqlx::query_scalar(query).fetch_one(self.store.readers()).await?;
        Ok(count.unsigned_abs())
    }
}
