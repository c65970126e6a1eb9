//! Validates schemas, and values against them.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::Schema;

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
}

/// A text is not a valid JSON Schema of draft 4.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid JSON Schema: {0}")]
pub struct InvalidSchema(String);

impl Schema {
    /// Compiles the schema. This does not access the network or files.
    ///
    /// # Errors
    /// Returns an error if the text is not a valid JSON Schema of draft 4, or if it refers to
    /// another document.
    pub fn validator(&self) -> Result<Validator, InvalidSchema> {
        let schema = self.to_value();
        if schema.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(Validator { compiled: None });
        }
        if !schema.is_object() {
            return Err(InvalidSchema("it is not a JSON object".to_owned()));
        }
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .offline()
            .build(&schema)
            .map(|compiled| Validator { compiled: Some(compiled) })
            .map_err(|error| InvalidSchema(error.to_string()))
    }
}

impl Validator {
    /// Returns whether the schema is `{}`, which allows any value.
    #[must_use]
    pub fn allows_anything(&self) -> bool {
        self.compiled.is_none()
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
    match value {
        Value::Number(number) => whole(number).map_or(Cow::Borrowed(value), Cow::Owned),
        Value::Array(items) if items.iter().any(changes) => {
            Cow::Owned(items.iter().map(|item| with_integers(item).into_owned()).collect())
        }
        Value::Object(entries) if entries.values().any(changes) => Cow::Owned(Value::Object(
            entries
                .iter()
                .map(|(key, item)| (key.clone(), with_integers(item).into_owned()))
                .collect(),
        )),
        _ => Cow::Borrowed(value),
    }
}

/// Returns whether [`with_integers`] changes the value.
fn changes(value: &Value) -> bool {
    matches!(with_integers(value), Cow::Owned(_))
}

/// Returns a float as an integer, if it is whole and less than 2^53 in magnitude.
fn whole(number: &serde_json::Number) -> Option<Value> {
    let float = number.as_f64().filter(|_| number.is_f64())?;
    #[allow(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
    let integer = float as i64;
    (float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0).then(|| integer.into())
}
