//! One stream's datapoints.

use cdb_pipescript::{Point, Run, Script};

use super::memory::{Held, Memory};
use super::{Pace, QueryFailure};
use crate::storage::{BlockError, ReadError, Scan};

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
}

impl Source {
    /// `memory` counts what the script holds.
    pub(crate) fn new(
        scan: Box<dyn Scan>,
        script: Option<&Script>,
        limit: Option<u64>,
        memory: &Memory,
    ) -> Self {
        Self {
            pages: Pages { scan, page: Vec::new(), at: 0 },
            run: script.map(|script| (script.start(), memory.begin())),
            pace: Pace::default(),
            ended: false,
            left: limit.unwrap_or(u64::MAX),
        }
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
    /// The JSON text of some datapoints, each after a bracket or a comma.
    page: Vec<u8>,
    at: usize,
}

impl Pages {
    async fn next(&mut self) -> Result<Option<Point>, ReadError> {
        loop {
            // What comes before a datapoint, or the bracket after the last one.
            match self.page.get(self.at) {
                Some(b'[' | b',' | b']') => self.at += 1,
                Some(_) => return self.datapoint().map(Some),
                None => {
                    let Some(page) = self.scan.next().await? else { return Ok(None) };
                    (self.page, self.at) = (page, 0);
                }
            }
        }
    }

    fn datapoint(&mut self) -> Result<Point, ReadError> {
        let (point, length) = read_point(&self.page[self.at..])?;
        self.at += length;
        Ok(point)
    }
}

/// The datapoint with which a text begins, and how long that is.
pub(crate) fn read_point(text: &[u8]) -> Result<(Point, usize), ReadError> {
    Ok(Point::read_json(text).map_err(BlockError::from)?)
}
