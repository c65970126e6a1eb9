//! [`Storage`] by a data file.

use std::ops::Range;

use async_trait::async_trait;
use cdb_types::session::Durability;

use super::transaction::SqliteTransaction;
use super::{Reader, SqliteStorage};
use crate::events::ChangeLog;
use crate::service::authorize::{BackupPermit, ChangePermit, ReadPermit};
use crate::storage::backup::Backup;
use crate::storage::{
    Append, AppendError, Catalog, Latest, Page, PageSize, ReadError, Scan, Storage, StorageError,
    Summarised, Transaction,
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

    async fn length(&self, permit: &ReadPermit) -> Result<u64, ReadError> {
        self.array_length(permit.array()).await
    }

    async fn index_after(&self, permit: &ReadPermit, t: f64) -> Result<u64, ReadError> {
        self.array_index_after(permit.array(), t).await
    }

    fn scan(&self, permit: &ReadPermit, range: Range<u64>, pages: PageSize) -> Box<dyn Scan> {
        let reader = self.read(permit.array(), range);
        Box::new(match pages {
            PageSize::Large => reader,
            PageSize::Small => reader.in_small_pieces(),
        })
    }

    async fn summaries(
        &self,
        permit: &ReadPermit,
        range: Range<u64>,
    ) -> Result<Vec<Summarised>, ReadError> {
        self.read_summaries(permit.array(), range).await
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

    async fn close(&self) {
        self.close_file().await;
    }
}

#[async_trait]
impl Scan for Reader {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        self.next_piece().await
    }

    async fn next_page(&mut self) -> Result<Option<Page>, ReadError> {
        Reader::next_page(self).await
    }

    fn index(&self) -> u64 {
        self.next_index()
    }

    fn is_done(&self) -> bool {
        self.has_ended()
    }
}
