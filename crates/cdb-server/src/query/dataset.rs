//! Several streams as a table.

use cdb_pipescript::{Columns, Grid, Interpolator, Point, Run, Script, Value};

use super::memory::{Held, Memory};
use super::{Merged, Pace, QueryFailure};
use crate::storage::NumberCells;

/// How many rows are made before others may go on.
const ROWS_AT_A_TIME: u32 = 1000;

/// Where the rows of a table are.
#[derive(Debug)]
pub(crate) enum Times {
    Grid(Grid),
    /// Of a calendar. What comes before the first row is not in it: a row at this time is made first, and
    /// left out.
    Calendar {
        begin: Option<f64>,
        grid: Grid,
    },
    Reference(Merged),
}

/// A table, row by row.
#[derive(Debug)]
pub(crate) struct Dataset {
    times: Times,
    columns: Columns,
    sources: Vec<ColumnSource>,
    post: Option<(Run, Held)>,
    pace: Pace,
    ended: bool,
    memory: Memory,
}

/// What a column is made of.
#[derive(Debug)]
struct ColumnSource {
    name: String,
    source: Merged,
    allow_nil: bool,
    pace: Pace,
    held: Held,
}

impl Dataset {
    /// `memory` counts what the scripts of the columns and of the rows hold.
    pub(crate) fn new(times: Times, post: Option<&Script>, memory: Memory) -> Self {
        Self {
            times,
            columns: Columns::new(),
            sources: Vec::new(),
            post: post.map(|script| (script.start(), memory.begin())),
            pace: Pace::default(),
            ended: false,
            memory,
        }
    }

    pub(crate) fn add(
        &mut self,
        name: String,
        interpolator: &Interpolator,
        source: Merged,
        allow_nil: bool,
    ) {
        self.columns.add(&name, interpolator);
        let (pace, held) = (Pace::default(), self.memory.begin());
        self.sources.push(ColumnSource { name, source, allow_nil, pace, held });
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Point>, QueryFailure> {
        let mut made = 0;
        loop {
            if let Some(row) = self.post.as_mut().and_then(|(run, _)| run.pull()) {
                return Ok(Some(row));
            }
            if self.ended {
                return Ok(None);
            }
            if let Some((run, held)) = &mut self.post {
                held.set(run.held())?;
                self.pace.keep(run.steps()).await;
            }
            made += 1;
            if made % ROWS_AT_A_TIME == 0 {
                tokio::task::yield_now().await;
            }
            let row = self.row().await?;
            match (&mut self.post, row) {
                (None, row) => return Ok(row),
                (Some((run, _)), None) => {
                    self.ended = true;
                    run.end()?;
                }
                (Some((run, _)), Some(row)) => {
                    if self.sources.iter().all(|column| column.may_pass(&row)) {
                        run.push(row)?;
                    }
                }
            }
        }
    }

    /// The next row, before the script that is run over the rows.
    async fn row(&mut self) -> Result<Option<Point>, QueryFailure> {
        if let Times::Calendar { begin, .. } = &mut self.times
            && let Some(begin) = begin.take()
        {
            self.row_at(begin, None).await?;
        }
        let time = match &mut self.times {
            Times::Grid(grid) | Times::Calendar { grid, .. } => grid.next().map(|t| (t, None)),
            Times::Reference(reference) => {
                reference.next().await?.map(|point| (point.t, Some(point.d)))
            }
        };
        let Some((t, x)) = time else { return Ok(None) };
        self.row_at(t, x).await.map(Some)
    }

    /// The row at a time, which is later than that of the row before.
    async fn row_at(&mut self, t: f64, x: Option<Value>) -> Result<Point, QueryFailure> {
        for (column, from) in self.columns.iter_mut().zip(&mut self.sources) {
            while !column.advance_to(t) {
                from.held.set(column.held())?;
                from.pace.keep(column.steps()).await;
                if column.takes_numbers()
                    && let Some(NumberCells { t, d, .. }) = from.source.next_numbers().await?
                {
                    column.push_numbers(t, d);
                    tokio::task::yield_now().await;
                    continue;
                }
                match from.source.next().await? {
                    Some(point) => column.push(point),
                    None => column.end(),
                }
            }
        }
        Ok(self.columns.row(t, x)?)
    }
}

impl ColumnSource {
    /// Whether a row goes on to the script: it has a value in this column, or needs none.
    fn may_pass(&self, row: &Point) -> bool {
        let Value::Object(row) = &row.d else { return true };
        self.allow_nil || !matches!(row.entries().get(&*self.name), Some(Value::Null))
    }
}
