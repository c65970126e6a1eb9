//! One stream of a logger, with values of a type.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use cdb_core::Datapoint;
use serde::Serialize;

use crate::{Logger, Result};

/// A stream of a [`Logger`], whose values are of one type; made by [`Logger::stream`].
///
/// Cloning is cheap. A clone is a handle of the logger too: its tasks end when the last is dropped.
pub struct LoggerStream<T> {
    logger: Logger,
    name: Arc<str>,
    value: PhantomData<fn(T)>,
}

impl<T> LoggerStream<T> {
    pub(crate) fn new(logger: Logger, name: &str) -> Self {
        Self { logger, name: name.into(), value: PhantomData }
    }

    /// The stream's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Logs a value, as [`Logger::insert`].
    ///
    /// # Errors
    /// As [`Logger::insert`].
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the value is logged or not.
    pub async fn insert(&self, value: T) -> Result<()>
    where
        T: Serialize,
    {
        self.logger.insert(&self.name, value).await
    }

    /// Logs datapoints, each with its own time; all or none. As [`Logger::insert_array`].
    ///
    /// # Errors
    /// As [`Logger::insert_array`].
    ///
    /// # Cancel safety
    /// Dropped before it is ready, all of them are logged or none.
    pub async fn insert_array(&self, datapoints: &[Datapoint<T>]) -> Result<()>
    where
        T: Serialize,
    {
        self.logger.insert_array(&self.name, datapoints).await
    }
}

impl<T> Clone for LoggerStream<T> {
    fn clone(&self) -> Self {
        Self { logger: self.logger.clone(), name: Arc::clone(&self.name), value: PhantomData }
    }
}

impl<T> fmt::Debug for LoggerStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LoggerStream").field(&self.name).finish()
    }
}
