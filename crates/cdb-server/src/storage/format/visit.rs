//! The values of datapoints, in their order, for what is computed of them without a script.

use cdb_types::Datapoint;
use cdb_types::summary::Summary;
use serde_json::{Deserializer, Value};

use super::block::{BlockError, Page};
use super::columns::{Cell, NumberCells};
use super::split::{DatapointParts, is_number, split_datapoint};

/// The number of numbers that are visited at once.
const NUMBERS_AT_A_TIME: usize = 1024;

/// Datapoints that are visited.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Visited<'a> {
    /// Some whose values are numbers: the times, and as many numbers, each the nearest float.
    Numbers(&'a [f64], &'a [f64]),
    /// One, with its time; `null` if it has no value.
    Json(f64, &'a Value),
}

impl Visited<'_> {
    /// Returns the number of datapoints.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Numbers(t, _) => t.len() as u64,
            Self::Json(..) => 1,
        }
    }
}

/// Collects numbers that follow one another.
struct Visitor<F> {
    visit: F,
    t: Vec<f64>,
    d: Vec<f64>,
}

impl<F: FnMut(Visited<'_>)> Visitor<F> {
    fn number(&mut self, t: f64, number: f64) {
        if self.t.len() == NUMBERS_AT_A_TIME {
            self.flush();
        }
        self.t.push(t);
        self.d.push(number);
    }

    fn json(&mut self, t: f64, value: &Value) {
        self.flush();
        (self.visit)(Visited::Json(t, value));
    }

    fn flush(&mut self) {
        if !self.t.is_empty() {
            (self.visit)(Visited::Numbers(&self.t, &self.d));
        }
        self.t.clear();
        self.d.clear();
    }
}

impl Page {
    /// Calls a function with all datapoints.
    pub(crate) fn visit(self, visit: impl FnMut(Visited<'_>)) -> Result<(), BlockError> {
        let mut visitor = Visitor { visit, t: Vec::new(), d: Vec::new() };
        match self {
            Self::Text(text) => visit_text(&text, &mut visitor)?,
            Self::Columns(cells) => match cells.into_numbers() {
                Ok(NumberCells { t, d, .. }) => (visitor.visit)(Visited::Numbers(&t, &d)),
                Err(mut cells) => {
                    let mut known: Vec<Option<Value>> = Vec::new();
                    while let Some((t, cell)) = cells.next() {
                        match cell {
                            Cell::Missing => visitor.json(t, &Value::Null),
                            Cell::Integer(integer) => visitor.number(t, integer as f64),
                            Cell::Float(float) => visitor.number(t, float),
                            Cell::Json(number) if is_number(number) => {
                                visitor.number(t, serde_json::from_slice(number)?);
                            }
                            Cell::Json(text) => visitor.json(t, &serde_json::from_slice(text)?),
                            Cell::Text(number, text) => {
                                if number >= known.len() {
                                    known.resize(number + 1, None);
                                }
                                let value = match &mut known[number] {
                                    Some(value) => value,
                                    none => none.insert(serde_json::from_slice(text)?),
                                };
                                match value.as_f64() {
                                    Some(number) => visitor.number(t, number),
                                    None => visitor.json(t, value),
                                }
                            }
                        }
                    }
                }
            },
        }
        visitor.flush();
        Ok(())
    }
}

/// Visits the text of datapoints, each after a bracket or a comma.
fn visit_text(
    text: &[u8],
    visitor: &mut Visitor<impl FnMut(Visited<'_>)>,
) -> Result<(), BlockError> {
    let mut rest = text;
    while let [b'[' | b',', datapoint @ ..] = rest {
        let length = match split_datapoint(datapoint) {
            // Most are numbers.
            Some((DatapointParts { time, value: Some(number), .. }, length))
                if is_number(number) =>
            {
                let t = serde_json::from_slice(time)?;
                visitor.number(t, serde_json::from_slice(number)?);
                length
            }
            _ => {
                let mut datapoints = Deserializer::from_slice(datapoint).into_iter();
                let next: Option<Datapoint> = datapoints.next().transpose()?;
                let Datapoint { t, d, .. } = next.ok_or(BlockError::Content)?;
                visitor.json(t.as_secs_f64(), &d);
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
    page.visit(|visited| {
        match visited {
            Visited::Numbers(t, d) => {
                first_t = first_t.or_else(|| t.first().copied());
                summary.add_numbers(*index, t, d);
            }
            Visited::Json(t, value) => {
                first_t.get_or_insert(t);
                summary.add(*index, t, value);
            }
        }
        *index += visited.count();
    })?;
    Ok(first_t)
}
