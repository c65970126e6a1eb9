//! Changes of users, devices and streams.

use async_trait::async_trait;
use cdb_types::ApiKey;
use sqlx::sqlite::{SqliteConnection, SqliteQueryResult};
use tokio::sync::OwnedMappedMutexGuard;

use super::array_heads::{Blocks, PendingAppend};
use super::block_table::{Row, insert_blocks};
use super::catalog::Connected;
use super::commit::{Commit, CommitError};
use super::compact::read_blocks;
use super::error::or_duplicate;
use super::journal;
use super::writer::Writer;
use crate::events::Event;
use crate::storage::model::ObjectId;
use crate::storage::{
    Array, Batch, Block, Device, StorageError, StoredPassword, Stream, Transaction, Unique, User,
    key_digest,
};

/// The right to write, as long as nobody else has it.
pub(super) type WriterGuard = OwnedMappedMutexGuard<Option<Writer>, Writer>;

/// A change of objects, all of it or nothing. If it is dropped before its commit, nothing is changed.
///
/// Beginning it empties the journal: what is deleted is in blocks, and goes with its stream.
#[derive(Debug)]
pub(super) struct SqliteTransaction {
    writer: WriterGuard,
    flushed: Vec<(Array, Blocks)>,
    commit: Commit,
    /// What has been changed.
    changed: Vec<ObjectId>,
}

impl SqliteTransaction {
    pub(super) async fn begin(mut writer: WriterGuard) -> Result<Self, CommitError> {
        writer.begin().await?;
        let heads = writer.heads.clone();
        match journal::flush(&mut writer.connection, &heads).await {
            Ok(flushed) => {
                let commit = writer.prepare();
                Ok(Self { writer, flushed, commit, changed: Vec::new() })
            }
            Err(error) => {
                writer.set_failed();
                Err(error)
            }
        }
    }

    /// Begins to append to an array.
    async fn begin_append(&mut self, array: Array) -> Result<(), CommitError> {
        if self.commit.appends.contains_key(&array) {
            return Ok(());
        }
        let flushed = self.flushed.iter().find(|(flushed, _)| *flushed == array);
        let pending = match flushed {
            Some((_, blocks)) => PendingAppend::after(blocks.clone()),
            None => match self.writer.heads.pending(array) {
                Some(pending) => pending,
                None => {
                    PendingAppend::after(read_blocks(&mut self.writer.connection, array).await?)
                }
            },
        };
        self.commit.appends.insert(array, pending);
        Ok(())
    }

    async fn commit_and_publish(mut self) -> Result<(), StorageError> {
        let committed = self.write().await;
        // Also after a failure: what is in the file is not known then.
        self.writer.changes.record(self.changed);
        committed?;
        self.writer.heads.flushed(self.flushed);
        self.writer.heads.applied(self.commit.appends);
        // After the change of permissions: whoever may not read any more does not receive it.
        self.writer.bus.publish(self.commit.events);
        Ok(())
    }

    async fn write(&mut self) -> Result<(), CommitError> {
        if let Err(error) = self.commit.write(&mut self.writer.connection).await {
            self.writer.set_failed();
            return Err(error);
        }
        Ok(self.writer.end().await?)
    }
}

impl Connected for SqliteTransaction {
    fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.writer.connection
    }
}

#[async_trait]
impl Transaction for SqliteTransaction {
    async fn insert_user(
        &mut self,
        user: &mut User,
        password: &StoredPassword,
    ) -> Result<(), StorageError> {
        let result = sqlx::query(
            "INSERT INTO user (name, nickname, email, description, icon, role, public,
                               password_scheme, password_salt, password)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&user.name)
        .bind(&user.nickname)
        .bind(&user.email)
        .bind(&user.description)
        .bind(&user.icon)
        .bind(&user.role)
        .bind(user.public)
        .bind(&password.scheme)
        .bind(&password.salt)
        .bind(&password.hash)
        .execute(self.connection())
        .await
        .map_err(|error| or_duplicate(error, |_| Unique::UserNameOrEmail))?;
        user.id = id(&result);
        Ok(())
    }

    async fn update_user(&mut self, user: &User) -> Result<(), StorageError> {
        self.changed.push(ObjectId::User(user.id));
        sqlx::query(
            "UPDATE user SET nickname = ?, email = ?, description = ?, icon = ?, role = ?,
                             public = ? WHERE id = ?",
        )
        .bind(&user.nickname)
        .bind(&user.email)
        .bind(&user.description)
        .bind(&user.icon)
        .bind(&user.role)
        .bind(user.public)
        .bind(user.id)
        .execute(self.connection())
        .await
        .map_err(|error| or_duplicate(error, |_| Unique::UserNameOrEmail))?;
        Ok(())
    }

    async fn set_password(
        &mut self,
        user: i64,
        password: &StoredPassword,
    ) -> Result<(), StorageError> {
        self.changed.push(ObjectId::User(user));
        sqlx::query(
            "UPDATE user SET password_scheme = ?, password_salt = ?, password = ? WHERE id = ?",
        )
        .bind(&password.scheme)
        .bind(&password.salt)
        .bind(&password.hash)
        .bind(user)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn delete_user(&mut self, user: &User) -> Result<(), StorageError> {
        self.changed.push(ObjectId::User(user.id));
        sqlx::query("DELETE FROM user WHERE id = ?")
            .bind(user.id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    async fn insert_device(&mut self, device: &mut Device) -> Result<(), StorageError> {
        let result = sqlx::query(
            "INSERT INTO device (user_id, name, nickname, description, icon, apikey, apikey_digest,
                                 enabled, public, role, visible, user_editable)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(device.user_id)
        .bind(&device.name)
        .bind(&device.nickname)
        .bind(&device.description)
        .bind(&device.icon)
        .bind(device.apikey.expose())
        .bind(stored_digest(&device.apikey))
        .bind(device.enabled)
        .bind(device.public)
        .bind(&device.role)
        .bind(device.visible)
        .bind(device.user_editable)
        .execute(self.connection())
        .await
        .map_err(|error| or_duplicate(error, unique_of_device))?;
        device.id = id(&result);
        Ok(())
    }

    async fn update_device(&mut self, device: &Device) -> Result<(), StorageError> {
        self.changed.push(ObjectId::Device(device.id));
        sqlx::query(
            "UPDATE device SET nickname = ?, description = ?, icon = ?, apikey = ?,
                               apikey_digest = ?, enabled = ?, public = ?, role = ?, visible = ?,
                               user_editable = ? WHERE id = ?",
        )
        .bind(&device.nickname)
        .bind(&device.description)
        .bind(&device.icon)
        .bind(device.apikey.expose())
        .bind(stored_digest(&device.apikey))
        .bind(device.enabled)
        .bind(device.public)
        .bind(&device.role)
        .bind(device.visible)
        .bind(device.user_editable)
        .bind(device.id)
        .execute(self.connection())
        .await
        .map_err(|error| or_duplicate(error, unique_of_device))?;
        Ok(())
    }

    async fn delete_device(&mut self, device: &Device) -> Result<(), StorageError> {
        self.changed.push(ObjectId::Device(device.id));
        sqlx::query("DELETE FROM device WHERE id = ?")
            .bind(device.id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    async fn insert_stream(&mut self, stream: &mut Stream) -> Result<(), StorageError> {
        let result = sqlx::query(
            "INSERT INTO stream (device_id, name, nickname, description, icon, schema, datatype,
                                 ephemeral, downlink)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(stream.device_id)
        .bind(&stream.name)
        .bind(&stream.nickname)
        .bind(&stream.description)
        .bind(&stream.icon)
        .bind(&stream.schema)
        .bind(&stream.datatype)
        .bind(stream.ephemeral)
        .bind(stream.downlink)
        .execute(self.connection())
        .await
        .map_err(|error| or_duplicate(error, |_| Unique::StreamName))?;
        stream.id = id(&result);
        Ok(())
    }

    async fn update_stream(&mut self, stream: &Stream) -> Result<(), StorageError> {
        self.changed.push(ObjectId::Stream(stream.id));
        sqlx::query(
            "UPDATE stream SET nickname = ?, description = ?, icon = ?, schema = ?, datatype = ?,
                               ephemeral = ?, downlink = ? WHERE id = ?",
        )
        .bind(&stream.nickname)
        .bind(&stream.description)
        .bind(&stream.icon)
        .bind(&stream.schema)
        .bind(&stream.datatype)
        .bind(stream.ephemeral)
        .bind(stream.downlink)
        .bind(stream.id)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn delete_stream(&mut self, stream: &Stream) -> Result<(), StorageError> {
        self.changed.push(ObjectId::Stream(stream.id));
        sqlx::query("DELETE FROM stream WHERE id = ?")
            .bind(stream.id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    async fn append(&mut self, array: Array, batch: &Batch) -> Result<(), StorageError> {
        self.begin_append(array).await?;
        Ok(self.commit.append(array, batch.clone(), true)?)
    }

    async fn clear(&mut self, array: Array) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM block WHERE stream_id = ? AND substream = ?")
            .bind(array.stream)
            .bind(array.downlink)
            .execute(self.connection())
            .await?;
        self.commit.appends.insert(array, PendingAppend::after(Blocks::default()));
        self.commit.events.push(Event::Cleared(array));
        Ok(())
    }

    async fn write_blocks(
        &mut self,
        array: Array,
        mut first_index: u64,
        blocks: Vec<Block>,
    ) -> Result<(), StorageError> {
        let row = |block: Block| {
            let row = Row::new(array, first_index, block);
            first_index += row.block.count as u64;
            row
        };
        let rows: Vec<_> = blocks.into_iter().map(row).collect();
        Ok(insert_blocks(self.connection(), &rows).await?)
    }

    async fn commit(self: Box<Self>) -> Result<(), StorageError> {
        // A task of its own, so that memory and subscribers follow the file also if the caller has
        // gone away.
        let committed = tokio::spawn(self.commit_and_publish());
        // Only a runtime that ends keeps it from being completed.
        committed.await.map_err(|_| StorageError::Closed)?
    }
}

/// The id that a row was given.
fn id(result: &SqliteQueryResult) -> i64 {
    result.last_insert_rowid()
}

/// An empty key has no digest, so that it is never found.
fn stored_digest(key: &ApiKey) -> Option<Vec<u8>> {
    (!key.expose().is_empty()).then(|| key_digest(key).to_vec())
}

/// What of a device exists already, by the message of the violated constraint.
fn unique_of_device(message: &str) -> Unique {
    if message.contains("apikey_digest") { Unique::ApiKey } else { Unique::DeviceName }
}
