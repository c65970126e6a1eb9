//! The types of a table's columns.

use cdb_types::Schema;
use serde_json::Value;

/// The type of a column of a [`Table`](crate::Table) in record batches and Parquet files.
///
/// It follows from the schema of the column's stream and its interpolator, or is set with
/// [`Column::of_type`](crate::Column::of_type) or
/// [`Dataset::column_type`](crate::Dataset::column_type). It does not depend on the values, so the
/// files of two days can be concatenated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ColumnType {
    /// Numbers, as 64-bit floats.
    Float,
    /// Integers of 64 bits.
    Integer,
    /// Booleans.
    Boolean,
    /// Texts. Other values are written as JSON.
    Text,
}

impl ColumnType {
    /// Returns the type of the values that a schema allows, `None` if they may be of several types.
    /// Lists and objects are texts.
    #[must_use]
    pub fn of_schema(schema: &Schema) -> Option<Self> {
        let of_name = |name: &str| match name {
            "number" => Some(Self::Float),
            "integer" => Some(Self::Integer),
            "boolean" => Some(Self::Boolean),
            "string" | "array" | "object" => Some(Self::Text),
            _ => None,
        };
        match schema.to_value().get("type")? {
            Value::String(name) => of_name(name),
            Value::Array(names) => {
                let mut names =
                    names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
                let first = of_name(names.next()?)?;
                names.all(|name| of_name(name) == Some(first)).then_some(first)
            }
            _ => None,
        }
    }

    /// Returns what a value of this type is called in an error.
    #[cfg(feature = "arrow")]
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Float => "a number",
            Self::Integer => "an integer of 64 bits",
            Self::Boolean => "a boolean",
            Self::Text => "a text",
        }
    }

    /// Returns the type of what an interpolator gives, from that of the stream.
    #[cfg_attr(
        not(feature = "arrow"),
        expect(dead_code, reason = "only record batches have types")
    )]
    pub(crate) fn interpolated(of_stream: Option<Self>, interpolator: &str) -> Option<Self> {
        match interpolator {
            "closest" | "before" | "after" => of_stream,
            "count" => Some(Self::Integer),
            "sum" | "mean" | "average" => Some(Self::Float),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_of_one_type_gives_the_type_of_a_column() {
        let of = |schema: Value| ColumnType::of_schema(&Schema::from(schema));
        assert_eq!(of(json!({"type": "number", "minimum": 0})), Some(ColumnType::Float));
        assert_eq!(of(json!({"type": ["integer", "null"]})), Some(ColumnType::Integer));
        assert_eq!(of(json!({"type": "boolean"})), Some(ColumnType::Boolean));
        assert_eq!(of(json!({"type": ["object", "array"]})), Some(ColumnType::Text));
        assert_eq!(of(json!({"type": ["number", "string"]})), None);
        assert_eq!(of(json!({"type": "null"})), None);
        assert_eq!(of(json!({})), None);
        assert_eq!(of(json!(true)), None);
    }
}
