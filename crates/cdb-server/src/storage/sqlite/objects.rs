//! Users, devices and streams as rows.

use cdb_types::ApiKey;
use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnection, SqliteQueryResult};
use sqlx::{FromRow, SqliteExecutor};

/// A user.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct UserRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) nickname: String,
    pub(crate) email: String,
    pub(crate) description: String,
    pub(crate) icon: String,
    pub(crate) role: String,
    pub(crate) public: bool,
}

/// What a password is compared with.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub(crate) struct StoredPassword {
    #[sqlx(rename = "password_scheme")]
    pub(crate) scheme: String,
    #[sqlx(rename = "password_salt")]
    pub(crate) salt: String,
    #[sqlx(rename = "password")]
    pub(crate) hash: String,
}

impl std::fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredPassword").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// A device.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct DeviceRow {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) name: String,
    pub(crate) nickname: String,
    pub(crate) description: String,
    pub(crate) icon: String,
    /// Empty for a device that nobody can log in as.
    #[sqlx(try_from = "String")]
    pub(crate) apikey: ApiKey,
    pub(crate) enabled: bool,
    pub(crate) public: bool,
    pub(crate) role: String,
    pub(crate) visible: bool,
    pub(crate) user_editable: bool,
}

/// A stream.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct StreamRow {
    pub(crate) id: i64,
    pub(crate) device_id: i64,
    pub(crate) name: String,
    pub(crate) nickname: String,
    pub(crate) description: String,
    pub(crate) icon: String,
    pub(crate) schema: String,
    pub(crate) datatype: String,
    pub(crate) ephemeral: bool,
    pub(crate) downlink: bool,
}

/// What an API key is found by, so that the comparison tells nothing of the keys that are there.
pub(crate) type KeyDigest = [u8; 32];

pub(crate) fn key_digest(key: &ApiKey) -> KeyDigest {
    Sha256::digest(key.expose().as_bytes()).into()
}

/// An empty key has no digest: it finds nothing.
fn stored_digest(key: &ApiKey) -> Option<Vec<u8>> {
    (!key.expose().is_empty()).then(|| key_digest(key).to_vec())
}

/// The id that a row was given.
fn id(result: &SqliteQueryResult) -> i64 {
    result.last_insert_rowid()
}

impl UserRow {
    pub(crate) async fn by_name(
        db: impl SqliteExecutor<'_>,
        name: &str,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM user WHERE name = ? COLLATE BINARY")
            .bind(name)
            .fetch_optional(db)
            .await
    }

    /// The user who logs in by this name or e-mail address, in whichever case.
    pub(crate) async fn by_login(
        db: impl SqliteExecutor<'_>,
        login: &str,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM user WHERE name = ?1 OR email = ?1 ORDER BY name = ?1 DESC")
            .bind(login)
            .fetch_optional(db)
            .await
    }

    pub(crate) async fn by_id(
        db: impl SqliteExecutor<'_>,
        id: i64,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM user WHERE id = ?").bind(id).fetch_optional(db).await
    }

    pub(crate) async fn all(db: impl SqliteExecutor<'_>) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM user ORDER BY id").fetch_all(db).await
    }

    /// Adds the user and sets its id.
    pub(crate) async fn insert(
        &mut self,
        db: &mut SqliteConnection,
        password: &StoredPassword,
    ) -> Result<(), sqlx::Error> {
        let result = sqlx::query(
            "INSERT INTO user (name, nickname, email, description, icon, role, public,
                               password_scheme, password_salt, password)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&self.name)
        .bind(&self.nickname)
        .bind(&self.email)
        .bind(&self.description)
        .bind(&self.icon)
        .bind(&self.role)
        .bind(self.public)
        .bind(&password.scheme)
        .bind(&password.salt)
        .bind(&password.hash)
        .execute(db)
        .await?;
        self.id = id(&result);
        Ok(())
    }

    pub(crate) async fn update(&self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE user SET nickname = ?, email = ?, description = ?, icon = ?, role = ?,
                             public = ? WHERE id = ?",
        )
        .bind(&self.nickname)
        .bind(&self.email)
        .bind(&self.description)
        .bind(&self.icon)
        .bind(&self.role)
        .bind(self.public)
        .bind(self.id)
        .execute(db)
        .await?;
        Ok(())
    }

    pub(crate) async fn delete(&self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM user WHERE id = ?").bind(self.id).execute(db).await?;
        Ok(())
    }
}

impl StoredPassword {
    pub(crate) async fn of_user(
        db: impl SqliteExecutor<'_>,
        user: i64,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT password_scheme, password_salt, password FROM user WHERE id = ?")
            .bind(user)
            .fetch_optional(db)
            .await
    }

    pub(crate) async fn set(
        &self,
        db: &mut SqliteConnection,
        user: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE user SET password_scheme = ?, password_salt = ?, password = ? WHERE id = ?",
        )
        .bind(&self.scheme)
        .bind(&self.salt)
        .bind(&self.hash)
        .bind(user)
        .execute(db)
        .await?;
        Ok(())
    }
}

impl DeviceRow {
    pub(crate) async fn by_name(
        db: impl SqliteExecutor<'_>,
        user: i64,
        name: &str,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM device WHERE user_id = ? AND name = ?")
            .bind(user)
            .bind(name)
            .fetch_optional(db)
            .await
    }

    pub(crate) async fn by_key(
        db: impl SqliteExecutor<'_>,
        digest: &KeyDigest,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM device WHERE apikey_digest = ?")
            .bind(digest.as_slice())
            .fetch_optional(db)
            .await
    }

    pub(crate) async fn of_user(
        db: impl SqliteExecutor<'_>,
        user: i64,
    ) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM device WHERE user_id = ? ORDER BY id")
            .bind(user)
            .fetch_all(db)
            .await
    }

    /// Adds the device and sets its id.
    pub(crate) async fn insert(&mut self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let result = sqlx::query(
            "INSERT INTO device (user_id, name, nickname, description, icon, apikey, apikey_digest,
                                 enabled, public, role, visible, user_editable)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.user_id)
        .bind(&self.name)
        .bind(&self.nickname)
        .bind(&self.description)
        .bind(&self.icon)
        .bind(self.apikey.expose())
        .bind(stored_digest(&self.apikey))
        .bind(self.enabled)
        .bind(self.public)
        .bind(&self.role)
        .bind(self.visible)
        .bind(self.user_editable)
        .execute(db)
        .await?;
        self.id = id(&result);
        Ok(())
    }

    pub(crate) async fn update(&self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE device SET nickname = ?, description = ?, icon = ?, apikey = ?,
                               apikey_digest = ?, enabled = ?, public = ?, role = ?, visible = ?,
                               user_editable = ? WHERE id = ?",
        )
        .bind(&self.nickname)
        .bind(&self.description)
        .bind(&self.icon)
        .bind(self.apikey.expose())
        .bind(stored_digest(&self.apikey))
        .bind(self.enabled)
        .bind(self.public)
        .bind(&self.role)
        .bind(self.visible)
        .bind(self.user_editable)
        .bind(self.id)
        .execute(db)
        .await?;
        Ok(())
    }

    pub(crate) async fn delete(&self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM device WHERE id = ?").bind(self.id).execute(db).await?;
        Ok(())
    }
}

impl StreamRow {
    pub(crate) async fn by_name(
        db: impl SqliteExecutor<'_>,
        device: i64,
        name: &str,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM stream WHERE device_id = ? AND name = ?")
            .bind(device)
            .bind(name)
            .fetch_optional(db)
            .await
    }

    pub(crate) async fn of_device(
        db: impl SqliteExecutor<'_>,
        device: i64,
    ) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM stream WHERE device_id = ? ORDER BY id")
            .bind(device)
            .fetch_all(db)
            .await
    }

    /// The streams of all of a user's devices.
    pub(crate) async fn of_user(
        db: impl SqliteExecutor<'_>,
        user: i64,
    ) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as(
            "SELECT stream.* FROM stream JOIN device ON device.id = stream.device_id
             WHERE device.user_id = ? ORDER BY stream.id",
        )
        .bind(user)
        .fetch_all(db)
        .await
    }

    /// Adds the stream and sets its id.
    pub(crate) async fn insert(&mut self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let result = sqlx::query(
            "INSERT INTO stream (device_id, name, nickname, description, icon, schema, datatype,
                                 ephemeral, downlink)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.device_id)
        .bind(&self.name)
        .bind(&self.nickname)
        .bind(&self.description)
        .bind(&self.icon)
        .bind(&self.schema)
        .bind(&self.datatype)
        .bind(self.ephemeral)
        .bind(self.downlink)
        .execute(db)
        .await?;
        self.id = id(&result);
        Ok(())
    }

    pub(crate) async fn update(&self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE stream SET nickname = ?, description = ?, icon = ?, schema = ?, datatype = ?,
                               ephemeral = ?, downlink = ? WHERE id = ?",
        )
        .bind(&self.nickname)
        .bind(&self.description)
        .bind(&self.icon)
        .bind(&self.schema)
        .bind(&self.datatype)
        .bind(self.ephemeral)
        .bind(self.downlink)
        .bind(self.id)
        .execute(db)
        .await?;
        Ok(())
    }

    pub(crate) async fn delete(&self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM stream WHERE id = ?").bind(self.id).execute(db).await?;
        Ok(())
    }
}
