//! Why a server does not start.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::OpenError;
use crate::tls::TlsError;

/// The error of a server that does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data file cannot be created or opened, or is not a data file.
    #[error("the data file {} cannot be opened", file.display())]
    Data {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Another server has the data file open.
    #[error("the data file {} is in use by another server", .0.display())]
    InUse(PathBuf),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// TLS cannot be used.
    #[error("TLS cannot be used")]
    Tls(#[from] TlsError),
    /// The data file is new, and [`ServerBuilder::admin`](crate::ServerBuilder::admin) was not called.
    #[error("a new data file needs a first user: give the administrator's name and password")]
    NoAdministrator,
    /// The administrator of a new data file cannot be created. The field is the message.
    #[error("the first user cannot be made: {0}")]
    Administrator(String),
}

impl StartError {
    /// A data file cannot be used.
    pub(crate) fn data(file: &Path, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Data { file: file.to_owned(), source: source.into() }
    }

    /// A data file cannot be opened.
    pub(crate) fn opening(file: &Path, error: OpenError) -> Self {
        match error {
            OpenError::InUse => Self::InUse(file.to_owned()),
            OpenError::File(error) => Self::data(file, error),
            OpenError::Database(error) => Self::data(file, error),
            OpenError::Journal(error) => Self::data(file, error),
        }
    }
}
