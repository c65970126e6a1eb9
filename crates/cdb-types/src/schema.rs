//! The JSON Schema of a stream.

#[cfg(feature = "schema")]
mod cost;
#[cfg(feature = "schema")]
mod limits;
#[cfg(feature = "schemars")]
mod of_type;
#[cfg(feature = "schema")]
mod validator;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

#[cfg(feature = "schema")]
pub use limits::SchemaLimits;
#[cfg(feature = "schema")]
pub use validator::{InvalidSchema, Validator};

/// The JSON Schema (draft 4) that each value of a stream must match.
///
/// In a request or response, it is a string that contains JSON without white space. `{}`, the
/// default, allows any value.
///
/// ```
/// use cdb_types::Schema;
/// use serde_json::json;
/// let schema = Schema::from(json!({"type": "number"}));
/// assert_eq!(schema.as_str(), r#"{"type":"number"}"#);
/// assert_eq!(serde_json::to_string(&schema)?, r#""{\"type\":\"number\"}""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Schema(Arc<str>);

impl Schema {
    /// Parses a schema from JSON text. An empty text, or one of white space, is read as `{}`.
    ///
    /// This only checks that the text is JSON. Whether it is a valid schema is checked by compiling
    /// it (`validator`, with the feature `schema`).
    ///
    /// # Errors
    /// Returns an error if the text is not JSON.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        // The text is kept, and not written from a `Value`, so that the keys keep their order and
        // the numbers their digits.
        let raw: &serde_json::value::RawValue = serde_json::from_str(text)?;
        Ok(Self(minified(raw.get()).as_ref().into()))
    }

    /// Creates a schema from a text without checking it. If it is not JSON, compiling the schema
    /// (`validator`, with the feature `schema`) returns an error.
    #[must_use]
    pub fn unchecked(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self(text.into()))
    }

    /// Returns the schema as JSON text (`sschema` in Python).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the schema as a JSON value; null if its text is not JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

/// Removes the white space between the tokens of JSON text.
fn minified(json: &str) -> Cow<'_, str> {
    if !json.contains(|c: char| c.is_ascii_whitespace()) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in json.chars() {
        if quoted || !c.is_ascii_whitespace() {
            text.push(c);
        }
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    Cow::Owned(text)
}

impl Default for Schema {
    fn default() -> Self {
        Self("{}".into())
    }
}

impl From<Value> for Schema {
    fn from(schema: Value) -> Self {
        Self(schema.to_string().into())
    }
}

impl std::str::FromStr for Schema {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // One invalid schema must not make a whole list of streams unreadable.
        let text = String::deserialize(deserializer)?;
        Ok(Self::unchecked(&text))
    }
}
