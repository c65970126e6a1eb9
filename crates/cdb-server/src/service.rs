//! What a client can do. Each operation takes the caller, finds the object, authorises, and then
//! reads or commits.

mod audit;
pub(crate) mod authorize;
mod cache;
mod correct;
mod data;
mod devices;
mod errors;
mod latest;
mod logins;
mod queries;
mod resolve;
pub(crate) mod rules;
mod schemas;
mod sessions;
mod streams;
mod subscriptions;
mod summaries;
mod users;
mod view;

use std::sync::Arc;

use cdb_types::StreamPath;
use cdb_types::endpoint::Counted;
use tokio::sync::Semaphore;

pub(crate) use correct::Correct;
pub(crate) use data::InsertOptions;
pub(crate) use devices::Tree;
pub(crate) use schemas::refused_schema;
pub(crate) use streams::{StreamFilter, new_stream};
pub(crate) use subscriptions::Subscribable;
pub(crate) use users::{meta_device, user_device};

use crate::api_error::ApiError;
use crate::auth::{Hasher, Sessions, Transport};
use crate::bus::Bus;
use crate::compute::Compute;
use crate::identity::{Identity, Principal};
use crate::limits::Limits;
use crate::metrics::{Levels, Metrics};
use crate::permissions::Permissions;
use crate::sockets::Sockets;
use crate::storage::backup::Backup;
use crate::storage::{KeyDigest, Storage, StorageLevel};
use crate::topics::Topics;
use crate::usage::Usage;
pub(crate) use cache::{Cache, Remembered};
use data::Located;
use schemas::Schemas;

/// Storage with its rules.
pub(crate) struct Service {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) permissions: Permissions,
    pub(crate) hasher: Hasher,
    pub(crate) sessions: Sessions,
    pub(crate) transport: Transport,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) topics: Topics,
    bus: Arc<dyn Bus>,
    pub(crate) compute: Compute,
    /// What the scripts of queries hold.
    script_memory: Arc<Usage>,
    pub(crate) sockets: Sockets,
    /// Devices by the digests of their keys.
    pub(crate) identities: Cache<KeyDigest, Identity>,
    streams: Cache<StreamPath, Located>,
    schemas: Schemas,
    /// The memory for reading large inserts, in KiB.
    insert_memory: Arc<Semaphore>,
}

impl Service {
    #[expect(clippy::too_many_arguments, reason = "it is called once, with all its parts")]
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        topics: Topics,
        bus: Arc<dyn Bus>,
        compute: Compute,
        limits: &Limits,
        sockets: Sockets,
        permissions: Permissions,
        transport: Transport,
        hasher: Hasher,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            storage,
            permissions,
            hasher,
            sessions: Sessions::default(),
            transport,
            limits: limits.clone(),
            topics,
            bus,
            schemas: Schemas::new(compute.clone(), limits.schemas(), metrics.cache("schemas")),
            insert_memory: Arc::new(Semaphore::new(data::INSERT_MEMORY_KIB as usize)),
            compute,
            script_memory: Usage::new(queries::script_quota(limits)),
            sockets,
            identities: Cache::new(metrics.cache("keys")),
            streams: Cache::new(metrics.cache("streams")),
            metrics,
        }
    }

    /// Returns whether there is a user.
    pub(crate) async fn has_users(&self) -> Result<bool, ApiError> {
        Ok(self.storage.catalog().await?.count(Counted::Users).await? > 0)
    }

    /// Returns an error if requests cannot be answered: if the storage does not read, or may not write.
    pub(crate) async fn check(&self) -> Result<(), ApiError> {
        Ok(self.storage.check().await?)
    }

    /// Returns what the server has counted, in the text format of Prometheus.
    pub(crate) async fn report(&self, is_ready: bool) -> String {
        let StorageLevel { bytes, inserts_waiting } = self.storage.level().await;
        self.metrics.report(&Levels {
            is_ready,
            websockets: self.sockets.count(),
            subscribers: self.topics.level(),
            inserts_waiting,
            stored_bytes: bytes,
        })
    }

    /// Makes a copy of everything.
    pub(crate) async fn backup(&self, principal: &Principal) -> Result<Backup, ApiError> {
        let permit = authorize::backup(self.permissions.may_count(principal))?;
        Ok(self.storage.backup(permit).await?)
    }

    /// Returns the number of users, devices or streams.
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
        Ok(self.storage.catalog().await?.count(counted).await?)
    }
}
