//! A handle to one stream of a logger.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use cdb_core::Datapoint;
use serde::Serialize;

use crate::{Logger, Result};

/// A handle to a stream of a [`Logger`], for values of type `T`; created by [`Logger::stream`].
///
/// Cloning is cheap. Each handle contains a [`Logger`], so the logger's tasks run until the last
/// handle is dropped too.
pub struct LoggerStream<T> {
    logger: Logger,
    name: Arc<str>,
    value: PhantomData<fn(T)>,
}

impl<T> LoggerStream<T> {
    pub(crate) fn new(logger: Logger, name: &str) -> Self {
        Self { logger, name: name.into(), value: PhantomData }
    }

    /// Returns the stream's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Logs a value with the current time as its timestamp; see [`Logger::insert`].
    ///
    /// # Errors
    /// Returns the same errors as [`Logger::insert`].
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, the value may be logged or not.
    pub async fn insert(&self, value: T) -> Result<()>
    where
        T: Serialize,
    {
        self.logger.insert(&self.name, value).await
    }

    /// Logs datapoints with their own times, all or none; see [`Logger::insert_array`].
    ///
    /// # Errors
    /// Returns the same errors as [`Logger::insert_array`].
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, either all of them are logged or none.
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
