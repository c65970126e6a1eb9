//! `meta/log`: what was changed in a user's tree, for the user to see.

use serde_json::json;
use sqlx::SqliteExecutor;

use super::Service;
use crate::api_error::ApiError;
use crate::identity::Principal;
use crate::storage::sqlite::{Array, Batch, DeviceRow, StreamRow, Transaction};

/// Who the entries say they are from.
const ORIGIN: &str = "ConnectorDB";

const SCHEMA: &str = concat!(
    r#"{"type":"object","properties":{"cmd":{"type":"string"},"arg":{"type":"string"}},"#,
    r#""required":["cmd","arg"]}"#,
);

/// The user's log, if it has one.
async fn find(db: impl SqliteExecutor<'_>, user: i64) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT stream.id FROM stream JOIN device ON device.id = stream.device_id
         WHERE device.user_id = ? AND device.name = 'meta' AND stream.name = 'log'",
    )
    .bind(user)
    .fetch_optional(db)
    .await
}

/// The user's log, made if it is not there; `None` if there is no such user.
async fn find_or_create(tx: &mut Transaction, user: i64) -> Result<Option<i64>, ApiError> {
    if let Some(log) = find(&mut **tx, user).await? {
        return Ok(Some(log));
    }
    let Some(meta) = DeviceRow::by_name(&mut **tx, user, "meta").await? else {
        return Ok(None);
    };
    let mut log = StreamRow {
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
    };
    log.insert(tx).await?;
    Ok(Some(log.id))
}

/// Whose logs a change of an owner's tree goes into: that of who made it, and the owner's.
pub(super) fn affected_users(
    principal: &Principal,
    owner: i64,
) -> impl Iterator<Item = i64> + use<> {
    let others =
        principal.identity().map(|identity| identity.user.id).filter(|user| *user != owner);
    others.into_iter().chain([owner])
}

/// Notes a change in the logs of these users.
pub(super) async fn record(
    tx: &mut Transaction,
    users: impl IntoIterator<Item = i64>,
    command: &str,
    path: impl std::fmt::Display,
) -> Result<(), ApiError> {
    let entry = Batch::of_value(&json!({"cmd": command, "arg": path.to_string()}), ORIGIN)?;
    for user in users {
        if let Some(stream) = find_or_create(tx, user).await? {
            tx.append(Array { stream, downlink: false }, &entry).await?;
        }
    }
    Ok(())
}

impl Service {
    /// Makes a user's log if it is not there: at its first login.
    pub(crate) async fn ensure_log(&self, user: i64) -> Result<(), ApiError> {
        if find(self.store.readers(), user).await?.is_some() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        find_or_create(&mut tx, user).await?;
        Ok(tx.commit().await?)
    }
}
