//! Scripts and their runs.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::aggregate::Aggregate;
use crate::budget::{Budget, Meter};
use crate::error::{ParseError, RunError};
use crate::node::{Dependence, Part};
use crate::parser::parse;
use crate::pipeline::{Pipeline, WAITING_BYTES};
use crate::point::Point;
use crate::slice::{Numbers, Slice};

/// A parsed script. It can be run any number of times, and is cheap to clone.
///
/// ```
/// use cdb_pipescript::{Point, Script};
/// let script = Script::parse("if $ > 5 | count")?;
/// let points = [(1.0, 3.0), (2.0, 10.0), (3.0, 9.0)].map(|(t, d)| Point::new(t, d));
/// let found: Vec<Point> = script.over(points).collect::<Result<_, _>>()?;
/// assert_eq!(found, [Point::new(2.0, 1.0), Point::new(3.0, 2.0)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Script(Arc<Inner>);

struct Inner {
    text: Arc<str>,
    pipeline: Pipeline,
    one_to_one: bool,
    peeks: bool,
    stateless: bool,
    aggregate: Option<Aggregate>,
    budget: Budget,
}

impl Script {
    /// Parses a script with the default [`Budget`].
    ///
    /// # Errors
    /// Returns an error, with its place in the text, if the text is not a valid script or exceeds a
    /// limit.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Budget::default())
    }

    /// Parses a script with a budget, which also limits its runs.
    ///
    /// # Errors
    /// Returns the same errors as [`parse`](Self::parse).
    pub fn parse_with(text: &str, budget: &Budget) -> Result<Self, ParseError> {
        let node = parse(text, budget).map_err(|fault| ParseError::new(text, fault))?;
        Ok(Self(Arc::new(Inner {
            text: text.into(),
            one_to_one: matches!(node.part, Part::One(_)),
            peeks: node.part.peeks(),
            stateless: node.dependence != Dependence::Sequence,
            aggregate: Aggregate::of(text),
            pipeline: node.part.into_pipeline(node.cost),
            budget: *budget,
        })))
    }

    /// Returns the text of the script.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Returns the text of the script, of which no copy is made.
    #[must_use]
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.0.text)
    }

    /// Returns `true` if the script returns one datapoint for each input datapoint.
    #[must_use]
    pub fn is_one_to_one(&self) -> bool {
        self.0.one_to_one
    }

    /// Returns `true` if the script looks ahead: the result for a datapoint may be available only
    /// after later datapoints have been pushed or the sequence has ended.
    #[must_use]
    pub fn peeks(&self) -> bool {
        self.0.peeks
    }

    /// Returns `true` if the result for a datapoint depends on that datapoint alone. Such a script
    /// can run over any part of a sequence.
    #[must_use]
    pub fn is_stateless(&self) -> bool {
        self.0.stateless
    }

    /// Returns what the script computes of the numbers of a sequence, if its result follows from a summary
    /// of them.
    ///
    /// ```
    /// use cdb_pipescript::{Aggregate, Script};
    /// assert_eq!(Script::parse("mean | if last")?.aggregate(), Some(Aggregate::Mean));
    /// assert_eq!(Script::parse("if $ > 5 | mean | if last")?.aggregate(), None);
    /// # Ok::<(), cdb_pipescript::ParseError>(())
    /// ```
    #[must_use]
    pub fn aggregate(&self) -> Option<Aggregate> {
        self.0.aggregate
    }

    /// Starts a run over a sequence.
    #[must_use]
    pub fn start(&self) -> Run {
        self.start_with(Meter::new(self.0.budget))
    }

    /// Starts a run that returns an error after `steps` steps, or after those of the script's
    /// budget if they are fewer. Unlike with [`start`](Self::start), input does not add steps.
    ///
    /// An async task can start with such a short run. If [`Run::is_out_of_steps`] then returns
    /// `true`, it can repeat the run with more steps on a thread for blocking work.
    #[must_use]
    pub fn start_within(&self, steps: u64) -> Run {
        let budget = self.0.budget;
        let steps = steps.min(budget.steps);
        self.start_with(Meter::new(Budget { steps, steps_per_value: 0, ..budget }))
    }

    /// Starts a run that continues to count with the meter of another run.
    pub(crate) fn start_with(&self, meter: Meter) -> Run {
        let pipeline = self.0.pipeline.clone();
        let takes_slices = pipeline.takes_slices();
        Run { pipeline, takes_slices, results: VecDeque::new(), meter }
    }

    /// Runs the script over an iterator, lazily. The results end after the first error.
    pub fn over<I: IntoIterator<Item: Into<Point>>>(&self, points: I) -> Over<I::IntoIter> {
        Over { driven: Driven::new(self.start()), points: points.into_iter() }
    }

    /// Runs the script over a stream. The results end after the first error.
    pub fn over_stream<S: Stream<Item: Into<Point>> + Unpin>(&self, points: S) -> OverStream<S> {
        OverStream { driven: Driven::new(self.start()), points }
    }
}

impl FromStr for Script {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script").field(&self.0.text).finish()
    }
}

/// A run of a script over one sequence: the caller pushes datapoints and pulls results.
///
/// ```
/// use cdb_pipescript::{Point, Script};
/// let mut run = Script::parse("while($ > 5, sum)")?.start();
/// run.push(Point::new(1.0, 3.0))?;
/// assert_eq!(run.pull(), None);
/// run.push(Point::new(2.0, 4.0))?;
/// assert_eq!(run.pull(), Some(Point::new(1.0, 3.0)));
/// run.end()?;
/// assert_eq!(run.pull(), Some(Point::new(2.0, 4.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Pausing
///
/// All work is done in the methods. Between two calls, a run can be kept for any time, sent to
/// another thread, or dropped. One call takes at most the steps that are left of the [`Budget`]. An
/// async task should compare [`steps`](Self::steps) between calls, and yield to other tasks after
/// some thousand steps.
#[derive(Debug)]
pub struct Run {
    pipeline: Pipeline,
    takes_slices: bool,
    results: VecDeque<Point>,
    meter: Meter,
}

impl Run {
    /// Pushes the next datapoint.
    ///
    /// # Errors
    /// Returns an error if the script cannot process the datapoint, or exceeds its budget. Earlier
    /// results can still be pulled, but do not push more datapoints.
    pub fn push(&mut self, point: impl Into<Point>) -> Result<(), RunError> {
        let point = point.into();
        self.meter.allow(&point.d);
        let sink = &mut |point, meter: &mut Meter| keep(&mut self.results, point, meter);
        self.pipeline.push(point, sink, &mut self.meter)
    }

    /// Returns `true` if [`push_numbers`](Self::push_numbers) is faster than pushing each datapoint.
    #[must_use]
    pub fn takes_numbers(&self) -> bool {
        self.takes_slices
    }

    /// Pushes the next datapoints, whose values are numbers. The results are the same as if each was
    /// pushed; a script that only computes with numbers takes a tenth of the time.
    ///
    /// ```
    /// use cdb_pipescript::{Numbers, Point, Script};
    /// let mut run = Script::parse("if $ > 5 | mean | if last")?.start();
    /// let (t, d) = ([1.0, 2.0, 3.0], [3.0, 10.0, 6.0]);
    /// run.push_numbers(Numbers { t: &t, d: &d, value: &|place| d[place].into() })?;
    /// run.end()?;
    /// assert_eq!(run.pull(), Some(Point::new(3.0, 8.0)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns the same errors as [`push`](Self::push).
    pub fn push_numbers(&mut self, numbers: Numbers<'_>) -> Result<(), RunError> {
        let count = numbers.t.len().min(numbers.d.len());
        let numbers = Numbers { t: &numbers.t[..count], d: &numbers.d[..count], ..numbers };
        if !self.takes_slices {
            let point = |place: usize| Point { t: numbers.t[place], d: (numbers.value)(place) };
            return (0..count).try_for_each(|place| self.push(point(place)));
        }
        self.meter.allow_numbers(count);
        let sink = &mut |point, meter: &mut Meter| keep(&mut self.results, point, meter);
        self.pipeline.push_slice(Slice::new(numbers), sink, &mut self.meter)
    }

    /// Pushes the next datapoint, and calls a function with each result instead of keeping it for
    /// [`pull`](Self::pull).
    ///
    /// # Errors
    /// Returns the same errors as [`push`](Self::push).
    pub fn feed(
        &mut self,
        point: impl Into<Point>,
        mut take: impl FnMut(Point),
    ) -> Result<(), RunError> {
        let point = point.into();
        self.meter.allow(&point.d);
        let sink = &mut |point, _: &mut Meter| {
            take(point);
            Ok(())
        };
        self.pipeline.push(point, sink, &mut self.meter)
    }

    /// Ends the sequence, which makes the remaining results available.
    ///
    /// # Errors
    /// Returns the same errors as [`push`](Self::push).
    pub fn end(&mut self) -> Result<(), RunError> {
        let sink = &mut |point, meter: &mut Meter| keep(&mut self.results, point, meter);
        self.pipeline.end(sink, &mut self.meter)
    }

    /// Returns the next result, or `None` if there is none yet.
    pub fn pull(&mut self) -> Option<Point> {
        let point = self.results.pop_front()?;
        self.meter.release(WAITING_BYTES + point.d.bytes());
        Some(point)
    }

    /// Returns how many steps of its [`Budget`] the run has taken so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.meter.steps()
    }

    /// Returns how many bytes of its [`Budget`] the run holds now, estimated.
    #[must_use]
    pub fn held(&self) -> usize {
        self.meter.held()
    }

    /// Returns `true` if the run has ended with an error because it exceeded its number of steps.
    #[must_use]
    pub fn is_out_of_steps(&self) -> bool {
        self.meter.is_out_of_steps()
    }

    /// Returns the meter, with which another run can continue to count.
    pub(crate) fn into_meter(self) -> Meter {
        self.meter
    }
}

/// Keeps a result until it is pulled.
fn keep(results: &mut VecDeque<Point>, point: Point, meter: &mut Meter) -> Result<(), RunError> {
    meter.hold(WAITING_BYTES + point.d.bytes())?;
    results.push_back(point);
    Ok(())
}

/// A run that an adapter drives until the end of its input or an error.
#[derive(Debug)]
struct Driven {
    run: Run,
    ended: bool,
    failed: Option<RunError>,
}

impl Driven {
    fn new(run: Run) -> Self {
        Self { run, ended: false, failed: None }
    }

    /// Returns the next result, or the error after the last result.
    fn next_result(&mut self) -> Option<Result<Point, RunError>> {
        self.run.pull().map(Ok).or_else(|| self.failed.take().map(Err))
    }

    /// Pushes a datapoint, or ends the run if there is none.
    fn push_or_end(&mut self, next: Option<impl Into<Point>>) {
        self.ended = next.is_none();
        let result = match next {
            Some(point) => self.run.push(point),
            None => self.run.end(),
        };
        if let Err(error) = result {
            self.ended = true;
            self.failed = Some(error);
        }
    }
}

/// An iterator over the results of a script; see [`Script::over`].
#[derive(Debug)]
pub struct Over<I> {
    driven: Driven,
    points: I,
}

impl<I: Iterator<Item: Into<Point>>> Iterator for Over<I> {
    type Item = Result<Point, RunError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(result) = self.driven.next_result() {
                return Some(result);
            }
            if self.driven.ended {
                return None;
            }
            self.driven.push_or_end(self.points.next());
        }
    }
}

/// A stream of the results of a script; see [`Script::over_stream`].
#[derive(Debug)]
pub struct OverStream<S> {
    driven: Driven,
    points: S,
}

impl<S: Stream<Item: Into<Point>> + Unpin> Stream for OverStream<S> {
    type Item = Result<Point, RunError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(result) = this.driven.next_result() {
                return Poll::Ready(Some(result));
            }
            if this.driven.ended {
                return Poll::Ready(None);
            }
            this.driven.push_or_end(ready!(Pin::new(&mut this.points).poll_next(cx)));
        }
    }
}
