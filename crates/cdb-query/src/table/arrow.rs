//! Tables as Arrow record batches and Parquet files.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::ArrowError;
use parquet::arrow::ArrowWriter;
use serde_json::Value;

use super::Table;
use super::text::plain;
use crate::{ColumnType, Error, Result};

/// The name of the column with the times of the rows.
const TIME_COLUMN: &str = "t";

impl Table {
    /// Returns the table as an Arrow record batch. The first column is `t`, the time of the row in
    /// UTC with microseconds; the columns of the table follow.
    ///
    /// The type of a column follows from the schema of its stream, or is
    /// [set](crate::Column::of_type), so it is the same for other times of the same query:
    ///
    /// | [`ColumnType`] | type |
    /// |---|---|
    /// | `Float` | `Float64` |
    /// | `Integer` | `Int64` |
    /// | `Boolean` | `Boolean` |
    /// | `Text` | `Utf8`; values that are not strings are written as JSON |
    ///
    /// If the type is not known, it follows from the values: `Float64` if all of them are numbers,
    /// `Boolean` if all are booleans, otherwise `Utf8`. Such a type may be another for other times.
    ///
    /// # Errors
    /// Returns [`Error::Type`] if a value is not of its column's type, as one may be that was inserted
    /// before the schema of the stream was changed, and [`Error::TwoColumns`] if a column of the table
    /// is named `t`.
    pub fn record_batch(&self) -> Result<RecordBatch> {
        if self.position(TIME_COLUMN).is_some() {
            return Err(Error::TwoColumns(TIME_COLUMN.to_owned()));
        }
        #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
        let micros = self.times().map(|t| (t.as_secs_f64() * 1e6).round() as i64);
        let times = TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC");
        let mut columns: Vec<(&str, ArrayRef, bool)> = vec![(TIME_COLUMN, Arc::new(times), false)];
        for (index, name) in self.names.iter().enumerate() {
            let values: Vec<&Value> = self.rows.iter().map(|(_, values)| &values[index]).collect();
            let of_type = self.types.get(index).copied().flatten();
            let of_type = of_type.unwrap_or_else(|| guess(&values));
            let array = array(&values, of_type).map_err(|row| Error::Type {
                column: name.clone(),
                t: self.rows.get(row).map_or(0.0, |(t, _)| t.as_secs_f64()),
                error: format!(
                    "{} is not {}; set another type with Column::of_type or \
                     Dataset::column_type; ColumnType::Text can hold all values",
                    values[row],
                    of_type.noun()
                ),
            });
            columns.push((name, array?, true));
        }
        RecordBatch::try_from_iter_with_nullable(columns)
            .map_err(|error: ArrowError| Error::Write(error.into()))
    }

    /// Writes the table to a Parquet file, and replaces the file if it exists. Polars, DuckDB and
    /// pandas can read it. The columns are those of [`record_batch`](Self::record_batch).
    ///
    /// By default, pandas converts integers and booleans to other types if values are missing;
    /// `read_parquet(file, dtype_backend="numpy_nullable")` keeps them.
    ///
    /// # Errors
    /// Returns an error if the file cannot be created or written, and the same errors as
    /// [`record_batch`](Self::record_batch).
    pub fn write_parquet(&self, file: impl AsRef<Path>) -> Result<()> {
        let batch = self.record_batch()?;
        let file = File::create(file).map_err(|error| Error::Write(error.into()))?;
        let failed = |error: parquet::errors::ParquetError| Error::Write(error.into());
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).map_err(failed)?;
        writer.write(&batch).map_err(failed)?;
        writer.close().map(drop).map_err(failed)
    }
}

/// The type of values of which nothing else is known.
fn guess(values: &[&Value]) -> ColumnType {
    let all = |is: fn(&Value) -> bool| {
        values.iter().any(|value| !value.is_null())
            && values.iter().all(|value| value.is_null() || is(value))
    };
    if all(Value::is_number) {
        ColumnType::Float
    } else if all(Value::is_boolean) {
        ColumnType::Boolean
    } else {
        ColumnType::Text
    }
}

/// Converts the values of a column to an array. Returns the index of the first that is not of the
/// type as an error.
fn array(values: &[&Value], of_type: ColumnType) -> Result<ArrayRef, usize> {
    fn convert<'a, T>(
        values: &[&'a Value],
        convert: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Vec<Option<T>>, usize> {
        let convert = |(row, value): (usize, &&'a Value)| match value {
            Value::Null => Ok(None),
            value => convert(value).map(Some).ok_or(row),
        };
        values.iter().enumerate().map(convert).collect()
    }
    Ok(match of_type {
        ColumnType::Float => Arc::new(Float64Array::from(convert(values, Value::as_f64)?)),
        ColumnType::Integer => Arc::new(Int64Array::from(convert(values, whole)?)),
        ColumnType::Boolean => Arc::new(BooleanArray::from(convert(values, Value::as_bool)?)),
        ColumnType::Text => {
            Arc::new(StringArray::from(convert(values, |value| Some(plain(value)))?))
        }
    })
}

/// The integer that a number is, also where it is written as `5.0`, which JSON Schema calls an
/// integer too.
fn whole(value: &Value) -> Option<i64> {
    let of_float = || {
        let float =
            value.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 2_f64.powi(53));
        #[allow(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
        float.map(|float| float as i64)
    };
    value.as_i64().or_else(of_float)
}
