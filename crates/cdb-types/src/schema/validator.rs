//! Validates schemas, and values against them.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::cost::{Cost, PATTERN_BYTES, PATTERN_CACHE_BYTES};
use super::{Schema, SchemaLimits};

/// The length of strings with the format `regex`, in bytes, within limits. Longer ones do not match.
const MAX_REGEX_BYTES: usize = 64 * 1024;

/// A compiled [`Schema`]. Compiling takes much longer than checking a value, so keep the validator.
///
/// It follows draft 4 of JSON Schema, except that `5.0` is an integer, as on the original server.
///
/// ```
/// use cdb_types::Schema;
/// use serde_json::json;
/// let rating = Schema::from(json!({"type": "integer", "maximum": 10})).validator()?;
/// assert!(rating.is_valid(&json!(7)));
/// assert!(!rating.is_valid(&json!(11)));
/// assert!(!rating.is_valid(&json!("seven")));
/// # Ok::<(), cdb_types::InvalidSchema>(())
/// ```
pub struct Validator {
    /// `None` for the schema `{}`, which allows any value.
    compiled: Option<jsonschema::Validator>,
    /// All 0 if it was compiled without limits.
    cost: Cost,
}

/// A schema cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSchema {
    /// A text is not a valid JSON Schema of draft 4.
    #[error("not a valid JSON Schema: {0}")]
    Invalid(String),
    /// It needs more than the limits allow.
    #[error("the schema is too complex: {0}")]
    TooComplex(String),
}

impl Schema {
    /// Compiles the schema. This does not access the network or files.
    ///
    /// # Errors
    /// Returns an error if the text is not a valid JSON Schema of draft 4, or if it refers to
    /// another document.
    pub fn validator(&self) -> Result<Validator, InvalidSchema> {
        compile(&self.parsed()?, jsonschema::options(), Cost::default())
    }

    /// Compiles the schema of someone who is not trusted, unless it is too complex. What it costs is
    /// estimated first.
    ///
    /// There are some things that it does not take, because their cost cannot be estimated:
    /// references that do not begin with `#/` (`#` refers to the schema itself), references in a
    /// schema of whose inner schemas some have an `id`, inner schemas of another version of JSON
    /// Schema (`$schema`), and patterns with look-around or back-references.
    ///
    /// # Stack
    /// Compiling a schema, and checking a value against it, may need 32 MiB of stack: up to 32 schemas
    /// within each other ([`Validator::depth`]) for each of 100 levels of a value. Values with more
    /// levels must not be checked, since they could overflow the stack.
    ///
    /// # Errors
    /// Returns [`InvalidSchema::TooComplex`] if the schema needs more than the limits allow, if
    /// checking a small value may take long, or for what is named above, and
    /// [`InvalidSchema::Invalid`] as [`validator`](Self::validator) does.
    pub fn limited_validator(&self, limits: &SchemaLimits) -> Result<Validator, InvalidSchema> {
        limits.check_text(self.as_str())?;
        let schema = self.parsed()?;
        let cost = Cost::of(&schema, limits.memory).map_err(InvalidSchema::TooComplex)?;
        // This engine takes linear time.
        let patterns = jsonschema::PatternOptions::regex()
            .size_limit(PATTERN_BYTES)
            .dfa_size_limit(PATTERN_CACHE_BYTES);
        let options = jsonschema::options()
            .with_pattern_options(patterns)
            // The one of the library keeps what it has seen.
            .with_format("regex", |text: &str| {
                text.len() <= MAX_REGEX_BYTES && jsonschema_regex::is_valid_ecma_regex(text)
            });
        compile(&schema, options, cost)
    }

    /// Parses the text. The version that the schema names is left out, since every schema is read as
    /// one of draft 4, as by the original server.
    fn parsed(&self) -> Result<Value, InvalidSchema> {
        let parsed = serde_json::from_str(self.as_str());
        let mut schema: Value =
            parsed.map_err(|error| InvalidSchema::Invalid(error.to_string()))?;
        if let Some(keywords) = schema.as_object_mut() {
            keywords.remove("$schema");
        }
        Ok(schema)
    }
}

fn compile(
    schema: &Value,
    options: jsonschema::ValidationOptions<'_>,
    cost: Cost,
) -> Result<Validator, InvalidSchema> {
    let Some(keywords) = schema.as_object() else {
        return Err(InvalidSchema::Invalid("it is not a JSON object".to_owned()));
    };
    if keywords.is_empty() {
        return Ok(Validator { compiled: None, cost: Cost::default() });
    }
    let compiled = options.with_draft(jsonschema::Draft::Draft4).offline().build(schema);
    let compiled = compiled.map_err(|error| InvalidSchema::Invalid(error.to_string()))?;
    Ok(Validator { compiled: Some(compiled), cost })
}

impl Validator {
    /// Returns whether the schema is `{}`, which allows any value.
    #[must_use]
    pub fn allows_anything(&self) -> bool {
        self.compiled.is_none()
    }

    /// Returns the most steps that checking the value takes: about 10 ns each, and mostly far
    /// fewer. 0 if the schema was compiled without limits, or allows anything.
    #[must_use]
    pub fn steps(&self, value: &Value) -> u64 {
        self.cost.steps(value)
    }

    /// Returns the most [`steps`](Self::steps) that checking values takes whose text together has
    /// this number of bytes.
    #[must_use]
    pub fn steps_of_text(&self, bytes: usize) -> u64 {
        self.cost.text_steps(bytes)
    }

    /// Returns how many schemas are applied to the same value within each other, on which the use of
    /// the stack depends. 0 if the schema was compiled without limits.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.cost.depth
    }

    /// Returns the memory that this takes, roughly, in bytes. 0 if the schema was compiled without
    /// limits.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.cost.memory
    }

    /// Returns whether the value matches the schema.
    #[must_use]
    pub fn is_valid(&self, value: &Value) -> bool {
        let Some(compiled) = &self.compiled else { return true };
        compiled.is_valid(&with_integers(value))
    }

    /// Returns `None` if the value matches the schema, or a message that says why it does not.
    #[must_use]
    pub fn complaint(&self, value: &Value) -> Option<String> {
        let compiled = self.compiled.as_ref()?;
        compiled.validate(&with_integers(value)).err().map(|error| error.to_string())
    }
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validator").finish_non_exhaustive()
    }
}

/// Replaces whole floats by integers, because draft 4 distinguishes `5.0` from `5` and the protocol
/// does not.
fn with_integers(value: &Value) -> Cow<'_, Value> {
    if !has_whole_floats(value) {
        return Cow::Borrowed(value);
    }
    let mut value = value.clone();
    replace_whole_floats(&mut value);
    Cow::Owned(value)
}

fn has_whole_floats(value: &Value) -> bool {
    match value {
        Value::Number(number) => whole(number).is_some(),
        Value::Array(items) => items.iter().any(has_whole_floats),
        Value::Object(members) => members.values().any(has_whole_floats),
        _ => false,
    }
}

fn replace_whole_floats(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = whole(number) {
                *value = whole;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(replace_whole_floats),
        Value::Object(members) => members.values_mut().for_each(replace_whole_floats),
        _ => {}
    }
}

/// Returns a float as an integer, if it is whole and less than 2^53 in magnitude.
fn whole(number: &serde_json::Number) -> Option<Value> {
    let float = number.as_f64().filter(|_| number.is_f64())?;
    #[allow(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
    let integer = float as i64;
    (float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0).then(|| integer.into())
}
