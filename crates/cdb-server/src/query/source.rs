//! One stream's datapoints.

use std::ops::Range;

use cdb_pipescript::{Numbers, Point, Run, RunError, Script, Value};

use super::memory::{Held, Memory};
use super::{Pace, QueryFailure};
use crate::storage::{BlockError, Cell, NumberCells, Page, ReadError, Scan};

/// How many numbers a script gets at once, before others may go on.
const NUMBERS_AT_A_TIME: usize = 1024;

/// A range of a stream, read as it is needed, through a script if there is one.
#[derive(Debug)]
pub(crate) struct Source {
    pages: Pages,
    run: Option<(Run, Held)>,
    pace: Pace,
    /// Whether the script knows that there is nothing more.
    ended: bool,
    /// How many datapoints may still come.
    left: u64,
    /// Numbers for the script, and how many of them it has got.
    numbers: Option<(NumberCells, usize)>,
}

impl Source {
    /// `memory` counts what the script holds.
    pub(crate) fn new(
        mut scan: Box<dyn Scan>,
        script: Option<&Script>,
        limit: Option<u64>,
        memory: &Memory,
    ) -> Self {
        scan.follow_corrections();
        Self {
            pages: Pages::new(scan),
            run: script.map(|script| (script.start(), memory.begin())),
            pace: Pace::default(),
            ended: false,
            left: limit.unwrap_or(u64::MAX),
            numbers: None,
        }
    }

    /// Returns the next datapoints if they are many whose values are numbers, and no script is to see them.
    pub(super) async fn next_numbers(&mut self) -> Result<Option<NumberCells>, QueryFailure> {
        // With a limit, as many as are left must be counted.
        if self.run.is_some() || self.left != u64::MAX {
            return Ok(None);
        }
        Ok(self.pages.next_numbers().await?)
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Point>, QueryFailure> {
        if self.left == 0 {
            return Ok(None);
        }
        let next = match &mut self.run {
            None => self.pages.next().await?,
            Some((run, held)) => loop {
                if let Some(point) = run.pull() {
                    break Some(point);
                }
                if self.ended {
                    break None;
                }
                held.set(run.held())?;
                self.pace.keep(run.steps()).await;
                if let Some((numbers, pushed)) = &mut self.numbers {
                    let end = numbers.t.len().min(*pushed + NUMBERS_AT_A_TIME);
                    push(run, numbers, *pushed..end)?;
                    *pushed = end;
                    if end == numbers.t.len() {
                        self.numbers = None;
                    }
                    continue;
                }
                if run.takes_numbers()
                    && let Some(numbers) = self.pages.next_numbers().await?
                {
                    self.numbers = Some((numbers, 0));
                    continue;
                }
                match self.pages.next().await? {
                    Some(point) => run.push(point)?,
                    None => {
                        self.ended = true;
                        run.end()?;
                    }
                }
            },
        };
        self.left -= u64::from(next.is_some());
        Ok(next)
    }
}

/// The pages of a range, datapoint by datapoint.
#[derive(Debug)]
struct Pages {
    scan: Box<dyn Scan>,
    page: Page,
    /// How far a page of text has been read.
    at: usize,
    /// The values of the texts of a page of columns, by their numbers.
    texts: Vec<Option<Value>>,
}

impl Pages {
    fn new(scan: Box<dyn Scan>) -> Self {
        Self { scan, page: Page::Text(Vec::new()), at: 0, texts: Vec::new() }
    }

    async fn next(&mut self) -> Result<Option<Point>, ReadError> {
        loop {
            if let Some(point) = self.next_of_page()? {
                return Ok(Some(point));
            }
            let Some((_, page)) = self.scan.next_page().await? else { return Ok(None) };
            (self.page, self.at) = (page, 0);
            self.texts.clear();
        }
    }

    /// Returns the next datapoints if they are many whose values are numbers.
    async fn next_numbers(&mut self) -> Result<Option<NumberCells>, ReadError> {
        if self.page.is_empty_after(self.at) {
            let Some((_, page)) = self.scan.next_page().await? else { return Ok(None) };
            (self.page, self.at) = (page, 0);
            self.texts.clear();
        }
        let nothing = Page::Text(Vec::new());
        match std::mem::replace(&mut self.page, nothing) {
            Page::Columns(cells) => match cells.into_numbers() {
                Ok(numbers) => return Ok(Some(numbers)),
                Err(cells) => self.page = Page::Columns(cells),
            },
            text @ Page::Text(_) => self.page = text,
        }
        Ok(None)
    }

    fn next_of_page(&mut self) -> Result<Option<Point>, ReadError> {
        let page = match &mut self.page {
            Page::Text(text) => text,
            Page::Columns(cells) => {
                let Some((t, cell)) = cells.next() else { return Ok(None) };
                let d = value(cell, &mut self.texts).map_err(BlockError::from)?;
                return Ok(Some(Point { t, d }));
            }
        };
        // What comes before a datapoint.
        let Some(text @ [_, ..]) = page.get(self.at + 1..) else { return Ok(None) };
        let (point, length) = read_point(text)?;
        self.at += 1 + length;
        Ok(Some(point))
    }
}

/// Pushes some numbers to a script.
fn push(run: &mut Run, numbers: &NumberCells, range: Range<usize>) -> Result<(), RunError> {
    let (t, d) = (&numbers.t[range.clone()], &numbers.d[range.clone()]);
    // The text of a number, which is written here, can be read.
    let value = |place: usize| {
        let place = range.start + place;
        numbers.with_cell(place, |cell| value(cell, &mut Vec::new()).unwrap_or_default())
    };
    run.push_numbers(Numbers { t, d, value: &value })
}

/// Returns the same value as if it had been read from the text of its datapoint.
fn value(cell: Cell<'_>, texts: &mut Vec<Option<Value>>) -> Result<Value, serde_json::Error> {
    Ok(match cell {
        Cell::Missing => Value::Null,
        Cell::Integer(integer) => integer.into(),
        Cell::Float(float) => float.into(),
        // As in the text of a datapoint, where it is an integer.
        Cell::Json(b"-0") | Cell::Text(_, b"-0") => 0.into(),
        Cell::Json(text) => Value::from_json(text)?,
        Cell::Text(number, text) => {
            if number >= texts.len() {
                texts.resize(number + 1, None);
            }
            match &texts[number] {
                Some(value) => value.clone(),
                None => texts[number].insert(Value::from_json(text)?).clone(),
            }
        }
    })
}

/// The datapoint with which a text begins, and how long that is.
pub(crate) fn read_point(text: &[u8]) -> Result<(Point, usize), ReadError> {
    Ok(Point::read_json(text).map_err(BlockError::from)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::storage::format::columns::tests::{any_rows, cells_of};

    #[test]
    fn minus_zero_is_what_it_is_in_text() {
        let rows = [r#"{"t":1,"d":-0}"#, r#"{"t":2,"d":1}"#].join(",");
        let mut cells = cells_of(&format!("[{rows}]"), 2);
        let (_, cell) = cells.next().expect("a datapoint");
        let d = value(cell, &mut Vec::new()).expect("a value");
        let (expected, _) = read_point(rows.as_bytes()).expect("a datapoint");
        assert_eq!(format!("{d:?}"), format!("{:?}", expected.d));
    }

    proptest! {
        #[test]
        fn columns_give_what_their_text_gives(rows in any_rows()) {
            let text = rows.join(",");
            let mut cells = cells_of(&format!("[{text}]"), rows.len());
            let (mut rest, mut texts) = (text.as_bytes(), Vec::new());
            while !rest.is_empty() {
                let (expected, length) = read_point(rest).expect("a datapoint");
                rest = rest.get(length + 1..).unwrap_or_default();
                let (t, cell) = cells.next().expect("as many");
                let d = value(cell, &mut texts).expect("a value");
                prop_assert_eq!(t.to_bits(), expected.t.to_bits());
                let [d, expected] = [d, expected.d].map(|value| format!("{value:?}"));
                prop_assert_eq!(d, expected);
            }
            prop_assert_eq!(cells.next(), None);
        }
    }
}
