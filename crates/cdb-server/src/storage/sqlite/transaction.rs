//! Changes of users, devices and streams.

use std::ops::Range;

use async_trait::async_trait;
use cdb_types::{ApiKey, QueryError, resolve_indices};
use sqlx::sqlite::{SqliteConnection, SqliteQueryResult};
use tokio::sync::{OwnedMappedMutexGuard, oneshot};

use super::array_heads::{Blocks, PendingAppend};
use super::array_table;
use super::block_table::{Row, insert_blocks};
use super::catalog::Connected;
use super::commit::{Commit, CommitError};
use super::compact::read_blocks;
use super::correct::{Corrected, merge, replace};
use super::error::or_duplicate;
use super::journal;
use super::read::find_after;
use super::summaries;
use super::writer::Writer;
use crate::events::Event;
use crate::storage::format::points::Points;
use crate::storage::model::ObjectId;
use crate::storage::{
    Array, Batch, Block, CorrectError, Correction, Device, Extent, StorageError, StoredPassword,
    Stream, Transaction, Unique, User, key_digest,
};

/// Deleting a stream looks through the journal. If more streams than this are deleted, the journal is
/// emptied first.
const MAX_JOURNAL_SCANS: usize = 16;

/// The right to write, as long as nobody else has it.
pub(super) type WriterGuard = OwnedMappedMutexGuard<Option<Writer>, Writer>;

/// A change of objects, all of it or nothing. If it is dropped before its commit, nothing is changed.
///
/// The rows of a deleted stream in the journal and in the blocks go with it, since they reference it.
/// Memory forgets them after the commit.
#[derive(Debug)]
pub(super) struct SqliteTransaction {
    writer: WriterGuard,
    commit: Commit,
    /// What has been changed.
    changed: Vec<ObjectId>,
    /// The streams that have been deleted.
    deleted: Vec<i64>,
    /// Where the blocks of the arrays in the journal end, if the journal was emptied.
    flushed: Vec<(Array, Blocks)>,
    /// The arrays whose blocks were written anew.
    corrected: Vec<Array>,
}

impl SqliteTransaction {
    pub(super) async fn begin(mut writer: WriterGuard) -> Result<Self, CommitError> {
        writer.make_room().await?;
        // So that nothing is deleted that is not in the file yet.
        writer.write_waiting().await?;
        writer.begin().await?;
        let commit = writer.prepare();
        let (changed, deleted, flushed, corrected) = Default::default();
        Ok(Self { writer, commit, changed, deleted, flushed, corrected })
    }

    /// Notes that streams are about to be deleted, all at once.
    async fn delete_streams(&mut self, streams: Vec<i64>) -> Result<(), CommitError> {
        let empties_journal = streams.len() > MAX_JOURNAL_SCANS && self.commit.appends.is_empty();
        self.deleted.extend(streams);
        if empties_journal && self.flushed.is_empty() {
            let heads = self.writer.heads.clone();
            match journal::flush(&mut self.writer.connection, &heads).await {
                Ok(flushed) => self.flushed = flushed,
                Err(error) => {
                    self.writer.set_failed();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Begins to correct an array: all of it is in blocks then. Returns where it begins and ends, and its
    /// last time.
    async fn begin_correction(&mut self, array: Array) -> Result<(Extent, f64), StorageError> {
        self.begin_append(array).await?;
        let heads = self.writer.heads.clone();
        let pending = self.commit.appends.get_mut(&array).ok_or(StorageError::Closed)?;
        let mut recent = pending.take_recent(array, &heads);
        let mut rows = Vec::new();
        for block in recent.blocks() {
            let place = pending.blocks.extent.end;
            pending.blocks.push(&block);
            rows.push(Row::new(array, place, block));
        }
        let begun = (pending.blocks.extent, pending.last_t);
        if !rows.is_empty() {
            insert_blocks(self.connection(), rows).await?;
            journal::delete_entries(self.connection(), array).await?;
        }
        Ok(begun)
    }

    /// Takes note of a correction.
    fn corrected(&mut self, array: Array, Corrected { blocks, correction, replaced }: Corrected) {
        self.writer.moves.note(correction);
        self.commit.appends.insert(array, PendingAppend::after_correction(blocks));
        self.corrected.push(array);
        if self.writer.bus.wants(array) {
            self.commit.events.push(Event::Replaced(replaced));
        }
    }

    /// Replaces a range of an array whose correction has begun.
    async fn replace_range(
        &mut self,
        array: Array,
        extent: Extent,
        range: cdb_types::Range,
        batch: &Batch,
    ) -> Result<Correction, CorrectError> {
        let places = self.places(array, &extent, range).await?;
        let (removed, inserted) = (places.end - places.start, batch.points.len() as u64);
        let length = extent.length() - removed + inserted;
        if removed + inserted > 0 {
            let connection = &mut self.writer.connection;
            let corrected = replace(connection, array, extent, places, &batch.points).await?;
            self.corrected(array, corrected);
        }
        Ok(Correction { removed, inserted, length })
    }

    /// Returns the places of a range.
    async fn places(
        &mut self,
        array: Array,
        extent: &Extent,
        range: cdb_types::Range,
    ) -> Result<Range<u64>, CorrectError> {
        let (after, until) = match range {
            cdb_types::Range::Index { start, end } => {
                return Ok(extent.places(&resolve_indices(start, end, extent.length())?));
            }
            cdb_types::Range::Time { after, until, limit: None } => (after, until),
            _ => return Err(QueryError::Range.into()),
        };
        let mut place_after = async |t: Option<f64>, otherwise| match t {
            Some(t) => find_after(&mut self.writer.connection, array, t).await,
            None => Ok(Some(otherwise)),
        };
        let start = place_after(after, extent.first).await?.unwrap_or(extent.end);
        let end = place_after(until, extent.end).await?.unwrap_or(extent.end);
        Ok(start..end.max(start))
    }

    /// Sorts datapoints into an array whose correction has begun. Those that come last are appended.
    async fn merge_late(
        &mut self,
        array: Array,
        (extent, last_t): (Extent, f64),
        batch: &Batch,
    ) -> Result<Correction, CorrectError> {
        let points = &batch.points;
        let late = points.count_before(last_t);
        if late > 0 {
            let mut before = Points::default();
            before.append_part(points, 0..late);
            let merged = merge(&mut self.writer.connection, array, extent, &before).await?;
            self.corrected(array, merged);
        }
        if late < points.len() {
            let mut rest = Points::default();
            rest.append_part(points, late..points.len());
            let append = self.commit.append(array, rest.into(), false);
            append.map_err(StorageError::from)?;
        }
        let inserted = points.len() as u64;
        Ok(Correction { removed: 0, inserted, length: extent.length() + inserted })
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

    /// Commits, reports that, and then tidies up, for which nobody waits.
    async fn commit_and_publish(mut self, done: oneshot::Sender<Result<(), StorageError>>) {
        let committed = self.write().await;
        let Self { mut writer, commit, changed, deleted, flushed, corrected } = self;
        // Also after a failure: what is in the file is not known then.
        writer.changes.record(changed);
        let mut applied = commit.arrays_with_blocks();
        applied.extend(corrected);
        if committed.is_ok() {
            if !flushed.is_empty() {
                writer.heads.flushed(flushed);
            }
            writer.heads.applied(commit.appends);
            writer.heads.forget(&deleted);
            // After the change of permissions: whoever may not read any more does not receive it.
            writer.bus.publish(commit.events);
        }
        let is_committed = committed.is_ok();
        if done.send(committed.map_err(StorageError::from)).is_err() {
            tracing::debug!("nobody waits for this change any more");
        }
        if is_committed && let Err(error) = writer.tidy(&applied).await {
            tracing::warn!(%error, "small blocks could not be merged");
        }
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
        let streams = sqlx::query_scalar(
            "SELECT id FROM stream WHERE device_id IN (SELECT id FROM device WHERE user_id = ?)",
        );
        let streams = streams.bind(user.id).fetch_all(self.connection()).await?;
        self.delete_streams(streams).await?;
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
        let streams = sqlx::query_scalar("SELECT id FROM stream WHERE device_id = ?");
        let streams = streams.bind(device.id).fetch_all(self.connection()).await?;
        self.delete_streams(streams).await?;
        sqlx::query("DELETE FROM device WHERE id = ?")
            .bind(device.id)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    async fn insert_stream(&mut self, stream: &mut Stream) -> Result<(), StorageError> {
        let result = sqlx::query(
            "INSERT INTO stream (device_id, name, nickname, description, icon, schema, datatype,
                                 ephemeral, downlink, keep)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        .bind(stream.keep.cast_signed())
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
                               ephemeral = ?, downlink = ?, keep = ? WHERE id = ?",
        )
        .bind(&stream.nickname)
        .bind(&stream.description)
        .bind(&stream.icon)
        .bind(&stream.schema)
        .bind(&stream.datatype)
        .bind(stream.ephemeral)
        .bind(stream.downlink)
        .bind(stream.keep.cast_signed())
        .bind(stream.id)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn delete_stream(&mut self, stream: &Stream) -> Result<(), StorageError> {
        self.changed.push(ObjectId::Stream(stream.id));
        self.delete_streams(vec![stream.id]).await?;
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

    async fn replace(
        &mut self,
        array: Array,
        range: cdb_types::Range,
        batch: &Batch,
    ) -> Result<Correction, CorrectError> {
        let (extent, _) = self.begin_correction(array).await?;
        let corrected = self.replace_range(array, extent, range, batch).await;
        corrected.map_err(|error| error.with_indexes(&extent))
    }

    async fn merge(&mut self, array: Array, batch: &Batch) -> Result<Correction, CorrectError> {
        let (extent, last_t) = self.begin_correction(array).await?;
        let corrected = self.merge_late(array, (extent, last_t), batch).await;
        corrected.map_err(|error| error.with_indexes(&extent))
    }

    async fn clear(&mut self, array: Array) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM block WHERE stream_id = ? AND substream = ?")
            .bind(array.stream)
            .bind(array.downlink)
            .execute(self.connection())
            .await?;
        summaries::clear(self.connection(), array).await?;
        array_table::clear(self.connection(), array).await?;
        self.commit.appends.insert(array, PendingAppend::after_clearing());
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
        Ok(insert_blocks(self.connection(), rows).await?)
    }

    async fn commit(self: Box<Self>) -> Result<(), StorageError> {
        let (done, committed) = oneshot::channel();
        // A task of its own, so that memory and subscribers follow the file also if the caller has
        // gone away.
        tokio::spawn(self.commit_and_publish(done));
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
