//! Errors of SQLite as errors of storage.

use super::block_table::BlockReadError;
use super::commit::CommitError;
use crate::storage::{AppendError, CorrectError, ReadError, StorageError, Unique};

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Closed,
            error => Self::failed(error),
        }
    }
}

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl From<sqlx::Error> for CorrectError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl From<BlockReadError> for CorrectError {
    fn from(error: BlockReadError) -> Self {
        match error {
            BlockReadError::Damaged(damage) => damage.into(),
            BlockReadError::Sqlite(error) => error.into(),
        }
    }
}

impl From<ReadError> for CorrectError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Damaged(damage) => damage.into(),
            ReadError::Storage(error) => error.into(),
            error => StorageError::failed(error).into(),
        }
    }
}

impl From<CommitError> for StorageError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Sqlite(error) => error.into(),
            CommitError::Group(error) => match &*error {
                CommitError::Sqlite(sqlx::Error::PoolClosed) => Self::Closed,
                CommitError::Superseded => Self::Superseded,
                _ => Self::Failed(error),
            },
            CommitError::Superseded => Self::Superseded,
            error => Self::failed(error),
        }
    }
}

impl From<CommitError> for AppendError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Order => Self::Order,
            CommitError::Future { last_t, now } => Self::Future { last_t, now },
            CommitError::Late { batch, last_t } => Self::Late { batch, last_t },
            CommitError::Index => Self::Index,
            CommitError::Stale => Self::Stale,
            error => Self::Storage(error.into()),
        }
    }
}

/// The error of an insert or update that may have met a value that must be unique.
pub(super) fn or_duplicate(
    error: sqlx::Error,
    unique: impl FnOnce(&str) -> Unique,
) -> StorageError {
    match error.as_database_error() {
        Some(database) if database.is_unique_violation() => {
            StorageError::Duplicate(unique(database.message()))
        }
        _ => error.into(),
    }
}
