//! Tables: the result of a dataset.

#[cfg(feature = "arrow")]
mod arrow;
mod text;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use cdb_core::{Datapoint, DatapointArray, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{ColumnType, Error, Result};

/// The name of the only column if the rows are not objects, as after some posttransforms.
const VALUE_COLUMN: &str = "value";

/// Rows with a time and a value for each column. A missing value is null.
///
/// `Display` writes an aligned table. A table can also be written as CSV and, with the feature
/// `arrow`, converted to an Arrow record batch or written to a Parquet file.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    names: Vec<String>,
    rows: Vec<(Timestamp, Vec<Value>)>,
    /// The types of the columns, where they are known.
    types: Vec<Option<ColumnType>>,
}

/// A row of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    t: Timestamp,
    values: &'a [Value],
}

impl<'a> Row<'a> {
    /// Returns the time of the row.
    #[must_use]
    pub fn t(&self) -> Timestamp {
        self.t
    }

    /// Returns the value in a column, or `None` if the value is missing or the table does not have
    /// the column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&'a Value> {
        let position = self.table.position(column)?;
        self.values.get(position).filter(|value| !value.is_null())
    }

    /// Returns the values in the order of the columns. A missing value is null.
    #[must_use]
    pub fn values(&self) -> &'a [Value] {
        self.values
    }
}

impl Table {
    /// Makes a table of rows whose data are objects with the values by column.
    ///
    /// The columns in `names` come first, in this order. Other columns follow, sorted by name. A
    /// name that no row has is left out, unless there are no rows.
    ///
    /// If the data of some row are not an object, the table has one column, `value`, with the data
    /// of all rows.
    #[must_use]
    pub fn of(rows: DatapointArray, names: Vec<String>) -> Self {
        Self::with_types(rows, names, &BTreeMap::new())
    }

    /// Makes a table of which the types of some columns are known, by name.
    pub(crate) fn with_types(
        rows: DatapointArray,
        mut names: Vec<String>,
        types: &BTreeMap<String, ColumnType>,
    ) -> Self {
        let has_columns = rows.iter().all(|row| row.d.is_object());
        if has_columns {
            let mut found = BTreeMap::new();
            for key in rows.iter().filter_map(|row| row.d.as_object()).flat_map(|row| row.keys()) {
                found.entry(key.clone()).or_insert(());
            }
            // A posttransform may drop columns. A table without rows keeps those in `names`.
            names.retain(|name| rows.is_empty() || found.remove(name).is_some());
            names.extend(found.into_keys());
        } else {
            names = vec![VALUE_COLUMN.to_owned()];
        }
        let values = |d: Value| match d {
            Value::Object(mut row) if has_columns => {
                names.iter().map(|name| row.remove(name).unwrap_or_default()).collect()
            }
            value => vec![value],
        };
        let rows = rows.into_iter().map(|Datapoint { t, d, .. }| (t, values(d))).collect();
        let types = names.iter().map(|name| types.get(name).copied()).collect();
        Self { names, rows, types }
    }

    /// Returns the names of the columns, without `t`.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns `true` if the table has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns an iterator over the rows.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> + DoubleEndedIterator {
        self.rows.iter().map(|(t, values)| Row { table: self, t: *t, values })
    }

    /// Returns an iterator over the times of the rows.
    pub fn times(&self) -> impl ExactSizeIterator<Item = Timestamp> + DoubleEndedIterator {
        self.rows.iter().map(|(t, _)| *t)
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.names.iter().position(|name| name == column)
    }

    /// Returns the values of a column read as `T`; a missing value is `None`.
    ///
    /// # Errors
    /// Returns an error if the table does not have the column, or a value cannot be read as `T`.
    pub fn column<T: DeserializeOwned>(&self, column: &str) -> Result<Vec<Option<T>>> {
        let position = self.position(column).ok_or_else(|| Error::NoColumn(column.to_owned()))?;
        let value = |(t, values): &(Timestamp, Vec<Value>)| match values.get(position) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value).map(Some).map_err(|error| Error::Type {
                column: column.to_owned(),
                t: t.as_secs_f64(),
                error: error.to_string(),
            }),
        };
        self.rows.iter().map(value).collect()
    }

    /// Returns the values of a column of numbers; NaN where the value is missing.
    ///
    /// # Errors
    /// Returns an error if the table does not have the column, or a value is not a number.
    pub fn column_f64(&self, column: &str) -> Result<Vec<f64>> {
        let values = self.column::<f64>(column)?.into_iter();
        Ok(values.map(|value| value.unwrap_or(f64::NAN)).collect())
    }

    /// Writes the table as CSV: a line with the names, the first of which is `t`, then one line for
    /// each row. Missing values are empty; lists and objects are written as JSON.
    ///
    /// # Errors
    /// Returns an error if `writer` does.
    pub fn to_csv(&self, writer: impl Write) -> Result<()> {
        let mut writer = csv::Writer::from_writer(writer);
        let failed = |error: csv::Error| Error::Write(error.into());
        let names = std::iter::once("t").chain(self.names.iter().map(String::as_str));
        writer.write_record(names).map_err(failed)?;
        for (t, values) in &self.rows {
            let values = values.iter().map(text::plain);
            writer.write_record(std::iter::once(t.to_string()).chain(values)).map_err(failed)?;
        }
        writer.flush().map_err(|error| Error::Write(error.into()))
    }

    /// Writes the table to a CSV file, and replaces the file if it exists; see
    /// [`to_csv`](Self::to_csv).
    ///
    /// # Errors
    /// Returns an error if the file cannot be created or written.
    pub fn write_csv(&self, file: impl AsRef<Path>) -> Result<()> {
        let file = std::fs::File::create(file).map_err(|error| Error::Write(error.into()))?;
        self.to_csv(file)
    }
}
