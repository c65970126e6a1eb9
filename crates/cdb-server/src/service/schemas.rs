//! Compiled schemas. Streams that have the same schema share it.

use std::sync::Arc;

use cdb_types::{InvalidSchema, Schema, SchemaLimits, Validator};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use super::{Service, Tree};
use crate::api_error::ApiError;
use crate::compute::Compute;
use crate::identity::Principal;
use crate::metrics::CacheCounters;

/// The number of schemas that the cache expects to hold.
const EXPECTED_SCHEMAS: usize = 1_000;

/// The memory of all compiled schemas, roughly, in bytes. Those used least go first.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The memory of the smallest schema, roughly, in bytes.
const SCHEMA_BYTES: u64 = 512;

/// How much is told of why a schema is not valid, in characters: it may name much of the schema.
const MAX_REASON_CHARS: usize = 200;

/// A compiled schema, or why it cannot be used.
type Compiled = Result<Arc<Validator>, Arc<InvalidSchema>>;

/// Compiles schemas, and keeps those that are used.
pub(super) struct Schemas {
    compute: Compute,
    limits: SchemaLimits,
    /// By their texts, so that they never become stale.
    compiled: Cache<Box<str>, Compiled, ByBytes>,
    counters: CacheCounters,
}

#[derive(Debug, Clone)]
struct ByBytes;

impl Weighter<Box<str>, Compiled> for ByBytes {
    fn weight(&self, text: &Box<str>, compiled: &Compiled) -> u64 {
        let memory = match compiled {
            Ok(validator) => validator.memory(),
            Err(error) => error.to_string().len(),
        };
        SCHEMA_BYTES + text.len() as u64 + memory as u64
    }
}

impl Schemas {
    pub(super) fn new(compute: Compute, limits: SchemaLimits, counters: CacheCounters) -> Self {
        // In one piece: the largest schema must fit into a piece.
        let options = OptionsBuilder::new()
            .shards(1)
            .estimated_items_capacity(EXPECTED_SCHEMAS)
            .weight_capacity(MAX_BYTES)
            .build();
        let (hasher, lifecycle) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
        let compiled = match options {
            Ok(options) => Cache::with_options(options, ByBytes, hasher, lifecycle),
            Err(_) => Cache::with(EXPECTED_SCHEMAS, MAX_BYTES, ByBytes, hasher, lifecycle),
        };
        Self { compute, limits, compiled, counters }
    }

    /// Returns a compiled schema. Compiling it is work for the caller.
    pub(super) async fn compiled(
        &self,
        principal: &Principal,
        text: &str,
    ) -> Result<Compiled, ApiError> {
        // First, so that no long text is kept.
        if let Err(error) = self.limits.check_text(text) {
            return Ok(Err(Arc::new(error)));
        }
        if let Some(compiled) = self.compiled.get(text) {
            self.counters.hits.inc();
            return Ok(compiled);
        }
        self.counters.misses.inc();
        let (schema, limits) = (text.to_owned(), self.limits.clone());
        let compile = async move { Schema::unchecked(&schema).limited_validator(&limits) };
        let compiled = self.compute.run(principal, compile).await?;
        let compiled = compiled.map(Arc::new).map_err(Arc::new);
        self.compiled.insert(text.into(), compiled.clone());
        Ok(compiled)
    }
}

impl Service {
    /// Checks the schema of a new stream.
    pub(super) async fn check_schema(
        &self,
        principal: &Principal,
        text: &str,
    ) -> Result<(), ApiError> {
        let compiled = self.schemas.compiled(principal, text).await?;
        compiled.map(drop).map_err(|error| refused_schema(&error))
    }

    /// Checks the schemas of the streams of a new device.
    pub(super) async fn check_schemas(
        &self,
        principal: &Principal,
        device: &Tree,
    ) -> Result<(), ApiError> {
        for schema in device.schemas() {
            self.check_schema(principal, schema).await?;
        }
        Ok(())
    }
}

/// Returns the error of a creation with a schema that cannot be used.
pub(crate) fn refused_schema(error: &InvalidSchema) -> ApiError {
    match error {
        // In the words of the original server.
        InvalidSchema::Invalid(reason) => {
            let reason: String = reason.chars().take(MAX_REASON_CHARS).collect();
            ApiError::invalid(format!("The provided schema is not a valid JSONSchema: {reason}"))
        }
        error => error.into(),
    }
}
