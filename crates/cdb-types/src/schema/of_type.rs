//! Makes a schema from a Rust type.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::{
    RecursiveTransform, ReplaceBoolSchemas, ReplaceConstValue, transform_subschemas,
};
use serde_json::{Value, json};

use super::Schema;
use crate::StreamCreate;

/// Keywords that say something about values but do not restrict them.
const ANNOTATIONS: [&str; 7] =
    ["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"];

/// The formats of draft 4. The others that schemars writes, such as `double` and `uuid`, are
/// ignored by validators of draft 4.
const FORMATS: [&str; 6] = ["date-time", "email", "hostname", "ipv4", "ipv6", "uri"];

impl Schema {
    /// Returns the schema of the values that can be read as a `T`, where `T` derives
    /// [`schemars::JsonSchema`].
    ///
    /// The schema does not depend on documentation comments, defaults, or the order of fields and
    /// variants. A program that compares it with the schema of an existing stream thus still
    /// accepts the stream after such a change of the type. A field of type `Option` may be null or
    /// missing.
    ///
    /// ```
    /// use cdb_types::Schema;
    /// # mod program {
    /// use schemars::JsonSchema;
    /// use serde::{Deserialize, Serialize};
    ///
    /// /// What the weather station measures.
    /// #[derive(Serialize, Deserialize, JsonSchema)]
    /// pub struct Climate {
    ///     /// In degrees Celsius.
    ///     temperature: f64,
    ///     humidity: Option<f64>,
    /// }
    /// # }
    /// # use program::Climate;
    /// # use serde_json::json;
    ///
    /// let climate = json!({
    ///     "type": "object",
    ///     "properties": {
    ///         "temperature": {"type": "number"},
    ///         "humidity": {"type": ["number", "null"]},
    ///     },
    ///     "required": ["temperature"],
    /// });
    /// assert_eq!(Schema::of::<Climate>(), Schema::from(climate));
    /// assert_eq!(Schema::of::<f64>().as_str(), r#"{"type":"number"}"#);
    /// ```
    #[must_use]
    pub fn of<T: JsonSchema + ?Sized>() -> Self {
        let settings = SchemaSettings::draft07().with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
            // Before the others, which write a reference that has a comment in another way.
            settings.transforms.insert(0, Box::new(RecursiveTransform(remove_annotations)));
        });
        let mut bools = ReplaceBoolSchemas::default();
        // The one keyword of draft 4 that may be a boolean.
        bools.skip_additional_properties = true;
        let settings = settings
            .with_transform(bools)
            .with_transform(ReplaceConstValue::default())
            .with_transform(RecursiveTransform(use_flags_for_exclusive_limits))
            .with_transform(normalize);
        Self::from(Value::from(settings.into_generator().into_root_schema_for::<T>()))
    }
}

impl StreamCreate {
    /// Creates the body of a stream whose values must match the JSON Schema of `T`; see
    /// [`Schema::of`].
    ///
    /// ```
    /// use cdb_types::StreamCreate;
    /// let stream = StreamCreate::of::<f64>().datatype("temperature");
    /// assert_eq!(
    ///     serde_json::to_string(&stream)?,
    ///     r#"{"schema":"{\"type\":\"number\"}","datatype":"temperature"}"#
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn of<T: JsonSchema + ?Sized>() -> Self {
        Self::new().schema(Schema::of::<T>())
    }
}

fn remove_annotations(schema: &mut schemars::Schema) {
    for keyword in ANNOTATIONS {
        schema.remove(keyword);
    }
    let format = schema.get("format").and_then(Value::as_str);
    if format.is_some_and(|format| !FORMATS.contains(&format)) {
        schema.remove("format");
    }
}

/// Rewrites `exclusiveMinimum: 5` as `minimum: 5, exclusiveMinimum: true`, which draft 4 has
/// instead.
fn use_flags_for_exclusive_limits(schema: &mut schemars::Schema) {
    let keywords = [("exclusiveMinimum", "minimum", 1.0), ("exclusiveMaximum", "maximum", -1.0)];
    for (exclusive, limit, sign) in keywords {
        let Some(number) = schema.get(exclusive).and_then(Value::as_f64) else { continue };
        let value = schema.remove(exclusive).unwrap_or_default();
        let other = schema.get(limit).and_then(Value::as_f64);
        // Of a limit and an exclusive limit, the stricter one is kept.
        if other.is_none_or(|other| number * sign >= other * sign) {
            schema.insert(limit.to_owned(), value);
            schema.insert(exclusive.to_owned(), true.into());
        }
    }
}

/// Writes schemas that allow the same values in one way. Otherwise the schema would depend on the
/// order of fields and variants, and on which variants have a comment: schemars writes each of
/// those as an alternative, and the others as one list.
fn normalize(schema: &mut schemars::Schema) {
    transform_subschemas(&mut normalize, schema);
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(Value::Array(alternatives)) = schema.remove("oneOf") {
        let alternatives = merge_texts(alternatives);
        match &*alternatives {
            [Value::Object(only)] if schema.is_empty() => *schema = only.clone(),
            _ => drop(schema.insert("oneOf".to_owned(), alternatives.into())),
        }
    }
    for keyword in ["anyOf", "enum", "oneOf", "required"] {
        if let Some(Value::Array(items)) = schema.get_mut(keyword) {
            items.sort_by_cached_key(Value::to_string);
        }
    }
}

/// Merges the alternatives that are lists of texts into one.
fn merge_texts(alternatives: Vec<Value>) -> Vec<Value> {
    let (mut merged, mut texts) = (Vec::new(), Vec::new());
    for alternative in alternatives {
        match &alternative["enum"] {
            Value::Array(of) if alternative == json!({"type": "string", "enum": of}) => {
                texts.extend(of.iter().cloned());
            }
            _ => merged.push(alternative),
        }
    }
    if !texts.is_empty() {
        merged.push(json!({"type": "string", "enum": texts}));
    }
    merged
}
