//! [`Storage`] by a data file.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use cdb_types::session::Durability;

use super::transaction::SqliteTransaction;
use super::{Reader, SqliteStorage};
use crate::events::ChangeLog;
use crate::service::authorize::{BackupPermit, ChangePermit, ReadPermit};
use crate::storage::backup::Backup;
use crate::storage::{
    Append, AppendError, Catalog, Extent, Latest, Page, PageSize, ReadError, Scan, Storage,
    StorageError, StorageLevel, Summarised, Transaction,
};

#[async_trait]
impl Storage for SqliteStorage {
    async fn catalog(&self) -> Result<Box<dyn Catalog>, StorageError> {
        Ok(Box::new(self.readers.acquire().await?))
    }

    async fn begin(&self, _permit: ChangePermit) -> Result<Box<dyn Transaction>, StorageError> {
        Ok(Box::new(SqliteTransaction::begin(self.writer().await?).await?))
    }

    async fn append(&self, append: Append) -> Result<(), AppendError> {
        Ok(self.insert(append).await?)
    }

    async fn extent(&self, permit: &ReadPermit) -> Result<Extent, ReadError> {
        self.array_extent(permit.array()).await
    }

    async fn index_after(
        &self,
        permit: &ReadPermit,
        extent: &Extent,
        t: f64,
    ) -> Result<u64, ReadError> {
        let index = self.array_index_after(permit.array(), extent, t).await;
        index.map_err(|error| error.with_indexes(extent))
    }

    fn scan(
        &self,
        permit: &ReadPermit,
        extent: &Extent,
        range: Range<u64>,
        pages: PageSize,
    ) -> Box<dyn Scan> {
        let reader = self.read(permit.array(), *extent, &range);
        Box::new(match pages {
            PageSize::Large => reader,
            PageSize::Small => reader.in_small_pieces(),
        })
    }

    fn scan_ranges(
        &self,
        permit: &ReadPermit,
        extent: &Extent,
        ranges: Vec<Range<u64>>,
    ) -> Box<dyn Scan> {
        Box::new(self.read_ranges(permit.array(), *extent, ranges).in_small_pieces())
    }

    async fn summaries(
        &self,
        permit: &ReadPermit,
        extent: &Extent,
        range: Range<u64>,
    ) -> Result<Vec<Summarised>, ReadError> {
        let summaries = self.read_summaries(permit.array(), extent, range).await;
        summaries.map_err(|error| error.with_indexes(extent))
    }

    async fn latest(&self, permits: &[ReadPermit]) -> Result<Vec<Latest>, ReadError> {
        let arrays: Vec<_> = permits.iter().map(ReadPermit::array).collect();
        self.read_latest(&arrays).await
    }

    async fn backup(&self, _permit: BackupPermit) -> Result<Backup, StorageError> {
        self.copy().await
    }

    fn durability(&self) -> Durability {
        self.durability
    }

    async fn settled(&self) {
        drop(self.writer.lock().await);
    }

    fn changes(&self) -> &ChangeLog {
        &self.changes
    }

    async fn check(&self) -> Result<(), StorageError> {
        self.check_owner().await
    }

    async fn level(&self) -> StorageLevel {
        let mut bytes = 0;
        for name in [self.file.clone(), wal_of(&self.file)] {
            bytes += tokio::fs::metadata(name).await.map_or(0, |metadata| metadata.len());
        }
        StorageLevel { bytes, inserts_waiting: self.waiting.load(Ordering::Relaxed) }
    }

    async fn close(&self) {
        self.close_file().await;
    }
}

/// The log of a data file.
fn wal_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

#[async_trait]
impl Scan for Reader {
    fn follow_corrections(&mut self) {
        Reader::follow_corrections(self);
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let piece = self.next_piece().await;
        piece.map_err(|error| error.with_indexes(self.extent()))
    }

    async fn next_page(&mut self) -> Result<Option<(u64, Page)>, ReadError> {
        let page = Reader::next_page(self).await;
        page.map_err(|error| error.with_indexes(self.extent()))
    }

    fn index(&self) -> u64 {
        self.next_index()
    }

    fn is_done(&self) -> bool {
        self.has_ended()
    }
}
