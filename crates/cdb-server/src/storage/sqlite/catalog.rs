//! Finding users, devices and streams.

use async_trait::async_trait;
use cdb_types::ApiKey;
use cdb_types::endpoint::Counted;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, Row, Sqlite};

use super::list::{list, stream_names};
use crate::storage::{
    Catalog, Device, KeyDigest, StorageError, StoredPassword, Stream, StreamName, User,
};

/// Something with a connection to read from.
pub(super) trait Connected: Send {
    fn connection(&mut self) -> &mut SqliteConnection;
}

impl Connected for PoolConnection<Sqlite> {
    fn connection(&mut self) -> &mut SqliteConnection {
        self
    }
}

impl FromRow<'_, SqliteRow> for User {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            nickname: row.try_get("nickname")?,
            email: row.try_get("email")?,
            description: row.try_get("description")?,
            icon: row.try_get("icon")?,
            role: row.try_get("role")?,
            public: row.try_get("public")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for StoredPassword {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            scheme: row.try_get("password_scheme")?,
            salt: row.try_get("password_salt")?,
            hash: row.try_get("password")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Device {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            user_id: row.try_get("user_id")?,
            name: row.try_get("name")?,
            nickname: row.try_get("nickname")?,
            description: row.try_get("description")?,
            icon: row.try_get("icon")?,
            apikey: ApiKey::from(row.try_get::<String, _>("apikey")?),
            enabled: row.try_get("enabled")?,
            public: row.try_get("public")?,
            role: row.try_get("role")?,
            visible: row.try_get("visible")?,
            user_editable: row.try_get("user_editable")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Stream {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            device_id: row.try_get("device_id")?,
            name: row.try_get("name")?,
            nickname: row.try_get("nickname")?,
            description: row.try_get("description")?,
            icon: row.try_get("icon")?,
            schema: row.try_get("schema")?,
            datatype: row.try_get("datatype")?,
            ephemeral: row.try_get("ephemeral")?,
            downlink: row.try_get("downlink")?,
            keep: row.try_get::<i64, _>("keep")?.cast_unsigned(),
        })
    }
}

#[async_trait]
impl<T: Connected> Catalog for T {
    async fn user(&mut self, name: &str) -> Result<Option<User>, StorageError> {
        let query = sqlx::query_as("SELECT * FROM user WHERE name = ? COLLATE BINARY").bind(name);
        Ok(query.fetch_optional(self.connection()).await?)
    }

    async fn user_by_login(&mut self, login: &str) -> Result<Option<User>, StorageError> {
        let query = sqlx::query_as(
            "SELECT * FROM user WHERE name = ?1 OR email = ?1 ORDER BY name = ?1 DESC",
        );
        Ok(query.bind(login).fetch_optional(self.connection()).await?)
    }

    async fn user_by_id(&mut self, id: i64) -> Result<Option<User>, StorageError> {
        let query = sqlx::query_as("SELECT * FROM user WHERE id = ?").bind(id);
        Ok(query.fetch_optional(self.connection()).await?)
    }

    async fn users(&mut self) -> Result<Vec<User>, StorageError> {
        list(self.connection(), "user WHERE id > ?", 0).await
    }

    async fn has_user_with_role(&mut self, role: &str) -> Result<bool, StorageError> {
        let query = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM user WHERE role = ?)");
        Ok(query.bind(role).fetch_one(self.connection()).await?)
    }

    async fn password(&mut self, user: i64) -> Result<Option<StoredPassword>, StorageError> {
        let query = sqlx::query_as(
            "SELECT password_scheme, password_salt, password FROM user WHERE id = ?",
        );
        Ok(query.bind(user).fetch_optional(self.connection()).await?)
    }

    async fn device(&mut self, user: i64, name: &str) -> Result<Option<Device>, StorageError> {
        let query = sqlx::query_as("SELECT * FROM device WHERE user_id = ? AND name = ?");
        Ok(query.bind(user).bind(name).fetch_optional(self.connection()).await?)
    }

    async fn device_by_key(&mut self, digest: &KeyDigest) -> Result<Option<Device>, StorageError> {
        let query = sqlx::query_as("SELECT * FROM device WHERE apikey_digest = ?");
        Ok(query.bind(digest.as_slice()).fetch_optional(self.connection()).await?)
    }

    async fn devices(&mut self, user: i64) -> Result<Vec<Device>, StorageError> {
        list(self.connection(), "device WHERE user_id = ?", user).await
    }

    async fn stream(&mut self, device: i64, name: &str) -> Result<Option<Stream>, StorageError> {
        let query = sqlx::query_as("SELECT * FROM stream WHERE device_id = ? AND name = ?");
        Ok(query.bind(device).bind(name).fetch_optional(self.connection()).await?)
    }

    async fn streams(&mut self, device: i64) -> Result<Vec<Stream>, StorageError> {
        list(self.connection(), "stream WHERE device_id = ?", device).await
    }

    async fn streams_of_user(&mut self, user: i64) -> Result<Vec<Stream>, StorageError> {
        let of_user = "stream WHERE device_id IN (SELECT id FROM device WHERE user_id = ?)";
        list(self.connection(), of_user, user).await
    }

    async fn stream_names_of_user(&mut self, user: i64) -> Result<Vec<StreamName>, StorageError> {
        let of_user = "IN (SELECT id FROM device WHERE user_id = ?)";
        stream_names(self.connection(), of_user, user).await
    }

    async fn stream_names(&mut self, device: i64) -> Result<Vec<StreamName>, StorageError> {
        stream_names(self.connection(), "= ?", device).await
    }

    async fn audit_log(&mut self, user: i64) -> Result<Option<i64>, StorageError> {
        let query = sqlx::query_scalar(
            "SELECT stream.id FROM stream JOIN device ON device.id = stream.device_id
             WHERE device.user_id = ? AND device.name = 'meta' AND stream.name = 'log'",
        );
        Ok(query.bind(user).fetch_optional(self.connection()).await?)
    }

    async fn count(&mut self, counted: Counted) -> Result<u64, StorageError> {
        let query = match counted {
            Counted::Users => "SELECT count(*) FROM user",
            Counted::Devices => "SELECT count(*) FROM device",
            Counted::Streams => "SELECT count(*) FROM stream",
        };
        let count: i64 = sqlx::query_scalar(query).fetch_one(self.connection()).await?;
        Ok(count.unsigned_abs())
    }
}
