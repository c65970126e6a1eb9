//! The stream `meta/log` of each user: what was changed in the user's devices and streams.

use serde_json::{Value, json};

use super::{Service, authorize};
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::storage::{Array, Batch, Stream, Transaction};

/// The origin of the entries.
const ORIGIN: &str = "ConnectorDB";

const SCHEMA: &str = concat!(
    r#"{"type":"object","properties":{"cmd":{"type":"string"},"arg":{"type":"string"}},"#,
    r#""required":["cmd","arg"]}"#,
);

/// Returns the user's log, creating it if it does not exist; `None` if there is no such user.
async fn find_or_create(tx: &mut dyn Transaction, user: i64) -> Result<Option<i64>, ApiError> {
    if let Some(log) = tx.audit_log(user).await? {
        return Ok(Some(log));
    }
    let Some(meta) = tx.device(user, "meta").await? else {
        return Ok(None);
    };
    let mut log = Stream {
        id: 0,
        device_id: meta.id,
        name: "log".to_owned(),
        nickname: String::new(),
        description: "A log of all create update and delete operations done on this user"
            .to_owned(),
        icon: "material:assignment".to_owned(),
        schema: SCHEMA.to_owned(),
        datatype: String::new(),
        ephemeral: false,
        downlink: false,
        keep: 0,
    };
    tx.insert_stream(&mut log).await?;
    Ok(Some(log.id))
}

/// The users whose logs get a change: the caller's user and the owner of what was changed.
pub(super) fn affected_users(
    principal: &Principal,
    owner: i64,
) -> impl Iterator<Item = i64> + use<> {
    let others = principal.identity().map(|identity| identity.user.id).filter(|id| *id != owner);
    others.into_iter().chain([owner])
}

/// Appends a change to the logs of these users.
pub(super) async fn record(
    tx: &mut dyn Transaction,
    users: impl IntoIterator<Item = i64, IntoIter: Send> + Send,
    command: &str,
    path: impl std::fmt::Display + Send,
) -> Result<(), ApiError> {
    record_entry(tx, users, &json!({"cmd": command, "arg": path.to_string()})).await
}

/// Appends an entry to the logs of these users.
pub(super) async fn record_entry(
    tx: &mut dyn Transaction,
    users: impl IntoIterator<Item = i64, IntoIter: Send> + Send,
    entry: &Value,
) -> Result<(), ApiError> {
    let entry = Batch::of_value(entry, ORIGIN)?;
    for user in users {
        if let Some(stream) = find_or_create(tx, user).await? {
            tx.append(Array { stream, downlink: false }, &entry).await?;
        }
    }
    Ok(())
}

impl Service {
    /// Creates a user's log if it does not exist: when one of its devices first logs in.
    pub(crate) async fn ensure_log(&self, user: i64) -> Result<(), ApiError> {
        if self.storage.catalog().await?.audit_log(user).await?.is_some() {
            return Ok(());
        }
        let mut tx = self.storage.begin(authorize::housekeeping()).await?;
        find_or_create(&mut *tx, user).await?;
        Ok(tx.commit().await?)
    }
}
