//! Limits of schemas, for servers that take schemas from others.

use super::InvalidSchema;

const KIB: usize = 1024;

/// What a schema may need; see [`Schema::limited_validator`](crate::Schema::limited_validator).
///
/// ```
/// use cdb_types::{Schema, SchemaLimits};
/// let limits = SchemaLimits::default().text_bytes(20);
/// let schema: Schema = r#"{"type":"number","maximum":100}"#.parse()?;
/// let error = schema.limited_validator(&limits).unwrap_err();
/// assert!(error.to_string().ends_with("its text has 31 bytes, at most 20 are allowed"), "{error}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaLimits {
    /// The length of the schema's text, in bytes. Default: 64 KiB.
    pub text_bytes: usize,
    /// The memory of the compiled schema, roughly, in bytes: 2 KiB for each schema within it, and
    /// what its patterns need. Default: 8 MiB.
    pub memory: usize,
}

impl Default for SchemaLimits {
    fn default() -> Self {
        Self { text_bytes: 64 * KIB, memory: 8 * KIB * KIB }
    }
}

impl SchemaLimits {
    /// Checks the length of a schema's text, which
    /// [`Schema::limited_validator`](crate::Schema::limited_validator) does as well.
    ///
    /// # Errors
    /// Returns [`InvalidSchema::TooComplex`] if it is longer than [`text_bytes`](Self::text_bytes).
    pub fn check_text(&self, text: &str) -> Result<(), InvalidSchema> {
        let (bytes, max) = (text.len(), self.text_bytes);
        if bytes <= max {
            return Ok(());
        }
        let error = format!("its text has {bytes} bytes, at most {max} are allowed");
        Err(InvalidSchema::TooComplex(error))
    }

    /// Sets [`text_bytes`](Self::text_bytes).
    #[must_use]
    pub fn text_bytes(mut self, text_bytes: usize) -> Self {
        self.text_bytes = text_bytes;
        self
    }

    /// Sets [`memory`](Self::memory).
    #[must_use]
    pub fn memory(mut self, memory: usize) -> Self {
        self.memory = memory;
        self
    }
}
