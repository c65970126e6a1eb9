//! Errors of storage and queries as errors of requests.

use cdb_pipescript::{GridError, ParseError};
use cdb_types::ErrorKind;

use crate::api_error::ApiError;
use crate::query::{AnswerError, QueryFailure};
use crate::storage::{
    AppendError, BatchError, CorrectError, DamagedBlock, ReadError, StorageError, Unique,
};

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Closed => {
                Self::new(503, ErrorKind::Unavailable, "ConnectorDB is currently inactive")
            }
            StorageError::BackupRunning => {
                Self::new(503, ErrorKind::Unavailable, error.to_string())
            }
            StorageError::Superseded => {
                let failed = Self::new(503, ErrorKind::Unavailable, error.to_string());
                Self { cause: Some(error.to_string()), ..failed }
            }
            StorageError::Duplicate(unique) => Self::exists(match unique {
                Unique::UserNameOrEmail => "User with this email or username already exists",
                Unique::DeviceName => "Device with this name already exists",
                Unique::ApiKey => "This API key is in use",
                Unique::StreamName => "Stream with this name already exists",
            }),
            StorageError::Failed(error) => Self::internal(error),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Gone => Self::forbidden(),
            ReadError::Replaced => {
                let replaced = Self::new(503, ErrorKind::Unavailable, error.to_string());
                Self { is_replaced: true, ..replaced }
            }
            ReadError::Storage(error) => error.into(),
            ReadError::Damaged(error) => error.into(),
            ReadError::Block(error) => Self::internal(error),
        }
    }
}

impl From<DamagedBlock> for ApiError {
    fn from(error: DamagedBlock) -> Self {
        Self { msg: error.to_string().into(), ..Self::internal(error) }
    }
}

impl From<CorrectError> for ApiError {
    fn from(error: CorrectError) -> Self {
        match error {
            CorrectError::Order { .. } => Self::new(403, ErrorKind::Order, error.to_string()),
            CorrectError::Apart => Self::new(403, ErrorKind::TooLarge, error.to_string()),
            CorrectError::Range(error) => error.into(),
            CorrectError::Damaged(error) => error.into(),
            CorrectError::Storage(error) => error.into(),
        }
    }
}

impl From<AppendError> for ApiError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Order | AppendError::Future { .. } => {
                Self::new(403, ErrorKind::Order, error.to_string())
            }
            AppendError::Index => Self::new(403, ErrorKind::Index, error.to_string()),
            AppendError::Storage(error) => error.into(),
            // `Service::insert` tries again, so that these two do not get here.
            AppendError::Stale | AppendError::Late { .. } => Self::internal(error),
        }
    }
}

impl From<BatchError> for ApiError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Malformed(msg) => Self::malformed(msg),
            BatchError::Depth { .. } | BatchError::Time { .. } => {
                Self::malformed(error.to_string())
            }
            BatchError::Steps { .. } | BatchError::Parts { .. } | BatchError::Count { .. } => {
                Self::new(403, ErrorKind::TooLarge, error.to_string())
            }
            BatchError::Schema => Self::new(403, ErrorKind::Schema, error.to_string()),
            BatchError::Order => Self::new(403, ErrorKind::Order, error.to_string()),
        }
    }
}

impl From<QueryFailure> for ApiError {
    fn from(internal: QueryFailure) -> Self {
        match internal {
            QueryFailure::Read(error) => error.into(),
            QueryFailure::Run(error) => Self::bad_request(error.to_string()),
            QueryFailure::Memory(_) => Self::new(429, ErrorKind::Limit, internal.to_string()),
        }
    }
}

impl From<AnswerError> for ApiError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Query(error) => error.into(),
            AnswerError::Compute(error) => error,
        }
    }
}

impl From<ParseError> for ApiError {
    fn from(error: ParseError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<GridError> for ApiError {
    fn from(error: GridError) -> Self {
        Self::invalid(error.to_string())
    }
}
