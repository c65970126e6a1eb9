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
use crate::{Error, Result};

impl Table {
    /// Returns the table as an Arrow record batch. The first column is `t`, the time of the row in
    /// UTC with microseconds; the columns of the table follow.
    ///
    /// Missing values do not affect the type of a column:
    ///
    /// | values | type |
    /// |---|---|
    /// | only integers that fit into an `i64` | `Int64` |
    /// | only numbers | `Float64` |
    /// | only booleans | `Boolean` |
    /// | anything else, or none | `Utf8`; values that are not strings are written as JSON |
    ///
    /// # Errors
    /// Returns an error if the record batch cannot be made of the columns.
    pub fn record_batch(&self) -> Result<RecordBatch> {
        #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
        let micros = self.times().map(|t| (t.as_secs_f64() * 1e6).round() as i64);
        let times = TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC");
        let mut columns: Vec<(&str, ArrayRef, bool)> = vec![("t", Arc::new(times), false)];
        for (index, name) in self.names.iter().enumerate() {
            let values: Vec<&Value> = self.rows.iter().map(|(_, values)| &values[index]).collect();
            columns.push((name, array(&values), true));
        }
        RecordBatch::try_from_iter_with_nullable(columns)
            .map_err(|error: ArrowError| Error::Write(error.into()))
    }

    /// Writes the table to a Parquet file, and replaces the file if it exists. Polars, DuckDB and
    /// pandas can read it. The columns are those of [`record_batch`](Self::record_batch).
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

/// Converts the values of a column to an array of the most specific type that fits all of them.
fn array(values: &[&Value]) -> ArrayRef {
    let all = |fits: fn(&Value) -> bool| {
        values.iter().any(|value| !value.is_null())
            && values.iter().all(|value| value.is_null() || fits(value))
    };
    if all(Value::is_i64) {
        Arc::new(values.iter().map(|value| value.as_i64()).collect::<Int64Array>())
    } else if all(Value::is_number) {
        Arc::new(values.iter().map(|value| value.as_f64()).collect::<Float64Array>())
    } else if all(Value::is_boolean) {
        Arc::new(values.iter().map(|value| value.as_bool()).collect::<BooleanArray>())
    } else {
        let text = |value: &&Value| (!value.is_null()).then(|| plain(value));
        Arc::new(values.iter().map(text).collect::<StringArray>())
    }
}
