//! Reads the fields of an update one by one, so that an error can name the field.

use serde_json::Value;

use crate::Schema;

/// An update cannot be read. The texts are those of the original server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// The object has no such field.
    #[error("Unrecognized field '{0}'")]
    Unrecognized(String),
    /// The value of a field has the wrong type.
    #[error("Value of field '{field}' must be a {expected}")]
    Type {
        /// The field's name.
        field: String,
        /// The expected type: `string`, `boolean` or `number of seconds`.
        expected: &'static str,
    },
}

pub(super) fn text(field: &str, value: Value) -> Result<Option<String>, UpdateError> {
    match value {
        Value::String(text) => Ok(Some(text)),
        _ => Err(UpdateError::Type { field: field.to_owned(), expected: "string" }),
    }
}

pub(super) fn flag(field: &str, value: &Value) -> Result<Option<bool>, UpdateError> {
    match value {
        Value::Bool(flag) => Ok(Some(*flag)),
        _ => Err(UpdateError::Type { field: field.to_owned(), expected: "boolean" }),
    }
}

/// Reads a number that is an integer and not negative, however it is written.
pub(super) fn count(field: &str, value: &Value) -> Result<Option<u64>, UpdateError> {
    // Of a float, all integers up to 2^53 are exact.
    let float = value.as_f64().filter(|it| it.fract() == 0.0 && (0.0..=9e15).contains(it));
    let count = value.as_u64().or(float.map(|float| float as u64));
    let error = UpdateError::Type { field: field.to_owned(), expected: "number of seconds" };
    count.map(Some).ok_or(error)
}

pub(super) fn schema(field: &str, value: Value) -> Result<Option<Schema>, UpdateError> {
    Ok(text(field, value)?.map(|text| Schema::unchecked(&text)))
}

/// Generates a builder's setters for fields of type `Option`.
macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $value:ty;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: impl Into<$value>) -> Self {
            self.$field = Some($field.into());
            self
        }
    )*};
}

pub(super) use setters;
