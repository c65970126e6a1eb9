//! The values of datapoints, one after the other, for what is computed of them without a script.

use cdb_types::Datapoint;
use cdb_types::summary::Summary;
use serde_json::{Deserializer, Value};

use super::block::{BlockError, Page};
use super::columns::Cell;
use super::split::{DatapointParts, is_number, split_datapoint};

/// The value of a datapoint.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Datum<'a> {
    Number(f64),
    /// Any other value, or a number; `null` if there is none.
    Json(&'a Value),
}

impl Page {
    /// Calls a function with the time and the value of each datapoint.
    pub(crate) fn visit(self, mut visit: impl FnMut(f64, Datum<'_>)) -> Result<(), BlockError> {
        match self {
            Self::Text(text) => visit_text(&text, visit),
            Self::Columns(mut cells) => {
                let mut known: Vec<Option<Value>> = Vec::new();
                while let Some((t, cell)) = cells.next() {
                    match cell {
                        Cell::Missing => visit(t, Datum::Json(&Value::Null)),
                        Cell::Integer(integer) => visit(t, Datum::Number(integer as f64)),
                        Cell::Float(float) => visit(t, Datum::Number(float)),
                        Cell::Json(text) => visit(t, Datum::Json(&serde_json::from_slice(text)?)),
                        Cell::Text(number, text) => {
                            if number >= known.len() {
                                known.resize(number + 1, None);
                            }
                            let value = match &mut known[number] {
                                Some(value) => value,
                                none => none.insert(serde_json::from_slice(text)?),
                            };
                            visit(t, Datum::Json(value))
                        }
                    }
                }
                Ok(())
            }
        }
    }
}

/// The same for the text of datapoints, each after a bracket or a comma.
fn visit_text(text: &[u8], mut visit: impl FnMut(f64, Datum<'_>)) -> Result<(), BlockError> {
    let mut rest = text;
    while let [b'[' | b',', datapoint @ ..] = rest {
        let length = match split_datapoint(datapoint) {
            // Most are numbers.
            Some((DatapointParts { time, value: Some(number), .. }, length))
                if is_number(number) =>
            {
                let t = serde_json::from_slice(time)?;
                visit(t, Datum::Number(serde_json::from_slice(number)?));
                length
            }
            _ => {
                let mut datapoints = Deserializer::from_slice(datapoint).into_iter();
                let next: Option<Datapoint> = datapoints.next().transpose()?;
                let Datapoint { t, d, .. } = next.ok_or(BlockError::Content)?;
                visit(t.as_secs_f64(), Datum::Json(&d));
                datapoints.byte_offset()
            }
        };
        rest = datapoint.get(length..).unwrap_or_default();
    }
    if rest.is_empty() { Ok(()) } else { Err(BlockError::Content) }
}

/// Adds datapoints to a summary, and returns the time of the first one. `index` is its index, and is moved
/// to the one after the last.
pub(crate) fn add_to(
    summary: &mut Summary,
    page: Page,
    index: &mut u64,
) -> Result<Option<f64>, BlockError> {
    let mut first_t = None;
    page.visit(|t, datum| {
        first_t.get_or_insert(t);
        match datum {
            Datum::Number(number) => summary.add_number(*index, t, number),
            Datum::Json(value) => summary.add(*index, t, value),
        }
        *index += 1;
    })?;
    Ok(first_t)
}
