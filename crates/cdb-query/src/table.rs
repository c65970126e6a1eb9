//! The rows that a dataset gives.

#[cfg(feature = "arrow")]
mod arrow;
mod text;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use cdb_core::{Datapoint, DatapointArray, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Result};

/// The column of values that are no rows: what a posttransform has made of them.
const VALUE: &str = "value";

/// Rows in the order of their times, with values by column. What is missing is null.
///
/// It displays as an aligned table, is written as CSV, and with the feature `arrow` becomes a
/// record batch or a Parquet file.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    names: Vec<String>,
    rows: Vec<(Timestamp, Vec<Value>)>,
}

/// A row of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    t: Timestamp,
    values: &'a [Value],
}

impl<'a> Row<'a> {
    /// Its time, in seconds since 1970.
    #[must_use]
    pub fn t(&self) -> Timestamp {
        self.t
    }

    /// Its value in a column; `None` if there is none.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&'a Value> {
        let place = self.table.place(column)?;
        self.values.get(place).filter(|value| !value.is_null())
    }

    /// Its values in the order of the columns; null where there is none.
    #[must_use]
    pub fn values(&self) -> &'a [Value] {
        self.values
    }
}

impl Table {
    /// A table of rows whose data are objects, with columns in an order; others come after these.
    ///
    /// Data that are no objects become one column, `value`.
    #[must_use]
    pub fn of(rows: DatapointArray, mut names: Vec<String>) -> Self {
        if rows.iter().all(|row| row.d.is_object()) {
            let mut found = BTreeMap::new();
            for key in rows.iter().filter_map(|row| row.d.as_object()).flat_map(|row| row.keys()) {
                found.entry(key.clone()).or_insert(());
            }
            // What a posttransform has left out is no column, but an empty table keeps its own.
            names.retain(|name| rows.is_empty() || found.remove(name).is_some());
            names.extend(found.into_keys());
        } else {
            names = vec![VALUE.to_owned()];
        }
        let values = |d: Value| match d {
            Value::Object(mut row) => {
                names.iter().map(|name| row.remove(name).unwrap_or_default()).collect()
            }
            value => vec![value],
        };
        let rows = rows.into_iter().map(|Datapoint { t, d, .. }| (t, values(d))).collect();
        Self { names, rows }
    }

    /// The names of its columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Its rows.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> + DoubleEndedIterator {
        self.rows.iter().map(|(t, values)| Row { table: self, t: *t, values })
    }

    /// The times of its rows.
    pub fn times(&self) -> impl ExactSizeIterator<Item = Timestamp> + DoubleEndedIterator {
        self.rows.iter().map(|(t, _)| *t)
    }

    fn place(&self, column: &str) -> Option<usize> {
        self.names.iter().position(|name| name == column)
    }

    /// The values of a column as a type; `None` where there is none.
    ///
    /// # Errors
    /// When there is no such column, or a value is of another type.
    pub fn column<T: DeserializeOwned>(&self, column: &str) -> Result<Vec<Option<T>>> {
        let place = self.place(column).ok_or_else(|| Error::NoColumn(column.to_owned()))?;
        let value = |(t, values): &(Timestamp, Vec<Value>)| match values.get(place) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value).map(Some).map_err(|source| Error::Type {
                column: column.to_owned(),
                t: t.as_secs_f64(),
                source,
            }),
        };
        self.rows.iter().map(value).collect()
    }

    /// Writes it as CSV: a line of names, the first of them `t`, then a line for each row. What is
    /// missing is empty, lists and objects are JSON.
    ///
    /// # Errors
    /// When it cannot be written.
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

    /// Writes it to a CSV file; see [`to_csv`](Self::to_csv).
    ///
    /// # Errors
    /// When the file cannot be made or written.
    pub fn write_csv(&self, file: impl AsRef<Path>) -> Result<()> {
        let file = std::fs::File::create(file).map_err(|error| Error::Write(error.into()))?;
        self.to_csv(file)
    }
}
