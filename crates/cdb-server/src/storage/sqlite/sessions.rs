//! Sessions as rows.
//!
//! Their writes are neither changes of users, devices or streams nor inserts, so they leave the
//! journal alone.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::SqliteStorage;
use super::commit::CommitError;
use crate::service::authorize::SessionsPermit;
use crate::storage::model::ObjectId;
use crate::storage::sessions::{
    ListedSession, NewSession, Session, SessionKey, SessionStorage, TokenDigest,
};
use crate::storage::{Device, StorageError, User};

#[async_trait]
impl SessionStorage for SqliteStorage {
    async fn session(
        &self,
        key: SessionKey,
    ) -> Result<Option<(Session, User, Device)>, StorageError> {
        let mut db = self.readers.acquire().await?;
        let (digest, id) = match key {
            SessionKey::Token(digest) => (Some(digest.to_vec()), None),
            SessionKey::Id(id) => (None, Some(id)),
        };
        let row = sqlx::query(
            "SELECT id, device_id, last_used, min(expires, last_used + idle_timeout) AS end_time
             FROM session WHERE token_digest = ?1 OR id = ?2",
        );
        let row = row.bind(digest).bind(id).fetch_optional(&mut *db).await?;
        let Some(row) = row else { return Ok(None) };
        let session = Session {
            id: row.try_get("id")?,
            last_used: row.try_get("last_used")?,
            end: row.try_get("end_time")?,
        };
        let device: Option<Device> = sqlx::query_as("SELECT * FROM device WHERE id = ?")
            .bind(row.try_get::<i64, _>("device_id")?)
            .fetch_optional(&mut *db)
            .await?;
        let Some(device) = device else { return Ok(None) };
        let user: Option<User> = sqlx::query_as("SELECT * FROM user WHERE id = ?")
            .bind(device.user_id)
            .fetch_optional(&mut *db)
            .await?;
        Ok(user.map(|user| (session, user, device)))
    }

    async fn insert_session(&self, new: NewSession<'_>, max: u32) -> Result<bool, StorageError> {
        let insert = async |db: &mut SqliteConnection| {
            delete_expired(db, new.created).await?;
            if !insert(db, &new).await? {
                return Ok(None);
            }
            let ended: Vec<i64> = sqlx::query_scalar(
                "DELETE FROM session WHERE device_id = ?1 AND id NOT IN
                     (SELECT id FROM session WHERE device_id = ?1 ORDER BY id DESC LIMIT ?2)
                 RETURNING id",
            )
            .bind(new.device.id)
            .bind(max)
            .fetch_all(db)
            .await?;
            Ok(Some(ended))
        };
        let ended = self.writer().await?.transaction(insert).await?;
        let is_stored = ended.is_some();
        self.changes.record(ended.into_iter().flatten().map(ObjectId::Session));
        Ok(is_stored)
    }

    async fn touch_session(&self, id: i64, now: i64) -> Result<(), StorageError> {
        let touch = async |db: &mut SqliteConnection| {
            sqlx::query("UPDATE session SET last_used = max(last_used, ?) WHERE id = ?")
                .bind(now)
                .bind(id)
                .execute(db)
                .await?;
            Ok(())
        };
        Ok(self.writer().await?.transaction(touch).await?)
    }

    async fn delete_session(&self, digest: TokenDigest) -> Result<(), StorageError> {
        let delete = async |db: &mut SqliteConnection| {
            sqlx::query_scalar("DELETE FROM session WHERE token_digest = ? RETURNING id")
                .bind(digest.to_vec())
                .fetch_optional(db)
                .await
                .map_err(CommitError::from)
        };
        let deleted: Option<i64> = self.writer().await?.transaction(delete).await?;
        if deleted.is_some() {
            self.changes.record(deleted.map(ObjectId::Session));
        }
        Ok(())
    }

    async fn sessions_of_user(
        &self,
        permit: SessionsPermit,
        now: i64,
        max: u32,
    ) -> Result<Vec<ListedSession>, StorageError> {
        let mut db = self.readers.acquire().await?;
        let rows = sqlx::query(
            "SELECT session.id, device.name, created, last_used, expires, user_agent
             FROM device JOIN session ON session.device_id = device.id
             WHERE device.user_id = ? AND min(expires, last_used + idle_timeout) > ?
             ORDER BY session.id DESC LIMIT ?",
        );
        let rows = rows.bind(permit.user()).bind(now).bind(max).fetch_all(&mut *db).await?;
        let listed = |row: &SqliteRow| {
            Ok(ListedSession {
                id: row.try_get("id")?,
                device: row.try_get("name")?,
                created: row.try_get("created")?,
                last_used: row.try_get("last_used")?,
                expires: row.try_get("expires")?,
                user_agent: row.try_get("user_agent")?,
            })
        };
        rows.iter().map(listed).collect()
    }

    async fn end_session(&self, permit: SessionsPermit, id: i64) -> Result<bool, StorageError> {
        let delete = async |db: &mut SqliteConnection| {
            let deleted = sqlx::query(
                "DELETE FROM session
                 WHERE id = ? AND device_id IN (SELECT id FROM device WHERE user_id = ?)",
            );
            let deleted = deleted.bind(id).bind(permit.user()).execute(db).await?;
            Ok(deleted.rows_affected() == 1)
        };
        let is_deleted = self.writer().await?.transaction(delete).await?;
        if is_deleted {
            self.changes.record([ObjectId::Session(id)]);
        }
        Ok(is_deleted)
    }
}

async fn delete_expired(db: &mut SqliteConnection, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM session WHERE min(expires, last_used + idle_timeout) <= ?")
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Inserts a session, and returns `true`, if what its login depends on is still the same.
async fn insert(db: &mut SqliteConnection, new: &NewSession<'_>) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO session (device_id, token_digest, created, last_used, idle_timeout, expires,
                              user_agent)
         SELECT device.id, ?1, ?2, ?2, ?3, ?4, ?5
         FROM device JOIN user ON user.id = device.user_id
         WHERE device.id = ?6 AND device.apikey = ?7 AND device.role = ?8 AND user.role = ?9
               AND (?10 IS NULL OR user.password = ?10)
               AND (?11 IS NULL OR EXISTS (SELECT * FROM session WHERE id = ?11))",
    )
    .bind(new.token_digest.as_slice())
    .bind(new.created)
    .bind(new.idle_timeout)
    .bind(new.expires)
    .bind(&new.user_agent)
    .bind(new.device.id)
    .bind(new.device.apikey.expose())
    .bind(&new.device.role)
    .bind(&new.user.role)
    .bind(new.password.map(|password| password.hash.as_str()))
    .bind(new.opened_in)
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}
